"""What is taken over is worth, and in which contract."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from engine.position import kind_of
from executor.live.desk import Desk
from executor.venues.venue import VenuePosition
from schemas.orders import Contract


class Valuing:
    """For one account. market: the market's price by symbol, in quote."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.market: Callable[[str], str | None] = lambda symbol: None

    def contract(self, symbol: str, position: VenuePosition | None = None) -> Contract:
        """As the latest order of the symbol has it; else as the venue does."""
        orders = self._desk.orders
        for entry in (*reversed(orders.living.values()), *reversed(orders.finished.values())):
            if entry.command.symbol == symbol and entry.command.action == "place":
                return entry.command.contract
        told = None if position is None else position.leverage
        leverage = told or self._desk.settings.leverage or "1"
        size = self._desk.venue.size(symbol)
        return Contract(kind=kind_of(symbol), size=size, leverage=leverage)

    def price(self, symbol: str, own: Decimal, position: VenuePosition | None) -> str | None:
        """What it cost, where all of it is others'; else what it is worth. None: nobody knows."""
        told = position or VenuePosition(symbol, "0")
        entry = told.entry if not own else None
        return entry or told.mark or self.market(symbol) or told.entry or self._traded(symbol)

    def _traded(self, symbol: str) -> str | None:
        """Of our latest execution."""
        orders = self._desk.orders
        fills = [
            each
            for entry in (*orders.living.values(), *orders.finished.values())
            for each in entry.statuses
            if each.type == "fill" and each.symbol == symbol and each.price is not None
        ]
        return max(fills, key=lambda each: each.seq).price if fills else None
