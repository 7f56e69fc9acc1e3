"""Ours of `tapeline bench latency`: one Faust worker with an agent a hop."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import faust

from tests.bench.hops import COMMIT, chain, hop
from topics.app import FIXED
from topics.rdkafka import batches, producer_of

app = faust.App(
    os.environ["BENCH_CHAIN"],
    broker=f"rdkafka://{os.environ['BENCH_BROKER']}",
    datadir=os.environ["BENCH_DATA"],
    broker_commit_interval=COMMIT,
    **(FIXED | {"producer_linger": 0.0}),  # as the bare hops
)


def body(target: str) -> Callable[[Any], Any]:
    """The agent of one hop."""

    async def agent(stream: Any) -> None:
        emit = producer_of(app).emit
        async for batch in batches(stream):
            for record in batch:
                emit(target, record.key(), hop(record.value() or b""))

    return agent


for source, target in zip(chain(), chain()[1:], strict=False):
    topic = app.topic(source, key_type=bytes, value_type=bytes)
    app.agent(topic, name=source)(body(target))
