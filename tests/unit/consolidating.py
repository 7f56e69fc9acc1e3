"""Books of one symbol at three venues: recorded ones, moved onto one clock, and one that lags.

`binance` is the recorded spot book. `twin` is the same market 137 ms later, from some frame on
with a gap: its best prices are locked and crossed with the first's again and again. `okx` is OKX's
recording of 2022 at that time: its prices are other ones, and it ends before the others do.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache
from heapq import nlargest, nsmallest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from engine.books import BooksSettings
from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.spans import SECOND
from engine.stage import Cell
from engine.ticks import TicksStage
from infra.recordings import HERE, listings
from schemas import names
from schemas.raw import RawFrame, ReceivedFrame
from schemas.signals import ConsolidatedBook, Touch, VenueState
from schemas.ticks import Ticks
from tests.unit.venue_tables import frames, routed
from topics.recording import read, sample

SYMBOL = "BTC/USDT"
LINES = 9000
"""Lines of the recording: some 80 seconds."""
LOST = 7000
"""The first depth line from here on does not reach the twin."""
LAG = 137_000_000

Book = tuple[dict[Decimal, tuple[str, str]], dict[Decimal, tuple[str, str]]]


@cache
def ticks() -> tuple[Ticks, ...]:
    """All records of the three, in the order of the desk's time."""
    with gzip.open(HERE / "spot/btcusdt_20240808.gz", "rt") as opened:
        lines = [line for line, _ in zip(opened, range(LINES), strict=False)]
    lost = next(n for n in range(LOST, LINES) if "@depth" in lines[n][:60])
    one = list(_binance(lines))
    two = [_twin(each) for each in _binance([*lines[:lost], *lines[lost + 1 :]])]
    three = list(_okx(one[0].seen_time + 4 * SECOND))
    return tuple(sorted([*one, *two, *three], key=lambda each: (each.seen_time, each.key)))


def _binance(lines: list[str]) -> Iterator[Ticks]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.txt"
        path.write_text("".join(lines))
        router = Router.of(sample(path), listings(), "spot")
        yield from _ticks(raw_records(map(router.route, read(path)), "run"))


def _okx(begins: int) -> Iterator[Ticks]:
    found = list(frames("OKX.ws.1.0.gz"))
    shift = begins - found[0].received_ns
    moved: list[ReceivedFrame] = [
        each._replace(received_ns=each.received_ns + shift) for each in found
    ]
    router = routed("okx", "OKX.ws.1.0.gz")
    yield from _ticks(raw_records(map(router.route, moved), "run", tail=0), f"okx:{SYMBOL}")


def _ticks(records: Iterable[RawFrame], key: str = f"binance:{SYMBOL}") -> Iterator[Ticks]:
    cell = Cell.fresh(TicksStage(), key)
    for raw in records:
        if raw.key == key:
            made = cell.take(names.RAW, raw)[0].record
            assert isinstance(made, Ticks)
            yield made


def _twin(one: Ticks) -> Ticks:
    times = tuple(at + LAG for at in one.books.seen_time)
    moved = {
        "key": f"twin:{SYMBOL}", "venue": "twin", "id": f"twin {one.id}",
        "seen_time": one.seen_time + LAG,
        "books": one.books.model_copy(update={"seen_time": times}),
    }  # fmt: skip
    return one.model_copy(update=moved)


class Told(NamedTuple):
    """What a full record says, with rows sorted as they must be."""

    bids: list[tuple[str, str, str]]
    asks: list[tuple[str, str, str]]
    states: dict[str, VenueState]
    touch: Touch


class Naive:
    """Everything from the beginning at each record: each venue's book as a dictionary, the best
    levels of all sound ones sorted, and cut.
    """

    def __init__(self, settings: BooksSettings) -> None:
        self.settings, self.now = settings, 0
        self.books: dict[str, Book] = {}
        self.held: dict[str, list[Any]] = {}
        self.last: dict[str, Ticks] = {}
        self.fresh: dict[str, int] = {}

    def take(self, record: Ticks) -> Told:
        self.follow(record)
        states = {venue: self._state(venue) for venue in sorted(self.last)}
        bids, asks = (self._side(side, states) for side in (0, 1))
        return Told(bids, asks, states, touch(bids, asks))

    def follow(self, record: Ticks) -> None:
        """Take it in, and tell nothing."""
        self.now = max(self.now, record.seen_time)
        self.last[record.venue] = record
        venue, books = record.venue, record.books
        held = self.held.setdefault(venue, [])
        book = self.books.setdefault(venue, ({}, {}))
        for n in range(len(books)):
            change = books.bids[n], books.asks[n]
            if books.applied[n]:
                self.fresh[venue] = books.seen_time[n]
                if books.snapshot[n]:
                    book = self.books[venue] = ({}, {})
                    back = books.bridged[n]
                    for each in [change, *held[len(held) - back :]]:
                        _set(book, each)
                else:
                    _set(book, change)
                held.clear()
            elif not books.snapshot[n]:
                held.append(change)

    def _state(self, venue: str) -> VenueState:
        record = self.last[venue]
        if record.book.value != "ok":
            return VenueState(record.book.value)
        if self.now - record.seen_time >= self.settings.silent:
            return VenueState.SILENT
        old = self.now - self.fresh[venue] >= self.settings.stale
        return VenueState.STALE if old else VenueState.OK

    def _side(self, side: int, states: dict[str, VenueState]) -> list[tuple[str, str, str]]:
        levels, best = self.settings.levels, nlargest if side == 0 else nsmallest
        rows = [
            (price, venue, book[side][price])
            for venue, book in self.books.items()
            if states[venue] is VenueState.OK
            for price in best(levels, book[side])
        ]
        prices = best(levels, {row[0] for row in rows})
        found = [row for row in rows if row[0] in prices]
        found.sort(key=lambda row: (prices.index(row[0]), row[1]))
        return [(text, quantity, venue) for _, venue, (text, quantity) in found]


def _set(book: Book, change: Any) -> None:
    for levels, rows in zip(book, change, strict=True):
        for price, quantity in rows:
            levels.pop(Decimal(price), None)
            if Decimal(quantity):
                levels[Decimal(price)] = price, quantity


def touch(bids: list[tuple[str, str, str]], asks: list[tuple[str, str, str]]) -> Touch:
    """How the first bid stands to the first ask."""
    if not bids or not asks:
        return Touch.NONE
    bid, ask = Decimal(bids[0][0]), Decimal(asks[0][0])
    return Touch.NORMAL if bid < ask else Touch.LOCKED if bid == ask else Touch.CROSSED


def quantity_of(rows: list[tuple[str, str, str]]) -> Decimal:
    """Over all venues at the first price."""
    return sum(
        (Decimal(row[1]) for row in rows if Decimal(row[0]) == Decimal(rows[0][0])), Decimal(0)
    )


def told(record: ConsolidatedBook) -> Told:
    """The same of a full record."""
    states = {each.venue: each.state for each in record.venues}
    return Told(list(record.bids), list(record.asks), states, record.touch)
