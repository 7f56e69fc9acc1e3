"""The ticks stage on the two USD-M recordings, and over kills.

By default on their first 135 s, to their end by `make recorded`.
"""

import gc
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import takewhile
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import infra.recordings
from engine.book import Book
from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.spans import SECOND
from engine.stage import Cell, Output
from engine.ticks import TicksStage, TicksState
from schemas import names
from schemas.codec import decode, encode
from schemas.raw import RawFrame
from schemas.system import Snapshot
from schemas.ticks import Bar, BookState, Ticks
from tests.recorded import LONG, long
from tests.unit.markets import END, MIDNIGHT, counted
from topics.recording import merged, sample

LINGER = 20_000_000
UNTIL = long(END, MIDNIGHT - 210 * SECOND)
"""The time to which they are played."""
USDM = {
    "binance:BTC/USDT:USDT": "usdm/btcusdt_20240808.gz",
    "binance:ETH/USDT:USDT": "usdm/ethusdt_20240808.gz",
}


@cache
def recorded() -> tuple[RawFrame, ...]:
    """Both recordings, framed."""
    listings = infra.recordings.listings()
    files = [(path, Router.of(sample(path), listings).route) for path in infra.recordings.MARKET]
    frames = takewhile(lambda frame: frame[1].received_ns < UNTIL, merged(files))
    return tuple(raw_records(frames, "run", LINGER))


class Desk:
    """A cell for each key."""

    def __init__(self) -> None:
        self.cells: dict[str, Cell[TicksState]] = {}

    def take(self, raw: RawFrame) -> list[Output]:
        if raw.key not in self.cells:
            self.cells[raw.key] = Cell.fresh(TicksStage(), raw.key)
        return self.cells[raw.key].take(names.RAW, raw)

    def kill(self) -> None:
        """Every cell through its snapshot's bytes and back."""
        for key, cell in self.cells.items():
            snapshot = decode(Snapshot, encode(cell.snapshot()))
            self.cells[key] = Cell.restore(TicksStage(), snapshot)


@cache
def played() -> tuple[tuple[Output, ...], ...]:
    """What each raw record gives."""
    desk, raw_frames = Desk(), recorded()
    gc.freeze()  # millions of small tuples that stay: not to be looked through again and again
    gc.disable()
    outputs = tuple(tuple(desk.take(raw)) for raw in raw_frames)
    gc.freeze()
    gc.enable()
    return outputs


def all_ticks() -> Iterator[Ticks]:
    for outputs in played():
        ticks = outputs[0].record
        assert isinstance(ticks, Ticks)
        yield ticks


def test_counts_of_the_recording() -> None:
    held = sum((counted(file, UNTIL) for file in USDM.values()), Counter[str]())
    count: Counter[str] = Counter()
    for ticks in all_ticks():
        count["trades"] += len(ticks.trades)
        count["quotes"] += len(ticks.quotes)
        count["books"] += len(ticks.books)
        count["snapshots"] += sum(ticks.books.snapshot)
        count["not applied"] += ticks.books.applied.count(False) - sum(ticks.books.bridged)
        count["notices"] += len(ticks.notices)
        count[ticks.book] += 1
    assert (count["trades"], count["quotes"]) == (held["trade"], held["bookTicker"])
    assert (count["books"] - count["snapshots"], count["snapshots"]) == (held["depth"], 2)
    assert (held["trade"], held["depth"]) == (35_389, 13_137) or not LONG
    assert count["not applied"] == 4 + 5, "older than the snapshot; the others bridge onto it"
    assert count["notices"] == 0, "no gap, never crossed, never stale, nothing late or dead"
    assert count[BookState.OK] + count[BookState.NONE] == len(recorded())
    assert count[BookState.NONE] < 40


def test_every_record_gives_one_ticks_record_and_its_bars() -> None:
    for raw, outputs in zip(recorded(), played(), strict=True):
        first, *rest = outputs
        assert (first.topic, first.key) == (names.TICKS, raw.key)
        assert isinstance(first.record, Ticks)
        bars = [output.record for output in rest]
        assert all(isinstance(bar, Bar) for bar in bars)
        fields = [bar.model_dump() for bar in first.record.bars]
        assert [{name: dict(bar)[name] for name in fields[0]} for bar in bars] == fields


def bars_of(key: str, interval: str) -> list[Bar]:
    """The closed bars of one interval, in order."""
    records = [output.record for step in played() for output in step if output.key == key]
    return [one for one in records if isinstance(one, Bar) and one.interval == interval]


@pytest.mark.parametrize(("interval", "length"), [("1s", 1), ("1m", 60), ("5m", 300)])
def test_bars_are_whole_and_hold_every_trade(interval: str, length: int) -> None:
    for key in {raw.key for raw in recorded()}:
        bars, end = bars_of(key, interval), bars_of(key, interval)[-1].close_time
        trades = [
            time
            for step in played()
            for output in step
            if output.key == key and isinstance(output.record, Ticks)
            for time in output.record.trades.event_time
            if time is not None
        ]
        assert sum(bar.trades for bar in bars) == sum(time < end for time in trades)
        starts = [bar.open_time for bar in bars]
        assert starts == list(range(starts[0], end, length * SECOND))


def test_longer_bars_are_made_of_the_shorter_ones() -> None:
    for key in {raw.key for raw in recorded()}:
        seconds = bars_of(key, "1s")
        for minute in bars_of(key, "1m"):
            inside = [
                bar for bar in seconds if minute.open_time <= bar.open_time < minute.close_time
            ]
            assert minute.trades == sum(bar.trades for bar in inside)
            assert Decimal(minute.volume) == sum(Decimal(bar.volume) for bar in inside)
            assert Decimal(minute.buy_volume) == sum(Decimal(bar.buy_volume) for bar in inside)
            assert Decimal(minute.high) == max(Decimal(bar.high) for bar in inside)
            assert Decimal(minute.low) == min(Decimal(bar.low) for bar in inside)
            assert (minute.open, minute.close) == (inside[0].open, inside[-1].close)


def test_bars_of_trades_hold_so_many() -> None:
    for key, file in USDM.items():
        trades = counted(file, UNTIL)["trade"]
        assert [bar.trades for bar in bars_of(key, "100t")] == [100] * (trades // 100)


class Naive:
    """Binance's recipe done plainly on Decimals, to check the book against."""

    def __init__(self) -> None:
        self.early: list[dict[str, Any]] = []
        self.last: int | None = None
        self.sides: tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] = ({}, {})

    def take(self, frame: dict[str, Any]) -> None:
        if "lastUpdateId" in frame:
            self._set(frame["bids"], frame["asks"])
            self.last = frame["lastUpdateId"]
            for each in self.early:
                self._diff(each)
        elif self.last is None:
            self.early.append(frame)
        else:
            self._diff(frame)

    def _diff(self, frame: dict[str, Any]) -> None:
        assert self.last is not None
        if frame["u"] >= self.last:
            assert frame["pu"] <= self.last
            self._set(frame["b"], frame["a"])
            self.last = frame["u"]

    def _set(self, bids: list[list[str]], asks: list[list[str]]) -> None:
        for side, rows in zip(self.sides, (bids, asks), strict=True):
            for price, quantity in rows:
                side[Decimal(price)] = Decimal(quantity)
                if not side[Decimal(price)]:
                    del side[Decimal(price)]

    def best(self) -> tuple[tuple[Decimal, Decimal], ...]:
        (bids, asks), bid, ask = self.sides, max(self.sides[0]), min(self.sides[1])
        return (bid, bids[bid]), (ask, asks[ask])


def test_the_book_is_the_naive_one_after_every_record_and_agrees_with_the_quotes() -> None:
    naive: dict[str, Naive] = {}
    at_id: dict[tuple[str, int], tuple[tuple[Decimal, Decimal], ...]] = {}
    quotes: dict[tuple[str, int], tuple[tuple[Decimal, Decimal], ...]] = {}
    for raw, ticks in zip(recorded(), all_ticks(), strict=True):
        book, best = naive.setdefault(raw.key, Naive()), None
        for frame in map(orjson.loads, raw.frames):
            data = frame.get("data", frame)
            if data.get("e") == "bookTicker":
                quotes[raw.key, data["u"]] = (
                    (Decimal(data["b"]), Decimal(data["B"])),
                    (Decimal(data["a"]), Decimal(data["A"])),
                )
            elif data.get("e") != "trade":
                book.take(data)
                if book.last is not None and ticks.book is BookState.OK:
                    at_id[raw.key, book.last] = best = book.best()
        if len(ticks.books) and ticks.book is BookState.OK:
            assert ticks.bid is not None
            assert ticks.ask is not None
            ours = tuple((Decimal(p), Decimal(q)) for p, q in (ticks.bid, ticks.ask))
            assert ours == best
    shared = sorted(set(at_id) & set(quotes))
    assert len(shared) > long(100, 40)
    assert [at_id[each] for each in shared] == [quotes[each] for each in shared]


def test_a_reader_of_the_records_has_the_very_same_book_after_each() -> None:
    desk, readers = Desk(), dict[str, Book]()
    for raw in recorded():
        ticks = desk.take(raw)[0].record
        assert isinstance(ticks, Ticks)
        reader = readers.setdefault(raw.key, Book())
        if not len(ticks.books):
            continue
        reader.follow(ticks.books)
        own = desk.cells[raw.key].state.sync.book
        assert reader.held == own.held
        assert (reader.best_bid, reader.best_ask) == (own.best_bid, own.best_ask)
        for side in ("bids", "asks"):
            assert reader.top(side, 5) == own.top(side, 5)
        if raw.seq < 50 or raw.seq % long(50, 250) < 3:  # what is wrong deeper down stays wrong
            assert reader.bids.rows == own.bids.rows
            assert reader.asks.rows == own.asks.rows
    assert {key: reader.dump() for key, reader in readers.items()} == {
        key: cell.state.sync.book.dump() for key, cell in desk.cells.items()
    }


def test_bytes_survive_decoding() -> None:
    for outputs in played()[: long(2000, 1000)]:
        for output in outputs:
            value = encode(output.record)
            assert encode(decode(type(output.record), value)) == value


@cache
def bytes_of(place: int) -> list[bytes]:
    """What that raw record gives, encoded."""
    return [encode(output.record) for output in played()[place]]


@given(st.sets(st.integers(0, 1200), max_size=6))
@settings(max_examples=long(12, 4), deadline=None)
def test_a_kill_anywhere_changes_no_byte(kills: set[int]) -> None:
    desk = Desk()
    for place, raw in enumerate(recorded()[:1300]):
        if place in kills:
            desk.kill()
        found = [encode(output.record) for output in desk.take(raw)]
        assert found == bytes_of(place)


def test_kills_all_along_the_recording_change_no_byte() -> None:
    desk = Desk()
    for place, (raw, expected) in enumerate(zip(recorded(), played(), strict=True)):
        if place % 499 == 7:
            desk.kill()
        found = desk.take(raw)
        if place % 499 < 40 or len(found) > 1:
            assert [encode(o.record) for o in found] == [encode(o.record) for o in expected]


def test_two_plays_are_the_same_bytes() -> None:
    desk = Desk()
    again = [encode(o.record) for each in recorded()[:3000] for o in desk.take(each)]
    assert again == [encode(o.record) for outputs in played()[:3000] for o in outputs]
