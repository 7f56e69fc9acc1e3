"""The rule advisor: goes with strong scores, and leaves when the scores have turned."""

from __future__ import annotations

from pydantic import Field

from engine.strategies import Context, Judge, Judgment, OutlookSettings, Stance, opposite
from engine.strategies.levels import Levels, levels
from engine.strategies.outlook import trend
from schemas.decisions import Verdict
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


class RuleAdvisor(Judge[RuleSettings, Stance]):
    """Enters on Buy and Sell of a fresh bar, exits when a fresh bar speaks against its stance.

    An exit is said again on every such bar: an account that could not follow gets another chance.
    """

    kind = RULE
    on_bars = True

    def opinion(self, state: Stance, context: Context) -> Judgment | None:
        """LONG or SHORT, EXIT, or HOLD with the trend; confidence is the signal's strength."""
        signal = context.signal
        if not signal.fresh or signal.strength is None:
            return None
        entry = self._entry(signal)
        if entry is not None:
            state.stance = entry
            return self._judged(entry, signal)
        if state.stance is not None and leaning(signal) is opposite(state.stance):
            return self._judged(Verdict.EXIT, signal)
        return self._judged(Verdict.HOLD, signal)

    def _entry(self, signal: Signal) -> Verdict | None:
        entry = ENTRIES.get(signal.action)
        if entry is None or not self.settings.with_trend:
            return entry
        agrees = trend(signal, self.settings.flat_atr).direction == TRENDS[entry]
        return entry if agrees else None

    def _judged(self, verdict: Verdict, signal: Signal) -> Judgment:
        """The verdict with the scores that are for it; HOLD abstains, with the scores of both."""
        hold, side = verdict is Verdict.HOLD, SIDES.get(leaning(signal))
        spoken = tuple([each.reason for each in signal.scores if hold or each.side == side])
        confidence = 0.0 if hold else signal.strength or 0.0
        return Judgment(verdict, confidence, self._levels(verdict, signal), spoken)

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


def leaning(signal: Signal) -> Verdict | None:
    """The side of the larger score: LONG for buying, SHORT for selling, None at a tie."""
    if signal.buy_score == signal.sell_score:
        return None
    return Verdict.LONG if signal.buy_score > signal.sell_score else Verdict.SHORT
