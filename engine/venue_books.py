"""One venue's part in a consolidated book: its levels as rows that sort, and whether they count."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from engine.book import BookSide
from engine.book_following import PlainBook
from engine.numbers import QUANTITY_DECIMALS, price_units, quantity_units, text_of
from schemas.signals import VenueBook, VenueState
from schemas.ticks import BookState, BookUpdates, Level, Ticks

SIZED = 2 * QUANTITY_DECIMALS
"""Decimals of a quantity times a contract's size, each in 10^-18."""

ONE = 10**QUANTITY_DECIMALS

Sign = Literal[1, -1]


class Row(NamedTuple):
    """A level of one venue. rank: price in 10^-20, negative for bids, so that the best comes first;
    units: quantity in 10^-36, with the contract's size.
    """

    rank: int
    venue: str
    price: str
    quantity: str
    units: int


class Bounds(NamedTuple):
    """levels: of a side that a consolidated book may need of a venue. In ns of the symbol's time,
    stale: age of the last update applied, silent: of the last record, at which a venue is left out.
    """

    levels: int
    stale: int
    silent: int


class VenuePart:
    """What is known of one venue's book of the symbol.

    size: of a contract as the instrument tells it, None where none does and quantities need one.
    bids, asks: its best levels as rows; state: as of the last `judge`.
    """

    def __init__(self, venue: str, size: str | None) -> None:
        self.venue, self.size = venue, size
        self.followed = PlainBook()
        self.told = BookState.NONE
        self.state = VenueState.NONE
        self.fresh: int | None = None
        self.heard = 0
        self.bids: list[Row] = []
        self.asks: list[Row] = []

    def take(self, ticks: Ticks, now: int, size: str | None, levels: int) -> bool:
        """Follow one record; whether it is the first, or the rows have changed.

        now: the venue's time in ns. size: of a contract, as known by now.
        """
        first = self.followed.followed < 0
        self.followed.follow(ticks)
        self.told, self.heard = ticks.book, now
        updates = ticks.books
        if updates.index:
            self._freshen(updates)
        if not updates.index and size == self.size and self.followed.built:
            return first
        self.size = size
        return self.rank(levels) or first

    def _freshen(self, updates: BookUpdates) -> None:
        for applied, at in zip(reversed(updates.applied), reversed(updates.seen_time), strict=True):
            if applied:
                self.fresh = at
                return

    def rank(self, levels: int) -> bool:
        """Put the best levels into rows anew; whether they have changed."""
        before = self.bids, self.asks
        self.bids = self._rows("bids", levels, -1)
        self.asks = self._rows("asks", levels, 1)
        return (self.bids, self.asks) != before

    def _rows(self, side: BookSide, levels: int, sign: Sign) -> list[Row]:
        if self.size is None:
            return []
        size, venue, top = quantity_units(self.size), self.venue, self.followed.book.top
        if size == ONE:
            return [
                Row(sign * price_units(price), venue, price, text, quantity_units(text) * ONE)
                for price, text in top(side, levels)
            ]
        return [_sized(sign, venue, level, size) for level in top(side, levels)]

    def judge(self, now: int, bounds: Bounds) -> bool:
        """Whether it counts at the symbol's time `now`; True when that is otherwise than before."""
        before = self.state
        self.state = self._judged(now, bounds)
        return self.state is not before

    def _judged(self, now: int, bounds: Bounds) -> VenueState:
        if self.told is not BookState.OK:
            return VenueState(self.told)
        if not self.followed.built or self.fresh is None:
            return VenueState.INCOMPLETE
        if self.size is None:
            return VenueState.UNLISTED
        if now - self.heard >= bounds.silent:
            return VenueState.SILENT
        return VenueState.STALE if now - self.fresh >= bounds.stale else VenueState.OK

    def message(self) -> VenueBook:
        """The part as it is published."""
        book = self.followed.book
        return VenueBook.whole(
            {
                "venue": self.venue,
                "state": self.state,
                "tick": self.followed.followed,
                "fresh": self.fresh,
                "heard": self.heard,
                "bid": book.best_bid,
                "ask": book.best_ask,
            }
        )

    def dump(self) -> dict[str, Any]:
        """The book and times as JSON values; rows and state follow from them."""
        return {
            "size": self.size,
            "told": self.told.value,
            "fresh": self.fresh,
            "heard": self.heard,
            **self.followed.dump(),
        }

    @classmethod
    def load(cls, venue: str, data: dict[str, Any]) -> VenuePart:
        """What `dump` gave, before `rank` and `judge`."""
        part = cls(venue, data["size"])
        part.followed = PlainBook.load(data)
        part.told, part.fresh, part.heard = BookState(data["told"]), data["fresh"], data["heard"]
        return part


def _sized(sign: Sign, venue: str, level: Level, size: int) -> Row:
    """A level in contracts, as a row in what they are of."""
    price, text = level
    units = quantity_units(text) * size
    return Row(sign * price_units(price), venue, price, text_of(units, SIZED), units)
