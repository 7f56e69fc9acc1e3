"""The live collector on real sockets: frames whole and in order, cuts told, books right again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast

import aiohttp
import pytest

from engine.feeds import session
from engine.feeds.planning import FeedSettings, planned
from engine.feeds.wire import Wire
from engine.framing import Framer
from engine.spans import SECOND
from engine.stage import Cell
from engine.ticks import TicksStage, TicksState
from schemas import names
from schemas.raw import Listing, RawFrame, Source
from schemas.record import Record
from schemas.system import SystemEvent
from schemas.ticks import BookState, NoticeType, Ticks
from tests.unit.live_venue import LiveVenue, live_venue
from topics import collecting
from topics.collecting import Collector
from topics.fetching import Fetching, Unfetched
from topics.outlet import Outlet

KEY = "binance:BTC/USDT:USDT"
LISTINGS = [
    Listing("binance", "usdm", "BTCUSDT", "BTC/USDT:USDT"),
    Listing("binance", "usdm", "ETHUSDT", "ETH/USDT:USDT"),
]


@dataclass
class Kept:
    """An outlet that keeps what leaves by it."""

    stage: str = "raw"
    records: list[RawFrame] = field(default_factory=list)
    events: list[SystemEvent] = field(default_factory=list)

    def emit(self, topic: str, key: str, record: Record) -> None:
        assert isinstance(record, RawFrame)
        assert (topic, key) == (names.RAW, record.key)
        self.records.append(record)

    def event(self, event: SystemEvent) -> None:
        self.events.append(event)

    async def flush(self) -> None:
        await asyncio.sleep(0)

    def of(self, key: str = KEY) -> list[RawFrame]:
        return [record for record in self.records if record.key == key]

    def frames(self, key: str = KEY, *sources: Source) -> list[str]:
        wanted = sources or (Source.WS,)
        return [text for each in self.of(key) if each.source in wanted for text in each.frames]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


@asynccontextmanager
async def collected(
    venue: LiveVenue, quiet: int = 5 * SECOND, **settings: Any
) -> AsyncIterator[Kept]:
    """A collector at work on the venue, which pings after `quiet` ns."""
    values = {"symbols": ("BTC/USDT:USDT",), "kinds": ("trades", "book"), "requests": 100.0}
    wanted = FeedSettings.model_validate({**values, "addresses": venue.addresses, **settings})
    lines = [Wire(plan, wanted) for plan in planned("binance", wanted, LISTINGS)]
    for line in lines:
        line.session.speech = replace(line.speech, quiet=quiet)
    kept = Kept()
    task = asyncio.create_task(Collector(cast(Outlet, kept), Framer("run", 5_000_000), lines).run())
    try:
        yield kept
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], object], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


async def subscribed(venue: LiveVenue, times: int = 1) -> None:
    await until(lambda: len(venue.asked) >= times)
    await asyncio.sleep(0.05)


async def answered(kept: Kept, snapshots: int) -> None:
    """Wait until so many snapshots of the book have been kept, however many answers on trades."""
    await until(
        lambda: sum("lastUpdateId" in each for each in kept.frames(KEY, Source.REST)) == snapshots
    )


def ticked(kept: Kept, key: str = KEY) -> tuple[Cell[TicksState], list[Ticks]]:
    """The records of a key taken through the ticks stage."""
    cell = Cell.fresh(TicksStage(), key)
    outputs = [out.record for record in kept.of(key) for out in cell.take(names.RAW, record)]
    return cell, [record for record in outputs if isinstance(record, Ticks)]


def bids(cell: Cell[TicksState]) -> dict[str, str]:
    return dict(cell.state.sync.book.top("bids", 100))


def true_bids(venue: LiveVenue, symbol: str = "BTCUSDT") -> dict[str, str]:
    return {price: each for price, each in venue.levels[symbol].items() if each != "0"}


async def test_every_frame_is_on_market_raw_as_it_came_and_in_order() -> None:
    async with live_venue() as venue:
        async with collected(venue) as kept:
            await subscribed(venue)
            for _ in range(200):
                await venue.move()
            await until(lambda: len(kept.frames()) == 400)
            await answered(kept, 1)
        assert kept.frames() == venue.sent
        assert [record.seq for record in kept.of()] == list(range(len(kept.of())))
        cell, _ = ticked(kept)
        assert cell.state.sync.state is BookState.OK
        assert bids(cell) == true_bids(venue)
        assert venue.snapshots == 1


async def test_a_cut_is_told_at_once_and_the_book_is_right_again() -> None:
    async with live_venue() as venue:
        async with collected(venue) as kept:
            await subscribed(venue)
            for round_ in range(1, 4):
                for _ in range(20):
                    await venue.move()
                await until(lambda: kept.frames()[-1:] == venue.sent[-1:])
                await answered(kept, round_)
                await venue.cut()
                await until(lambda: kept.kinds().count("cut") == len(venue.asked))
                await venue.move()
                await subscribed(venue, round_ + 1)
            await venue.move()
            await answered(kept, 4)
            await venue.move()
            await until(lambda: kept.frames()[-1:] == venue.sent[-1:])
        marks = [record for record in kept.of() if record.source is Source.CUT]
        assert "the collector started" in marks[0].frames[0]
        assert kept.kinds().count("cut") == 3
        cell, ticks = ticked(kept)
        assert bids(cell) == true_bids(venue)
        assert cell.state.sync.state is BookState.OK
        for each in ticks:
            if any("was cut" in notice.text for notice in each.notices):
                assert each.book in (BookState.NONE, BookState.GAPPED)


async def test_frames_that_are_lost_on_the_way_spoil_the_book_until_it_is_asked_for_again() -> None:
    async with live_venue() as venue:
        async with collected(venue) as kept:
            await subscribed(venue)
            for _ in range(5):
                await venue.move()
            await answered(kept, 1)
            await venue.move(skip=True)
            await venue.move()
            await answered(kept, 2)
            await venue.move()
            await until(lambda: kept.frames()[-1:] == venue.sent[-1:])
        cell, ticks = ticked(kept)
        assert bids(cell) == true_bids(venue)
        told = [notice for each in ticks for notice in each.notices]
        gap = next(place for place, each in enumerate(told) if "does not follow" in each.text)
        assert NoticeType.RESYNC in [each.type for each in told[gap:]]
        assert cell.state.sync.state is BookState.OK
        assert venue.opened == 1


async def test_a_connection_that_is_stalled_is_left_and_opened_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "DEAD", SECOND)
    async with live_venue(deaf=True) as venue, collected(venue) as kept:
        await subscribed(venue)
        await venue.move()
        await until(lambda: kept.frames())
        await until(lambda: venue.opened == 2)
        cut = next(event for event in kept.events if event.kind == "cut")
        assert "no frame for 1." in cut.text
        await subscribed(venue, 2)


async def test_a_quiet_connection_that_answers_pings_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "DEAD", SECOND)
    async with live_venue() as venue, collected(venue, SECOND // 4) as kept:
        await subscribed(venue)
        await asyncio.sleep(2)
        assert (venue.opened, kept.kinds()) == (1, ["opened"])


async def test_one_that_answers_pings_and_brings_nothing_for_long_is_opened_anew() -> None:
    async with live_venue() as venue, collected(venue, silence=0.5) as kept:
        await until(lambda: venue.opened == 2)
        cut = next(event for event in kept.events if event.kind == "cut")
        assert "no market data for 0." in cut.text


async def test_a_venue_that_is_away_is_tried_again_with_growing_pauses() -> None:
    async with live_venue() as venue:
        gone = {start: "ws://127.0.0.1:1" for start in venue.addresses}
        async with collected(venue, addresses=gone) as kept:
            await until(lambda: kept.kinds().count("unopened") == 2)
        marks = kept.frames(KEY, Source.CUT)
        assert len(marks) == 1, "it was never open: nothing more was cut"


async def test_a_venue_that_wants_a_pause_is_asked_later() -> None:
    async with live_venue(busy=2) as venue, collected(venue) as kept:
        await subscribed(venue)
        await venue.move()
        await until(lambda: venue.snapshots == 1)
        assert kept.kinds().count("unfetched") == 2
        await until(lambda: kept.frames(KEY, Source.REST))


async def test_busy_symbols_have_a_connection_of_their_own() -> None:
    symbols = ("BTC/USDT:USDT", "ETH/USDT:USDT")
    async with live_venue() as venue:
        async with collected(venue, symbols=symbols, busy=("BTC/USDT:USDT",)) as kept:
            await subscribed(venue, 2)
            assert venue.opened == 2
            for symbol in ("BTCUSDT", "ETHUSDT"):
                await venue.move(symbol)
            await until(lambda: kept.frames("binance:ETH/USDT:USDT"))
        names_asked = [{name.partition("@")[0] for name in each} for each in venue.asked]
        assert names_asked == [{"btcusdt"}, {"ethusdt"}]


async def test_what_the_connections_have_done_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "TELLING", 0.05)
    async with live_venue() as venue, collected(venue) as kept:
        await subscribed(venue)
        await venue.move()
        await until(
            lambda: any(
                event.kind == "connection" and event.facts["frames"] == "3" for event in kept.events
            )
        )
        facts = next(each.facts for each in reversed(kept.events) if each.kind == "connection")
        assert facts["connection"] == "binance-usdm-0"
        assert (facts["opened"], facts["cut"], facts["refused"]) == ("1", "0", "0")


async def test_of_a_connection_that_is_cut_under_load_a_prefix_is_kept_then_the_mark() -> None:
    async with live_venue() as venue:
        async with collected(venue, kinds=("trades",)) as kept:
            for round_ in range(1, 5):
                await subscribed(venue, round_)
                for _ in range(500):
                    await venue.move()
                await venue.cut()
                await until(lambda: kept.kinds().count("cut") == len(venue.asked))
        sent = [text for text in venue.sent if "@trade" in text]
        rounds: list[list[str]] = []
        for record in kept.of():
            if record.source is Source.CUT:
                rounds += [[] for _ in record.frames]
            rounds[-1] += record.frames if record.source is Source.WS else ()
        assert len(rounds) == 5, "the start, and four cuts"
        for number, frames in enumerate(rounds[:4]):
            assert frames == sent[500 * number :][: len(frames)]
        assert any(rounds)
        assert rounds[4] == []


async def test_a_request_of_a_cut_connection_is_dropped_with_it() -> None:
    async with live_venue(busy=1) as venue, collected(venue, requests=0.4) as kept:
        await subscribed(venue)
        await venue.move()
        await until(lambda: "unfetched" in kept.kinds())
        await asyncio.sleep(1.2)
        await venue.cut()
        await until(lambda: venue.snapshots or venue.opened == 2)
        assert venue.snapshots == 0, "the old one, due after 2.5 s, was waited for"


async def test_a_venue_that_names_a_pause_is_left_alone_so_long() -> None:
    async with live_venue(busy=1, retry=1) as venue, aiohttp.ClientSession() as client:
        fetching, url = Fetching(client, 1000.0), f"http://127.0.0.1:{venue.port}/fapi/v1/depth"
        with pytest.raises(Unfetched, match="answered 429"):
            await fetching.get(f"{url}?symbol=BTCUSDT")
        began = time.monotonic()
        assert "lastUpdateId" in await fetching.get(f"{url}?symbol=BTCUSDT")
        assert time.monotonic() - began > 0.9


async def test_a_pause_that_a_venue_names_holds_for_those_who_wait_too() -> None:
    async with live_venue(busy=1, retry=1) as venue, aiohttp.ClientSession() as client:
        fetching, url = Fetching(client, 20.0), f"http://127.0.0.1:{venue.port}/fapi/v1/depth"
        began = time.monotonic()
        asked = [fetching.get(f"{url}?symbol=BTCUSDT") for _ in range(4)]
        first, *others = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(first, Unfetched)
        assert all("lastUpdateId" in str(each) for each in others)
        assert time.monotonic() - began > 0.9
