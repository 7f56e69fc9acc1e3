"""What others do with the account: told, and left alone."""

from __future__ import annotations

from typing import Protocol

from executor.live.desk import Desk
from executor.venues.venue import VenueFill, VenueOrder
from schemas.system import Severity

KEPT = 10_000
"""Executions whose ids are remembered."""


class Stranger(Protocol):
    """Hears of orders and executions of the venue that are not ours."""

    def order(self, order: VenueOrder) -> None: ...

    def fill(self, fill: VenueFill, base: int) -> bool: ...


class Foreign:
    """Executions that are of no order of ours: told once each."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: dict[str, None] = {}

    def order(self, order: VenueOrder) -> None:
        """It is looked at when the executor starts."""

    def fill(self, fill: VenueFill, base: int) -> bool:
        """Tell it; False for one that was told, or is in what was held at `base` (ns)."""
        key = f"{fill.symbol}|{fill.trade}"
        if fill.at <= base or key in self._known:
            return False
        self._known[key] = None
        if len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        text = f"{fill.symbol}: {fill.side} {fill.quantity} at {fill.price} is no order of ours"
        facts = {"account": self._desk.account, "symbol": fill.symbol, "trade": fill.trade}
        self._desk.tell(Severity.WARNING, "foreign_fill", text, facts)
        return True
