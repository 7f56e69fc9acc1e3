"""The rule advisor: goes with strong scores, and leaves when the scores have turned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from engine.strategies.advisor import opposite, side_of, side_text, silence
from engine.strategies.levels import Levels, levels
from engine.strategies.outlook import Opinion, OutlookSettings, trend, vote
from schemas.decisions import Verdict, Vote
from schemas.signals import Action, Signal

RULE = "rule"
"""The kind whose votes rest on the signal's scores: their strength is the verdict's."""

ENTRIES = {
    Action.BUY: Verdict.LONG,
    Action.STRONG_BUY: Verdict.LONG,
    Action.SELL: Verdict.SHORT,
    Action.STRONG_SELL: Verdict.SHORT,
}
SIDES: dict[Verdict | None, str] = {Verdict.LONG: "buy", Verdict.SHORT: "sell"}
TRENDS = {Verdict.LONG: "up", Verdict.SHORT: "down"}


class RuleSettings(OutlookSettings):
    """with_trend: enter only where the slow trend agrees. stop_atr, target_atr: distances from the
    entry in ATR; the target is the far Bollinger band where that lies beyond the entry.
    """

    with_trend: bool = False
    stop_atr: float = Field(default=2.0, gt=0)
    target_atr: float = Field(default=4.0, gt=0)


@dataclass(slots=True)
class RuleState:
    """The last side it voted for, LONG or SHORT, or None before the first."""

    stance: Verdict | None = None


class RuleAdvisor:
    """Enters on Buy and Sell of a fresh bar, exits when a fresh bar speaks against its stance.

    An exit is said again on every such bar: an account that could not follow gets another chance.
    """

    kind = RULE
    on_bars = True

    def __init__(self, settings: RuleSettings, name: str = "rule") -> None:
        self.settings, self.name = settings, name
        self._silent = silence(name, settings.weight)

    def initial(self) -> RuleState:
        """No stance."""
        return RuleState()

    def advise(self, state: RuleState, signal: Signal) -> Vote:
        """LONG or SHORT, EXIT, or HOLD with the trend; confidence is the signal's strength."""
        if not signal.fresh or signal.strength is None:
            return self._silent
        entry = self._entry(signal)
        if entry is not None:
            state.stance = entry
            return self._vote(entry, signal)
        if state.stance is not None and leaning(signal) is opposite(state.stance):
            return self._vote(Verdict.EXIT, signal)
        return self._vote(Verdict.HOLD, signal)

    def _entry(self, signal: Signal) -> Verdict | None:
        entry = ENTRIES.get(signal.action)
        if entry is None or not self.settings.with_trend:
            return entry
        agrees = trend(signal, self.settings.flat_atr).direction == TRENDS[entry]
        return entry if agrees else None

    def _vote(self, verdict: Verdict, signal: Signal) -> Vote:
        """The verdict with the scores that are for it; HOLD abstains, with the scores of both."""
        hold, side = verdict is Verdict.HOLD, SIDES.get(leaning(signal))
        spoken = [each.reason for each in signal.scores if hold or each.side == side]
        confidence = 0.0 if hold else signal.strength or 0.0
        opinion = Opinion(verdict, confidence, self._levels(verdict, signal), spoken)
        return vote(self.name, self.settings, opinion, signal)

    def _levels(self, verdict: Verdict, signal: Signal) -> Levels:
        """Stop by ATR; target at the far Bollinger band, or by ATR where it is not beyond."""
        atr, ask, bid = signal.indicators.get("atr"), signal.ask, signal.bid
        if not atr or ask is None or bid is None:
            return levels(verdict, signal, None, None)
        way = 1 if verdict is Verdict.LONG else -1
        entry = float(ask[0] if way > 0 else bid[0])
        band = signal.indicators.get("bollinger_upper" if way > 0 else "bollinger_lower")
        beyond = band is not None and (band - entry) * way > 0
        target = band if beyond else entry + way * self.settings.target_atr * atr
        return levels(verdict, signal, entry - way * self.settings.stop_atr * atr, target)

    def dump(self, state: RuleState) -> Any:
        """The stance's word, or None."""
        return side_text(state.stance)

    def load(self, data: Any) -> RuleState:
        """The state that `dump` gave."""
        return RuleState(side_of(data))


def leaning(signal: Signal) -> Verdict | None:
    """The side of the larger score: LONG for buying, SHORT for selling, None at a tie."""
    if signal.buy_score == signal.sell_score:
        return None
    return Verdict.LONG if signal.buy_score > signal.sell_score else Verdict.SHORT
