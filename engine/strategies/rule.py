"""The rule advisor: goes with strong scores, and leaves when the scores have turned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from schemas.decisions import Verdict, Vote
from schemas.signals import Action, Signal

ENTRIES = {
    Action.BUY: Verdict.LONG,
    Action.STRONG_BUY: Verdict.LONG,
    Action.SELL: Verdict.SHORT,
    Action.STRONG_SELL: Verdict.SHORT,
}


class RuleSettings(BaseModel):
    """weight: of the vote in the ensemble; with_trend: enter only where the slow trend agrees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weight: float = Field(default=1.0, gt=0)
    with_trend: bool = False


@dataclass(slots=True)
class RuleState:
    """The last side it voted for, LONG or SHORT, or None before the first."""

    stance: Verdict | None = None


class RuleAdvisor:
    """Enters on Buy and Sell of a fresh bar, exits when a fresh bar speaks against its stance.

    An exit is said again on every such bar: an account that could not follow gets another chance.
    """

    name = "rule"

    def __init__(self, settings: RuleSettings) -> None:
        self.settings = settings
        self._silent = Vote(
            advisor=self.name, verdict=Verdict.HOLD, confidence=0.0, weight=settings.weight
        )

    def initial(self) -> RuleState:
        """No stance."""
        return RuleState()

    def advise(self, state: RuleState, signal: Signal) -> Vote:
        """LONG or SHORT, EXIT, or HOLD; confidence is the strength of the signal."""
        if not signal.fresh or signal.strength is None:
            return self._silent
        entry = self._entry(signal)
        if entry is not None:
            state.stance = entry
            return self._vote(entry, signal)
        if state.stance is not None and leaning(signal) is opposite(state.stance):
            return self._vote(Verdict.EXIT, signal)
        return self._silent

    def _entry(self, signal: Signal) -> Verdict | None:
        entry = ENTRIES.get(signal.action)
        if self.settings.with_trend and trend(signal) is not entry:
            return None
        return entry

    def _vote(self, verdict: Verdict, signal: Signal) -> Vote:
        lean = leaning(signal)
        side = "sell" if lean is Verdict.SHORT else "buy"
        spoken = tuple(each.reason for each in signal.scores if each.side == side)
        return Vote(
            advisor=self.name,
            verdict=verdict,
            confidence=signal.strength or 0.0,
            weight=self.settings.weight,
            reasons=(_trend_in_words(signal), *spoken),
        )

    def dump(self, state: RuleState) -> Any:
        """The stance's word, or None."""
        return None if state.stance is None else state.stance.value

    def load(self, data: Any) -> RuleState:
        """The state that `dump` gave."""
        return RuleState(None if data is None else Verdict(data))


def leaning(signal: Signal) -> Verdict | None:
    """The side of the larger score: LONG for buying, SHORT for selling, None at a tie."""
    if signal.buy_score == signal.sell_score:
        return None
    return Verdict.LONG if signal.buy_score > signal.sell_score else Verdict.SHORT


def trend(signal: Signal) -> Verdict | None:
    """LONG while the fast SMA is above the slow one, SHORT below, None at a tie or warming up."""
    fast, slow = signal.indicators.get("sma_fast"), signal.indicators.get("sma_slow")
    if fast is None or slow is None or fast == slow:
        return None
    return Verdict.LONG if fast > slow else Verdict.SHORT


def opposite(verdict: Verdict) -> Verdict:
    """SHORT for LONG and LONG for SHORT."""
    return Verdict.SHORT if verdict is Verdict.LONG else Verdict.LONG


def _trend_in_words(signal: Signal) -> str:
    words = {Verdict.LONG: "trend up", Verdict.SHORT: "trend down"}
    direction = trend(signal)
    return "trend flat" if direction is None else words[direction]
