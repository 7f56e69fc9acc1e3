"""Records of market.ticks as columns of level events: rows of integers, in the recording's order.

    gatherer = Gatherer()
    for ticks in records: gatherer.take(ticks)      # one market's, from its first on
    columns = gatherer.columns(tick="0.1", lot="0.001")

An update's levels are a row each, and so are a trade, the two prices of a quote and a change of the
book's state. Of a snapshot, and of a book that a venue keeps to so many levels, the rows are those
levels that it changed. What was not applied to the book when it was recorded is left out.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import reduce
from math import gcd
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.book import Book
from engine.depth.layout import (
    ASK,
    BEST_ASK,
    BEST_BID,
    BID,
    BOUGHT,
    CROSSED,
    ENDS,
    GAPPED,
    MARGIN,
    NO_BOOK,
    NOTHING,
    OK,
    QUIET,
    SNAPSHOT,
    SOLD,
    STALE,
    STATE,
    UPDATED,
    WIDEST,
)
from engine.numbers import price_units, quantity_units
from schemas.errors import TapelineError
from schemas.ticks import BookState, BookUpdates, Columns, Level, Ticks

Integers = npt.NDArray[np.int64]

STATES = {
    BookState.OK: OK, BookState.NONE: NO_BOOK, BookState.GAPPED: GAPPED, BookState.STALE: STALE,
    BookState.CROSSED: CROSSED,
}  # fmt: skip
WIDE = 1 << 62


class Unfit(TapelineError):
    """Records that cannot be columns; told in one line with the remedy."""


@dataclass(frozen=True)
class DepthColumns:
    """One market. tick: units of 10^-20 quote; lot: of 10^-18 base. All columns are int64 and of
    one length: time (ns, never falling), what (layout), price (ticks), quantity (lots)."""

    key: str
    tick: int
    lot: int
    time: Integers
    what: Integers
    price: Integers
    quantity: Integers

    def __len__(self) -> int:
        return len(self.time)

    @property
    def bounds(self) -> tuple[int, int]:
        """The lowest and the highest price of a row that has one."""
        priced = self.price[(self.what & 7) < STATE]
        return (int(priced.min()), int(priced.max())) if len(priced) else (1, 1)

    @property
    def span(self) -> tuple[int, int]:
        """Times of the first and the last row."""
        return int(self.time[0]), int(self.time[-1])

    def events(self) -> int:
        """Levels and trades: what other simulators count."""
        return int(((self.what & 7) <= SOLD).sum())

    def without_quotes(self) -> DepthColumns:
        """The same with nothing said of quotes."""
        kind = self.what & 7
        what = np.where((kind == BEST_BID) | (kind == BEST_ASK), (self.what & ~7) | NOTHING,
                        self.what)  # fmt: skip
        return DepthColumns(
            self.key, self.tick, self.lot, self.time, what, self.price, self.quantity
        )


class _Numbers:
    """Texts as numbers of their order of appearance, and what they are in units."""

    def __init__(self, units: Any) -> None:
        self.units, self.known, self.column = units, dict[str, int](), array("q")

    def add(self, text: str) -> None:
        self.column.append(self.known.setdefault(text, len(self.known)))

    def whole(self, step: str | None, what: str) -> tuple[int, Integers]:
        """The step, where it divides all, else the largest that does, and the column in steps."""
        values = [*map(self.units, self.known)]
        found = reduce(gcd, values, 0) or 1
        if step is not None and found % self.units(step) == 0:
            found = self.units(step)
        steps = [value // found for value in values]
        if max(steps, default=0) >= WIDE:
            raise Unfit(f"{what}s span more than 62 bits of their step")
        return found, np.array(steps, np.int64)[np.frombuffer(self.column, np.int64)]


class Gatherer:
    """Takes the records of one market in sequence. Memory: 32 bytes a row."""

    def __init__(self) -> None:
        self.key, self._book, self._state, self._now = "", Book(), NO_BOOK, 0
        self._time, self._what = array("q"), array("q")
        self._price, self._quantity = _Numbers(price_units), _Numbers(quantity_units)
        self._quantity.known["0"] = 0
        self._price.known["0"] = 0

    def take(self, ticks: Ticks) -> None:
        """The rows of one record; Unfit for one of another market."""
        if ticks.key != self.key and self.key:
            raise Unfit(f"{ticks.key} comes after {self.key}: choose one market by --symbol")
        self.key, first, state = ticks.key, len(self._what), STATES[ticks.book]
        if state not in (OK, self._state):
            self._tell_state(ticks.seen_time, state)
        for step, group, row in _in_order(ticks):
            step(self, group, row)
        if state != self._state:
            self._tell_state(ticks.seen_time, state)
        if len(self._what) > first:
            self._what[-1] |= ENDS

    def columns(self, tick: str | None = None, lot: str | None = None) -> DepthColumns:
        """All that was taken, once. tick, lot: the instrument's steps, taken where they fit."""
        if not len(self._what):
            raise Unfit("no level, trade or quote is in these records: choose another recording")
        step, price = self._price.whole(tick, "price")
        size, quantity = self._quantity.whole(lot, "quantity")
        what = np.frombuffer(self._what, np.int64)
        states = (what & 7) == STATE
        quantity = np.where(states, what >> 8 & 7, quantity)
        made = DepthColumns(self.key, step, size, np.frombuffer(self._time, np.int64),
                            what & 255, price, quantity)  # fmt: skip
        lowest, highest = made.bounds
        if highest - lowest + 2 * MARGIN > WIDEST:
            raise Unfit(f"prices span {highest - lowest:,} ticks: {WIDEST:,} are the most")
        return made

    def _add(self, time: int, what: int, price: str = "0", quantity: str = "0") -> None:
        self._now = max(self._now, time)
        self._time.append(self._now)
        self._what.append(what)
        self._price.add(price)
        self._quantity.add(quantity)

    def _tell_state(self, time: int, state: int) -> None:
        self._state = state
        self._add(time, STATE | state << 8)

    def _trade(self, group: Any, row: int) -> None:
        kind = BOUGHT if group.side[row] == "buy" else SOLD
        self._add(group.seen_time[row], kind, group.price[row], group.quantity[row])

    def _quote(self, group: Any, row: int) -> None:
        self._add(group.seen_time[row], BEST_BID, group.bid[row])
        self._add(group.seen_time[row], BEST_ASK, group.ask[row])

    def _update(self, group: BookUpdates, row: int) -> None:
        one = group if len(group) == 1 else _row(group, row)
        time, snapshot, first = group.seen_time[row], group.snapshot[row], len(self._what)
        if not group.applied[row]:
            self._book.follow(one)
            return
        told: dict[int, dict[int, Level]] = {BID: {}, ASK: {}}
        if not snapshot:
            for side, levels in ((BID, group.bids[row]), (ASK, group.asks[row])):
                told[side] = {price_units(level[0]): level for level in levels}
                for price, quantity in told[side].values():
                    self._add(time, side, price, quantity)
        limited = self._book.depth is not None or (one.depth and one.depth[0] is not None)
        if snapshot or limited:
            self._follow(one, time, told)
        else:
            self._book.follow(one)
        if len(self._what) == first:
            self._add(time, NOTHING)
        self._what[-1] |= UPDATED | (SNAPSHOT if snapshot else 0)

    def _follow(self, one: BookUpdates, time: int, told: dict[int, dict[int, Level]]) -> None:
        """What else the update changed: levels of a snapshot, and those beyond a limit."""
        before = {BID: self._book.bids.rows | told[BID], ASK: self._book.asks.rows | told[ASK]}
        self._book.follow(one)
        for side, levels in ((BID, self._book.bids), (ASK, self._book.asks)):
            after = levels.rows
            for units, (price, quantity) in before[side].items():
                if units not in after and quantity_units(quantity):
                    self._add(time, side | QUIET, price)
            for units, level in after.items():
                if before[side].get(units) != level:
                    self._add(time, side | QUIET, *level)


def _in_order(ticks: Ticks) -> list[tuple[Any, Any, int]]:
    """A record's rows in the order of its frames, as engine.venue.passage takes them."""
    steps: list[tuple[int, Any, Columns, int]] = []
    groups: tuple[tuple[Any, Columns], ...] = (
        (Gatherer._trade, ticks.trades),
        (Gatherer._quote, ticks.quotes),
        (Gatherer._update, ticks.books),
    )
    for step, group in groups:
        steps += [(index, step, group, row) for row, index in enumerate(group.index)]
    steps.sort(key=lambda one: one[0])
    return [(step, group, row) for _, step, group, row in steps]


def _row(books: BookUpdates, row: int) -> BookUpdates:
    """One row of the columns as columns; those that are not there stay away."""
    values = {name: getattr(books, name)[row : row + 1] for name in BookUpdates.model_fields}
    return BookUpdates.model_construct(**values)
