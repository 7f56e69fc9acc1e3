"""The simulated venue behind the venues' protocol: engine.venue, fed with ticks records.

A command reaches the market with the first record after its latency, and the call that sent it
answers then; where no record comes for `patience` seconds its effect is not known, as at a venue
that does not answer. Time is the records' own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.book import Book
from engine.venue import commands
from engine.venue.events import Done, Event, Filled, Rejected
from engine.venue.market import Market
from engine.venue.simulation import Venue as Simulation
from executor.venues.client import free, unheard
from executor.venues.numbers import plain
from executor.venues.paper_orders import (
    changed,
    price_of,
    price_text,
    quantity_of,
    quantity_text,
)
from executor.venues.venue import (
    Abilities,
    Category,
    Change,
    Connected,
    Order,
    Told,
    VenueBalance,
    VenueError,
    VenueFill,
    VenueOrder,
    VenuePosition,
)
from executor.venues.wallet import Wallet
from executor.venues.wishes import check, check_steps, refused
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.ticks import Ticks

ABLE = Abilities(
    types=frozenset(OrderType),
    time_in_force=frozenset(TimeInForce),
    post_only=True,
    reduce_only=True,
    amend=True,
    amend_waiting=True,
    batch_cancel=True,
    by_name=True,
    window=None,
    visible=0,
)


@dataclass(slots=True)
class Waiting:
    """A command that has not been answered; reason: why not, once it was refused."""

    done: asyncio.Future[None]
    reason: Reason | None = None


class PaperVenue:
    """One account at the simulated venue. steps: of quantity and price by symbol."""

    exchange = "paper"
    able = ABLE

    def __init__(
        self,
        simulation: Simulation,
        steps: Mapping[str, tuple[str, str]],
        wallet: Wallet,
        *,
        fence: Callable[[], None] = free,
        wrote: Callable[[str], None] = unheard,
        patience: float = 5.0,
    ) -> None:
        self.simulation, self._steps, self.wallet = simulation, dict(steps), wallet
        self.fence, self.wrote, self.patience = fence, wrote, patience
        self.markets: dict[str, Market[Book]] = {symbol: Market(Book()) for symbol in steps}
        self.now = 0
        self._orders: dict[str, VenueOrder] = {}
        self._fills: list[VenueFill] = []
        self._waiting: dict[str, Waiting] = {}
        self._told: list[asyncio.Queue[Told]] = []
        self._numbers = 0

    def follow(self, ticks: Ticks) -> None:
        """Let a record of a market pass; what it answers is told."""
        market = self.markets.get(ticks.symbol)
        if market is None:
            return
        self.now = max(self.now, ticks.seen_time)
        for event in self.simulation.follow(market, ticks):
            self._take(ticks.symbol, event)

    async def open(self) -> None:
        """There is nothing to open."""

    async def close(self) -> None:
        """Nor to close."""

    async def prepare(self, symbol: str, leverage: str | None, margin: str | None) -> None:
        """Set the leverage; margin is cross."""
        if leverage is not None:
            self.wallet.leverage[symbol] = Decimal(leverage)

    def steps(self, symbol: str) -> tuple[str, str]:
        """As they were given."""
        return self._steps[symbol]

    def size(self, symbol: str) -> str:
        """Quantities are in base."""
        return "1"

    async def place(self, order: Order) -> VenueOrder:
        """Send it; the order as it is after the first record that it meets."""
        found = self._steps.get(order.symbol)
        steps = {"precision": {"amount": found[0], "price": found[1]}} if found else None
        check(self.able, steps, order)
        if order.role == "target":
            raise refused(Reason.UNSUPPORTED, "a take-profit trigger at the simulated venue")
        self._send(order.name)
        self._refuse(order)
        self._numbers += 1
        self._orders[order.name] = VenueOrder(
            name=order.name, number=str(self._numbers), symbol=order.symbol, state="open",
            side=order.side, type=order.type, quantity=plain(order.quantity) or "0", filled="0",
            price=plain(order.price), trigger=plain(order.trigger),
            reduce_only=order.reduce_only, conditional=order.trigger is not None,
            time_in_force=order.time_in_force, at=self.now,
        )  # fmt: skip
        reason = await self._answer(order.name, order.symbol, self._command(order))
        if self._orders[order.name].state == "rejected":
            raise VenueError(Category.INVALID_ORDER, f"{order.name}: {reason}", reason=reason)
        return self._orders[order.name]

    async def amend(self, change: Change) -> VenueOrder:
        """Change a resting order where it is."""
        order = change.order
        lot, tick = self._steps[order.symbol]
        precision = {"precision": {"amount": lot, "price": tick}}
        check_steps(precision, change.quantity, change.price, change.trigger)
        self._send(change.name)
        command = commands.Modify(
            change.name, self._due(change.name), (order.name or "",), quantity_of(change.quantity),
            price_of(change.price), price_of(change.trigger),
        )  # fmt: skip
        reason = await self._answer(change.name, order.symbol, command)
        if reason is not None:
            raise VenueError(Category.INVALID_ORDER, f"not changed: {reason}", reason=reason)
        return self._orders[order.name or ""]

    async def cancel(self, orders: Sequence[VenueOrder]) -> Sequence[VenueError | None]:
        """Withdraw orders, each by a command of its own."""
        return await asyncio.gather(*(self._cancel(each) for each in orders))

    async def find(self, symbol: str, name: str) -> VenueOrder | None:
        """The latest of that name."""
        found = self._orders.get(name)
        return found if found is not None and found.symbol == symbol else None

    async def open_orders(self, symbol: str | None = None) -> list[VenueOrder]:
        """All that rest or wait."""
        return [each for each in self._open() if symbol in (None, each.symbol)]

    async def fills(self, symbol: str, since: int) -> list[VenueFill]:
        """Executions at and after a time."""
        return [each for each in self._fills if each.symbol == symbol and each.at >= since]

    async def positions(self) -> list[VenuePosition]:
        """Those that are not flat."""
        found = [self.wallet.position(symbol) for symbol in self.wallet.positions]
        return [each for each in found if each.quantity != "0"]

    async def balances(self) -> list[VenueBalance]:
        """The wallet's money."""
        return [self.wallet.told(self._open())]

    async def clock(self) -> int:
        """When the last record was seen."""
        return self.now

    async def told(self) -> AsyncIterator[Told]:
        """All that happens from now on; it never breaks."""
        queue: asyncio.Queue[Told] = asyncio.Queue()
        self._told.append(queue)
        try:
            yield Connected(self.now)
            while True:
                yield await queue.get()
        finally:
            self._told.remove(queue)

    def _open(self) -> list[VenueOrder]:
        return [each for each in self._orders.values() if each.state == "open"]

    def _due(self, name: str) -> int:
        return self.simulation.due(self.now, name)

    def _send(self, name: str) -> None:
        self.fence()
        self.wrote(name)

    def _refuse(self, order: Order) -> None:
        """What an account's venue refuses and the engine, which has no accounts, does not."""
        there = self._orders.get(order.name)
        if there is not None and there.state == "open":
            text = f"{order.name} is taken by an open order"
            raise VenueError(Category.INVALID_ORDER, text, reason=Reason.DUPLICATE)
        mid = self.markets[order.symbol].mid()
        price = order.price or order.trigger or mid
        if order.reduce_only or price is None:
            return
        needed = self.wallet.margin(order.symbol, Decimal(order.quantity) * Decimal(price))
        if needed > self.wallet.free(self._open()):
            reason = Reason.INSUFFICIENT_BALANCE
            raise VenueError(Category.INSUFFICIENT_FUNDS, f"{needed} is not free", reason=reason)

    def _command(self, order: Order) -> commands.Order:
        return commands.Order(
            order_id=order.name, due=self._due(order.name), side=order.side, type=order.type,
            time_in_force=order.time_in_force, quantity=quantity_of(order.quantity) or 0,
            limit=price_of(order.price), reduce_only=order.reduce_only,
            trigger=price_of(order.trigger), post_only=order.post_only,
        )  # fmt: skip

    async def _answer(self, name: str, symbol: str, command: commands.Command) -> Reason | None:
        """Put a command on its way and wait for what is said to it: why not, or None."""
        waiting = Waiting(asyncio.get_running_loop().create_future())
        self._waiting[name] = waiting
        self.simulation.place(self.markets[symbol], command)
        try:
            async with asyncio.timeout(self.patience):
                await waiting.done
        except TimeoutError:
            text = f"{symbol}: no record came for {self.patience} s"
            raise VenueError(Category.NETWORK, text, unknown=True) from None
        finally:
            self._waiting.pop(name, None)
        return waiting.reason

    async def _cancel(self, order: VenueOrder) -> VenueError | None:
        self._numbers += 1
        name = f"cancel-{self._numbers}"
        self._send(order.name or "")
        command = commands.Cancel(name, self._due(name), (order.name or "",))
        try:
            reason = await self._answer(name, order.symbol, command)
        except VenueError as error:
            return error
        if reason is None:
            return None
        return VenueError(Category.INVALID_ORDER, f"not cancelled: {reason}", reason=reason)

    def _take(self, symbol: str, event: Event) -> None:
        """What is said of an order, or of a command."""
        order = self._orders.get(event.order_id)
        if order is not None:
            self._change(order, changed(order, event), event)
        waiting = self._waiting.get(event.order_id)
        if waiting is not None:
            if isinstance(event, Rejected | Done) and event.reason is not None:
                waiting.reason = event.reason
            if not waiting.done.done():
                waiting.done.set_result(None)

    def _change(self, order: VenueOrder, new: VenueOrder, event: Event) -> None:
        self._orders[event.order_id] = new
        if isinstance(event, Filled):
            fill = self._filled(order, event)
            self._fills.append(fill)
            self.wallet.take(fill)
            self._tell(fill)
        self._tell(new)
        if isinstance(event, Filled):
            self._tell(self.wallet.position(order.symbol))
            self._tell(self.wallet.told(self._open()))

    def _filled(self, order: VenueOrder, event: Filled) -> VenueFill:
        self._numbers += 1
        return VenueFill(
            trade=str(self._numbers), number=order.number, name=order.name, symbol=order.symbol,
            side=order.side, price=price_text(event.price), quantity=quantity_text(event.quantity),
            fee=plain(event.fee) or "0", currency=self.wallet.currency,
            liquidity=event.liquidity, at=event.at,
        )  # fmt: skip

    def _tell(self, told: Told) -> None:
        for queue in self._told:
            queue.put_nowait(told)
