"""What every advisor is: an opinion on one signal, from the signal and the advisor's own state."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from schemas.decisions import Verdict, Vote
from schemas.signals import Signal

S = TypeVar("S")


class AdvisorSettings(BaseModel):
    """What every advisor is set by.

    kind: a name of `engine.strategies.catalogue`; weight: of the vote in the ensemble.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: str = ""
    weight: float = Field(default=1.0, gt=0)


class Advisor(Protocol[S]):
    """Gives one vote a signal. Pure: no clock, network or chance; a state of its own a market.

    name: unique in its strategy. kind: names the shape of the state: `load` is never given what
    another kind has dumped, but it may be given what the same kind dumped under other settings.

    A HOLD of confidence 0 is an abstention: it counts for the quorum only (`ensemble.tally`).
    One that says nothing and changes nothing on a signal that is not fresh, and reads neither
    microstructure nor features, may say so by `on_bars = True`: a backtest of columns asks it once
    a bar (engine.replay.tape_desk).
    `advise` may change `state` in place, as `Stage.step` may, and must be deterministic.
    """

    name: str
    kind: str

    def initial(self) -> S:
        """The state before the first signal."""
        ...

    def advise(self, state: S, signal: Signal) -> Vote:
        """The vote on a signal; HOLD where there is nothing to say. No clock record comes here."""
        ...

    def dump(self, state: S) -> Any:
        """The state as JSON values."""
        ...

    def load(self, data: Any) -> S:
        """The state that `dump` gave."""
        ...


def silence(name: str, weight: float) -> Vote:
    """The vote of an advisor with nothing to say."""
    return Vote(advisor=name, verdict=Verdict.HOLD, confidence=0.0, weight=weight)


def graded(excess: float) -> float:
    """Confidence 0.5 at an advisor's own threshold (excess 0), 1 at excess 1 and beyond."""
    return 0.5 + 0.5 * min(1.0, max(0.0, excess))


def opposite(verdict: Verdict) -> Verdict:
    """SHORT for LONG and LONG for SHORT."""
    return Verdict.SHORT if verdict is Verdict.LONG else Verdict.LONG


def side_text(side: Verdict | None) -> str | None:
    """A side, or none yet, as a JSON value."""
    return None if side is None else side.value


def side_of(text: str | None) -> Verdict | None:
    """The side that `side_text` gave."""
    return None if text is None else Verdict(text)
