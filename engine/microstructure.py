"""The microstructure of one market at one ticks record: pressure, imbalance, depth, outliers.

Windows are of event time (engine.trade_windows.EventClock), sums are exact integers, and floats
appear only in what is told: 12 significant digits, None where a value does not exist. Values of the
book are None unless the book is OK; those that need more than the best levels also while this
reader lacks a record of the book (engine.book_depth.FollowedBook).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from engine.bars import interval_name
from engine.book_depth import FollowedBook
from engine.indicators import Values, rounded
from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS, price_units, quantity_units
from engine.outliers import Outlier, OutlierSettings, SizeOutliers
from engine.spans import SECOND
from engine.trade_windows import EventClock, Sums, TradeWindows
from schemas.ticks import BookState, Level, Ticks

PRICE = 10**PRICE_DECIMALS
QUANTITY = 10**QUANTITY_DECIMALS
QUOTE = PRICE * QUANTITY


class MicroSettings(BaseModel):
    """windows: spans of event time in ns, ascending; depth_bps: distances from the mid, ascending;
    levels: of each side in the imbalance of the upper book; outliers: which trades are large."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    windows: tuple[int, ...] = Field(
        default=(SECOND, 5 * SECOND, 30 * SECOND, 60 * SECOND), min_length=1
    )
    depth_bps: tuple[int, ...] = Field(default=(5, 10, 25), min_length=1)
    levels: int = Field(default=5, ge=2, le=100)
    outliers: OutlierSettings = OutlierSettings()

    @field_validator("windows", "depth_bps")
    @classmethod
    def _ascending(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        if values[0] <= 0 or any(a >= b for a, b in pairwise(values)):
            raise ValueError("must be positive and ascending")
        return values

    @field_validator("depth_bps")
    @classmethod
    def _below_all(cls, values: tuple[int, ...]) -> tuple[int, ...]:
        if values[-1] >= 10_000:
            raise ValueError("a bid cannot be 10000 bps below the mid")
        return values


def imbalance(first: int, second: int) -> float | None:
    """(first - second) / (first + second), -1 to 1; None where both are zero."""
    total = first + second
    return rounded((first - second) / total) if total else None


class Microstructure:
    """State and values of one market; `take` each ticks record once, in sequence."""

    def __init__(self, settings: MicroSettings) -> None:
        self.settings = settings
        self.clock = EventClock()
        self.windows = TradeWindows(settings.windows)
        self.outliers = SizeOutliers(settings.outliers, settings.windows[-1])
        self.book = FollowedBook(settings.depth_bps)
        self._names = _Names(settings)
        self._sums: list[Sums] = [(-1, -1, -1) for _ in settings.windows]
        self._values: Values = dict.fromkeys(self._names.all())
        self._found: tuple[int, Outlier | None] | None = None
        self._best: tuple[BookState, Level | None, Level | None, bool] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all values, in order."""
        return tuple(self._values)

    def take(self, ticks: Ticks, now: int) -> Values:
        """The values after a record, always the same names; now: the desk's time in ns."""
        time = self.clock.move(ticks.event_time, now)
        self.windows.move(time)
        if ticks.trades.index:
            self._trades(ticks, time)
        self.outliers.move(time)
        self.book.follow(ticks)
        self._tell_windows()
        self._tell_outliers()
        best = (ticks.book, ticks.bid, ticks.ask, self.book.built)
        if ticks.books.index or best != self._best:
            self._best = best
            self._tell_book(ticks)
        return dict(self._values)

    def _trades(self, ticks: Ticks, time: int) -> None:
        trades = ticks.trades
        for at, text, side in zip(trades.event_time, trades.quantity, trades.side, strict=True):
            quantity, when = quantity_units(text), time if at is None else at
            bought = side == "buy"
            entry = (when, quantity, 0, 1) if bought else (when, 0, quantity, 1)
            self.windows.add(time, entry)
            self.outliers.take(when, quantity, 1 if bought else -1)

    def _tell_windows(self) -> None:
        """New values of the sums that have changed."""
        values, spans = self._values, self.settings.windows
        for place, sums in enumerate(self.windows.sums()):
            was = self._sums[place]
            if sums == was:
                continue
            self._sums[place] = sums
            bought, sold, trades = sums
            names = self._names.windows[place]
            if bought != was[0]:
                values[names[0]] = rounded(bought / QUANTITY)
            if sold != was[1]:
                values[names[1]] = rounded(sold / QUANTITY)
            values[names[2]] = imbalance(bought, sold)
            values[names[3]] = rounded(trades * SECOND / spans[place])

    def _tell_outliers(self) -> None:
        """How many, and the last one, where that has changed."""
        found, values = self.outliers.found, self._values
        last = found[-1] if found else None
        if (len(found), last) == self._found:
            return
        self._found = (len(found), last)
        values["outliers"] = float(len(found))
        values["outlier_size"] = rounded(last[1] / QUANTITY) if last else None
        values["outlier_side"] = float(last[2]) if last else None
        values["outlier_z"] = last[3] if last else None

    def _tell_book(self, ticks: Ticks) -> None:
        told: Values = dict.fromkeys(self._names.book())
        depths = self.book.depths()
        if ticks.book is BookState.OK and ticks.bid and ticks.ask:
            told |= _top(ticks.bid, ticks.ask)
            if depths is not None:
                told |= self._deeper(depths)
        self._values |= told

    def _deeper(self, depths: list[tuple[int, int]]) -> Values:
        """Values of more than the best levels."""
        levels, book = self.settings.levels, self.book.book
        bids, asks = (_quantity(book.top(side, levels)) for side in ("bids", "asks"))
        values: Values = {self._names.upper: imbalance(bids, asks)}
        for names, (bid, ask) in zip(self._names.depths, depths, strict=True):
            values[names[0]] = rounded(bid / QUOTE)
            values[names[1]] = rounded(ask / QUOTE)
            values[names[2]] = imbalance(bid, ask)
        return values

    def dump(self) -> dict[str, Any]:
        """Clock, trades, sizes and book as JSON values; all that is told follows from them."""
        clock = self.clock
        return {
            "clock": [clock.time, clock.event, clock.seen],
            "windows": self.windows.dump(),
            "outliers": self.outliers.dump(),
            "book": self.book.dump(),
        }

    @classmethod
    def load(cls, settings: MicroSettings, data: dict[str, Any] | None) -> Self:
        """What `dump` gave; a fresh one from a snapshot that did not know microstructure."""
        micro = cls(settings)
        if data is not None:
            micro.clock = EventClock(*data["clock"])
            time, span = micro.clock.time, settings.windows[-1]
            micro.windows = TradeWindows.load(settings.windows, time, data["windows"])
            micro.outliers = SizeOutliers.load(settings.outliers, span, data["outliers"])
            micro.book = FollowedBook.load(settings.depth_bps, data["book"])
        return micro


class _Names:
    """The names of all values under these settings, in the order in which they are told."""

    def __init__(self, settings: MicroSettings) -> None:
        self.windows = [
            tuple(f"{what}_{interval_name(span)}" for what in WINDOWED) for span in settings.windows
        ]
        self.upper = f"book_imbalance_{settings.levels}"
        self.depths = [
            (f"bid_depth_{bps}bps", f"ask_depth_{bps}bps", f"depth_imbalance_{bps}bps")
            for bps in settings.depth_bps
        ]

    def book(self) -> Iterator[str]:
        """Of the book."""
        yield from TOP
        yield self.upper
        for names in self.depths:
            yield from names

    def all(self) -> Iterator[str]:
        """All of them."""
        for names in self.windows:
            yield from names
        yield from OUTLIERS
        yield from self.book()


WINDOWED = ("buy_volume", "sell_volume", "pressure", "trade_rate")
OUTLIERS = ("outliers", "outlier_size", "outlier_side", "outlier_z")
TOP = ("spread", "spread_bps", "mid", "microprice", "book_imbalance_1")


def _top(bid: Level, ask: Level) -> Values:
    """Values of the best levels. Microprice: the mid weighted by the quantity across from it."""
    low, high = price_units(bid[0]), price_units(ask[0])
    bids, asks = quantity_units(bid[1]), quantity_units(ask[1])
    values: Values = {
        "spread": rounded((high - low) / PRICE),
        "mid": rounded((high + low) / (2 * PRICE)),
        "book_imbalance_1": imbalance(bids, asks),
    }
    if high + low:
        values["spread_bps"] = rounded(20_000 * (high - low) / (high + low))
    if bids + asks:
        values["microprice"] = rounded((high * bids + low * asks) / ((bids + asks) * PRICE))
    return values


def _quantity(levels: list[Level]) -> int:
    return sum(quantity_units(level[1]) for level in levels)
