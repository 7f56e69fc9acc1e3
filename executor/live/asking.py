"""What is asked of the venue, where its stream may have kept something from us.

After each connection, on a timer, and where an order says that more of it was filled than is
counted: executions since the last one known, and the orders that live, until nothing is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from executor.live import story
from executor.live.desk import Desk
from executor.live.points import point
from executor.venues.venue import VenueError, VenueOrder
from schemas.statuses import JournalEntry, OrderState
from schemas.system import Severity

if TYPE_CHECKING:
    from executor.live.hearing import Hearing

SECOND = 1_000_000_000
OVERLAP = 5 * SECOND
"""ns before the last known execution from which they are asked for again: clocks differ."""
PATIENCE = 30.0
"""Seconds for which executions that the venue has not shown yet are asked for."""


class Asking:
    """Asks for one account. symbols: those that are being asked for."""

    def __init__(self, desk: Desk, hearing: Hearing) -> None:
        self._desk, self._hearing = desk, hearing
        self.symbols: set[str] = set()

    def ask(self, symbol: str) -> None:
        """Look for executions of a symbol, and at its orders, until nothing is missing."""
        if symbol not in self.symbols:
            self.symbols.add(symbol)
            self._desk.start(self._asked(symbol))

    async def _asked(self, symbol: str) -> None:
        pause, waited = 0.05, 0.0
        try:
            while waited < PATIENCE:
                try:
                    if await self.backfill(symbol):
                        return
                except VenueError as error:
                    self._trouble(symbol, error)
                await asyncio.sleep(pause)
                waited, pause = waited + pause, min(2 * pause, 2.0)
        finally:
            self.symbols.discard(symbol)
        if any(self._desk.orders.of(symbol)):
            self.ask(symbol)

    async def backfill(self, symbol: str) -> bool:
        """Executions since the last one known, then the orders that live as the venue has them.

        True when none of them lacks an execution.
        """
        living = [one for one in self._desk.orders.of(symbol) if one.sends]
        if not living:
            return True
        listed = await self._desk.venue.open_orders(symbol)
        shown = {each.name or each.number: each for each in listed}
        sent = min(one.sends[0].at for one in living)
        since = min(sent, self._hearing.since.get(symbol, sent)) - OVERLAP
        whole = True
        rows = [await self._row(one, shown) for one in living]
        point("listed")
        for fill in await self._desk.venue.fills(symbol, since):
            self._hearing.fill(fill)
        for one, row in zip(living, rows, strict=True):
            if row is None:
                continue
            self._found(row)
            now = self._desk.orders.find(one.command.client_order_id)
            if now is not None and not story.over(now):
                whole &= row.state == "open" and story.counts(now, row.filled)
        return whole

    async def _row(self, entry: JournalEntry, shown: Mapping[str, VenueOrder]) -> VenueOrder | None:
        """An order as the venue lists it, else as it is asked for by its name; one that was adopted
        may have none.
        """
        name = story.name_of(entry)
        if story.nameless(entry):
            return shown.get(story.number_of(entry) or "")
        return shown.get(name) or await self._desk.venue.find(entry.command.symbol, name)

    def _found(self, order: VenueOrder) -> None:
        """An order as it was asked for: also with what somebody else has changed of it."""
        self._hearing.order(order)
        entry = self._desk.orders.named(order.symbol, order.name, order.number)
        if entry is None or story.over(entry) or order.state != "open":
            return
        rests = entry.state in (OrderState.OPEN, OrderState.PARTIALLY_FILLED)
        if rests and story.differs(entry, order):
            self._desk.begin(story.resting(entry, order))

    def _trouble(self, symbol: str, error: VenueError) -> None:
        facts = {"account": self._desk.account, "symbol": symbol, "category": error.category}
        self._desk.tell(Severity.WARNING, "venue", f"{symbol}: {error}", facts)
