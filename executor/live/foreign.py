"""Executions that are of no order of ours: told once each."""

from __future__ import annotations

from executor.live.desk import Desk
from executor.venues.venue import VenueFill
from schemas.system import Severity

KEPT = 10_000
"""Executions whose ids are remembered."""


class Foreign:
    """What others do with the account."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: dict[str, None] = {}

    def fill(self, fill: VenueFill) -> bool:
        """Tell it; False for one that was told."""
        key = f"{fill.symbol}|{fill.trade}"
        if key in self._known:
            return False
        self._known[key] = None
        if len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        text = f"{fill.symbol}: {fill.side} {fill.quantity} at {fill.price} is no order of ours"
        facts = {"account": self._desk.account, "symbol": fill.symbol, "trade": fill.trade}
        self._desk.tell(Severity.WARNING, "foreign_fill", text, facts)
        return True
