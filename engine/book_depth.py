"""Depth near the mid, kept up with the book: exact sums that follow each change of a level.

A reader of market.ticks rebuilds the book from the records. A band of x bps holds, on each side,
the quote (price * quantity) of the levels whose price is at most x bps from the mid. Walking a
thousand levels for every record would cost more than all else, so a change adds its difference,
and a mid that moves adds or takes only the levels between the old and the new edge.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import Any

from engine.book import Book, Levels
from engine.numbers import price_units, quantity_units
from schemas.ticks import BookUpdates, Level, Ticks

BASIS = 10_000
HALF = 2 * BASIS


Row = tuple[int, Level]
"""A price in 10^-8 and its level as received."""


class Bands:
    """One side's quote in 10^-26 within each bound of bps. sign: 1 for asks, -1 for bids.

    edges: the last price inside each bound, times sign, so that they ascend outward on both sides.
    rings: the quote between an edge and the one before it; the last ring, outside, is of no use.
    """

    def __init__(self, bps: tuple[int, ...], sign: int) -> None:
        self.factors = tuple(BASIS + sign * each for each in bps)
        self.sign = sign
        self.edges: list[int] = []
        self.rings: list[int] = []

    def clear(self) -> None:
        """Know nothing, until the next `reach`."""
        self.edges, self.rings = [], []

    def change(self, levels: Levels, rows: Iterable[Row]) -> None:
        """Take in what these rows, one a price, will do to the levels; before it is done."""
        known, sign, edges, rings = levels.rows.get, self.sign, self.edges, self.rings
        for price, (_, quantity) in rows:
            level = known(price)
            if level is None:
                difference = quantity_units(quantity)
            elif level[1] == quantity:
                continue
            else:
                difference = quantity_units(quantity) - quantity_units(level[1])
            if difference:
                rings[bisect_left(edges, price * sign)] += price * difference

    def reach(self, levels: Levels, twice_mid: int) -> None:
        """Move the edges to where the mid has gone; twice_mid: bid + ask in 10^-8 quote."""
        edges = [self.sign * twice_mid * factor // HALF for factor in self.factors]
        if edges == self.edges:
            return
        if not self.edges:
            sums = [self._all(levels, edge) for edge in edges]
        else:
            sums = self.sums()
            for place, (old, new) in enumerate(zip(self.edges, edges, strict=True)):
                if old != new:
                    sums[place] += self._between(levels, old, new)
        self.edges = edges
        self.rings = [b - a for a, b in pairwise((0, *sums))] + [0]

    def sums(self) -> list[int]:
        """Quote within each bound."""
        return list(accumulate(self.rings[:-1]))

    def _all(self, levels: Levels, edge: int) -> int:
        low, high = (None, edge) if self.sign > 0 else (-edge, None)
        return sum(_quote(levels, price) for price in levels.prices.irange(low, high))

    def _between(self, levels: Levels, old: int, new: int) -> int:
        """Quote gained (or, negative, lost) when the edge goes from `old` to `new`."""
        inner, outer = (old, new) if old < new else (new, old)
        if self.sign > 0:
            prices = levels.prices.irange(inner, outer, (False, True))
        else:
            prices = levels.prices.irange(-outer, -inner, (True, False))
        quote = sum(_quote(levels, price) for price in prices)
        return quote if old < new else -quote


class FollowedBook:
    """The book of one market as its ticks records tell it, with its bands.

    A market that lacks a record has no book until a snapshot comes with all diffs that belong on it
    (the rule of engine.venue.Venue.follow): `built` is False till then.
    """

    def __init__(self, bps: tuple[int, ...]) -> None:
        self.book = Book()
        self.bids, self.asks = Bands(bps, -1), Bands(bps, 1)
        self.followed = -1
        self.built = False

    def follow(self, ticks: Ticks) -> None:
        """Apply one record's updates; sequences that were missed cost the book."""
        if ticks.seq != self.followed + 1:
            self._lose()
        self.followed = ticks.seq
        self.built = self.built or ticks.seq == 0
        updates = ticks.books
        if not updates:
            return
        if True in updates.snapshot:
            self._restart(updates)
        elif self.bids.edges:
            self.bids.change(self.book.bids, _last(updates.bids, updates.applied))
            self.asks.change(self.book.asks, _last(updates.asks, updates.applied))
        self.book.follow(updates)

    def depths(self) -> list[tuple[int, int]] | None:
        """Quote in 10^-26 of bids and asks within each bound; None without two sides in order."""
        bids, asks = self.book.bids, self.book.asks
        if not self.built or not bids.rows or not asks.rows or self.book.crossed:
            self.bids.clear()
            self.asks.clear()
            return None
        twice_mid = bids.prices[-1] + asks.prices[0]
        self.bids.reach(bids, twice_mid)
        self.asks.reach(asks, twice_mid)
        return list(zip(self.bids.sums(), self.asks.sums(), strict=True))

    def _lose(self) -> None:
        self.book, self.built = Book(), False
        self.bids.clear()
        self.asks.clear()

    def _restart(self, updates: BookUpdates) -> None:
        """A snapshot: built only if the diffs that it reaches back to have been seen."""
        waiting = len(self.book.held)
        bridged = updates.bridged or (0,) * len(updates)
        for snapshot, applied, back in zip(updates.snapshot, updates.applied, bridged, strict=True):
            if snapshot and applied:
                self.built = self.built or back <= waiting
                waiting = 0
            else:
                waiting = 0 if applied else waiting + (not snapshot)
        self.bids.clear()
        self.asks.clear()

    def dump(self) -> dict[str, Any]:
        """The book and how far it has followed; the bands follow from it."""
        return {"book": self.book.dump(), "followed": self.followed, "built": self.built}

    @classmethod
    def load(cls, bps: tuple[int, ...], data: dict[str, Any]) -> FollowedBook:
        """What `dump` gave."""
        followed = cls(bps)
        followed.book = Book.load(data["book"])
        followed.followed, followed.built = data["followed"], data["built"]
        return followed


def _quote(levels: Levels, price: int) -> int:
    return price * quantity_units(levels.rows[price][1])


def _last(updates: tuple[tuple[Level, ...], ...], applied: tuple[bool, ...]) -> Iterable[Row]:
    """The rows of the applied updates, only the last of each price."""
    rows = [row for rows, done in zip(updates, applied, strict=True) if done for row in rows]
    prices = [price_units(row[0]) for row in rows]
    priced = zip(prices, rows, strict=True)
    return priced if len(set(prices)) == len(prices) else dict(priced).items()
