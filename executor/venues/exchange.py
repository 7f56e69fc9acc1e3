"""The venue protocol on ccxt.pro: REST and WebSocket of any exchange in one client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import ccxt

from executor.venues import amending, cancelling, errors, reading, wishes
from executor.venues.abilities import abilities
from executor.venues.catalogue import WINDOW, Look, Row, row
from executor.venues.client import Gate, Hooks, free, made, unheard
from executor.venues.connection import DEADLINE, expiry, reach, settled
from executor.venues.executions import every
from executor.venues.finding import ask
from executor.venues.flight import NOW, Flight
from executor.venues.key import Key
from executor.venues.names import Names
from executor.venues.numbers import ns, plain
from executor.venues.rights import look
from executor.venues.settings import LiveAccount
from executor.venues.stream import Stream
from executor.venues.venue import (
    Category,
    Change,
    Order,
    Told,
    VenueBalance,
    VenueError,
    VenueFill,
    VenueOrder,
    VenuePosition,
)
from schemas.refusals import Reason

Answer = TypeVar("Answer")


class CcxtVenue:
    """One account at one exchange, by ccxt.

    A request is made once. Each send passes the fence after ccxt has signed (and timestamped) it.
    """

    def __init__(self, found: Row, client: Any, key: Key, symbols: Sequence[str] = ()) -> None:
        self.row, self.client, self.symbols = found, client, tuple(symbols)
        self.names = Names(found.form)
        self._reader = reading.Reader(found, self.names)
        self._key = key
        self._prepared: dict[str, tuple[str | None, str | None]] = {}
        self._skewed = False
        self.exchange = found.exchange
        self.able = abilities(found, client)
        self.withdrawals: bool | None = None

    @classmethod
    def of(
        cls,
        account: str,
        settings: LiveAccount,
        key: Key,
        *,
        fence: Callable[[], None] = free,
        wrote: Callable[[str], None] = unheard,
        gate: Gate | None = None,
        symbols: Sequence[str] = (),
    ) -> CcxtVenue:
        """For an account of the settings. Raises ValueError for settings that must not be."""
        found = row(settings.exchange, settings.market)
        hooks = Hooks(fence, wrote, gate, expiry(found))
        client = made(found.client, hooks, settled(found, key, settings.timeout))
        reach(account, settings, found, client)
        return cls(found, client, key, symbols)

    async def open(self) -> None:
        """Load the markets, take the venue's clock, look at the key's rights."""
        await self._read(self.client.load_markets)
        await self._resynchronise()
        for name in self.row.first:
            await self._read(getattr(self.client, name))
        self.withdrawals = await self._read(lambda: look(self.row, self.client))
        if self.withdrawals:
            raise VenueError(
                Category.AUTHENTICATION,
                "the key may withdraw; make one that may only trade",
                sent=False,
            )

    async def close(self) -> None:
        """Give back sessions and sockets."""
        await self.client.close()

    async def clock(self) -> int:
        """The venue's time, ns; its distance from ours is measured again too."""
        await self._resynchronise()
        return int(ns(self.client.milliseconds() - self._ahead()) or 0)

    async def prepare(self, symbol: str, leverage: str | None, margin: str | None) -> None:
        """Set leverage and margin mode, once a symbol; spot has neither."""
        if self.row.market == "spot" or self._prepared.get(symbol) == (leverage, margin):
            return
        said = {"marginMode": margin} if margin and self.row.margin == "order" else {}
        if margin is not None and not said:
            await self._set(lambda: self.client.set_margin_mode(margin, symbol, {}))
        if leverage is not None:
            times = int(leverage) if leverage.isdigit() else float(leverage)
            await self._set(lambda: self.client.set_leverage(times, symbol, {**said}))
        self._prepared[symbol] = (leverage, margin)

    def steps(self, symbol: str) -> tuple[str, str]:
        """Steps of quantities and prices, as ccxt has them of the venue's list."""
        found = self.client.markets[symbol]["precision"]
        return plain(found["amount"]) or "0", plain(found["price"]) or "0"

    def size(self, symbol: str) -> str:
        """Of a contract, as ccxt has it of the venue's list."""
        return plain(self.client.markets[symbol].get("contractSize")) or "1"

    async def place(self, order: Order) -> VenueOrder:
        """Send it. The venue's order, as far as its answer tells."""
        wishes.check(self.able, self.client.markets.get(order.symbol), order)

        async def send() -> VenueOrder:
            kind = "limit" if order.type in wishes.LIMITED else "market"
            amount = int(order.quantity) if self.row.whole else order.quantity
            raw = await self.client.create_order(
                order.symbol, kind, order.side, amount, order.price,
                self._parameters(order),
            )  # fmt: skip
            return self._reader.order(raw, order)

        return await self._send((order.name,), send)

    async def amend(self, change: Change) -> VenueOrder:
        """Change a resting order, in one request of the venue's."""
        amending.check(self.row, self.client.markets.get(change.order.symbol), change)
        new = amending.expected(self.row, change)

        async def send() -> VenueOrder:
            raw = await self.client.edit_order(
                new.number, new.symbol, amending.kind(new), new.side, new.quantity, new.price,
                amending.parameters(self.row, self.names, change),
            )  # fmt: skip
            return self._reader.order(raw, new)

        return await self._send((change.name,), send)

    async def cancel(self, orders: Sequence[VenueOrder]) -> Sequence[VenueError | None]:
        """Withdraw orders of one symbol: together where the venue can, else all at once."""
        if len(orders) < 2 or self.row.most < 2 or any(each.conditional for each in orders):
            return await asyncio.gather(*(self._cancel(each) for each in orders))
        most = self.row.most
        parts = [orders[i : i + most] for i in range(0, len(orders), most)]
        return [each for part in parts for each in await self._together(part)]

    async def _together(self, orders: Sequence[VenueOrder]) -> list[VenueError | None]:
        """Cancels in one request."""
        names = tuple(each.name for each in orders if each.name)
        try:
            raws = await self._send(names, lambda: cancelling.together(self.client, orders))
        except VenueError as error:
            if cancelling.lost(error):
                return [error] * len(orders)
            raws = {}
        return [await self._verdict(each, raws.get(each.number)) for each in orders]

    async def _verdict(self, order: VenueOrder, raw: dict[str, Any] | None) -> VenueError | None:
        """Of one of several; it is cancelled by itself where the answer does not tell of it."""
        if raw is None:
            return await self._cancel(order)
        return cancelling.verdict(self.client, self.row.client, self._key, raw)

    async def _cancel(self, order: VenueOrder) -> VenueError | None:
        params = {"trigger": True} if order.conditional else {}
        names = (order.name,) if order.name else ()
        one = (order.number, order.symbol, params)
        try:
            await self._send(names, lambda: self.client.cancel_order(*one))
        except VenueError as error:
            return error
        return None

    async def find(self, symbol: str, name: str) -> VenueOrder | None:
        """The latest order of that name; None where the venue says that it has none."""
        for each in self.row.looks:
            raw = await self._look(symbol, each, name)
            if raw is not None:
                return self._reader.order(raw)
        return None

    async def _look(self, symbol: str, where: Look, name: str) -> dict[str, Any] | None:
        text = self.names.spelled(name)
        try:
            return await self._read(
                lambda: ask(
                    self.client, symbol, where, text, lambda r: self._reader.name(r) == name
                )
            )
        except VenueError as error:
            if error.reason is Reason.UNKNOWN_ORDER:
                return None
            raise

    async def open_orders(self, symbol: str | None = None) -> list[VenueOrder]:
        """All that rest, and all that wait where the venue has them apart."""
        found: list[VenueOrder] = []
        for params in ({}, *self.row.waiting):
            ask_for = partial(self.client.fetch_open_orders, symbol, None, None, {**params})
            raws = await self._read(ask_for)
            found += [self._reader.order(raw) for raw in raws]
        return found

    async def fills(self, symbol: str, since: int) -> list[VenueFill]:
        """Executions at and after `since` (ns), the oldest first, all pages."""
        raws = await self._read(lambda: every(self.row, self.client, symbol, since // 1_000_000))
        found = [self._reader.fill(raw) for raw in raws]
        return sorted((each for each in found if each.at >= since), key=lambda each: each.at)

    async def positions(self) -> list[VenuePosition]:
        """Positions that are not flat; none for spot."""
        if self.row.market == "spot":
            return []
        raws = await self._read(self.client.fetch_positions)
        found = [reading.position(raw) for raw in raws]
        return [each for each in found if each is not None and each.quantity != "0"]

    async def balances(self) -> list[VenueBalance]:
        """Money that is not zero."""
        found = reading.balances(await self._read(self.client.fetch_balance))
        return [each for each in found if each.total != "0"]

    def told(self) -> AsyncIterator[Told]:
        """The private stream; one at a time."""
        return Stream(self._reader, self.client, self._key).told()

    def _ahead(self) -> int:
        return int(self.client.options.get("timeDifference") or 0)

    async def _resynchronise(self) -> None:
        if self.client.has.get("fetchTime"):
            await self._read(self.client.load_time_difference)
        self._skewed = False

    async def _set(self, call: Callable[[], Awaitable[Any]]) -> None:
        """A setting; that it is so already is no error."""

        async def change() -> None:
            try:
                await call()
            except ccxt.NoChange:
                return

        await self._send((), change)

    def _parameters(self, order: Order) -> dict[str, Any]:
        """ccxt's, of an order; with the margin mode at a venue that wants it said each time."""
        found = wishes.parameters(self.row, self.names, order)
        margin = self._prepared.get(order.symbol, (None, None))[1]
        if margin and self.row.margin == "order":
            found["marginMode"] = margin
        if self.row.window == DEADLINE:
            found[DEADLINE] = self.client.iso8601(self.client.milliseconds() + WINDOW)
        return found

    async def _read(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        return await self._fly(Flight(), call)

    async def _send(self, names: tuple[str, ...], call: Callable[[], Awaitable[Answer]]) -> Answer:
        if self._skewed:
            await self._resynchronise()
        return await self._fly(Flight(names, sending=True), call)

    async def _fly(self, flight: Flight, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """One call of ccxt's; what goes wrong is a VenueError, but for what the fence raises."""
        before = NOW.set(flight)
        try:
            return await call()
        except Exception as error:
            if error is flight.stopped:
                raise
            found = errors.of(error, flight, self.row.client, self._key)
        finally:
            NOW.reset(before)
        self._skewed = self._skewed or found.reason is Reason.OUTSIDE_WINDOW
        raise found
