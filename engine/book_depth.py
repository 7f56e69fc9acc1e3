"""Depth near the mid, kept up with the book: exact sums that follow each change of a level.

A reader of market.ticks rebuilds the book from the records. A band of x bps holds, on each side,
the quote (price * quantity) of the levels whose price is at most x bps from the mid. Walking a
thousand levels for every record would cost more than all else, so a change adds its difference,
and a mid that moves adds or takes only the levels between the old and the new edge.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate, pairwise
from typing import Any

from engine.book import Book
from engine.book_following import Following
from engine.book_levels import SPARE, Levels
from engine.numbers import price_units
from schemas.ticks import Level

BASIS = 10_000
HALF = 2 * BASIS


class Bands:
    """One side's quote in 10^-38 within each bound of bps. sign: 1 for asks, -1 for bids.

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

    def reach(self, levels: BandedLevels, twice_mid: int) -> None:
        """Move the edges to where the mid has gone; twice_mid: bid + ask in 10^-20 quote."""
        edges = [self.sign * twice_mid * factor // HALF for factor in self.factors]
        if edges == self.edges:
            return
        if not self.edges:
            sums = [levels.outward(None, edge) for edge in edges]
        else:
            sums = self.sums()
            for place, (old, new) in enumerate(zip(self.edges, edges, strict=True)):
                if old < new:
                    sums[place] += levels.outward(old, new)
                elif new < old:
                    sums[place] -= levels.outward(new, old)
        self.edges = edges
        self.rings = [b - a for a, b in pairwise((0, *sums))] + [0]

    def sums(self) -> list[int]:
        """Quote within each bound."""
        return list(accumulate(self.rings[:-1]))


class BandedLevels(Levels):
    """The levels of one side, which tell their bands of each change.

    _sizes: the quantities of all that `Levels` knows, and maybe of more that has gone.
    """

    def __init__(self, levels: Levels, bands: Bands) -> None:
        self.bands = bands
        self._sizes: dict[int, int] = {}
        super().__init__(tuple(levels.rows.values()))

    def _put(self, prices: list[int], quantities: list[int], changes: tuple[Level, ...]) -> None:
        """As `Levels`; before that each change of quantity goes into its ring."""
        sizes, edges, sign = self._sizes, self.bands.edges, self.bands.sign
        if edges:
            rings, size_of, ring_of = self.bands.rings, sizes.get, bisect_left
            for price, quantity in zip(prices, quantities, strict=True):
                if difference := quantity - size_of(price, 0):
                    sizes[price] = quantity
                    rings[ring_of(edges, price * sign)] += price * difference
        else:
            sizes.update(zip(prices, quantities, strict=True))
        super()._put(prices, quantities, changes)
        if len(sizes) > 2 * len(self._known) + SPARE:
            self._sizes = {price: sizes.get(price, 0) for price in self._known}

    def outward(self, inner: int | None, outer: int) -> int:
        """Quote in 10^-38 beyond one edge (None: from the best on) up to another, its own price
        included."""
        order, sizes = self.prices(), self._sizes
        if self.bands.sign > 0:
            start = 0 if inner is None else bisect_right(order, inner)
            end = bisect_right(order, outer)
        else:
            start = bisect_left(order, -outer)
            end = len(order) if inner is None else bisect_left(order, -inner)
        if start == end:
            return 0
        return sum([price * sizes.get(price, 0) for price in order[start:end]])


class BandedBook(Book):
    """A book whose sides are banded; bands start anew with a snapshot."""

    def __init__(self, bps: tuple[int, ...], book: Book) -> None:
        self.bps = bps
        self.bids, self.asks, self.held = book.bids, book.asks, book.held
        self.depth, self._found = book.depth, None
        self._band()

    def replace(
        self,
        bids: tuple[Level, ...],
        asks: tuple[Level, ...],
        bridged: int = 0,
        depth: int | None = None,
    ) -> None:
        """As `Book.replace`."""
        super().replace(bids, asks, bridged, depth)
        self._band()

    def _band(self) -> None:
        self.bids = self.banded_bids = BandedLevels(self.bids, Bands(self.bps, -1))
        self.asks = self.banded_asks = BandedLevels(self.asks, Bands(self.bps, 1))


class FollowedBook(Following[BandedBook]):
    """The book of one market as its ticks records tell it, with its bands."""

    def __init__(self, bps: tuple[int, ...], book: Book | None = None) -> None:
        told = None if book is None else BandedBook(bps, book)
        super().__init__(lambda: BandedBook(bps, Book()), told)

    def depths(self) -> list[tuple[int, int]] | None:
        """Quote in 10^-38 of bids and asks within each bound; None without two sides in order."""
        book, bid, ask = self.book, self.book.best_bid, self.book.best_ask
        sides = book.banded_bids, book.banded_asks
        if not self.built or bid is None or ask is None or book.crossed:
            for side in sides:
                side.bands.clear()
            return None
        twice_mid = price_units(bid[0]) + price_units(ask[0])
        for side in sides:
            side.bands.reach(side, twice_mid)
        bids, asks = (side.bands.sums() for side in sides)
        return list(zip(bids, asks, strict=True))

    @classmethod
    def load(cls, bps: tuple[int, ...], data: dict[str, Any]) -> FollowedBook:
        """What `dump` gave; the bands follow from the book."""
        followed = cls(bps, Book.load(data["book"]))
        followed.resume(data)
        return followed
