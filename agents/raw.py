"""Recordings -> market.raw, market.instruments: what a live collector would have written.

Plays settings.recordings at settings.speed times their own pace (0: as fast as it goes), then ends
with exit code 0. Started again after a crash it goes on where market.raw ends.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterable
from functools import cache
from pathlib import Path

from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.identity import raw_id
from schemas import names
from schemas.codec import decode
from schemas.errors import CONFIGURATION_EXIT, TapelineError
from schemas.instruments import Instrument
from schemas.raw import RawFrame
from topics.app import make_app
from topics.outlet import Outlet
from topics.rdkafka.failure import die
from topics.reading import latest
from topics.recording import instruments, listings, merged, run_of, sample
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
    files = [(path, Router.of(sample(path), known)) for path in chosen.recordings]
    run = chosen.run or run_of(chosen.recordings, linger)

    @cache
    def last(key: str) -> RawFrame | None:
        """The last record of a key on market.raw; asked at the key's first frame."""
        found = latest(chosen, names.RAW, [key]).get(key)
        return None if found is None else decode(RawFrame, bytes(found.value() or b""))

    records = raw_records(
        merged([(path, router.route) for path, router in files]),
        run,
        linger,
        first_seq=lambda key: _first(last(key), run),
    )
    return (record for record in records if _new(record, last(record.key)))


def _first(last: RawFrame | None, run: str) -> int:
    """The sequence of a key's first record of this run."""
    if last is None:
        return 0
    return last.seq - last.run_seq if last.run == run else last.seq + 1


def _new(record: RawFrame, last: RawFrame | None) -> bool:
    if last is None or (last.run == record.run and record.run_seq > last.run_seq):
        return True
    if last.run != record.run and last.seen_time >= record.seen_time:
        raise TapelineError(
            f"market.raw already holds later records of {record.key}: "
            "play into fresh topics (TAPELINE_PREFIX)"
        )
    return last.run != record.run


async def paced(records: Iterable[RawFrame], speed: float) -> AsyncIterator[RawFrame]:
    """The records, each at its time: as far from the first one as recorded, divided by speed."""
    loop, began, first = asyncio.get_running_loop(), None, 0
    for record in records:
        if began is None:
            began, first = loop.time(), record.seen_time
        due = began + (record.seen_time - first) / 1e9 / speed if speed else 0.0
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        yield record


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
    rows = {
        f"{row.venue}:{row.symbol}": row for row in instruments(settings().instruments or Path())
    }
    there = latest(settings(), names.INSTRUMENTS, rows)
    for key, row in rows.items():
        last = there.get(key)
        known = None if last is None else decode(Instrument, bytes(last.value() or b""))
        seq = 0 if known is None else known.seq + 1
        record = row.model_copy(
            update={"id": raw_id("instruments", key, seq), "seq": seq, "key": key}
        )
        if known is None or known != record.model_copy(update={"id": known.id, "seq": known.seq}):
            outlet.emit(names.INSTRUMENTS, key, record)


async def publish(records: AsyncIterator[RawFrame]) -> None:
    """Write the records and wait until all are on the broker."""
    count = 0
    async for record in records:
        outlet.emit(names.RAW, record.key, record)
        count += 1
        if count % AHEAD == 0:
            await outlet.flush()
    await outlet.flush()
