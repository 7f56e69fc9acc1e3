"""A producer of which each record may be awaited: for what must be durable before the next step.

Faust's producer of ours (topics.rdkafka) asks for delivery reports every few milliseconds, which
suits stages that wait for many records at once. The executor waits for one journal record before it
sends an order, so here a thread sleeps in librdkafka until a report is there.

Topics that are flushed to the disk record by record (the journal) have a client, and so a
connection, of their own: a broker answers the requests of a connection one after the other. One
request at a time is under way there, and takes all that has come meanwhile to the disk at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from topics import BY_NAME, WHOLE
from topics.admin import QUIET, address
from topics.partition import partition_of
from topics.rdkafka import settings as rdkafka
from topics.settings import Settings

Failed = Callable[[str], None]
LOOK = 0.1
"""Seconds that the thread sleeps at most; a report wakes it at once."""
FIXED = MappingProxyType(
    {
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",
        "linger.ms": 0,
        "message.max.bytes": rdkafka.LARGEST_RECORD,
        "message.timeout.ms": rdkafka.MESSAGE_TIMEOUT_MS,
        "socket.nagle.disable": True,
    }
)
ONE_BY_ONE = MappingProxyType({"max.in.flight.requests.per.connection": 1})


class Acknowledged:
    """Idempotent, acks=all, no linger. Records of one partition are acknowledged in their order.

    failed: called with what to say when a record was not delivered; nothing may go on after it.
    Belongs to the loop that it is made on.
    """

    def __init__(self, settings: Settings, failed: Failed) -> None:
        self._settings, self._failed = settings, failed
        self._loop = asyncio.get_running_loop()
        config = {"bootstrap.servers": address(settings), **FIXED, **settings.librdkafka}
        self._flushed, self._others = Client({**config, **ONE_BY_ONE}), Client(config)

    def send(
        self, topic: str, key: str, value: bytes | None, partition: int | None = None
    ) -> asyncio.Future[None]:
        """Produce to a logical topic; the future is done when the broker has it. None: a tombstone.

        Raises BufferError when the local queue is full.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        if partition is None:
            partition = -1 if BY_NAME[topic].by is WHOLE else partition_of(topic, key)

        def report(error: KafkaError | None, _: Message) -> None:
            self._loop.call_soon_threadsafe(self._told, done, error)

        client = self._flushed if BY_NAME[topic].flush else self._others
        client.produce(self._settings.physical(topic), value, key.encode(), partition, report)
        return done

    def _told(self, done: asyncio.Future[None], error: KafkaError | None) -> None:
        if error is not None:
            self._failed(f"a record was not delivered: {error}")
            if not done.done():
                done.set_exception(KafkaException(error))
                done.exception()  # whoever awaits it is told; nobody need
        elif not done.done():
            done.set_result(None)

    async def close(self, patience: float = 30.0) -> None:
        """Deliver what is left, then end the threads."""
        for client in (self._flushed, self._others):
            await self._loop.run_in_executor(None, client.close, patience)
        await asyncio.sleep(0)  # the last reports


class Client:
    """A producer whose reports are called back from a thread of its own."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._client = Producer(config, logger=QUIET)
        self.produce = self._client.produce
        self._open = True
        self._thread = threading.Thread(target=self._reports, daemon=True, name="acknowledged")
        self._thread.start()

    def _reports(self) -> None:
        while self._open:
            self._client.poll(LOOK)

    def close(self, patience: float) -> None:
        """Deliver what is left, then end the thread. Blocks."""
        self._client.flush(patience)
        self._open = False
        self._thread.join()
