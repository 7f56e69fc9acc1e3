"""What a worker needs of the engine, as protocols: topics know nothing of how values are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol, Self

from schemas.record import Record
from schemas.system import Snapshot


class Made(Protocol):
    """A finished record with the logical topic and key it goes to."""

    @property
    def topic(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def record(self) -> Any: ...


class StagePlan(Protocol):
    """Names and inputs of a stage (engine.stage.Stage)."""

    name: str
    main: str
    ignored: frozenset[str]
    """Fields of the main record that the stage does not look at."""

    @property
    def sides(self) -> Mapping[str, type[Record]]:
        """Side inputs and their records."""
        ...

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """The cells that a record of this topic and key goes to."""
        ...


class StageCell(Protocol):
    """One state of a stage (engine.stage.Cell)."""

    key: str

    @classmethod
    def fresh(cls, stage: Any, key: str) -> Self: ...
    @classmethod
    def restore(cls, stage: Any, snapshot: Snapshot) -> Self: ...
    def take(self, topic: str, record: Record) -> Sequence[Made]: ...
    def skip(self, topic: str, record: Record) -> None: ...
    def forget(self, topic: str, key: str) -> None: ...
    def snapshot(self) -> Snapshot: ...


class Redo(Protocol):
    """A cell that first does again what it had published to `gives` (engine.rerun.Rerun)."""

    gives: ClassVar[str]

    def __init__(self, cell: Any, script: Sequence[Any]) -> None: ...
    @property
    def done(self) -> bool: ...

    taking: tuple[str, Record] | None

    def take(self, topic: str, record: Record) -> Sequence[Made]: ...
    def skip(self, topic: str, record: Record) -> None: ...
    def forget(self, topic: str, key: str) -> None: ...


class Scripted(NamedTuple):
    """Cells of a stage, named as their main keys are, that read side inputs and say how far in what
    they publish, and what makes them do that again after a crash.
    """

    cells: tuple[str, ...]
    redo: type[Redo]
