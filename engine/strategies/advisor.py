"""What every advisor is: a judgment on one context, from it and the advisor's own state."""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from engine.strategies.judgment import Context, Judgment
from engine.strategies.limits import LossLimit
from schemas.decisions import Verdict

S = TypeVar("S")


class AdvisorSettings(BaseModel):
    """What every advisor is set by.

    kind: a name of `engine.strategies.catalogue`, or a user's own; weight: of the vote in the
    ensemble. loss_limit: what its votes may lose before it is muted. own: the class of a kind of
    the user's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: str = ""
    weight: float = Field(default=1.0, gt=0)
    loss_limit: LossLimit | None = None
    _own: Any = PrivateAttr(default=None)

    @property
    def own(self) -> Any:
        """See above; None for kinds of ours."""
        return self._own

    def of(self, own: Any) -> Self:
        """The same settings, of a class of the user's own."""
        made = self.model_copy()
        made._own = own
        return made


class Advisor(Protocol[S]):
    """Gives one judgment a signal. Pure and deterministic: no clock, network or
    chance; a state of its own a market.

    name: unique in its strategy. kind: names the shape of the state: `load` is never given what
    another kind has dumped, but it may be given what the same kind dumped under other settings.

    weight: of its vote. A HOLD of confidence 0 is an abstention: it counts for the quorum only
    (`ensemble.tally`). `judge` may change `state` in place, as `Stage.step` may.

    One that says nothing and changes nothing on a signal that is not fresh, and reads neither
    microstructure nor features, nor what names the record (id, seq, tick), may say so by
    `on_bars = True`: a backtest of columns asks it once a bar, before the records of the bar are
    made (engine.replay.poll). One that reads features of bars beside that says also
    `on_features = True`.

    One that has `advice(market)`, as `Judge` has, is shown the opinions of those advisors on
    ai.advice that it names. One that may fail, as a model can, has `failing(state)`, why it cannot
    say anything now, "" where it can, and `turned(state)`, that once where it has changed.
    One that follows what people select has `follows`, the key of its row of control.state.
    """

    name: str
    kind: str
    weight: float

    def books(self, market: str) -> tuple[str, ...]:
        """The symbols whose books over venues it wants to see beside this market's signals."""
        ...

    def initial(self) -> S:
        """The state before the first signal."""
        ...

    def judge(self, state: S, context: Context) -> Judgment:
        """The judgment on a signal; SILENT where there is none. No clock record comes here."""
        ...

    def dump(self, state: S) -> Any:
        """The state as JSON values."""
        ...

    def load(self, data: Any) -> S:
        """The state that `dump` gave."""
        ...


def graded(excess: float) -> float:
    """Confidence 0.5 at an advisor's own threshold (excess 0), 1 at excess 1 and beyond."""
    return 0.5 + 0.5 * min(1.0, max(0.0, excess))


def opposite(verdict: Verdict) -> Verdict:
    """SHORT for LONG and LONG for SHORT."""
    return Verdict.SHORT if verdict is Verdict.LONG else Verdict.LONG
