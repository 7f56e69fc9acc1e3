"""Momentum: a breakout of Donchian's channel by the Turtles' rules, with the averages behind it.

C. Faith, "The Original Turtle Trading Rules", 2003: out beyond the opposite, shorter channel.
"""

from dataclasses import dataclass

from pydantic import Field, model_validator

from engine.strategies import SIDES, Context, Judge, Judgment, OutlookSettings, Stance, Verdict


class MomentumSettings(OutlookSettings):
    """Bars of the channels to enter and to leave by; in ATR, the EMAs' distance and the stop's."""

    entry_bars: int = Field(default=20, ge=2, le=500)
    exit_bars: int = Field(default=10, ge=1, le=500)
    filter_atr: float = Field(default=0.5, ge=0)
    stop_atr: float = Field(default=2.0, gt=0)

    @model_validator(mode="after")
    def _shorter(self) -> "MomentumSettings":
        if self.exit_bars > self.entry_bars:
            raise ValueError("exit_bars must not be more than entry_bars")
        return self


@dataclass
class Channel(Stance):
    """The side, and the closes of the latest bars, oldest first."""

    closes: tuple[float, ...] = ()


class MomentumAdvisor(Judge[MomentumSettings, Channel]):
    """Enters on a breakout that the averages confirm, leaves on one of the shorter channel."""

    kind = "momentum"
    on_bars = True

    def opinion(self, state: Channel, context: Context) -> Judgment | None:
        """As sure as the averages are apart: 0.5 at the filter, nearing 1 far beyond it."""
        if (closed := context.bar("close")) is None:
            return None
        of, close, bar = self.settings, closed[0], context.bar("ema_fast", "ema_slow", "atr")
        before = state.closes[-of.entry_bars :]
        state.closes = (*before, close)[-of.entry_bars :]
        if len(before) < of.entry_bars or bar is None or not bar[2]:
            return None
        gap, way = bar[0] - bar[1], (close > max(before)) - (close < min(before))
        if way and way * gap >= of.filter_atr * bar[2]:
            apart, bars = abs(gap) / bar[2], f"close {close:.6g} beyond {len(before)} bars"
            excess, averages = self.nearing(apart - of.filter_atr), f"EMAs {apart:.3g} ATR apart"
            return self.enter(state, context, SIDES[way], excess, bars, averages)
        if state.stance is Verdict.LONG and close < (low := min(before[-of.exit_bars :])):
            return self.leave(f"close {close:.6g} below {low:.6g} of {of.exit_bars} bars")
        if state.stance is Verdict.SHORT and close > (high := max(before[-of.exit_bars :])):
            return self.leave(f"close {close:.6g} above {high:.6g} of {of.exit_bars} bars")
        return None
