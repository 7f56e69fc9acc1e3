"""The strategy of the bench: the fast EMA over the slow one is a long, below it a short."""

from __future__ import annotations

from engine.strategies import SIDES, Context, Judge, Judgment, OutlookSettings, Stance
from engine.strategies.strategy import Strategy

FAST, SLOW = 10, 20
"""Periods of nautilus_trader's example, EMACross."""


class CrossAdvisor(Judge[OutlookSettings, Stance]):
    """Says on each bar which side the averages are on; an account that holds it says no more."""

    kind = "cross"
    on_bars = True

    def opinion(self, state: Stance, context: Context) -> Judgment | None:
        """LONG or SHORT, surely; None while the averages are warming up."""
        bar = context.bar("ema_fast", "ema_slow")
        if bar is None:
            return None
        fast, slow = bar
        side = SIDES[1 if fast >= slow else -1]
        return self.enter(state, context, side, 1.0, f"EMA {fast:.6g} to {slow:.6g}")


STRATEGY = Strategy("cross", (CrossAdvisor(OutlookSettings()),))
