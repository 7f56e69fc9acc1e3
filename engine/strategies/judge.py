"""What every judge has in common: its name, its state in JSON, entering on a side and leaving it.

class Mine(Judge[MineSettings, Stance]):
    kind = "mine"

    def opinion(self, state: Stance, context: Context) -> Judgment | None: ...
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar, get_args

from pydantic import TypeAdapter

from engine.strategies.advisor import graded
from engine.strategies.judgment import SILENT, Context, Judgment
from engine.strategies.levels import levels
from engine.strategies.outlook import OutlookSettings, seen
from schemas.decisions import Verdict

G = TypeVar("G", bound=OutlookSettings)
S = TypeVar("S")

SIDES = {1: Verdict.LONG, -1: Verdict.SHORT}
"""The side of a way: up or down."""


@dataclass
class Stance:
    """The side that was last entered on, LONG or SHORT; None before the first."""

    stance: Verdict | None = None


class Judge(ABC, Generic[G, S]):
    """An advisor of settings G and a state S, a dataclass that can be made of nothing.

    kind: names the shape of the state (`Advisor.kind`); the class's name where it says none.
    """

    kind: str = ""
    settings_type: ClassVar[type[OutlookSettings]] = OutlookSettings
    state_type: ClassVar[type[Any]] = Stance

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for base in cls.__dict__.get("__orig_bases__", ()):
            if len(types := get_args(base)) == 2:
                cls.settings_type, cls.state_type = types
        cls.kind = cls.kind or cls.__name__

    def __init__(self, settings: G, name: str = "") -> None:
        self.settings, self.name = settings, name or self.kind
        self.weight = settings.weight
        self._stop_atr: float | None = getattr(settings, "stop_atr", None)

    @abstractmethod
    def opinion(self, state: S, context: Context) -> Judgment | None:
        """What it says on a signal, or None. It may change `state` in place; pure otherwise."""

    def books(self, market: str) -> tuple[str, ...]:
        """The symbols whose books over venues it wants in its contexts; none, if not said."""
        return ()

    def advice(self, market: str) -> tuple[str, ...]:
        """The advisors on ai.advice whose opinions it wants in its contexts; none, if not said."""
        return ()

    def initial(self) -> S:
        """The state before the first signal."""
        made: S = self.state_type()
        return made

    def judge(self, state: S, context: Context) -> Judgment:
        """The opinion with the trend and, where it enters, the risk; SILENT where there is none."""
        found = self.opinion(state, context)
        return SILENT if found is None else seen(found, self.settings, context.signal)

    def enter(
        self,
        state: Stance,
        context: Context,
        side: Verdict,
        excess: float,
        *reasons: str,
        target: float | None = None,
    ) -> Judgment:
        """LONG or SHORT, which is the stance from now on.

        excess: over its threshold, 0 at it (confidence 0.5), 1 for the surest. The stop is as far
        from the close as the settings' `stop_atr` says in ATR, where they have one.
        """
        state.stance = side
        values, stop = context.signal.indicators, None
        close, atr, away = values.get("close"), values.get("atr"), self._stop_atr
        if away is not None and close is not None and atr is not None:
            stop = close - away * atr if side is Verdict.LONG else close + away * atr
        return Judgment(side, graded(excess), levels(side, context.signal, stop, target), reasons)

    @staticmethod
    def leave(*reasons: str) -> Judgment:
        """EXIT. An account without a position hears it without harm."""
        return Judgment(Verdict.EXIT, 0.5, reasons=reasons)

    @staticmethod
    def nearing(excess: float) -> float:
        """A measure without an end as one from 0 to 1: 1/2 at 1, 2/3 at 2, nearing 1."""
        return excess / (1 + excess)

    def dump(self, state: S) -> Any:
        """The state as JSON values."""
        return self._states.dump_python(state, mode="json")

    def load(self, data: Any) -> S:
        """The state that `dump` gave; of a stance alone, also its word as it once was kept."""
        state: S = self._states.validate_python(
            data if isinstance(data, dict) else {"stance": data}
        )
        return state

    @cached_property
    def _states(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.state_type)
