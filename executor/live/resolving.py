"""UNKNOWN is resolved by the venue's word only.

An order that may or may not have reached the venue is looked for by its client order id, among the
open orders and by executions since its intent. It is absent once the venue has said so after the
time in which it would still have taken the request (the window after its timestamp) and after the
delay with which it shows what it has; two looks must agree. Only then is it sent again, if the
command still lives; else it has expired. A venue that cannot be asked by client id proves nothing:
a person is called, and the symbol takes no entries meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from executor.live import story
from executor.live.desk import Desk
from executor.live.hearing import Hearing
from executor.live.points import point
from executor.live.wishes import amendable, change_of, fulfilled, replacement
from executor.venues.venue import VenueError, VenueOrder
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState
from schemas.system import Severity

SECOND = 1_000_000_000
FIRST, LONGEST = 0.1, 5.0
"""Seconds before the second look, and between two of them at most."""
CALL = 60 * SECOND
"""ns after which a person is called."""

Perform = Callable[[JournalEntry], Awaitable[None]]


class Resolver:
    """Finds out what became of requests. again: makes the request of an entry once more."""

    def __init__(self, desk: Desk, hearing: Hearing) -> None:
        self._desk, self._hearing = desk, hearing
        self._running: set[str] = set()
        self.again: Perform | None = None

    def begin(self, name: str) -> None:
        """Resolve it beside; an entry in its symbol waits until it is."""
        if name not in self._running:
            self._running.add(name)
            self._shut()
            self._desk.start(self._resolve(name))

    def _shut(self) -> None:
        living = self._desk.orders.living
        found = (living[name] for name in self._running if name in living)
        self._desk.gate.unsure = {
            one.command.symbol for one in found if one.command.action == "place"
        }

    async def _resolve(self, name: str) -> None:
        pause, began, called = FIRST, self._desk.clock(), False
        resend = False
        while (entry := self._desk.orders.living.get(name)) is not None:
            if entry.state is not OrderState.UNKNOWN:
                break
            try:
                resend = await self._look(entry)
            except VenueError as error:
                self._say(entry, f"the venue cannot be asked: {error}", Severity.WARNING)
            if resend:
                break
            if not called and self._desk.clock() - began > CALL:
                called = True
                text = "nobody knows what became of it: look at the venue, a person must decide"
                self._say(entry, text, Severity.ERROR)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST)
        self._running.discard(name)
        self._shut()
        if resend:
            await self._send_again(name)

    async def _look(self, entry: JournalEntry) -> bool:
        """True when the request was proven to be absent and must be made again."""
        match entry.command.action:
            case "place":
                return await self._order(entry)
            case "cancel":
                return await self._cancel(entry)
            case _:
                return await self._change(entry)

    # -- orders ----------------------------------------------------------------------------------

    async def _order(self, entry: JournalEntry) -> bool:
        found = await self._found(entry)
        point("looked")
        if found is not None:
            self._hearing.order(found)
            return False
        if not self._desk.venue.able.by_name or not await self._visible(entry):
            return False
        found = await self._found(entry)  # it may have come to light between the two
        if found is not None or await self._traded(entry):
            if found is not None:
                self._hearing.order(found)
            return False
        now = self._desk.orders.living.get(entry.command.client_order_id)
        if now is None or now.state is not OrderState.UNKNOWN:
            return False
        text = "the venue has proven that it never had it"
        await self._desk.write(story.absent(now, self._desk.clock(), text))
        return True

    async def _found(self, entry: JournalEntry) -> VenueOrder | None:
        """By its name, or among those that rest."""
        command, name = entry.command, story.name_of(entry)
        found = await self._desk.venue.find(command.symbol, name)
        if found is not None:
            return found
        rows = await self._desk.venue.open_orders(command.symbol)
        return next((each for each in rows if each.name == name), None)

    async def _traded(self, entry: JournalEntry) -> bool:
        """True when an execution since the intent is of this order."""
        fills = await self._desk.venue.fills(entry.command.symbol, entry.sends[0].at - SECOND)
        mine = [each for each in fills if each.name == story.name_of(entry)]
        for fill in mine:
            self._hearing.fill(fill)
        return bool(mine)

    async def _visible(self, entry: JournalEntry) -> bool:
        """The venue would show the order by now, and would not take the request any more."""
        able = self._desk.venue.able
        if able.window is None:
            return False
        return self._desk.clock() > entry.sends[-1].at + able.window + able.visible

    async def _send_again(self, name: str) -> None:
        entry = self._desk.orders.living.get(name)
        if entry is not None and self.again is not None:
            await self.again(entry)

    # -- commands that are no orders -------------------------------------------------------------

    async def _cancel(self, entry: JournalEntry) -> bool:
        """It was carried out once none of its orders rests; asking twice does no harm."""
        command = entry.command
        rests = False
        for target in self._desk.orders.targets(entry):
            row = await self._desk.venue.find(command.symbol, story.name_of(target))
            if row is not None:
                self._hearing.order(row)
                rests |= row.state == "open"
        point("looked")
        if not rests:
            await self._desk.write(story.done(self._desk.now(entry)))
            return False
        return await self._later(entry)

    async def _change(self, entry: JournalEntry) -> bool:
        """It was carried out if the order is as it was to be; to ask for that twice is harmless."""
        venue, symbol = self._desk.venue, entry.command.symbol
        for target in self._desk.orders.targets(entry):
            change = change_of(entry, target)
            new = await venue.find(symbol, change.name)
            row = new or await venue.find(symbol, story.name_of(target))
            point("looked")
            if not amendable(target, venue.able):
                if new is None:
                    return await self._later(entry)
                wanted = replacement(entry, target, new.quantity)
                await self._hearing.replaced(target.command.client_order_id, new, wanted)
            elif row is None or row.state != "open":
                await self._desk.write(story.refused(self._desk.now(entry), Reason.UNKNOWN_ORDER))
                return False
            elif not fulfilled(change, row):
                return await self._later(entry)
            else:
                await self._hearing.changed(target.command.client_order_id, row)
        await self._desk.write(story.done(self._desk.now(entry)))
        return False

    async def _later(self, entry: JournalEntry) -> bool:
        """To be asked for again once the first request cannot be taken any more."""
        if not await self._visible(entry):
            return False
        text = "the venue shows that it was not carried out"
        await self._desk.write(story.absent(self._desk.now(entry), self._desk.clock(), text))
        return True

    def _say(self, entry: JournalEntry, text: str, severity: Severity) -> None:
        command = entry.command
        facts = {"account": command.account, "symbol": command.symbol, "order": entry.key}
        self._desk.tell(severity, "unknown", f"{entry.key} ({command.symbol}): {text}", facts)
