"""Recordings -> market.raw, market.instruments: what a live collector would have written.

Plays settings.recordings at settings.speed times their own pace (0: as fast as it goes), then ends
with exit code 0. Started again after a crash it goes on where market.raw ends.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from engine.feeds.binance_symbols import Router, named_market
from engine.framing import raw_records
from engine.identity import raw_id
from schemas import names
from schemas.errors import CONFIGURATION_EXIT, TapelineError
from schemas.raw import RawFrame
from topics.app import make_app
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
        raise TapelineError("nothing to play: set TAPELINE_RECORDINGS, or use `tapeline replay`")
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
    """Play and end; what a person must mend ends with one line and exit code 78."""
    try:
        listed()
        await publish(paced(recorded(), settings().speed))
    except TapelineError as error:
        die(str(error), CONFIGURATION_EXIT)
    os.kill(os.getpid(), signal.SIGTERM)


def listed() -> None:
    """Publish what may be traded, where it is new or has changed."""
    for row in changed(settings(), instruments(settings().instruments or Path())):
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
