"""The L2 book: what the market.ticks records say, applied. Producer and readers run this same code.

Prices are integer units (10^-20 quote); a level keeps the texts as received. Diffs that were
published as not applied are held, because a snapshot that comes later may reach back: its row then
says by `bridged` how many of the last held ones belong on top of it. So every update is published
once, at the time when it came, and the book after each record follows from the records alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Literal

from engine.book_levels import Levels
from engine.numbers import price_units, quantity_units
from schemas.ticks import BookUpdates, Level

HELD = 1000
"""Diffs kept for a snapshot to come; older ones are forgotten and then do not bridge any more."""

BookSide = Literal["bids", "asks"]
Best = tuple[Level | None, Level | None, int | None, int | None]
"""Best bid and ask as received, and their prices in 10^-20; None without one."""

Change = tuple[tuple[Level, ...], tuple[Level, ...]]


class Book:
    """Bids, asks and the diffs held back. Not thread-safe; `dump` and `load` are exact."""

    def __init__(self) -> None:
        self.bids = Levels()
        self.asks = Levels()
        self.held: deque[Change] = deque(maxlen=HELD)
        self.depth: int | None = None
        self._found: Best | None = None

    def follow(self, updates: BookUpdates) -> None:
        """Do what one market.ticks record says about the book."""
        for snapshot, applied, bridged, bids, asks, depth in zip(
            updates.snapshot,
            updates.applied,
            updates.bridged or (0,) * len(updates),
            updates.bids,
            updates.asks,
            updates.depth or (None,) * len(updates),
            strict=True,
        ):
            if snapshot and applied:
                self.replace(bids, asks, bridged, depth)
            elif applied:
                self.apply(bids, asks, depth)
            elif not snapshot:
                self.hold(bids, asks)

    def replace(
        self,
        bids: tuple[Level, ...],
        asks: tuple[Level, ...],
        bridged: int = 0,
        depth: int | None = None,
    ) -> None:
        """Start anew from a snapshot and the last `bridged` of the held diffs.

        depth: levels a side to keep, from now on too, where later diffs do not tell another.
        """
        self._found = None
        self.depth = depth
        self.bids, self.asks = Levels(bids), Levels(asks)
        held = list(self.held)
        for change in held[len(held) - bridged :]:
            self.bids.apply(change[0])
            self.asks.apply(change[1])
        self.held.clear()
        if depth is not None:
            self._cut(depth)

    def apply(
        self, bids: tuple[Level, ...], asks: tuple[Level, ...], depth: int | None = None
    ) -> None:
        """Apply a diff onto the book; what was held is no longer of use.

        depth: levels a side to keep, the best ones; the venue says nothing of those beyond.
        """
        self._found = None
        self.bids.apply(bids)
        self.asks.apply(asks)
        if self.held:
            self.held.clear()
        if (limit := depth or self.depth) is not None:
            self._cut(limit)

    def _cut(self, depth: int) -> None:
        self.bids.cut(depth, highest=True)
        self.asks.cut(depth, highest=False)

    def hold(self, bids: tuple[Level, ...], asks: tuple[Level, ...]) -> None:
        """Keep a diff that was not applied for a snapshot to come."""
        self.held.append((bids, asks))

    def forget(self) -> None:
        """Hold no diff any more: what comes does not follow on them."""
        self.held.clear()

    @property
    def best_bid(self) -> Level | None:
        """Highest bid as received, None without one."""
        return self._best()[0]

    @property
    def best_ask(self) -> Level | None:
        """Lowest ask as received, None without one."""
        return self._best()[1]

    @property
    def crossed(self) -> bool:
        """Best bid at or above best ask."""
        _, _, bid, ask = self._best()
        return bid is not None and ask is not None and bid >= ask

    def _best(self) -> Best:
        """Both best levels; looked for once after each change."""
        if self._found is None:
            bid, ask = self.bids.best(highest=True), self.asks.best(highest=False)
            prices = [None if each is None else price_units(each[0]) for each in (bid, ask)]
            self._found = bid, ask, prices[0], prices[1]
        return self._found

    def best(self, side: BookSide) -> int | None:
        """The best price of a side in 10^-20, None without one."""
        _, _, bid, ask = self._found or self._best()
        return bid if side == "bids" else ask

    def walk(self, side: BookSide) -> Iterator[tuple[int, int]]:
        """(price in 10^-20, quantity in 10^-18) from the best level outward."""
        for price, level in self._outward(side):
            yield price, quantity_units(level[1])

    def at(self, side: BookSide, price: int) -> int:
        """Quantity in 10^-18 at a price in 10^-20, 0 where there is no level."""
        return (self.bids if side == "bids" else self.asks).at(price)

    def top(self, side: BookSide, depth: int) -> list[Level]:
        """The best `depth` levels as received, best first."""
        bids = side == "bids"
        return (self.bids if bids else self.asks).top(depth, highest=bids)

    def dump(self) -> dict[str, Any]:
        """Levels in order of price and what is held, as JSON values."""
        limit = {} if self.depth is None else {"depth": self.depth}
        return {
            **limit,
            "bids": [*map(list, self.bids.ascending())],
            "asks": [*map(list, self.asks.ascending())],
            "held": [[_lists(bids), _lists(asks)] for bids, asks in self.held],
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> Book:
        """The book that `dump` gave."""
        book = cls()
        book.bids, book.asks = Levels(_tuples(data["bids"])), Levels(_tuples(data["asks"]))
        book.depth = data.get("depth")
        book.held.extend((_tuples(bids), _tuples(asks)) for bids, asks in data["held"])
        return book

    def _outward(self, side: BookSide) -> Iterator[tuple[int, Level]]:
        bids = side == "bids"
        return (self.bids if bids else self.asks).walk(highest=bids)


def _lists(levels: tuple[Level, ...]) -> list[list[str]]:
    return [list(level) for level in levels]


def _tuples(rows: list[list[str]]) -> tuple[Level, ...]:
    return tuple((price, quantity) for price, quantity in rows)
