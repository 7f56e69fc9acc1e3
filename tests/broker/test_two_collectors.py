"""Two workers that collect one venue: one writes, the other stands by and takes over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from infra.local.desk import MODULES, faust_worker
from infra.local.process import Child
from schemas import names
from schemas.codec import decode
from schemas.instruments import Instrument
from schemas.raw import RawFrame, Source
from schemas.system import SystemEvent
from tests.pipeline.run import Run
from tests.unit.listed_markets import listing_venues
from tests.unit.live_venue import LiveVenue, live_venue
from tests.unit.test_collecting import until
from tests.unit.venue_tables import rows
from topics.reading import read_all

pytestmark = pytest.mark.broker
STREAMS = "wss://fstream.binance.com"
LISTED = {"fapi/v1/exchangeInfo": {"symbols": rows("binance.linear.2022-12-06.json.gz")}}
KEY = "binance:BTC/USDT:USDT"


def records(run: Run) -> list[RawFrame]:
    """What market.raw holds of the key, in order."""
    found = (decode(RawFrame, message.value()) for message in read_all(run.settings, names.RAW))
    return [record for record in found if record.key == KEY]


def frames(run: Run) -> list[str]:
    return [text for each in records(run) if each.source is Source.WS for text in each.frames]


def standing_by(run: Run, instance: str) -> bool:
    told = (decode(SystemEvent, each.value()) for each in read_all(run.settings, names.EVENTS))
    return any(f"instance {instance} " in each.text for each in told if each.kind == "lease")


@asynccontextmanager
async def moving(venue: LiveVenue) -> AsyncIterator[None]:
    """The market moves every 20 ms."""

    async def move() -> None:
        while True:
            await venue.move()
            await asyncio.sleep(0.02)

    task = asyncio.create_task(move())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait for what is read from the broker."""
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.2)


async def more(run: Run) -> None:
    """Wait for frames that are not there yet."""
    before = len(await asyncio.to_thread(frames, run))
    await eventually(lambda: len(frames(run)) > before)


def worker(run: Run, addresses: dict[str, str], instance: str) -> Child:
    feed = {"symbols": ["BTC/USDT:USDT"], "kinds": ["trades"], "addresses": addresses}
    env = run.env(TAPELINE_FEEDS=json.dumps({"binance": feed}), TAPELINE_INSTANCE=instance)
    log = run.settings.home / "logs" / f"raw-{instance}.log"
    child = Child(faust_worker(MODULES["raw"]), log, env=env)
    child.start()
    return child


async def test_the_second_goes_on_after_a_mark_when_the_first_is_killed_or_stopped(
    runs: Callable[[str], Run],
) -> None:
    run = await asyncio.to_thread(runs, "two-collectors")
    async with live_venue() as venue, moving(venue), listing_venues(LISTED) as listing:
        addresses = {"https://": listing, STREAMS: venue.addresses[STREAMS]}
        first = worker(run, addresses, "a")
        try:
            await until(lambda: venue.opened == 1, 60)
            second = worker(run, addresses, "b")
            await eventually(lambda: standing_by(run, "a"))
            await more(run)
            assert venue.opened == 1, "the one that stands by does not even connect"
            await asyncio.to_thread(first.kill)
            await until(lambda: venue.opened == 2, 60)
            await more(run)
            first = worker(run, addresses, "c")
            await eventually(lambda: standing_by(run, "b"))
            assert await asyncio.to_thread(second.stop) == 0
            await until(lambda: venue.opened == 3, 60)
            await more(run)
        finally:
            await asyncio.to_thread(first.kill)
            await asyncio.to_thread(second.kill)
    follow(records(run), frames(run), venue.sent)
    (told,) = read_all(run.settings, names.INSTRUMENTS)
    instrument = decode(Instrument, told.value())
    assert (instrument.key, instrument.tick_size, instrument.seq) == (KEY, "0.10", 0)


def follow(told: list[RawFrame], frames: list[str], sent: list[str]) -> None:
    """One after the other, each from its mark on, and no frame twice."""
    assert [record.seq for record in told] == list(range(len(told)))
    lives = [record.run for record in told]
    assert lives == sorted(lives)
    assert len({*lives}) == 3
    for life in {*lives}:
        mark = told[lives.index(life)]
        assert mark.source is Source.CUT
        assert "the collector started" in mark.frames[0]
    numbers = {text: number for number, text in enumerate(sent)}
    places = [numbers[text] for text in frames]
    assert places == sorted({*places})
