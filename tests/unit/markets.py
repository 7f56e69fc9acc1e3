"""Recordings played at once through the ticks stage, and what is known to be in all eight."""

from __future__ import annotations

import gc
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from engine.book import Book
from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.spans import SECOND
from engine.stage import Cell
from engine.ticks import TicksStage, TicksState
from infra.recordings import HERE, listings
from schemas import names
from schemas.codec import encode
from schemas.raw import RawFrame, ReceivedFrame
from schemas.ticks import BookState, Level, Notice, Ticks
from tests.recorded import long
from topics.recording import merged, sample


class Counted(NamedTuple):
    """What one recording holds: its key, lines, and lines of each kind."""

    key: str
    lines: int
    depth: int
    quotes: int
    trades: int
    snapshots: int


TABLE = {
    "spot/btcusdt_20240808.gz": Counted("binance:BTC/USDT", 41_249, 3_451, 28_040, 9_757, 1),
    "spot/btcusdt_20240809.gz": Counted("binance:BTC/USDT", 58_325, 3_044, 45_134, 10_147, 0),
    "spot/ethusdt_20240808.gz": Counted("binance:ETH/USDT", 33_618, 3_434, 24_077, 6_106, 1),
    "spot/ethusdt_20240809.gz": Counted("binance:ETH/USDT", 46_126, 3_036, 34_681, 8_409, 0),
    "usdm/btcusdt_20240808.gz": Counted("binance:BTC/USDT:USDT", 93_954, 6_551, 66_089, 21_313, 1),
    "usdm/ethusdt_20240808.gz": Counted("binance:ETH/USDT:USDT", 74_655, 6_586, 53_992, 14_076, 1),
    "cm/btcusd_perp_20240808.gz": Counted("binance:BTC/USD:BTC", 48_270, 26_847, 19_136, 2_286, 1),
    "cm/ethusd_perp_20240808.gz": Counted("binance:ETH/USD:ETH", 40_454, 22_909, 15_812, 1_732, 1),
}
"""The table that came with the recordings (nkaz001/hftbacktest, counted line by line)."""

APART = "cm/ethusd_perp_20240808.gz"
"""Whose records are kept as digests, to compare a play of it alone."""

MIDNIGHT = 1_723_161_600 * SECOND
END = 1_723_162_000 * SECOND
"""After all that was recorded."""
FILES = long((*TABLE,), ("spot/btcusdt_20240808.gz", "spot/btcusdt_20240809.gz", APART))
"""What is played at once: by default two markets, one that goes on over midnight, one that ends."""
UNTIL = long(END, MIDNIGHT + 30 * SECOND)
"""The time to which they are played."""

Best = tuple[str, ...]
"""Bid, its quantity, ask, its quantity, as received (depth and quotes write numbers alike)."""


class Recipe:
    """Binance's recipes for a local book done plainly, to check the book against."""

    def __init__(self, spot: bool) -> None:
        self.spot = spot
        self.early: list[dict[str, Any]] = []
        self.last: int | None = None
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}

    def take(self, frame: dict[str, Any]) -> None:
        if "lastUpdateId" in frame:
            self._set(frame["bids"], frame["asks"])
            self.last = frame["lastUpdateId"]
            for each in self.early:
                self._diff(each, self.last)
        elif self.last is None:
            self.early.append(frame)
        else:
            self._diff(frame, self.last)

    def _diff(self, frame: dict[str, Any], last: int) -> None:
        if frame["u"] < last or (self.spot and frame["u"] == last):
            return
        assert (frame["U"] <= last + 1) if self.spot else (frame["pu"] <= last)
        self._set(frame["b"], frame["a"])
        self.last = frame["u"]

    def _set(self, bids: list[list[str]], asks: list[list[str]]) -> None:
        for side, rows in ((self.bids, bids), (self.asks, asks)):
            for price, quantity in rows:
                side[price] = quantity
                if not quantity.strip("0."):
                    del side[price]


@dataclass
class Played:
    """What came out for one key. bests: the book's best levels by its last update id."""

    cell: Cell[TicksState]
    recipe: Recipe
    reader: Book = field(default_factory=Book)
    count: Counter[str] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)
    states: list[BookState] = field(default_factory=list)
    ids: list[tuple[int | None, int | None, int | None]] = field(default_factory=list)
    quotes: dict[int, Best] = field(default_factory=dict)
    bests: dict[int, Best] = field(default_factory=dict)
    untimed: int = 0
    digests: list[bytes] = field(default_factory=list)
    prices: set[str] = field(default_factory=set)
    quantities: set[str] = field(default_factory=set)

    def take(self, raw: RawFrame) -> None:
        """Step the stage by one record and note what came out."""
        ticks = self.cell.take(names.RAW, raw)[0].record
        assert isinstance(ticks, Ticks)
        self._count(ticks)
        self._follow(raw, ticks)
        self._quote(ticks)
        if raw.key == TABLE[APART].key:
            self.digests.append(blake2b(encode(ticks), digest_size=8).digest())

    def _count(self, ticks: Ticks) -> None:
        snapshots = sum(ticks.books.snapshot)
        self.count["trades"] += len(ticks.trades)
        self.count["quotes"] += len(ticks.quotes)
        self.count["depth"] += len(ticks.books) - snapshots
        self.count["snapshots"] += snapshots
        self.count["fundings"] += len(ticks.fundings)
        self.count["fractions"] += sum("." in quantity for quantity in ticks.trades.quantity)
        self.count["not applied"] += ticks.books.applied.count(False) - sum(ticks.books.bridged)
        self.prices |= {*ticks.trades.price, *ticks.quotes.bid, *ticks.quotes.ask}
        self.quantities |= {*ticks.trades.quantity, *ticks.quotes.bid_quantity}
        self.notices += ticks.notices
        self.states.append(ticks.book)

    def _follow(self, raw: RawFrame, ticks: Ticks) -> None:
        """Build the book by the recipe, and as a reader of the records does."""
        if not len(ticks.books):
            return
        for index in ticks.books.index:
            frame = orjson.loads(raw.frames[index])
            self.recipe.take(frame.get("data", frame))
        self.reader.follow(ticks.books)
        books = ticks.books
        self.ids += [
            ids[1:]
            for ids in zip(
                books.snapshot, books.first_id, books.last_id, books.previous_id, strict=True
            )
            if not ids[0]
        ]

    def _quote(self, ticks: Ticks) -> None:
        quotes, last = ticks.quotes, self.cell.state.sync.last
        self.untimed += quotes.event_time.count(None)
        for number, *best in zip(
            quotes.update_id, quotes.bid, quotes.bid_quantity, quotes.ask, quotes.ask_quantity,
            strict=True,
        ):  # fmt: skip
            assert number is not None
            self.quotes[number] = tuple(best)
        if len(ticks.books) and ticks.bid and ticks.ask and last is not None:
            self.bests[last] = (*ticks.bid, *ticks.ask)


def framed(files: Sequence[str], until: int = END) -> Iterator[RawFrame]:
    """The records of several recordings played at once, of frames received before `until`."""

    def early(frame: tuple[str, ReceivedFrame]) -> bool:
        return frame[1].received_ns < until

    paths = [HERE / file for file in files]
    known = listings()
    routes = [(path, Router.of(sample(path), known).route) for path in paths]
    return raw_records(takewhile(early, merged(routes)), "run")


@cache
def played(*files: str, until: int = UNTIL) -> dict[str, Played]:
    """What came out for each key when the files were played at once."""
    found: dict[str, Played] = {}
    gc.disable()
    for raw in framed(files, until):
        if raw.key not in found:
            cell = Cell.fresh(TicksStage(), raw.key)
            found[raw.key] = Played(cell, Recipe(spot=":" not in raw.key.split(":", 1)[1]))
        found[raw.key].take(raw)
    gc.enable()
    return found


@cache
def counted(file: str, until: int = END) -> Counter[str]:
    """The lines of each kind that were received before `until`, by a plain look at their text."""
    found: Counter[str] = Counter()
    with gzip.open(path_of(file), "rt") as lines:
        for line in takewhile(lambda line: int(line[:19]) < until, lines):
            found[kind_of(line)] += 1
    return found


def kind_of(line: str) -> str:
    """Of a line of a recording: snapshot, depth, bookTicker or trade."""
    if '{"lastUpdateId"' in line[:40]:
        return "snapshot"
    return line.split('"stream":"', 1)[-1].split('"', 1)[0].split("@")[1]


def levels(rows: dict[int, Level]) -> dict[str, str]:
    """One side of a book by price."""
    return dict(rows.values())


def path_of(file: str) -> Path:
    """A shipped recording by its name in TABLE."""
    return HERE / file
