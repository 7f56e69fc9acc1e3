"""The reversion advisor: a close outside the bands that the RSI calls extreme comes back.

Bands after J. Bollinger ("Bollinger on Bollinger Bands", 2001), who asks for a second, unlike
indicator to confirm them; the RSI and its 30 and 70 after J. W. Wilder ("New Concepts in Technical
Trading Systems", 1978). It leaves at the middle band, which is its target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from engine.strategies.advisor import graded, side_of, side_text, silence
from engine.strategies.levels import levels
from engine.strategies.outlook import Opinion, OutlookSettings, vote
from schemas.decisions import Verdict, Vote
from schemas.signals import Signal


class ReversionSettings(OutlookSettings):
    """RSI bounds in its points; the stop's distance from the close in ATR."""

    oversold: float = Field(default=30.0, gt=0, lt=50)
    overbought: float = Field(default=70.0, gt=50, lt=100)
    stop_atr: float = Field(default=2.0, gt=0)


@dataclass(slots=True)
class ReversionState:
    """The side it last entered on, or None before the first."""

    stance: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One bar: close, bands and ATR in quote, RSI in points."""

    close: float
    rsi: float
    upper: float
    middle: float
    lower: float
    atr: float


NEEDED = ("close", "rsi", "bollinger_upper", "bollinger_middle", "bollinger_lower", "atr")


class ReversionAdvisor:
    """Enters against an extreme, leaves at the middle; says so again on every such bar."""

    kind = "reversion"
    on_bars = True

    def __init__(self, settings: ReversionSettings, name: str = "reversion") -> None:
        self.settings, self.name = settings, name
        self._silent = silence(name, settings.weight)

    def initial(self) -> ReversionState:
        """No stance."""
        return ReversionState()

    def advise(self, state: ReversionState, signal: Signal) -> Vote:
        """LONG or SHORT, EXIT, or HOLD; confidence 0.5 at the RSI's bound, 1 at its end."""
        seen = _seen(signal) if signal.fresh else None
        if seen is None:
            return self._silent
        opinion = self._entry(state, seen, signal) or self._exit(state, seen)
        return self._silent if opinion is None else vote(self.name, self.settings, opinion, signal)

    def _entry(self, state: ReversionState, seen: Seen, signal: Signal) -> Opinion | None:
        low, high = self.settings.oversold, self.settings.overbought
        if seen.close < seen.lower and seen.rsi < low:
            reason = f"close {seen.close:.6g} below lower band {seen.lower:.6g}"
            side, excess, words = Verdict.LONG, (low - seen.rsi) / low, f"below {low:g}"
        elif seen.close > seen.upper and seen.rsi > high:
            reason = f"close {seen.close:.6g} above upper band {seen.upper:.6g}"
            side, excess, words = Verdict.SHORT, (seen.rsi - high) / (100 - high), f"above {high:g}"
        else:
            return None
        state.stance = side
        away = self.settings.stop_atr * seen.atr
        stop = seen.close - away if side is Verdict.LONG else seen.close + away
        prices = levels(side, signal, stop, seen.middle)
        return Opinion(side, graded(excess), prices, (reason, f"RSI {seen.rsi:.4g} {words}"))

    def _exit(self, state: ReversionState, seen: Seen) -> Opinion | None:
        back = {Verdict.LONG: seen.close >= seen.middle, Verdict.SHORT: seen.close <= seen.middle}
        if state.stance is None or not back[state.stance]:
            return None
        reason = f"close {seen.close:.6g} is back at middle band {seen.middle:.6g}"
        return Opinion(Verdict.EXIT, 0.5, reasons=(reason,))

    def dump(self, state: ReversionState) -> Any:
        """The stance's word, or None."""
        return side_text(state.stance)

    def load(self, data: Any) -> ReversionState:
        """The state that `dump` gave."""
        return ReversionState(side_of(data))


def _seen(signal: Signal) -> Seen | None:
    known = [value for name in NEEDED if (value := signal.indicators.get(name)) is not None]
    return Seen(*known) if len(known) == len(NEEDED) else None
