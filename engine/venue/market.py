"""The state of one market for one account: the book, what is held, and the orders there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, Literal, Protocol, TypeVar

from engine.book import BookSide
from engine.numbers import PRICE_DECIMALS, ratio_text
from engine.venue.commands import LINEAR, Command, Follows, Order, Role
from engine.venue.parts import Take
from engine.venue.queues import Place
from engine.venue.volume import Volume
from schemas.orders import Contract
from schemas.ticks import BookState, BookUpdates, Side

Phase = Literal["asleep", "awake", "working"]
"""A stop before its trigger; a stop that was triggered; a limit order in the book."""


UNKNOWN = Place()

OPPOSITE: dict[Side, BookSide] = {"buy": "asks", "sell": "bids"}
"""The side of the book that an order meets."""


class Depth(Protocol):
    """A book as the venue sees it: rebuilt from the updates that market.ticks recorded."""

    def follow(self, updates: BookUpdates) -> None:
        """Apply the updates that were applied when they were recorded."""
        ...

    def walk(self, side: BookSide) -> Iterable[Take]:
        """Levels (price, quantity) of one side, best first."""
        ...

    def best(self, side: BookSide) -> int | None:
        """The best price of a side, None without one."""
        ...

    def at(self, side: BookSide, price: int) -> int:
        """Quantity displayed at a price, 0 where there is no level."""
        ...


D = TypeVar("D", bound=Depth)


@dataclass(slots=True)
class Live:
    """An order at the venue. place: in its level's queue.

    inside: its limit still reaches into the recorded book, of which it has taken what there was;
    met: sequence of the ticks record with which it last took from the book, -1 before the first.
    """

    order: Order
    phase: Phase = "working"
    filled: int = 0
    place: Place = UNKNOWN
    inside: bool = False
    met: int = -1

    @property
    def rest(self) -> int:
        """What it still wants."""
        return self.order.quantity - self.filled

    @property
    def price(self) -> int | None:
        """The price it rests at: its trigger while asleep, else its limit."""
        return self.order.trigger if self.phase == "asleep" else self.order.limit


@dataclass(frozen=True, slots=True)
class Announced:
    """The next funding as the venue announced it; rate is a share of notional, mark in quote, and
    empty while none was told.
    """

    mark: str
    rate: str
    due: int


@dataclass(slots=True)
class Market(Generic[D]):
    """State of one market for one account.

    followed: sequence of the last ticks record applied; position: signed, of `contract`, opened by
    `strategy`; pending: commands under way, by due; resting: in order of arrival.
    last: the price that triggers stops, as it was last seen; protection: ids by role, which are in
    `resting` too; protected: how many such orders were made, for their ids.
    announced: the funding to come; funded: when the last one was due.
    taken: what our fills have taken of levels that are still displayed, by side and price.
    follows: how the position's stop trails, with the best price since (None before its activation),
    and when it moved last; until: when the position's time is over.
    volume: what the account has traded, in all of its markets, where its fees go by that.
    Where positions have margin: cost of the position (engine.position), None where it is flat or
    was not followed; opener: id of the order that last added to it; marked: a mark was told.
    """

    depth: D
    book: BookState = BookState.NONE
    followed: int = -1
    position: int = 0
    pending: list[Command] = field(default_factory=list)
    built: bool = False
    resting: dict[str, Live] = field(default_factory=dict)
    last: int | None = None
    protection: dict[Role, str] = field(default_factory=dict)
    protected: int = 0
    contract: Contract = LINEAR
    strategy: str = ""
    announced: Announced | None = None
    funded: int = -1
    taken: dict[BookSide, dict[int, int]] = field(default_factory=dict)
    follows: Follows | None = None
    peak: int | None = None
    moved: int = -1
    until: int | None = None
    volume: Volume = field(default_factory=Volume)
    cost: Decimal | None = None
    opener: str = ""
    marked: bool = False

    def best(self, side: BookSide) -> int | None:
        """The best price of a side, None without one."""
        return self.depth.best(side)

    def twice_mid(self) -> int | None:
        """Best bid plus best ask; None unless the book is OK and has both."""
        if self.book is not BookState.OK:
            return None
        bid, ask = self.best("bids"), self.best("asks")
        return None if bid is None or ask is None else bid + ask

    def mid(self) -> str | None:
        """Middle of best bid and ask in quote, to 12 digits; None unless the book is OK."""
        twice = self.twice_mid()
        return None if twice is None else ratio_text(twice, 2, PRICE_DECIMALS)

    def opposite(self, side: Side) -> Iterable[Take]:
        """Levels that an order of `side` meets, as they are displayed, best first."""
        return self.depth.walk(OPPOSITE[side])

    def against(self, order: Order) -> int:
        """Quantity of the position that the order could close; zero or less when none."""
        return -self.position * order.sign

    def coming(self, side: Side) -> int:
        """Signed quantity of orders on a side, at the venue or on their way, that may open."""
        there = [(live.order, live.rest) for live in self.resting.values()]
        sent = [(each, each.quantity) for each in self.pending if isinstance(each, Order)]
        return sum(
            quantity * order.sign
            for order, quantity in (*there, *sent)
            if order.side == side and not order.reduce_only
        )

    def ahead_at(self, order: Order) -> int | None:
        """Quantity displayed at the order's limit; None where the book does not reach so far."""
        if order.limit is None or self.book is not BookState.OK:
            return None
        for price, quantity in self.depth.walk("bids" if order.side == "buy" else "asks"):
            if price == order.limit:
                return quantity
            if (price - order.limit) * order.sign < 0:
                return 0
        return None
