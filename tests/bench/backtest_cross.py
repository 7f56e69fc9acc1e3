"""The strategy of the bench: the fast EMA over the slow one is a long, below it a short."""

from __future__ import annotations

from typing import Any

from engine.strategies.advisor import silence
from engine.strategies.levels import levels
from engine.strategies.outlook import Opinion, OutlookSettings, vote
from engine.strategies.strategy import Strategy
from schemas.decisions import Verdict, Vote
from schemas.signals import Signal

FAST, SLOW = 10, 20
"""Periods of nautilus_trader's example, EMACross."""


class CrossAdvisor:
    """Says on each bar which side the averages are on; an account that holds it says no more."""

    kind = "cross"
    on_bars = True

    def __init__(self, name: str = "cross") -> None:
        self.name, self.settings = name, OutlookSettings()
        self._silent = silence(name, self.settings.weight)

    def initial(self) -> None:
        """It remembers nothing."""

    def advise(self, state: None, signal: Signal) -> Vote:
        """LONG, SHORT, or HOLD while the averages are warming up."""
        fast, slow = signal.indicators["ema_fast"], signal.indicators["ema_slow"]
        if not signal.fresh or fast is None or slow is None:
            return self._silent
        side = Verdict.LONG if fast >= slow else Verdict.SHORT
        reason = f"EMA {fast:.6g} to {slow:.6g}"
        opinion = Opinion(side, 1.0, levels(side, signal, None, None), (reason,))
        return vote(self.name, self.settings, opinion, signal)

    def dump(self, state: None) -> Any:
        """Nothing."""

    def load(self, data: Any) -> None:
        """Nothing."""


STRATEGY = Strategy("cross", (CrossAdvisor(),))
