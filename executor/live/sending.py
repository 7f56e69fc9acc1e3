"""From a command to a request: the intent is durable before, the answer after it.

A request is made once. Where its effect is not known the order is UNKNOWN, and executor.live.
resolving asks the venue; where it was surely not written it may be made again while the command
lives.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from executor.live import story
from executor.live.desk import Desk
from executor.live.gate import Withheld
from executor.live.hearing import Hearing
from executor.live.points import point
from executor.live.replacing import Replacing
from executor.live.wishes import amendable, change_of, order_of, unsupported, venue_order
from executor.venues.venue import Category, VenueError
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState

AGAIN = 3
"""Requests that were not written, after which an order is given up."""
PASSING = frozenset((Category.NETWORK, Category.EXCHANGE, Category.RATE_LIMIT))
"""Troubles that pass by themselves."""
PATIENCE = 5_000_000_000
"""ns for which a command waits for the venue's word on the orders that it is about."""
NOT_YET = VenueError(Category.NETWORK, "what became of its order is not known yet", sent=False)
PAUSE = 0.2
"""Seconds before the second one; each further one waits twice as long."""

Resolve = Callable[[str], None]


class Sender:
    """Makes the requests of one account. resolve: called with the name of what became unknown."""

    def __init__(self, desk: Desk, hearing: Hearing, resolve: Resolve) -> None:
        self._desk, self._hearing, self._resolve = desk, hearing, resolve
        self._replacing = Replacing(desk, hearing)
        self.protect: Callable[[JournalEntry], None] | None = None

    def intend(self, entry: JournalEntry) -> tuple[JournalEntry, asyncio.Future[None]]:
        """Journal that the command's request is about to be made, or why it is not; the entry, and
        what is done when that is durable.
        """
        desk, command = self._desk, entry.command
        reason = unsupported(command, desk.venue.able) or desk.gate.refuses(command, desk.clock())
        if reason is not None:
            if command.action == "modify":
                self._replacing.abandon(entry)
            return desk.begin(story.refused(entry, reason))
        request = story.request_of(command)
        name = command.client_order_id
        entry = story.sending(entry, request, name, desk.lease.epoch, desk.clock())
        begun = desk.begin(entry)
        if desk.expect is not None and command.action == "place":
            desk.expect(name, command.symbol, command.reduce_only)
        point("produced")
        return begun

    async def again(self, entry: JournalEntry) -> None:
        """Make a request once more that the venue has proven to be absent, if the gate lets it."""
        entry, acknowledged = self.intend(self._desk.now(entry))
        await acknowledged
        if not story.over(entry):
            point("journalled")
            await self.perform(entry)

    async def perform(self, entry: JournalEntry) -> None:
        """Make the request of an entry that `intend` has journalled."""
        entry = self._desk.now(entry)
        name = entry.command.client_order_id
        if story.over(entry):
            return
        self._desk.busy.add(name)
        try:
            await self._performed(entry)
        finally:
            self._desk.busy.discard(name)

    async def _performed(self, entry: JournalEntry) -> None:
        match entry.command.action:
            case "place":
                await self._place(entry)
            case "modify":
                await self._modify(entry)
            case "cancel":
                await self._cancel(entry)
            case "protect":
                if self.protect is not None:
                    self.protect(entry)
                await self._complete(entry, None)

    async def _place(self, entry: JournalEntry) -> None:
        desk, command = self._desk, entry.command
        pause = PAUSE
        for attempt in range(AGAIN):
            try:
                with desk.gate.sending(command, desk.clock):
                    await desk.venue.prepare(
                        command.symbol, desk.settings.leverage, desk.settings.margin
                    )
                    order = await desk.venue.place(order_of(command, desk.venue.able))
            except Withheld as held:
                await self._refuse(entry, held.reason, "unsent", str(held))
                return
            except VenueError as error:
                if attempt == AGAIN - 1 or not passing(error):
                    await self._failed(entry, error)
                    return
                await asyncio.sleep(pause)
                pause *= 2
            else:
                point("answered")
                await self._hearing.answered(command.client_order_id, order)
                return

    async def _failed(self, entry: JournalEntry, error: VenueError) -> None:
        """The venue has said no, or nothing that could be understood."""
        point("answered")
        now = self._desk.now(entry)
        if story.over(now) or now.state not in (OrderState.SENT, OrderState.UNKNOWN):
            return  # the stream knew it before
        if error.unknown or error.reason is Reason.DUPLICATE:
            entry = story.answered(now, "unknown", self._desk.clock(), text=str(error))
            await self._desk.write(story.lost(entry))
            self._resolve(entry.command.client_order_id)
        else:
            answer: story.Answer = "refused" if error.sent else "unsent"
            reason = error.reason or (Reason.VENUE_REFUSED if error.sent else Reason.VENUE_AWAY)
            await self._refuse(now, reason, answer, str(error))

    async def _refuse(
        self, entry: JournalEntry, reason: Reason, answer: story.Answer, text: str
    ) -> None:
        now = self._desk.now(entry)
        if story.over(now):
            return  # it was found out in another way
        entry = story.answered(now, answer, self._desk.clock(), text=text)
        await self._desk.write(story.refused(entry, reason))

    # -- commands that are no orders -------------------------------------------------------------

    async def _cancel(self, entry: JournalEntry) -> None:
        """Withdraw orders; those whose own request is still under way are waited for."""
        desk, command = self._desk, entry.command
        if not await self._settled(entry):
            await self._uncertain(entry, NOT_YET)
            return
        rows = [venue_order(one) for one in desk.orders.targets(entry)]
        try:
            answers: Sequence[VenueError | None] = await desk.venue.cancel(rows) if rows else ()
        except VenueError as error:
            await self._uncertain(entry, error)
            return
        point("answered")
        for row, answer in zip(rows, answers, strict=True):
            if answer is not None and answer.unknown:
                await self._uncertain(entry, answer)
                return
            await self._hearing.look(command.symbol, row.name or "")
        await self._complete(entry, None if rows else Reason.UNKNOWN_ORDER)

    async def _modify(self, entry: JournalEntry) -> None:
        """Change one order where it rests."""
        desk = self._desk
        if not await self._settled(entry):
            await self._uncertain(entry, NOT_YET)
            return
        targets = [one for one in desk.orders.targets(entry) if not story.over(one)]
        if not targets:
            await self._complete(entry, Reason.UNKNOWN_ORDER)
            return
        for target in targets:
            try:
                if amendable(target, desk.venue.able):
                    await self._amended(entry, target)
                else:
                    await self._replacing.replace(entry, target)
            except Withheld as held:
                await self._refuse(entry, held.reason, "unsent", str(held))
                return
            except VenueError as error:
                await self._uncertain(entry, error)
                return
        await self._complete(entry, None)

    async def _amended(self, entry: JournalEntry, target: JournalEntry) -> None:
        desk = self._desk
        with desk.gate.sending(entry.command, desk.clock):
            order = await desk.venue.amend(change_of(entry, target))
        point("answered")
        await self._hearing.changed(target.command.client_order_id, order)

    async def _settled(self, entry: JournalEntry) -> bool:
        """Wait until the venue's word on the orders that it is about is there; False where it is
        not in time.
        """
        desk, until = self._desk, self._desk.clock() + PATIENCE
        for target in desk.orders.targets(entry):
            while desk.now(target).state in story.UNDER_WAY:
                if desk.clock() > until:
                    return False
                await asyncio.sleep(0.005)
        return True

    async def _uncertain(self, entry: JournalEntry, error: VenueError) -> None:
        """What a cancel or a change has done is asked for; one that was refused is over."""
        point("answered")
        now = self._desk.now(entry)
        if story.over(now):
            return  # it was found out in another way
        if error.unknown or passing(error):
            entry = story.answered(now, "unknown", self._desk.clock(), text=str(error))
            await self._desk.write(story.lost(entry))
            self._resolve(entry.command.client_order_id)
        else:
            reason = error.reason or Reason.VENUE_REFUSED
            await self._refuse(now, reason, "refused", str(error))

    async def _complete(self, entry: JournalEntry, reason: Reason | None) -> None:
        now = self._desk.now(entry)
        if story.over(now):
            return
        entry = story.answered(now, "acknowledged", self._desk.clock())
        await self._desk.write(story.done(entry, reason))


def passing(error: VenueError) -> bool:
    """It was not written, and for a cause that may pass: it may be made again."""
    return not error.sent and error.category in PASSING
