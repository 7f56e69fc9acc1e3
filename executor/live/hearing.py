"""What the venue says, into the orders' stories: each execution once, each end after all of them.

Three ways lead here: the answer to a request, the private stream, and what was asked for (`look`,
`backfill`). They may say the same, in any order. Executions are told apart by the venue's id of
them, wherever they were heard; an order that is done at the venue is done here once as much of it
is counted as the venue says was filled, and what is missing of that is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from engine.costs import text
from executor.live import story
from executor.live.asking import Asking
from executor.live.desk import Desk
from executor.live.foreign import Foreign, Stranger
from executor.live.points import point
from executor.venues.venue import (
    Connected,
    Order,
    Told,
    VenueBalance,
    VenueError,
    VenueFill,
    VenueOrder,
    VenuePosition,
)
from schemas.statuses import JournalEntry, OrderState

GRACE = 0.1
"""Seconds in which the stream tells executions, before the venue is asked for them."""
UNSURE = (OrderState.SENT, OrderState.UNKNOWN)
"""States in which the venue's number of an order may not be known yet."""


def _unheard() -> None:
    """Nobody minds."""


class Hearing:
    """Applies what one account's venue says.

    money: told that positions or balances were; base: ns, when what is held was last asked for;
    since: ns of the latest execution by symbol. ask, backfill: see executor.live.asking.
    foreign: hears of what is not ours.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lacking: dict[str, VenueOrder] = {}
        self.since: dict[str, int] = {}
        self._asking = Asking(desk, self)
        self.ask, self.backfill = self._asking.ask, self._asking.backfill
        self.foreign: Stranger = Foreign(desk)
        self._early: dict[str, list[VenueFill]] = {}
        self.base = 0
        self.money: Callable[[], None] = _unheard
        self.connected = asyncio.Event()

    async def listen(self) -> None:
        """Follow the private stream for ever."""
        async for told in self._desk.venue.told():
            await self.take(told)
            point("heard")

    async def take(self, told: Told) -> None:
        """One thing that the stream says."""
        match told:
            case VenueFill():
                self.fill(told)
            case VenueOrder():
                self.order(told)
            case Connected():
                self.connected.set()
                for symbol in self.symbols():
                    self.ask(symbol)
            case VenuePosition() | VenueBalance():
                self.money()

    @property
    def asking(self) -> bool:
        """Something is being asked of the venue."""
        return bool(self._asking.symbols or self._lacking)

    def symbols(self) -> list[str]:
        """Symbols in which an order lives."""
        return sorted({each.command.symbol for each in self._desk.orders.living.values()})

    # -- answers ---------------------------------------------------------------------------------

    async def answered(self, name: str, order: VenueOrder) -> None:
        """The venue took the order that was placed under this name.

        Where that tells nothing new of it, it is journalled with what comes next: executions that
        the answer counts.
        """
        known = self._desk.orders.find(name)
        if known is None:
            return
        entry = known
        if not entry.sends[-1].answer:
            now = self._desk.clock()
            entry = story.answered(entry, "acknowledged", now, number=order.number or None)
        entry = self._applied(entry, order)
        if story.untold(entry) or (story.over(entry) and entry is not known):
            await self._desk.write(entry)
        else:
            self._desk.orders.keep(entry)
        self._missing(name, order)

    async def changed(self, name: str, order: VenueOrder) -> None:
        """The venue has changed the order; it may have another number or client id now."""
        entry = self._desk.orders.find(name)
        if entry is None or story.over(entry):
            return
        told = {"alias": order.name if order.name != name else None}
        if order.number and order.number != story.number_of(entry):
            sends = (*entry.sends[:-1], entry.sends[-1].model_copy(update={"number": order.number}))
            told["sends"] = sends  # type: ignore[assignment]
        entry = entry.model_copy(update=told)
        if order.state == "open" and story.differs(entry, order):
            entry = story.resting(entry, order)
        await self._desk.write(entry)
        self._missing(name, order)

    async def replaced(self, name: str, new: VenueOrder, wanted: Order) -> None:
        """Another order has come in its place, for what was left of it."""
        entry = self._desk.orders.find(name)
        assert entry is not None
        self._desk.replacing.discard(name)
        number = {"number": new.number or None}
        sends = (*entry.sends[:-1], entry.sends[-1].model_copy(update=number))
        before = text(story.filled(entry))
        told = {"alias": wanted.name, "before": before, "sends": sends}
        entry = entry.model_copy(update=told)
        rests = replace(
            new,
            quantity=wanted.quantity,
            price=wanted.price,
            trigger=wanted.trigger,
            conditional=wanted.trigger is not None,
        )
        await self._desk.write(story.resting(entry, rests))
        self._missing(name, new)

    async def look(self, symbol: str, name: str) -> VenueOrder | None:
        """Ask for one order by the client id that the venue has it under, and apply the answer."""
        try:
            found = await self._desk.venue.find(symbol, name)
        except VenueError:
            self.ask(symbol)
            return None
        if found is not None:
            self.order(found)
        return found

    # -- the stream ------------------------------------------------------------------------------

    def order(self, order: VenueOrder) -> None:
        """An order as the venue has it."""
        entry = self._desk.orders.named(order.symbol, order.name, order.number)
        if entry is None or story.over(entry):
            self.foreign.order(order)
            return
        if order.name is not None and order.name != story.name_of(entry):
            return  # what a replaced order was
        changed = self._applied(entry, order)
        if changed is not entry:
            self._desk.begin(changed)
        self._missing(entry.command.client_order_id, order)

    def fill(self, fill: VenueFill) -> None:
        """One execution."""
        self.since[fill.symbol] = max(fill.at, self.since.get(fill.symbol, 0))
        entry = self._desk.orders.named(fill.symbol, fill.name, fill.number)
        if entry is None:
            early = any(one.state in UNSURE for one in self._desk.orders.of(fill.symbol))
            if early:
                self._early.setdefault(fill.symbol, []).append(fill)
            else:
                self._not_ours(fill)
            return
        counted = story.counted(entry, fill)
        if counted is not entry:
            self._desk.orders.counted(fill.symbol, fill.side, fill.quantity)
            self._moved(fill)
            self._desk.begin(counted)

    def _late(self, symbol: str) -> None:
        """Executions that were heard of before the number of their order."""
        for fill in self._early.pop(symbol, ()):
            self.fill(fill)

    def _moved(self, fill: VenueFill) -> None:
        if fill.at > self.base:
            self._desk.orders.moved(fill.symbol, fill.side, fill.quantity)

    def _applied(self, entry: JournalEntry, order: VenueOrder) -> JournalEntry:
        """The entry after an order's state, as far as it needs no executions."""
        if story.over(entry):
            return entry
        fresh = entry.state in (OrderState.SENT, OrderState.UNKNOWN)
        if fresh and order.number and not story.number_of(entry) and entry.sends:
            now = self._desk.clock()
            entry = story.answered(entry, "acknowledged", now, number=order.number)
        if fresh and order.state == "open":
            return story.resting(entry, order)
        if entry.command.client_order_id in self._desk.replacing:
            return entry
        if order.state != "open" and story.counts(entry, order.filled):
            return story.ended(entry, order, asked=self._desk.orders.withdrawn(entry))
        return entry

    def _missing(self, name: str, order: VenueOrder) -> None:
        """Ask in a while for executions that the venue has counted and we have not by then."""
        self._late(order.symbol)
        if not self._lacks(name, order):
            return
        if name not in self._lacking:
            self._desk.start(self._expected(name))
        elif self._lacking[name].state != "open":
            return
        self._lacking[name] = order

    def _lacks(self, name: str, order: VenueOrder) -> bool:
        entry = self._desk.orders.find(name)
        if entry is None or story.over(entry):
            return False
        return order.state != "open" or not story.counts(entry, order.filled)

    async def _expected(self, name: str) -> None:
        await asyncio.sleep(GRACE)
        order = self._lacking.pop(name)
        if self._lacks(name, order):
            self.ask(order.symbol)

    def _not_ours(self, fill: VenueFill) -> None:
        """It moves what is held all the same."""
        if self.foreign.fill(fill, self.base):
            self._moved(fill)
