"""Trend following: with the fast average while it is above the slow one, or below it.

The crossing of two averages is R. Donchian's rule ("Trend-Following Methods in Commodity Price
Analysis", 1957); a stop by the ATR is J. W. Wilder's (1978). A trend is entered where the EMAs are
`enter_atr` ATR apart, and left where they have crossed back.
"""

from pydantic import Field

from engine.strategies import SIDES, Context, Judge, Judgment, OutlookSettings, Stance, opposite


class TrendSettings(OutlookSettings):
    """Distances in ATR: of the averages to enter by, of the stop from the close."""

    enter_atr: float = Field(default=0.25, gt=0)
    stop_atr: float = Field(default=3.0, gt=0)


class TrendAdvisor(Judge[TrendSettings, Stance]):
    """Enters while the averages are apart, leaves when they have crossed back."""

    kind = "trend"
    on_bars = True

    def opinion(self, state: Stance, context: Context) -> Judgment | None:
        """As sure as the averages are apart: 0.5 at `enter_atr`, nearing 1 far beyond it."""
        bar = context.bar("ema_fast", "ema_slow", "atr", "close")
        if bar is None or not bar[2]:
            return None
        fast, slow, atr, _ = bar
        apart, of = (fast - slow) / atr, self.settings
        side, why = SIDES[1 if apart > 0 else -1], f"EMA {fast:.6g} to {slow:.6g}, {apart:+.3g} ATR"
        if abs(apart) >= of.enter_atr:
            sure = self.nearing(abs(apart) - of.enter_atr)
            return self.enter(state, context, side, sure, why)
        if apart and state.stance is opposite(side):
            return self.leave(why)
        return None
