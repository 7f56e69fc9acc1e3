"""Venues, or recordings of them -> market.raw, market.instruments.

With settings.recordings, or settings.replayed, an archive, it plays those, at settings.speed times
their pace (0: at once), and ends; after a crash it goes on where market.raw ends. Without, it
collects settings.feeds until stopped.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable

from engine.feeds.planning import Feeds
from engine.feeds.recorded import Opening, route_of
from engine.feeds.wanted import Wanted
from engine.framing import Framer, closing, raw_records
from engine.identity import raw_id
from schemas import names
from schemas.errors import CONFIGURATION_EXIT, TapelineError
from schemas.instruments import Instrument
from schemas.raw import RawFrame
from topics.app import make_app
from topics.feeding import Feeding
from topics.heap import settle
from topics.outlet import Outlet
from topics.pace import paced, publish
from topics.rdkafka.failure import die
from topics.recording import begins, listings, merged, run_of
from topics.resuming import Resuming, changed, filed
from topics.settings import settings

app = make_app("raw")
outlet = Outlet(app, settings(), "raw")


def recorded() -> Iterable[RawFrame]:
    """The records of the settings' recordings, without those that market.raw holds already."""
    chosen, linger = settings(), settings().linger * 1_000_000
    if not chosen.recordings or chosen.instruments is None:
        raise TapelineError(
            "nothing to play or to collect: use `tapeline replay`, or set [feeds.VENUE]"
        )
    said = listings(chosen.listings or chosen.instruments), chosen.venue, chosen.market
    files = [(path, route_of(Opening(*begins(path)), *said).route) for path in chosen.recordings]
    run = chosen.run or run_of(chosen.recordings, linger)
    there = Resuming(chosen, run)
    return filter(there.new, raw_records(merged(files), run, linger, first_seq=there.first_seq))


@app.task  # type: ignore[untyped-decorator]
async def play() -> None:
    """Collect, or play and end; what a person must mend ends with one line and exit code 78."""
    chosen = settings()
    try:
        if chosen.replayed is not None:
            from topics.archive.playing import replay  # loaded here: nobody else needs it

            await replay(outlet, chosen, listed, closing)
        elif chosen.recordings or not chosen.feeds:
            listed(changed(chosen, filed(chosen)))
            await publish(outlet, paced(recorded(), chosen.speed))
        else:
            listed(changed(chosen, filed(chosen, chosen.feeds)))
            return await collect()
    except TapelineError as error:
        die(str(error), CONFIGURATION_EXIT)
    os.kill(os.getpid(), signal.SIGTERM)


async def collect() -> None:
    """Write the live feeds, each venue's while this process is the one that may."""
    wanted = [Wanted(*each) for each in settings().of("feeds", Feeds).root.items()]
    feeds = [Feeding(outlet, settings(), each, Framer, listed) for each in wanted]
    settle()
    await asyncio.gather(*(feed.run() for feed in feeds))


def listed(rows: Iterable[Instrument]) -> None:
    """Publish what may be traded, with ids."""
    for row in rows:
        record = row.model_copy(update={"id": raw_id("instruments", row.key, row.seq)})
        outlet.emit(names.INSTRUMENTS, row.key, record)
