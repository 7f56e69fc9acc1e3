"""Time-series momentum: a market goes on as it has gone.

T. Moskowitz, Y. H. Ooi, L. H. Pedersen, "Time Series Momentum", Journal of Financial Economics
104(2), 2012: go with the sign of a market's own past return, sized by its volatility. Here the past
return over its realised volatility (`momentum_z` of `Signal.features`) must be beyond a bound.
"""

from pydantic import Field

from engine.strategies import SIDES, Context, Judge, Judgment, OutlookSettings, Stance, opposite


class DriftSettings(OutlookSettings):
    """enter: in deviations of the past return; stop_atr: distance of the stop in ATR."""

    enter: float = Field(default=1.0, gt=0)
    stop_atr: float = Field(default=3.0, gt=0)


class DriftAdvisor(Judge[DriftSettings, Stance]):
    """Goes with a past return beyond the bound, leaves when its sign has turned."""

    kind = "drift"
    on_bars = on_features = True

    def opinion(self, state: Stance, context: Context) -> Judgment | None:
        """As sure as the return is large: 0.5 at the bound, 1 at twice the bound."""
        past = context.signal.features.get("momentum_z") if context.signal.fresh else None
        if not past:
            return None
        of, side, why = self.settings, SIDES[1 if past > 0 else -1], f"past return {past:+.3g} z"
        if abs(past) >= of.enter:
            return self.enter(state, context, side, abs(past) / of.enter - 1, why)
        return self.leave(why) if state.stance is opposite(side) else None
