"""Reading a stream in batches: one ack for many records, and nothing of Faust for each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import confluent_kafka as ck
from faust.types import StreamT

from topics.rdkafka.consumer import Consumer
from topics.rdkafka.delivery import Batch
from topics.rdkafka.turns import Turns


async def batches(stream: StreamT[Any]) -> AsyncIterator[list[ck.Message]]:
    """Yield the records of `stream` as lists: of one partition, in order, never empty.

    A list is acked as a whole once the loop body is done with it. A body that raises, returns,
    breaks out or is cancelled leaves it unacked, and that ends the process (exit code 70).

    The stream's queue is read here and not by Faust's iterator, so that Faust's sensors,
    processors and `current_event` know nothing of what is read.
    """
    reader = cast(Consumer, stream.app.consumer)
    reader.delivery.batch(stream.channel)
    queue: Any = stream.channel.queue  # type: ignore[attr-defined]
    turns = Turns()
    await stream.maybe_start()
    while not stream.should_stop:
        try:
            batch: Batch = queue.get_nowait() if queue.qsize() else await queue.get()
        except StopAsyncIteration:  # how Faust ends whoever waits for a queue
            return
        reader.began(batch)
        try:
            yield batch.records
        except BaseException:
            reader.abandoned(batch.tp, batch.offset)
            raise
        reader.finished(batch)
        await turns.sleep(0)
