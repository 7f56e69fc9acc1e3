"""What is not ours at the venue becomes ours, where the account's settings say so.

Orders that rest, executions of others' orders, and what is held beyond our own executions. A look
asks for the venue's orders and positions; what two looks, a second apart, have in the same way is
taken over if the symbol was quiet meanwhile: no request of ours without the venue's word (an order
of ours whose answer was lost is not another's), each execution of our orders counted, and none
within a second. Else at a later look. An execution that is heard of is taken over at once, by its
id, unless a position that was taken over holds it.

Each is one record of the journal under a name that follows from what it is, so that it is taken
over once, wherever the process ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from itertools import count

from engine.costs import EXACT, text
from engine.identity import client_order_id
from executor.live import adopted, story
from executor.live.adopted import Taking
from executor.live.desk import Desk
from executor.live.hearing import UNSURE, Hearing
from executor.live.points import point
from executor.live.protecting import Protecting
from executor.live.sight import Gap, Sight
from executor.live.valuing import Valuing
from executor.venues.venue import VenueError, VenueFill, VenueOrder, VenuePosition
from schemas.statuses import JournalEntry
from schemas.system import Severity

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
STAYS = 3650 * DAY
"""ns for which the name of a position that was taken over is not given again."""
EVERY = 30.0
"""Seconds between two looks when nothing is strange."""
AGAIN = 1.1
"""Seconds after which what was strange is looked at once more."""

NEVER = 2**63
"""ns that no execution happens after."""

Positions = Callable[[], Awaitable[list[VenuePosition]]]


class Adopting:
    """Takes over for one account. positions: asks the venue, and notes what is held."""

    def __init__(
        self, desk: Desk, hearing: Hearing, protecting: Protecting, positions: Positions
    ) -> None:
        self._desk, self._hearing, self._protecting = desk, hearing, protecting
        self._positions = positions
        self._before = Sight()
        self._until: dict[str, int] = {}
        self._since = NEVER
        self._woken = asyncio.Event()
        self._told: set[str] = set()
        self.valuing = Valuing(desk)
        self._looking = False

    @property
    def restless(self) -> bool:
        """Something is there that is not taken over yet."""
        return self._looking or self._woken.is_set() or self._before.strange

    # -- what is heard ---------------------------------------------------------------------------

    def order(self, order: VenueOrder) -> None:
        """The venue tells of an order that is not ours."""
        if order.state == "open":
            self._woken.set()

    def fill(self, fill: VenueFill, base: int) -> bool:
        """Take an execution over that is of no order of ours; False where it is ours already."""
        self._woken.set()
        desk, name = self._desk, self._name(f"execution|{fill.symbol}|{fill.trade}")
        if fill.at <= self._until.get(fill.symbol, self._since) or desk.orders.known(name):
            return False
        taking = self._taking(fill.symbol, name, fill.at - 1, DAY)
        desk.orders.counted(fill.symbol, fill.side, fill.quantity)
        desk.begin(adopted.of_fill(taking, fill))
        self._say(fill.symbol, name, f"{fill.side} {fill.quantity} at {fill.price}, {fill.trade}")
        return True

    # -- what is asked for -----------------------------------------------------------------------

    def begin(self) -> None:
        """After the venue was asked at a start: what happened before is in what is held."""
        self._since = self._hearing.base
        self._woken.set()

    async def run(self) -> None:
        """For ever; what stays strange is looked at less and less often."""
        pause = AGAIN
        while True:
            try:
                await self.look()
            except VenueError as error:
                facts = {"account": self._desk.account, "category": error.category}
                said = f"what is not ours cannot be asked for: {error}"
                self._desk.tell(Severity.WARNING, "adopting", said, facts)
            await asyncio.sleep(AGAIN)
            strange = self._before.strange
            with suppress(TimeoutError):
                async with asyncio.timeout((pause if strange else EVERY) - AGAIN):
                    await self._woken.wait()
            pause = min(2 * pause, EVERY) if strange and not self._woken.is_set() else AGAIN

    async def look(self) -> None:
        """Ask the venue, and take over what can be."""
        self._looking = True
        self._woken.clear()
        try:
            sight = await self._seen()
            before, self._before = self._before, sight
            settled = sight.both(before)
            for name in settled.gone:
                await self._end(name)
            for symbol in settled.symbols():
                if await self._quiet(symbol, sight.at):
                    self._take(symbol, settled)
            self._before = self._left(sight)
        finally:
            self._looking = False

    def _left(self, sight: Sight) -> Sight:
        """What of it is not ours yet."""
        orders = {place: row for place, row in sight.orders.items() if not self._ours(row)}
        now = dict(self._gaps())
        gaps = {symbol: gap for symbol, gap in sight.gaps.items() if now.get(symbol) == gap}
        gone = {name for name in sight.gone if name in self._desk.orders.living}
        return replace(sight, orders=orders, gaps=gaps, gone=gone)

    async def _seen(self) -> Sight:
        desk = self._desk
        at = await desk.venue.clock()
        rows = await desk.venue.open_orders()
        found = {each.symbol: each for each in await self._positions()}
        numbers = {row.number for row in rows}
        return Sight(
            at,
            {(row.symbol, row.number): row for row in rows if not self._ours(row)},
            dict(self._gaps()),
            {one.key for one in self._nameless() if story.number_of(one) not in numbers},
            found,
        )

    def _ours(self, row: VenueOrder) -> bool:
        """It is, or was. A name may be given again where the order that had it is done."""
        orders = self._desk.orders
        found = orders.named(row.symbol, row.name, row.number)
        if found is None:
            return row.name in orders.past
        other = story.number_of(found) not in (None, row.number)
        return not (story.over(found) and other)

    def _gaps(self) -> Iterator[tuple[str, Gap]]:
        """Where what is held is not what our executions add up to; less than a lot is nothing."""
        orders = self._desk.orders
        for symbol in sorted({*orders.held, *orders.own}):
            held, own = (each.get(symbol, Decimal(0)) for each in (orders.held, orders.own))
            if held != own and abs(held - own) >= self._lot(symbol):
                yield symbol, (held, own)

    def _lot(self, symbol: str) -> Decimal:
        """Of a symbol; nothing is as large as that of one that the venue does not have."""
        base, _, settle = symbol.partition("/")
        try:
            return Decimal("Infinity") if base == settle else self._step(symbol)
        except KeyError:
            return Decimal("Infinity")

    def _step(self, symbol: str) -> Decimal:
        return Decimal(self._desk.venue.steps(symbol)[0])

    def _nameless(self) -> list[JournalEntry]:
        """Orders that were taken over and that the venue cannot be asked for by name."""
        living = self._desk.orders.living.values()
        return [one for one in living if story.nameless(one)]

    async def _quiet(self, symbol: str, at: int) -> bool:
        """All that is ours is known, and nothing has traded for a second before the look."""
        own = self._desk.orders.own.get(symbol)
        if self._unsure(symbol) or not await self._hearing.backfill(symbol):
            return False
        for fill in await self._desk.venue.fills(symbol, at - SECOND):
            self._hearing.fill(fill)
        calm = self._hearing.since.get(symbol, 0) < at - SECOND
        return calm and not self._unsure(symbol) and self._desk.orders.own.get(symbol) == own

    def _unsure(self, symbol: str) -> bool:
        """Something was asked of the venue whose word is not there."""
        desk = self._desk
        of = [one for one in desk.orders.living.values() if one.command.symbol == symbol]
        replaced = any(one.command.client_order_id in desk.replacing for one in of)
        return replaced or any(one.state in UNSURE for one in of)

    # -- what is taken over ----------------------------------------------------------------------

    def _take(self, symbol: str, sight: Sight) -> None:
        cutoff = sight.at - SECOND // 2
        for (of, _), order in sight.orders.items():
            if of == symbol and not self._ours(order):
                self._order(order, cutoff)
        gap = sight.gaps.get(symbol)
        if gap is not None:
            self._position(symbol, *gap, sight.positions.get(symbol), cutoff)

    def _order(self, order: VenueOrder, cutoff: int) -> None:
        name, orders = order.name, self._desk.orders
        if name is None or orders.known(name):
            name = self._free(f"order|{order.symbol}|{order.number}")
        taking = self._taking(order.symbol, name, cutoff, DAY)
        self._desk.begin(adopted.of_order(taking, order))
        point("produced")
        self._say(order.symbol, name, f"order {order.number}, which rests", protects=False)

    def _position(
        self,
        symbol: str,
        held: Decimal,
        own: Decimal,
        position: VenuePosition | None,
        cutoff: int,
    ) -> None:
        price = self.valuing.price(symbol, own, position)
        if price is None:
            self._priceless(symbol)
            return
        name = self._free(f"position|{symbol}|{text(held)}|{text(own)}")
        taking = self._taking(symbol, name, cutoff, STAYS, position)
        entry = adopted.of_position(taking, symbol, held, own, price)
        self._until[symbol] = cutoff
        self._desk.orders.counted(symbol, entry.command.side, entry.command.quantity)
        self._desk.begin(entry)
        point("produced")
        now = self._desk.clock()
        self._protecting.position(VenuePosition(symbol, text(held)), now)
        self._say(symbol, name, f"{text(EXACT.subtract(held, own))} at {price}")

    async def _end(self, name: str) -> None:
        """An order of no name rests no more: what it has executed is what there is of it."""
        entry = self._desk.orders.living.get(name)
        if entry is None:
            return
        symbol = entry.command.symbol
        for fill in await self._desk.venue.fills(symbol, entry.sends[0].at):
            self._hearing.fill(fill)
        entry = self._desk.now(entry)
        if not story.over(entry):
            self._desk.replacing.discard(name)
            self._hearing.order(adopted.ended(entry))

    # -- its parts -------------------------------------------------------------------------------

    def _taking(
        self, symbol: str, name: str, at: int, lives: int, position: VenuePosition | None = None
    ) -> Taking:
        desk = self._desk
        now = desk.clock()
        contract = self.valuing.contract(symbol, position)
        venue, epoch = desk.settings.exchange, desk.lease.epoch
        return Taking(desk.account, venue, contract, epoch, at, now, name, now + lives)

    def _name(self, what: str, leg: int = 0) -> str:
        of = f"adopted|{self._desk.settings.exchange}|{what}"
        return client_order_id(of, self._desk.account, leg)

    def _free(self, what: str) -> str:
        names = (self._name(what, leg) for leg in count())
        return next(name for name in names if not self._desk.orders.known(name))

    def _say(self, symbol: str, name: str, what: str, *, protects: bool = True) -> None:
        bare = protects and not self._protecting.stopped(symbol)
        end = ": no stop protects it" if bare else ""
        facts = {"account": self._desk.account, "symbol": symbol, "order": name}
        said = f"{symbol}: {what}, was not ours and is taken over as {name}{end}"
        self._desk.tell(Severity.WARNING, "adopted", said, facts)

    def _priceless(self, symbol: str) -> None:
        if symbol not in self._told:
            self._told.add(symbol)
            said = f"{symbol}: what is held is not ours, and has no price to be taken over at"
            facts = {"account": self._desk.account, "symbol": symbol}
            self._desk.tell(Severity.WARNING, "adopted", said, facts)
