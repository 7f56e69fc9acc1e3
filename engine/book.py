"""The L2 book: what the market.ticks records say, applied. Producer and readers run this same code.

Prices are integer units (10^-8 quote); a level keeps the texts as received. Diffs that were
published as not applied are held, because a snapshot that comes later may reach back: its row then
says by `bridged` how many of the last held ones belong on top of it. So every update is published
once, at the time when it came, and the book after each record follows from the records alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Literal

from sortedcontainers import SortedList

from engine.numbers import price_units, quantity_units
from schemas.ticks import BookUpdates, Level

HELD = 1000
"""Diffs kept for a snapshot to come; older ones are forgotten and then do not bridge any more."""

BookSide = Literal["bids", "asks"]
Change = tuple[tuple[Level, ...], tuple[Level, ...]]


class Levels:
    """One side: texts by integer price, and the prices in order."""

    def __init__(self, rows: tuple[Level, ...] = ()) -> None:
        self.rows: dict[int, Level] = {}
        for level in rows:
            if quantity_units(level[1]):
                self.rows[price_units(level[0])] = level
        self.prices = SortedList(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def apply(self, changes: tuple[Level, ...]) -> None:
        """Set each level's quantity; zero removes it, and a missing one is removed in peace."""
        rows, prices = self.rows, self.prices
        for level in changes:
            price = price_units(level[0])
            if quantity_units(level[1]):
                if price not in rows:
                    prices.add(price)
                rows[price] = level
            elif rows.pop(price, None) is not None:
                prices.remove(price)


class Book:
    """Bids, asks and the diffs held back. Not thread-safe; `dump` and `load` are exact."""

    def __init__(self) -> None:
        self.bids = Levels()
        self.asks = Levels()
        self.held: deque[Change] = deque(maxlen=HELD)

    def follow(self, updates: BookUpdates) -> None:
        """Do what one market.ticks record says about the book."""
        for snapshot, applied, bridged, bids, asks in zip(
            updates.snapshot,
            updates.applied,
            updates.bridged or (0,) * len(updates),
            updates.bids,
            updates.asks,
            strict=True,
        ):
            if snapshot and applied:
                self.replace(bids, asks, bridged)
            elif applied:
                self.apply(bids, asks)
            elif not snapshot:
                self.hold(bids, asks)

    def replace(self, bids: tuple[Level, ...], asks: tuple[Level, ...], bridged: int = 0) -> None:
        """Start anew from a snapshot and the last `bridged` of the held diffs."""
        self.bids, self.asks = Levels(bids), Levels(asks)
        held = list(self.held)
        for change in held[len(held) - bridged :]:
            self.bids.apply(change[0])
            self.asks.apply(change[1])
        self.held.clear()

    def apply(self, bids: tuple[Level, ...], asks: tuple[Level, ...]) -> None:
        """Apply a diff onto the book; what was held is no longer of use."""
        self.bids.apply(bids)
        self.asks.apply(asks)
        if self.held:
            self.held.clear()

    def hold(self, bids: tuple[Level, ...], asks: tuple[Level, ...]) -> None:
        """Keep a diff that was not applied for a snapshot to come."""
        self.held.append((bids, asks))

    @property
    def best_bid(self) -> Level | None:
        """Highest bid as received, None without one."""
        return self.bids.rows[self.bids.prices[-1]] if self.bids.rows else None

    @property
    def best_ask(self) -> Level | None:
        """Lowest ask as received, None without one."""
        return self.asks.rows[self.asks.prices[0]] if self.asks.rows else None

    @property
    def crossed(self) -> bool:
        """Best bid at or above best ask."""
        if not self.bids.rows or not self.asks.rows:
            return False
        return bool(self.bids.prices[-1] >= self.asks.prices[0])

    def walk(self, side: BookSide) -> Iterator[tuple[int, int]]:
        """(price in 10^-8, quantity in 10^-18) from the best level outward."""
        for price in self._outward(side):
            yield price, quantity_units(self._side(side).rows[price][1])

    def at(self, side: BookSide, price: int) -> int:
        """Quantity in 10^-18 at a price in 10^-8, 0 where there is no level."""
        level = self._side(side).rows.get(price)
        return 0 if level is None else quantity_units(level[1])

    def top(self, side: BookSide, depth: int) -> list[Level]:
        """The best `depth` levels as received, best first."""
        rows = self._side(side).rows
        return [rows[price] for price, _ in zip(self._outward(side), range(depth), strict=False)]

    def dump(self) -> dict[str, Any]:
        """Levels in order of price and what is held, as JSON values."""
        return {
            "bids": [list(self.bids.rows[price]) for price in self.bids.prices],
            "asks": [list(self.asks.rows[price]) for price in self.asks.prices],
            "held": [[_lists(bids), _lists(asks)] for bids, asks in self.held],
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> Book:
        """The book that `dump` gave."""
        book = cls()
        book.bids, book.asks = Levels(_tuples(data["bids"])), Levels(_tuples(data["asks"]))
        book.held.extend((_tuples(bids), _tuples(asks)) for bids, asks in data["held"])
        return book

    def _side(self, side: BookSide) -> Levels:
        return self.bids if side == "bids" else self.asks

    def _outward(self, side: BookSide) -> Iterator[int]:
        return reversed(self.bids.prices) if side == "bids" else iter(self.asks.prices)


def _lists(levels: tuple[Level, ...]) -> list[list[str]]:
    return [list(level) for level in levels]


def _tuples(rows: list[list[str]]) -> tuple[Level, ...]:
    return tuple((price, quantity) for price, quantity in rows)
