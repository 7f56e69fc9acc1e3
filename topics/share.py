"""Which cells of a stage a worker has."""

from __future__ import annotations

from collections.abc import Sequence

from faust.types import TP

from topics.cells import Scripted, StagePlan
from topics.partition import partition_of
from topics.settings import Settings
from topics.snapshots import Saved


class Share:
    """The cells whose main input is read here; standing ones all are.

    standing, scripted: as of topics.worker.Worker. `tps`: the partitions that are read; None: all.
    """

    def __init__(
        self,
        settings: Settings,
        stage: StagePlan,
        standing: Sequence[str],
        scripted: Scripted | None,
    ) -> None:
        self._stage, self._main = stage, settings.physical(stage.main)
        self.standing = standing
        self.scripted = () if scripted is None else scripted.cells
        self.tps: frozenset[TP] | None = None

    def concerned(self, topic: str, key: str) -> Sequence[str]:
        """The cells here that a record of this topic and key goes to.

        Every worker reads all of the side inputs: of these its own cells alone take any.
        """
        cells = self._stage.cells_of(topic, key)
        if topic == self._stage.main or self.standing or self.tps is None:
            return cells
        return [name for name in cells if self.has(name)]

    def has(self, name: str) -> bool:
        """Whether the main input of a cell that is named as its main key is read here."""
        place = TP(self._main, partition_of(self._stage.main, name))
        return self.tps is None or place in self.tps

    def first(self) -> list[str]:
        """The cells that exist before their first record."""
        return [*self.standing, *filter(self.has, self.scripted)]

    def passing(self, topic: str) -> Sequence[str]:
        """The cells whose input a physical topic is, also where it has nothing for them."""
        return self.standing if topic == self._main else self.first()

    def owns(self, one: Saved) -> bool:
        """Whether a snapshot is of a cell of this worker."""
        if self.standing:
            return one.snapshot.cell in self.standing
        if self._stage.sides:
            return self.has(one.snapshot.cell)
        return self.tps is None or any(TP(*place) in self.tps for place in one.covered)
