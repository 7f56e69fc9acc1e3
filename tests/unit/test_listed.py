"""What a venue lists, as the collector keeps it: fresh, old, changed, and collected as it comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from engine.feeds.planning import FeedSettings
from engine.feeds.wanted import Wanted
from engine.framing import Framer
from infra.recordings import INSTRUMENTS
from schemas import names
from schemas.instruments import Instrument, InstrumentStatus
from schemas.record import Record
from tests.unit.listed_markets import listing_venues
from tests.unit.live_venue import LiveVenue, live_venue
from tests.unit.test_collecting import Kept, until
from tests.unit.venue_tables import rows
from topics import recording
from topics.feeding import Feeding
from topics.lease import Lease
from topics.listed import Listed, filled
from topics.outlet import Outlet
from topics.settings import Settings

PLACE = "fapi/v1/exchangeInfo"
VENUE = "fapi.binance.com"
THREE = [
    row
    for row in rows("binance.linear.2022-12-06.json.gz")
    if row["symbol"] in ("BTCUSDT", "ETHUSDT", "XRPUSDT")
]


@dataclass
class Told:
    """What is told of a list."""

    troubles: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __call__(self, trouble: bool, kind: str, text: str) -> None:
        (self.troubles if trouble else self.words).append(text)


def listed(home: Path, address: str, told: Told, hours: float = 6) -> Listed:
    wanted = Wanted("binance", FeedSettings(symbols=("BTC/USDT:USDT",)))
    addresses = {"https://": address}
    return Listed("binance", wanted.clients, addresses, home, hours, wanted.row, told)


def aged(file: Path, hours: float) -> None:
    kept = orjson.loads(file.read_bytes())
    kept["asked"] -= int(hours * 3600 * 10**9)
    file.write_bytes(orjson.dumps(kept))


def symbols(found: Iterable[dict[str, Any]], status: str) -> set[str]:
    return {row["venue_symbol"] for row in found if row["status"] == status}


async def test_a_list_is_asked_for_kept_and_used_again_while_it_is_fresh_or_nothing_else_is_there(
    tmp_path: Path,
) -> None:
    down: set[str] = set()
    async with listing_venues({PLACE: {"symbols": THREE}}, down) as address:
        first = listed(tmp_path, address, told := Told())
        await first.begin()
        assert symbols(first.rows, "trading") == {"BTCUSDT", "ETHUSDT", "XRPUSDT"}
        assert told.words == ["binance: 3 instruments, asked for now"]
        down.add(VENUE)
        second = listed(tmp_path, address, told := Told())
        await second.begin()
        assert (second.rows, second.fails) == (first.rows, 0)
        assert told == Told(words=["binance: 3 instruments of 0.0 h ago"])
        aged(first.file, 31)
        third = listed(tmp_path, address, told := Told())
        await third.begin()
        assert (third.rows, third.fails) == (first.rows, 1)
        assert "503" in told.troubles[0]
        assert "binance does not tell its instruments: ExchangeNotAvailable" in told.troubles[0]
        assert told.troubles[0].endswith("binance: 3 instruments of 31.0 h ago are gone on with")
        first.file.write_text('{"rows": ')
        assert not listed(tmp_path, address, Told())._load()
        assert [file.name for file in first.file.parent.iterdir()] == [first.file.name]


async def test_what_is_halted_or_gone_or_new_is_found_when_it_is_asked_again(
    tmp_path: Path,
) -> None:
    btc, eth, xrp = deepcopy(THREE)
    answers = {PLACE: {"symbols": [btc, eth]}}
    async with listing_venues(answers) as address:
        kept = listed(tmp_path, address, Told())
        await kept.ask()
        eth["status"] = "SETTLING"
        answers[PLACE] = {"symbols": [eth, xrp]}
        await kept.ask()
    statuses = {row["venue_symbol"]: row["status"] for row in kept.rows}
    assert statuses == {"BTCUSDT": "delisted", "ETHUSDT": "halted", "XRPUSDT": "trading"}
    assert orjson.loads(kept.file.read_bytes())["rows"] == kept.rows


def test_the_pauses_grow_with_failures_and_are_never_the_same(tmp_path: Path) -> None:
    kept = listed(tmp_path, "", Told())
    kept.fails = 1
    assert (kept.delay(0), kept.delay(1)) == (15, 30)
    kept.fails = 3
    assert (kept.delay(0), kept.delay(1)) == (60, 120)
    kept.fails = 99
    assert kept.delay(1) == 3600
    kept.fails = 0
    assert kept.delay(0) == 0, "it was never asked"


def test_a_file_fills_what_the_venue_does_not_tell() -> None:
    ours = {"market": "usdm", "symbol": "A/B:B", "tick_size": "1", "maintenance": None,
            "source": "ccxt x"}  # fmt: skip
    filed = {"market": "usdm", "symbol": "A/B:B", "tick_size": "2", "maintenance": "0.1",
             "source": "a table"}  # fmt: skip
    other = {**filed, "symbol": "C/B:B"}
    first, second = filled([ours], [filed, other])
    assert first == {**ours, "maintenance": "0.1", "source": "ccxt x; maintenance: a table"}
    assert second == other


class Desk(Kept):
    """An outlet that keeps instruments too, and what is on market.instruments."""

    def __init__(self) -> None:
        super().__init__()
        self.instruments: list[Instrument] = []

    def emit(self, topic: str, key: str, record: Record) -> None:
        if topic == names.INSTRUMENTS:
            assert isinstance(record, Instrument)
            self.instruments.append(record)
        else:
            super().emit(topic, key, record)

    def publish(self, found: Iterable[Instrument]) -> None:
        for row in found:
            self.emit(names.INSTRUMENTS, row.key, row)

    def statuses(self) -> list[tuple[str, int, InstrumentStatus]]:
        return [(row.symbol, row.seq, row.status) for row in self.instruments]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """No broker and no Redis: what was emitted is what is there, and the lease is ours."""
    made = Desk()

    def latest(settings: Settings, topic: str, keys: Any) -> dict[str, Any]:
        found = made.instruments if topic == names.INSTRUMENTS else made.records
        return {row.key: _Message(row) for row in found if row.key in keys}

    async def at_once(lease: Lease, *_: Any) -> None:
        """It is had, or given back."""

    async def for_ever(lease: Lease) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr("topics.resuming.latest", latest)
    for name, done in (("stand_by", at_once), ("release", at_once), ("keep", for_ever)):
        monkeypatch.setattr(Lease, name, done)
    monkeypatch.setattr(Lease, "check", lambda lease: None)
    return made


class _Message:
    def __init__(self, row: Record) -> None:
        self.row = row

    def value(self) -> bytes:
        return self.row.model_dump_json().encode()


def feeding(
    desk: Desk, home: Path, venue: LiveVenue, address: str, file: Path | None = None, **given: Any
) -> Feeding:
    values = {"kinds": ("trades",), "addresses": {
        "https://": address,
        "https://fapi.binance.com/fapi/v1/depth": f"http://127.0.0.1:{venue.port}/fapi/v1/depth",
        "wss://fstream.binance.com": f"ws://127.0.0.1:{venue.port}",
    }}  # fmt: skip
    wanted = Wanted("binance", FeedSettings.model_validate({**values, **given}))
    return Feeding(
        cast(Outlet, desk), Settings(home=home, instruments=file), wanted, Framer, desk.publish
    )


async def test_what_a_wanted_market_lists_later_is_told_published_and_collected(
    desk: Desk, tmp_path: Path
) -> None:
    btc, eth, _ = deepcopy(THREE)
    answers = {PLACE: {"symbols": [btc]}}
    async with live_venue() as venue, listing_venues(answers) as address:
        feed = feeding(desk, tmp_path, venue, address, markets=("usdm",), refresh=0.0006)
        task = asyncio.create_task(feed.run())
        await until(lambda: len(venue.asked) == 1)
        assert desk.statuses() == [("BTC/USDT:USDT", 0, "trading")]
        btc["status"] = "SETTLING"
        answers[PLACE] = {"symbols": [btc, eth]}
        await until(lambda: len(venue.asked) == 2)
        await venue.move("ETHUSDT")
        await venue.move("BTCUSDT")
        await until(lambda: len(desk.frames("binance:ETH/USDT:USDT")) == 1)
        await until(lambda: len(desk.frames("binance:BTC/USDT:USDT")) == 1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert desk.statuses() == [
        ("BTC/USDT:USDT", 0, "trading"),
        ("BTC/USDT:USDT", 1, "halted"),
        ("ETH/USDT:USDT", 0, "trading"),
    ]
    assert [each.text for each in desk.events if each.kind == "listed"] == [
        "binance lists ETH/USDT:USDT"
    ]
    shared = [record.run_seq for record in desk.of("binance:*")]
    assert shared == list(range(len(shared))), "two collectors, one sequence"


async def test_a_file_is_gone_on_with_where_the_venue_cannot_be_reached(
    desk: Desk, tmp_path: Path
) -> None:
    async with live_venue() as venue, listing_venues({}, {VENUE}) as address:
        one = ("BTC/USDT:USDT",)
        feed = feeding(desk, tmp_path, venue, address, INSTRUMENTS, symbols=one)
        task = asyncio.create_task(feed.run())
        await until(lambda: len(venue.asked) == 1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert [row.maintenance for row in desk.instruments] == ["0.004"]
    told = next(each for each in desk.events if each.kind == "instruments")
    assert told.text.endswith("those of the file are gone on with")


async def test_a_symbol_that_was_delisted_is_told_and_left_out(desk: Desk, tmp_path: Path) -> None:
    both = ("BTC/USDT:USDT", "ETH/USDT:USDT")
    async with live_venue() as venue, listing_venues({}, {VENUE}) as address:
        feed = feeding(desk, tmp_path, venue, address, symbols=both)
        gone = {"symbol": both[0], "market": "usdm", "status": "delisted"}
        eth = next(row for row in recording.rows(INSTRUMENTS) if row["symbol"] == both[1])
        kept = {"rows": [gone, eth], "asked": time.time_ns()}
        feed._listed.file.parent.mkdir()
        feed._listed.file.write_bytes(orjson.dumps(kept))
        task = asyncio.create_task(feed.run())
        await until(lambda: len(venue.asked) == 1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert venue.asked == [["ethusdt@trade"]]
    assert desk.statuses() == [("ETH/USDT:USDT", 0, "trading")], "the other was never there"
    assert [each.text for each in desk.events if each.kind == "delisted"] == [
        "binance: BTC/USDT:USDT is delisted and not collected"
    ]
