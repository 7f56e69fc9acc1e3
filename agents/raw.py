"""Venues, or recordings of them -> market.raw, market.instruments.

With settings.recordings it plays those at settings.speed times their own pace (0: as fast as it
goes), then ends with exit code 0; started again after a crash it goes on where market.raw ends.
Without, it collects what settings.feeds want, until it is stopped.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterable

from engine.feeds.binance_symbols import Router, named_market
from engine.feeds.planning import Feeds
from engine.feeds.wire import wires
from engine.framing import Framer, raw_records
from engine.identity import raw_id
from schemas import names
from schemas.errors import CONFIGURATION_EXIT, TapelineError
from schemas.raw import RawFrame
from topics.app import make_app
from topics.collecting import Collector
from topics.heap import settle
from topics.outlet import Outlet
from topics.pace import paced
from topics.rdkafka.failure import die
from topics.recording import instruments, listings, merged, run_of, sample
from topics.resuming import Resuming, changed
from topics.settings import settings

app = make_app("raw")
outlet = Outlet(app, settings(), "raw")

AHEAD = 500
"""Records produced before the next wait for the broker."""


def recorded() -> Iterable[RawFrame]:
    """The records of the settings' recordings, without those that market.raw holds already."""
    chosen, linger = settings(), settings().linger * 1_000_000
    if not chosen.recordings or chosen.instruments is None:
        raise TapelineError(
            "nothing to play or to collect: set TAPELINE_RECORDINGS, use `tapeline replay`, or "
            "name what to collect in the settings: [feeds.VENUE]"
        )
    known = listings(chosen.listings or chosen.instruments)
    files = [
        (path, Router.of(sample(path), known, chosen.market, named_market(path.parts[:-1])).route)
        for path in chosen.recordings
    ]
    run = chosen.run or run_of(chosen.recordings, linger)
    there = Resuming(chosen, run)
    return filter(there.new, raw_records(merged(files), run, linger, first_seq=there.first_seq))


@app.task  # type: ignore[untyped-decorator]
async def play() -> None:
    """Collect, or play and end; what a person must mend ends with one line and exit code 78."""
    try:
        listed()
        if settings().feeds and not settings().recordings:
            return await collect()
        await publish(paced(recorded(), settings().speed))
    except TapelineError as error:
        die(str(error), CONFIGURATION_EXIT)
    os.kill(os.getpid(), signal.SIGTERM)


async def collect() -> None:
    """Write the live feeds under a run of their own, each key from its next sequence on."""
    chosen, run = settings(), f"live-{time.time_ns()}"
    if (known := chosen.listings or chosen.instruments) is None:
        raise TapelineError("nothing tells symbols from names: set TAPELINE_LISTINGS")
    lines = wires(chosen.of("feeds", Feeds), listings(known))
    there = Resuming(chosen, run)
    keys = [key for line in lines for key in line.keys]
    await asyncio.to_thread(there.seek, keys, time.time_ns())
    framer = Framer(run, chosen.linger * 1_000_000, there.first_seq)
    settle()
    await Collector(outlet, framer, lines).run()


def listed() -> None:
    """Publish what may be traded, where it is new or has changed."""
    file = settings().instruments
    for row in changed(settings(), () if file is None else instruments(file)):
        record = row.model_copy(update={"id": raw_id("instruments", row.key, row.seq)})
        outlet.emit(names.INSTRUMENTS, row.key, record)


async def publish(records: AsyncIterator[RawFrame]) -> None:
    """Write the records and wait until all are on the broker."""
    count = 0
    async for record in records:
        outlet.emit(names.RAW, record.key, record)
        count += 1
        if count % AHEAD == 0:
            await outlet.flush()
    await outlet.flush()
