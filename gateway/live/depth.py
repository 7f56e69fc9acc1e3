"""One market's whole book, as people see it: its best levels, followed by its ticks records.

A reader that comes in the middle has not seen the book's beginning. It keeps what comes until a
snapshot of the ticks stage covers the record before, and goes on from there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.book import Book
from engine.book_following import PlainBook
from gateway.live.hub import Item
from gateway.live.orders import Body
from gateway.live.spoken import moment
from schemas.ticks import BookUpdates, Ticks

LEVELS = 20
"""Prices a side that are told."""

PACE = 0.25
"""Seconds between two tellings of a market's book."""

WAITING = 1_000
"""Records of a market that are kept for a snapshot to come."""

Seed = tuple[int, Mapping[str, Any]]
"""Sequence of the last ticks record that a snapshot covers, and the book after it."""


@dataclass
class Market:
    """One market: its book as far as it was followed, what waits, and what is to be told of it."""

    book: PlainBook = field(default_factory=PlainBook)
    waiting: deque[Ticks] = field(default_factory=lambda: deque(maxlen=WAITING))
    state: str = "none"
    head: Body = field(default_factory=dict)
    told: float = float("-inf")
    changed: bool = False

    def take(self, record: Mapping[str, Any]) -> None:
        """The next record, as JSON has it; one that was had already is passed over."""
        ticks = _followed(record)
        if ticks.seq <= self.book.followed:
            return
        self.state = record["book"]
        self.head = {name: record[name] for name in ("key", "venue", "symbol")}
        self.head["seen_time"] = moment(record["seen_time"])
        self.book.follow(ticks)
        if self.book.built:
            self.waiting.clear()
        else:
            self.waiting.append(ticks)
        self.changed = self.changed or bool(record["books"]["index"]) or self.state != "ok"

    def seed(self, covered: int, levels: Mapping[str, Any]) -> None:
        """Begin with a book that covers the record before one that waits; else nothing is done."""
        if self.book.built or not self.waiting or self.waiting[0].seq > covered + 1:
            return
        book = PlainBook(Book.load(dict(levels)))
        book.followed, book.built = covered, True
        for ticks in self.waiting:
            if ticks.seq > covered:
                book.follow(ticks)
        self.book, self.changed = book, True
        if book.built:
            self.waiting.clear()

    @property
    def lacking(self) -> bool:
        """There is a book, and it is not known here."""
        return self.state == "ok" and not self.book.built

    def body(self) -> Body:
        """What people are told; no levels where the book is not known."""
        book = self.book.book if self.book.built else Book()
        bids, asks = book.top("bids", LEVELS), book.top("asks", LEVELS)
        return {**self.head, "book": self.state, "bids": bids, "asks": asks}


class Depths:
    """The books of all markets. Used by one thread only."""

    def __init__(self) -> None:
        self._markets: dict[str, Market] = {}

    def take(self, record: Mapping[str, Any]) -> None:
        """The next record of market.ticks; KeyError or TypeError where it is none."""
        self._markets.setdefault(record["key"], Market()).take(record)

    def seed(self, seeds: Mapping[str, Seed]) -> None:
        """Let snapshots in, by market."""
        for key, (covered, levels) in seeds.items():
            if key in self._markets:
                self._markets[key].seed(covered, levels)

    @property
    def lacking(self) -> bool:
        """Whether a snapshot is wanted of any market."""
        return any(market.lacking for market in self._markets.values())

    def told(self, now: float) -> Iterator[Item]:
        """Books that have changed, each at most once in PACE seconds of `now`."""
        for key, market in self._markets.items():
            if market.changed and now - market.told >= PACE:
                market.changed, market.told = False, now
                yield Item("depth", key, "", market.body())


def _followed(record: Mapping[str, Any]) -> Ticks:
    """What of a record the book is made of. The desk's own stages have checked its form."""
    books = BookUpdates.model_construct(**record["books"])
    return Ticks.model_construct(
        venue=record["venue"], symbol=record["symbol"], seq=record["seq"], books=books
    )
