"""The book that people see is the one that the records make, from wherever they are read."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book import Book
from gateway.live import seeding as seeding_module
from gateway.live.depth import LEVELS, PACE, Depths
from gateway.live.reading import Raw, news
from gateway.live.seeding import FIRST, Seeding
from schemas import names
from schemas.errors import TapelineError
from schemas.ticks import BookUpdates
from topics.settings import Settings

KEY = "binance:BTC/USDT:USDT"
QUANTITIES = st.integers(0, 3).map(str)
LEVEL = st.tuples(st.integers(1, 40).map(str), QUANTITIES)
SIDES = st.tuples(st.lists(LEVEL, max_size=5), st.lists(LEVEL, max_size=5))


def record(seq: int, sides: tuple[list[Any], list[Any]], **more: Any) -> dict[str, Any]:
    bids, asks = sides
    columns: dict[str, Any] = {"index": [0], "event_time": [None], "seen_time": [seq]}
    columns |= {"snapshot": [seq == 0], "applied": [True], "bridged": [0], "depth": []}
    columns |= {"first_id": [seq], "last_id": [seq], "previous_id": [None]}
    books = {**columns, "bids": [bids], "asks": [asks]}
    venue, symbol = KEY.split(":", 1)
    told = {
        "seq": seq,
        "key": KEY,
        "venue": venue,
        "symbol": symbol,
        "seen_time": seq,
        "book": "ok",
    }
    return {**told, "books": books, **more}


def book_of(records: list[dict[str, Any]]) -> Book:
    book = Book()
    for each in records:
        book.follow(BookUpdates.model_validate_json(orjson.dumps(each["books"])))
    return book


def take(depths: Depths, values: Iterable[bytes]) -> None:
    news((Raw(names.TICKS, KEY.encode(), value) for value in values), {names.TICKS: depths.take})


def told(depths: Depths, now: float = 0.0) -> dict[str, Any]:
    (item,) = depths.told(now)
    assert (item.channel, item.key) == ("depth", KEY)
    return item.body


def same(body: dict[str, Any], book: Book) -> None:
    for side in ("bids", "asks"):
        assert [tuple(level) for level in body[side]] == [*map(tuple, book.top(side, LEVELS))]


@given(st.lists(SIDES, min_size=1, max_size=12))
def test_from_the_beginning_it_is_the_book(changes: list[Any]) -> None:
    records = [record(seq, sides) for seq, sides in enumerate(changes)]
    depths = Depths()
    take(depths, map(orjson.dumps, records))
    assert not depths.lacking
    same(told(depths), book_of(records))


@given(st.lists(SIDES, min_size=2, max_size=12), st.data())
def test_from_the_middle_it_waits_for_a_snapshot_that_covers_what_was_missed(
    changes: list[Any], data: st.DataObject
) -> None:
    records = [record(seq, sides) for seq, sides in enumerate(changes)]
    start = data.draw(st.integers(1, len(records) - 1))
    covered = data.draw(st.integers(0, len(records) - 1))
    depths = Depths()
    take(depths, map(orjson.dumps, records[start:]))
    assert depths.lacking
    assert told(depths)["bids"] == []
    depths.seed({KEY: (covered, book_of(records[: covered + 1]).dump()), "other:X": (0, {})})
    assert depths.lacking == (covered < start - 1)
    if not depths.lacking:
        same(told(depths, PACE), book_of(records if covered < len(records) else []))


def test_a_record_that_is_missed_costs_the_book_until_a_snapshot() -> None:
    changes = [([["10", "1"]], [["11", "1"]])] * 4
    records = [record(seq, sides) for seq, sides in enumerate(changes)]
    depths = Depths()
    take(depths, map(orjson.dumps, [records[0], records[2]]))
    assert depths.lacking
    take(depths, [b"{", b"[]", orjson.dumps(records[3]), orjson.dumps(records[2])])
    depths.seed({KEY: (1, book_of(records[:2]).dump())})
    assert not depths.lacking
    same(told(depths), book_of(records))


def test_a_market_is_told_of_at_its_pace_and_only_where_it_changed() -> None:
    depths = Depths()
    take(depths, [orjson.dumps(record(0, ([["10", "1"]], [])))])
    assert told(depths, 0.0)["bids"] == [["10", "1"]]
    take(depths, [orjson.dumps(record(1, ([["10", "2"]], [])))])
    assert list(depths.told(PACE / 2)) == []
    assert told(depths, PACE)["bids"] == [["10", "2"]]
    assert list(depths.told(9.0)) == []
    take(depths, [orjson.dumps(record(2, ([], []), book="gapped"))])
    assert told(depths, 10.0)["book"] == "gapped"


def settled(seeding: Seeding, now: float) -> Any:
    """What it gives at that time, once a look that it has begun is over."""
    found = seeding.due(now)
    for thread in threading.enumerate():
        if thread.name == "seeding":
            thread.join(60)
    return found


def test_snapshots_are_asked_for_ever_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def load(_: Settings, stage: str) -> list[Any]:
        looks.append(stage)
        raise TapelineError("away")

    monkeypatch.setattr(seeding_module, "load", load)
    seeding = Seeding(Settings())
    for now in (0.0, 0.1, FIRST, FIRST + 0.1, FIRST + 0.2, 3 * FIRST, 3 * FIRST + 0.2, 4 * FIRST):
        assert settled(seeding, now) == {}
    assert looks == ["ticks"] * 3
    seeding.fill(Depths(), 5 * FIRST)  # no book is wanted: the next gap is looked at as soon
    for now in (8 * FIRST, 8 * FIRST, 9 * FIRST):
        settled(seeding, now)
    assert len(looks) == 5


def test_who_feeds_streams_does_not_wait_for_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    read, book = threading.Event(), {"bids": [["10", "1"]]}
    one = SimpleNamespace(cell=KEY, made={names.TICKS: {KEY: 7}}, state={"sync": {"book": book}})

    def load(_: Settings, stage: str) -> list[Any]:
        assert read.wait(60)
        return [SimpleNamespace(snapshot=one)]

    monkeypatch.setattr(seeding_module, "load", load)
    seeding = Seeding(Settings())
    assert [seeding.due(now) for now in (0.0, 1.0, 100.0)] == [{}] * 3
    read.set()
    assert settled(seeding, 100.0) == {}
    assert seeding.due(100.1) == {KEY: (7, book)}
    assert seeding.due(100.2) == {}


def test_a_published_signal_is_kept_of_many_that_come_at_once() -> None:
    def signal(seq: int, fresh: bool, published: bool) -> bytes:
        told = {"id": str(seq), "key": KEY, "seen_time": seq, "bar_time": seq, "strength": 0.7}
        told |= {"action": "buy", "last": "10", "scores": [{"reason": "up"}]}
        return orjson.dumps({**told, "fresh": fresh, "published": published})

    rows = [signal(0, True, True), signal(1, False, True), signal(2, True, False)]
    items = news([Raw(names.SIGNALS, KEY.encode(), row) for row in rows])
    assert [each.body["id"] for each in items if each.channel == "published"] == ["0"]
    assert [each.body["id"] for each in items if each.channel == "signals"][-1] == "2"
    (mark,) = (each.body for each in items if each.channel == "published")
    assert (mark["action"], mark["reasons"]) == ("buy", ["up"])
