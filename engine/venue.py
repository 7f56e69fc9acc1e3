"""The one simulated venue: (state, market event or command) -> events, its habits passed in.

An order placed at t reaches the venue at due = latency.arrival(t) and meets the book as it was
then: before a ticks record with seen_time > due is applied, the due orders are executed. So what
becomes of an order depends on the recorded market alone, not on when anything was delivered here.

Parts: `Latency` (when an order arrives), `Liquidity` (what it may take), `Fees`. An order that
would rest needs a part that says when its turn in the queue comes; until there is one, such orders
are rejected as UNSUPPORTED. Prices are integers of 10^-8 quote, quantities of 10^-18 base.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from engine.book import BookSide
from engine.costs import EXACT, Fees, Liquidity
from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS, ratio_text
from schemas.orders import Contract, OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.ticks import BookState, BookUpdates, Side, Ticks

Take = tuple[int, int]
"""A price and the quantity taken at it."""


class Depth(Protocol):
    """A book as the venue sees it: rebuilt from the updates that market.ticks recorded."""

    def follow(self, updates: BookUpdates) -> None:
        """Apply the updates that were applied when they were recorded."""
        ...

    def walk(self, side: BookSide) -> Iterable[Take]:
        """Levels (price, quantity) of one side, best first."""
        ...


D = TypeVar("D", bound=Depth)


class LatencyModel(Protocol):
    """When an order reaches the venue."""

    def arrival(self, sent: int) -> int:
        """Nanoseconds of market time at which an order sent at `sent` is acted on."""
        ...


class LiquidityModel(Protocol):
    """What an order may take from the book."""

    def take(self, levels: Iterable[Take], quantity: int) -> Iterator[Take]:
        """Fills, best price first, of at most `quantity` in all."""
        ...


class ConstantLatency(BaseModel):
    """Every order takes as long; default 5 ms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nanoseconds: int = Field(default=5_000_000, ge=0)

    def arrival(self, sent: int) -> int:
        """Sent plus the latency."""
        return sent + self.nanoseconds


class DisplayedBook(BaseModel):
    """The displayed quantities at the displayed prices; own impact is forgotten.

    Two orders may take the same level: the recorded market goes on as if neither had been there.
    A model that consumes would remember here what it has given until the level changes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def take(self, levels: Iterable[Take], quantity: int) -> Iterator[Take]:
        """Level by level until the quantity or the book is used up."""
        for price, displayed in levels:
            if quantity <= 0:
                return
            taken = min(quantity, displayed)
            quantity -= taken
            yield price, taken


LINEAR = Contract()


@dataclass(frozen=True, slots=True)
class Order:
    """A command as it travels to the venue; limit None means at any price."""

    order_id: str
    due: int
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    quantity: int
    limit: int | None
    reduce_only: bool
    contract: Contract = LINEAR


@dataclass(frozen=True, slots=True)
class Answer:
    """What the venue says of an order. book_seq and mid (quote): the market when it happened."""

    order_id: str
    book_seq: int
    mid: str | None


@dataclass(frozen=True, slots=True)
class Filled(Answer):
    """One level taken. filled: of the order so far; rest: what it still wants."""

    price: int
    quantity: int
    filled: int
    rest: int
    fee: Decimal
    liquidity: Liquidity


@dataclass(frozen=True, slots=True)
class Cancelled(Answer):
    """The rest of an order that does not wait. reason: why nothing more was filled."""

    filled: int
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Rejected(Answer):
    """An order that the venue would not have."""

    reason: Reason


Event = Filled | Cancelled | Rejected

BOOK_REFUSALS = {
    BookState.NONE: Reason.NO_LIQUIDITY,
    BookState.GAPPED: Reason.GAPPED_BOOK,
    BookState.STALE: Reason.STALE_BOOK,
    BookState.CROSSED: Reason.CROSSED_BOOK,
}
"""A book that is not OK shows no liquidity that could be believed."""


@dataclass(slots=True)
class Market(Generic[D]):
    """State of one market for one account.

    followed: sequence of the last ticks record applied; position: signed; pending: by due.
    """

    depth: D
    book: BookState = BookState.NONE
    followed: int = -1
    position: int = 0
    pending: list[Order] = field(default_factory=list)
    built: bool = False

    def mid(self) -> str | None:
        """Middle of best bid and ask in quote, to 12 digits; None unless the book is OK."""
        if self.book is not BookState.OK:
            return None
        bid = next(iter(self.depth.walk("bids")), None)
        ask = next(iter(self.depth.walk("asks")), None)
        if bid is None or ask is None:
            return None
        return ratio_text(bid[0] + ask[0], 2, PRICE_DECIMALS)

    def opposite(self, side: Side) -> Iterable[Take]:
        """Levels that an order of `side` meets, best first."""
        return self.depth.walk("asks" if side == "buy" else "bids")


@dataclass(frozen=True)
class Venue:
    """The rules, without state: what a market does with a command and with a ticks record."""

    latency: LatencyModel
    liquidity: LiquidityModel
    fees: Fees

    def place(self, market: Market[D], order: Order) -> None:
        """Put the order on its way; it is executed by a later `follow`."""
        insort(market.pending, order, key=attrgetter("due"))

    def follow(self, market: Market[D], ticks: Ticks) -> list[Event]:
        """Execute what is due before this record, then apply it; a record seen before is dropped.

        A market that lacks a record has no book until the next snapshot: a book with a hole in it
        must not be traded on, and the account's orders must not wait for ever.
        """
        if ticks.seq <= market.followed:
            return []
        if ticks.seq > market.followed + 1:
            market.built, market.book = False, BookState.NONE
        events: list[Event] = []
        while market.pending and market.pending[0].due < ticks.seen_time:
            events += self._execute(market, market.pending.pop(0))
        if ticks.books:
            market.depth.follow(ticks.books)
        market.built |= ticks.seq == 0 or _rebuilt(ticks.books)
        market.book = ticks.book if market.built else BookState.NONE
        market.followed = ticks.seq
        return events

    def _execute(self, market: Market[D], order: Order) -> list[Event]:
        """Everything that becomes of an order that does not rest."""
        answer = Answer(order.order_id, market.followed, market.mid())
        wanted = _wanted(market, order)
        if isinstance(wanted, Reason):
            return [Rejected(answer.order_id, answer.book_seq, answer.mid, wanted)]
        takes = list(self.liquidity.take(_reachable(market, order), wanted))
        if order.time_in_force is TimeInForce.FOK and _total(takes) < order.quantity:
            takes = []
        filled = _total(takes)
        market.position += filled if order.side == "buy" else -filled
        events: list[Event] = list(self._fills(answer, order, takes))
        if filled < order.quantity:
            reason = None if filled == wanted else Reason.NO_LIQUIDITY
            events.append(Cancelled(answer.order_id, answer.book_seq, answer.mid, filled, reason))
        return events

    def _fills(self, answer: Answer, order: Order, takes: list[Take]) -> Iterator[Filled]:
        filled = 0
        for price, quantity in takes:
            filled += quantity
            yield Filled(
                answer.order_id,
                answer.book_seq,
                answer.mid,
                price,
                quantity,
                filled,
                order.quantity - filled,
                self._fee(order, price, quantity),
                "taker",
            )

    def _fee(self, order: Order, price: int, quantity: int) -> Decimal:
        exact_price = EXACT.scaleb(Decimal(price), -PRICE_DECIMALS)
        exact_quantity = EXACT.scaleb(Decimal(quantity), -QUANTITY_DECIMALS)
        return self.fees.fee(order.contract, exact_price, exact_quantity, "taker")


def _rebuilt(books: BookUpdates) -> bool:
    """True when the record holds a snapshot: what was missed before it matters no more."""
    return any(snap and done for snap, done in zip(books.snapshot, books.applied, strict=True))


def _total(takes: list[Take]) -> int:
    return sum(quantity for _, quantity in takes)


def _wanted(market: Market[D], order: Order) -> int | Reason:
    """How much the order may trade now, or why nothing: a reducing one stops at a flat position."""
    if _rests(order) or order.quantity <= 0:
        return Reason.UNSUPPORTED
    if market.book is not BookState.OK:
        return BOOK_REFUSALS[market.book]
    if next(iter(market.opposite(order.side)), None) is None:
        return Reason.NO_LIQUIDITY
    if not order.reduce_only:
        return order.quantity
    open_against = -market.position if order.side == "buy" else market.position
    return min(order.quantity, open_against) if open_against > 0 else Reason.POSITION_CHANGED


def _rests(order: Order) -> bool:
    """Whether the order would have to wait at the venue for its turn or its price."""
    if order.type is OrderType.LIMIT:
        return order.time_in_force is TimeInForce.GTC or order.limit is None
    return order.type is not OrderType.MARKET


def _reachable(market: Market[D], order: Order) -> Iterator[Take]:
    """Levels whose price is at or better than the order's limit."""
    for price, quantity in market.opposite(order.side):
        beyond = 0 if order.limit is None else price - order.limit
        if beyond * (1 if order.side == "buy" else -1) > 0:
            return
        yield price, quantity
