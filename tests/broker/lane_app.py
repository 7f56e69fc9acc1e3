"""The Faust worker that the tests of transports run as a process; it holds no test.

It copies every record of ID-in to ID-out; the environment says on which transport, how it reads
and where it fails.
"""

import asyncio
import itertools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import faust
from faust.types import TP

from topics.rdkafka import attach, batches, producer_of
from topics.rdkafka.topic import Topic

SET = os.environ.get
ID, SLOW = SET("LANE_ID", "lane"), float(SET("LANE_SLOW", "0"))
EVERY, COUNTER = int(SET("LANE_EVERY", "1")), itertools.count()
FAULTS = ("BOOM", "BIG", "HANG", "CANCEL")
BOOM, BIG, HANG, CANCEL = (SET(f"LANE_{name}", "").encode() for name in FAULTS)
ORDER = SET("LANE_ORDER")
IN, OUT = f"{ID}-in", f"{ID}-out"
MODE = SET("LANE_MODE", "batches")
SHORT: dict[str, Any] = {"Topic": Topic, "cython_optimizations": True} if MODE == "short" else {}

app = faust.App(
    ID,
    broker=f"{SET('LANE_TRANSPORT', 'rdkafka')}://{SET('LANE_BROKER', '127.0.0.1:9092')}",
    key_serializer="raw",
    value_serializer="raw",
    store="memory://",
    web_enabled=False,
    topic_disable_leader=True,
    topic_allow_declare=False,
    stream_recovery_delay=0,
    consumer_auto_offset_reset="earliest",
    stream_buffer_maxsize=int(SET("LANE_BUFFER", "4096")),
    broker_commit_interval=0.2,
    broker_session_timeout=30,
    broker_heartbeat_interval=1,
    broker_max_poll_records=int(SET("LANE_BATCH", "200")),
    consumer_group_instance_id=SET("LANE_INSTANCE") or None,
    **SHORT,
)
typed: dict[str, Any] = {"value_type": int, "value_serializer": "json"}
source = app.topic(IN, key_type=bytes, **(typed if MODE == "typed" else {"value_type": bytes}))
target = app.topic(OUT, key_type=bytes, value_type=bytes)


def note(word: str) -> None:
    """Append a line to the file of what happened, in order."""
    if ORDER:
        with open(ORDER, "a", encoding="utf-8") as file:
            file.write(word + "\n")


async def work(value: bytes) -> bytes:
    """The value to be sent on, or the fault that is asked for."""
    if SLOW and next(COUNTER) % EVERY == 0:
        await asyncio.sleep(SLOW)
    if value == HANG:
        note("hangs")
        await asyncio.sleep(float(SET("LANE_HANGS", "1000")))
    if value == CANCEL:
        cast("asyncio.Task[None]", asyncio.current_task()).cancel()
        await asyncio.sleep(0)
    if value == BOOM:
        raise ValueError("boom")
    return value + b"x" * 300_000 if value == BIG else value


async def by_batches(stream: Any) -> None:
    """Batch reading and the cheap sends."""
    async for batch in batches(stream):
        for record in batch:
            producer_of(app).emit(OUT, record.key(), await work(record.value() or b""))
        note(f"body {len(batch)}")


async def by_items(stream: Any) -> None:
    """Plain Faust."""
    async for key, value in stream.items():
        await target.send(key=key, value=await work(value))


async def by_events(stream: Any) -> None:
    """Plain Faust with events and send_soon."""
    async for event in stream.events():
        target.send_soon(key=event.key, value=await work(event.value), headers=event.headers)


async def by_values(stream: Any) -> None:
    """Plain Faust with values that it decodes."""
    async for key, value in stream.items():
        await target.send(key=key, value=b"%d" % value)


async def positions(tps: frozenset[TP]) -> Mapping[TP, int]:
    """The start offsets that the test wants, by partition of the source."""
    wanted = json.loads(SET("LANE_POSITIONS", "{}"))
    note(f"positions {len(tps)}")
    return {TP(IN, int(partition)): offset for partition, offset in wanted.items()}


async def checkpoint() -> None:
    """Note it; or fail."""
    note("checkpoint")
    if SET("LANE_CHECKPOINT") == "raise":
        raise RuntimeError("checkpoint failed")


async def revoked(tps: frozenset[TP]) -> None:
    """Note it."""
    note(f"revoked {len(tps)}")


async def control() -> None:
    """Do what the test writes into a file: {"pause": [p]}, {"resume": [p]}, {"seek": [p, at]}."""
    file = Path(SET("LANE_CONTROL", ""))
    while not app.should_stop:
        await asyncio.sleep(0.05)
        if file.exists():
            ((word, numbers),) = json.loads(file.read_text("utf-8")).items()
            await obey(word, numbers)
            file.unlink()


async def obey(word: str, numbers: list[int]) -> None:
    """Pause, resume or seek."""
    if word == "seek":
        await app.consumer.seek(TP(IN, numbers[0]), numbers[1])
    elif word == "pause":
        app.consumer.pause_partitions({TP(IN, number) for number in numbers})
    else:
        app.consumer.resume_partitions({TP(IN, number) for number in numbers})


if SET("LANE_CONTROL"):
    app.task(control)
MODES = {
    "batches": by_batches, "items": by_items, "events": by_events, "typed": by_values,
    "short": by_items,
}  # fmt: skip
concurrency = int(SET("LANE_CONCURRENCY", "1"))
app.agent(source, name="copy", concurrency=concurrency)(MODES[MODE])
attach(
    app,
    broadcast=frozenset({IN}) if SET("LANE_BROADCAST") else frozenset(),
    positions=positions if SET("LANE_POSITIONS") else None,
    checkpoint=checkpoint if ORDER else None,
    revoked=revoked if ORDER else None,
    producer_settings=json.loads(SET("LANE_PRODUCER", "{}")),
    stall_timeout=float(SET("LANE_STALL", "60")),
)
