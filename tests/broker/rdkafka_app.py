"""The Faust worker that the tests of topics/rdkafka run as a process; it holds no test.

It copies every record of ID-in to ID-out; the environment says how it reads and where it fails.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Any

import faust
from faust.types import TP

from topics.rdkafka import attach, batches, producer_of
from topics.rdkafka.topic import Topic

SET = os.environ.get
ID, SLOW = SET("RDK_ID", "rdk"), float(SET("RDK_SLOW", "0"))
BOOM, BIG, HANG = (SET(f"RDK_{name}", "").encode() for name in ("BOOM", "BIG", "HANG"))
ORDER = SET("RDK_ORDER")
IN, OUT = f"{ID}-in", f"{ID}-out"

SHORT: dict[str, Any] = (
    {"Topic": Topic, "cython_optimizations": True} if SET("RDK_MODE") == "short" else {}
)

app = faust.App(
    ID,
    broker=f"rdkafka://{SET('RDK_BROKER', '127.0.0.1:9092')}",
    key_serializer="raw",
    value_serializer="raw",
    store="memory://",
    web_enabled=False,
    topic_disable_leader=True,
    topic_allow_declare=False,
    stream_recovery_delay=0,
    broker_commit_interval=0.2,
    broker_session_timeout=30,
    broker_heartbeat_interval=1,
    broker_max_poll_records=int(SET("RDK_BATCH", "200")),
    consumer_group_instance_id=SET("RDK_INSTANCE") or None,
    **SHORT,
)
source = app.topic(IN, key_type=bytes, value_type=bytes)
target = app.topic(OUT, key_type=bytes, value_type=bytes)


def note(word: str) -> None:
    """Append a line to the file of what happened, in order."""
    if ORDER:
        with open(ORDER, "a", encoding="utf-8") as file:
            file.write(word + "\n")


async def work(value: bytes) -> bytes:
    """The value to be sent on, or the fault that is asked for."""
    if SLOW:
        await asyncio.sleep(SLOW)
    if value == HANG:
        note("hangs")
        await asyncio.sleep(1000)
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


async def positions(tps: frozenset[TP]) -> Mapping[TP, int]:
    """The start offsets that the test wants, by partition of the source."""
    wanted = json.loads(SET("RDK_POSITIONS", "{}"))
    note(f"positions {len(tps)}")
    return {TP(IN, int(partition)): offset for partition, offset in wanted.items()}


async def checkpoint() -> None:
    """Note it; or fail."""
    note("checkpoint")
    if SET("RDK_CHECKPOINT") == "raise":
        raise RuntimeError("checkpoint failed")


async def revoked(tps: frozenset[TP]) -> None:
    """Note it."""
    note(f"revoked {len(tps)}")


MODES = {"batches": by_batches, "items": by_items, "events": by_events, "short": by_items}
app.agent(source, name="copy")(MODES[SET("RDK_MODE", "batches")])
attach(
    app,
    broadcast=frozenset({IN}) if SET("RDK_BROADCAST") else frozenset(),
    positions=positions if SET("RDK_POSITIONS") else None,
    checkpoint=checkpoint if ORDER else None,
    revoked=revoked if ORDER else None,
    producer_settings=json.loads(SET("RDK_PRODUCER", "{}")),
    stall_timeout=float(SET("RDK_STALL", "60")),
)
