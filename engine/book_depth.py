"""Depth near the mid, kept up with the book: exact sums that follow each change of a level.

A reader of market.ticks rebuilds the book from the records. A band of x bps holds, on each side,
the quote (price * quantity) of the levels whose price is at most x bps from the mid. Walking a
thousand levels for every record would cost more than all else, so a change adds its difference,
and a mid that moves adds or takes only the levels between the old and the new edge.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate, pairwise
from typing import Any

from engine.book import Book
from engine.book_levels import Levels
from engine.numbers import price_units, quantity_units
from schemas.ticks import BookUpdates, Level, Ticks

BASIS = 10_000
HALF = 2 * BASIS


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

    def reach(self, levels: Levels, twice_mid: int) -> None:
        """Move the edges to where the mid has gone; twice_mid: bid + ask in 10^-8 quote."""
        edges = [self.sign * twice_mid * factor // HALF for factor in self.factors]
        if edges == self.edges:
            return
        if not self.edges:
            sums = [self._from(levels, None, edge) for edge in edges]
        else:
            sums = self.sums()
            for place, (old, new) in enumerate(zip(self.edges, edges, strict=True)):
                if old < new:
                    sums[place] += self._from(levels, old, new)
                elif new < old:
                    sums[place] -= self._from(levels, new, old)
        self.edges = edges
        self.rings = [b - a for a, b in pairwise((0, *sums))] + [0]

    def sums(self) -> list[int]:
        """Quote within each bound."""
        return list(accumulate(self.rings[:-1]))

    def _from(self, levels: Levels, inner: int | None, outer: int) -> int:
        """Quote of the levels beyond one edge (None: of all) up to another, which belongs to it."""
        if self.sign > 0:
            return levels.within(None if inner is None else inner + 1, outer)
        return levels.within(-outer, None if inner is None else -inner - 1)


class BandedLevels(Levels):
    """The levels of one side, which tell their bands of each change."""

    def __init__(self, levels: Levels, bands: Bands) -> None:
        self.bands = bands
        super().__init__(tuple(levels.rows.values()))

    def _put(self, prices: list[int], changes: tuple[Level, ...]) -> None:
        """As `Levels`; before that each change within the outermost band goes into its ring."""
        if edges := self.bands.edges:
            sign, rings, known, last = self.bands.sign, self.bands.rings, self._known, edges[-1]
            for price, level in zip(prices, changes, strict=True):
                if (outward := price * sign) <= last:
                    was, difference = known.get(price), quantity_units(level[1])
                    if was is not None:
                        difference -= quantity_units(was[1])
                    if difference:
                        known[price] = level
                        rings[bisect_left(edges, outward)] += price * difference
        super()._put(prices, changes)


class BandedBook(Book):
    """A book whose sides are banded; bands start anew with a snapshot."""

    def __init__(self, bps: tuple[int, ...], book: Book) -> None:
        self.bps = bps
        self.bids, self.asks, self.held = book.bids, book.asks, book.held
        self._found = None
        self._band()

    def replace(self, bids: tuple[Level, ...], asks: tuple[Level, ...], bridged: int = 0) -> None:
        """As `Book.replace`."""
        super().replace(bids, asks, bridged)
        self._band()

    def _band(self) -> None:
        self.bid_bands, self.ask_bands = Bands(self.bps, -1), Bands(self.bps, 1)
        self.bids = BandedLevels(self.bids, self.bid_bands)
        self.asks = BandedLevels(self.asks, self.ask_bands)


class FollowedBook:
    """The book of one market as its ticks records tell it, with its bands.

    A market that lacks a record has no book until a snapshot comes with all diffs that belong on it
    (the rule of engine.venue.Venue.follow): `built` is False till then.
    """

    def __init__(self, bps: tuple[int, ...]) -> None:
        self.book = BandedBook(bps, Book())
        self.followed = -1
        self.built = False

    def follow(self, ticks: Ticks) -> None:
        """Apply one record's updates; sequences that were missed cost the book."""
        if ticks.seq != self.followed + 1:
            self.book, self.built = BandedBook(self.book.bps, Book()), False
        self.followed = ticks.seq
        self.built = self.built or ticks.seq == 0
        updates = ticks.books
        if updates.index:
            self.built = self.built or self._bridges(updates)
            self.book.follow(updates)

    def depths(self) -> list[tuple[int, int]] | None:
        """Quote in 10^-26 of bids and asks within each bound; None without two sides in order."""
        book, bid, ask = self.book, self.book.best_bid, self.book.best_ask
        if not self.built or bid is None or ask is None or book.crossed:
            book.bid_bands.clear()
            book.ask_bands.clear()
            return None
        twice_mid = price_units(bid[0]) + price_units(ask[0])
        book.bid_bands.reach(book.bids, twice_mid)
        book.ask_bands.reach(book.asks, twice_mid)
        return list(zip(book.bid_bands.sums(), book.ask_bands.sums(), strict=True))

    def _bridges(self, updates: BookUpdates) -> bool:
        """Whether a snapshot comes, and all diffs that it reaches back to have been seen."""
        waiting, built = len(self.book.held), False
        bridged = updates.bridged or (0,) * len(updates)
        for snapshot, applied, back in zip(updates.snapshot, updates.applied, bridged, strict=True):
            if snapshot and applied:
                built = built or back <= waiting
                waiting = 0
            else:
                waiting = 0 if applied else waiting + (not snapshot)
        return built

    def dump(self) -> dict[str, Any]:
        """The book and how far it has followed; the bands follow from it."""
        return {"book": self.book.dump(), "followed": self.followed, "built": self.built}

    @classmethod
    def load(cls, bps: tuple[int, ...], data: dict[str, Any]) -> FollowedBook:
        """What `dump` gave."""
        followed = cls(bps)
        followed.book = BandedBook(bps, Book.load(data["book"]))
        followed.followed, followed.built = data["followed"], data["built"]
        return followed
