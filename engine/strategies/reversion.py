"""Mean reversion: a close outside the bands that the RSI calls extreme comes back.

Bands after J. Bollinger ("Bollinger on Bollinger Bands", 2001), who asks for a second, unlike
indicator to confirm them; the RSI and its 30 and 70 after J. W. Wilder ("New Concepts in Technical
Trading Systems", 1978). It leaves at the middle band, which is its target.
"""

from pydantic import Field

from engine.strategies import Context, Judge, Judgment, OutlookSettings, Stance, Verdict

BANDS = ("bollinger_upper", "bollinger_middle", "bollinger_lower")


class ReversionSettings(OutlookSettings):
    """RSI bounds in its points; the stop's distance from the close in ATR."""

    oversold: float = Field(default=30.0, gt=0, lt=50)
    overbought: float = Field(default=70.0, gt=50, lt=100)
    stop_atr: float = Field(default=2.0, gt=0)


class ReversionAdvisor(Judge[ReversionSettings, Stance]):
    """Enters against an extreme, leaves at the middle; says so again on every such bar."""

    kind = "reversion"
    on_bars = True

    def opinion(self, state: Stance, context: Context) -> Judgment | None:
        """Confidence 0.5 at the RSI's bound, 1 at its end."""
        if (bar := context.bar("close", "rsi", *BANDS, "atr")) is None:
            return None
        close, rsi, upper, middle, lower, _ = bar
        low, high = self.settings.oversold, self.settings.overbought
        if close < lower and rsi < low:
            side, excess, bound = Verdict.LONG, (low - rsi) / low, f"below {low:g}"
            why = f"close {close:.6g} below lower band {lower:.6g}"
        elif close > upper and rsi > high:
            side, excess, bound = Verdict.SHORT, (rsi - high) / (100 - high), f"above {high:g}"
            why = f"close {close:.6g} above upper band {upper:.6g}"
        elif state.stance and (
            close >= middle if state.stance is Verdict.LONG else close <= middle
        ):
            return self.leave(f"close {close:.6g} is back at middle band {middle:.6g}")
        else:
            return None
        second = f"RSI {rsi:.4g} {bound}"
        return self.enter(state, context, side, excess, why, second, target=middle)
