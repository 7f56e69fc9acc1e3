"""Cancel and replace as one journalled step, where a venue cannot change a resting order.

The old order is withdrawn, all that it has executed is counted, and what is left of the wanted
quantity is placed under the client order id of the change: so the two never rest together, and no
execution in between makes it more. While that lasts the old one's end is not the order's. Done
again after a crash it goes on where it was: an order that is withdrawn already stays so, and the
new one is placed only where the venue has proven that it is not there.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal

from engine.costs import EXACT, text
from executor.live import story
from executor.live.desk import Desk
from executor.live.gate import Withheld
from executor.live.hearing import Hearing
from executor.live.points import point
from executor.live.wishes import replacement, venue_order
from executor.venues.venue import Category, VenueError, VenueOrder
from schemas.refusals import Reason
from schemas.statuses import JournalEntry

PATIENCE = 100
"""Looks at an order that was withdrawn and still rests."""
PAUSE = 0.05
"""Seconds between two of them."""


class Replacing:
    """Replaces orders of one account."""

    def __init__(self, desk: Desk, hearing: Hearing) -> None:
        self._desk, self._hearing = desk, hearing

    async def replace(self, entry: JournalEntry, target: JournalEntry) -> None:
        """Carry out the change `entry` of the order `target`.

        Raises VenueError (with `unknown` where the new order may be there) and Withheld.
        """
        desk, name = self._desk, target.command.client_order_id
        desk.replacing.add(name)
        await self._withdrawn(target)
        target = desk.now(target)
        old = await self._gone(target)
        if old.state == "filled" or await self._whole(entry, target) <= 0:
            self.release(target, old)
            raise VenueError(
                Category.INVALID_ORDER, "it was filled before it could be changed",
                reason=Reason.UNKNOWN_ORDER,
            )  # fmt: skip
        await self._placed(entry, desk.now(target), old)

    async def _withdrawn(self, target: JournalEntry) -> None:
        (answer,) = await self._desk.venue.cancel([venue_order(target)])
        point("answered")
        if answer is not None and answer.unknown:
            raise answer

    async def _gone(self, target: JournalEntry) -> VenueOrder:
        """The old order as the venue has it once it rests no more, with its executions counted."""
        symbol, known = target.command.symbol, story.name_of(target)
        for _ in range(PATIENCE):
            found = await self._desk.venue.find(symbol, known)
            if found is not None and found.state != "open":
                now = self._desk.now(target)
                if story.counts(now, found.filled):
                    return found
                await self._hearing.backfill(symbol)
            await asyncio.sleep(PAUSE)
        raise VenueError(Category.EXCHANGE, f"{known} does not go: nothing was placed for it")

    async def _whole(self, entry: JournalEntry, target: JournalEntry) -> Decimal:
        """What is left of the wanted quantity."""
        asked = entry.command.quantity
        wanted = Decimal(asked) if asked.strip("0.") else story.quantity(target)
        return EXACT.subtract(wanted, story.filled(self._desk.now(target)))

    async def _placed(self, entry: JournalEntry, target: JournalEntry, old: VenueOrder) -> None:
        desk = self._desk
        rest = await self._whole(entry, target)
        wanted = replacement(entry, target, text(rest))
        try:
            with desk.gate.sending(entry.command, desk.clock):
                new = await desk.venue.place(wanted)
        except Withheld:
            self.release(target, old)
            raise
        except VenueError as error:
            if not error.unknown and error.reason is not Reason.DUPLICATE:
                self.release(target, old)
            raise
        point("answered")
        await self._hearing.replaced(target.command.client_order_id, new, wanted)

    def abandon(self, entry: JournalEntry) -> None:
        """The change will not be made (again): what its order is at the venue is asked for."""
        for target in self._desk.orders.targets(entry):
            self._desk.replacing.discard(target.command.client_order_id)
        self._hearing.ask(entry.command.symbol)

    def release(self, target: JournalEntry, old: VenueOrder) -> None:
        """Nothing comes in its place: its end is the order's."""
        self._desk.replacing.discard(target.command.client_order_id)
        self._hearing.order(old)
