"""Reading a stream in batches: one Faust event, one ack and one loop turn for many records."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import confluent_kafka as ck
from faust.types import StreamT

from topics.rdkafka.consumer import Consumer
from topics.rdkafka.delivery import Delivered


async def batches(stream: StreamT[Any]) -> AsyncIterator[list[ck.Message]]:
    """Yield the records of `stream` as lists: of one partition, in order, never empty.

    A list is acked as a whole once the loop body is done with it. A body that raises, returns,
    breaks out or is cancelled leaves it unacked, and that ends the process (exit code 70).
    """
    consumer = cast(Consumer, stream.app.consumer)
    stream.enable_acks = False
    consumer.delivery.batch(stream.channel)
    async for _ in stream:
        event = stream.current_event
        if event is None:
            raise TypeError("batches() reads topics only")
        message = cast(Delivered, event.message)
        try:
            yield message.records
        except BaseException:
            consumer.abandoned(message.tp, message.offset)
            raise
        event.ack()
