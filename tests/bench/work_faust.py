"""The Faust worker of `tapeline bench transport`: ours or stock, by the environment.

Run as `faust -A tests.bench.work_faust worker -l info`. The settings are those of our workers
(topics.app), on either transport.
"""

from __future__ import annotations

import os
from typing import Any

import faust

from tests.bench.trades import columns, normalise
from topics.app import FIXED
from topics.rdkafka import batches, producer_of

OURS_ONLY = ("Topic", "cython_optimizations")
"""Settings that stock Faust is run without, as it comes."""

SOURCE, TARGET = os.environ["BENCH_SOURCE"], os.environ["BENCH_TARGET"]
work = {"normalise": normalise, "columns": columns}[os.environ["BENCH_WORK"]]

broker = os.environ["BENCH_BROKER"]  # rdkafka:// or aiokafka://
settings = dict(FIXED)
if not broker.startswith("rdkafka"):
    settings = {name: value for name, value in FIXED.items() if name not in OURS_ONLY}
    settings["broker_session_timeout"] = 60.0  # it allows no longer one
app = faust.App(
    os.environ["BENCH_GROUP"],
    broker=broker,
    datadir=os.environ["BENCH_DATA"],
    broker_commit_interval=float(os.environ["BENCH_COMMIT"]),
    **settings,
)
source = app.topic(SOURCE, key_type=bytes, value_type=bytes)
target = app.topic(TARGET, key_type=bytes, value_type=bytes)


async def by_batches(stream: Any) -> None:
    """Chunk-wise, with the cheap send."""
    emit = producer_of(app).emit
    async for batch in batches(stream):
        for record in batch:
            emit(TARGET, record.key(), work(record.value() or b""))


async def by_events(stream: Any) -> None:
    """Plain Faust."""
    async for event in stream.events():
        await target.send(key=event.key, value=work(event.value))


BODIES = {"batches": by_batches, "events": by_events}
app.agent(source, name="work")(BODIES[os.environ["BENCH_STYLE"]])
