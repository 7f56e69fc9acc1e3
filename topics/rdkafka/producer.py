"""Faust's Producer on librdkafka: every delivery is counted, and a failed one is final."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, cast

import confluent_kafka as ck
from aiokafka.partitioner import murmur2
from faust.exceptions import ProducerSendError
from faust.transport import producer as faust_producer
from faust.types import TP, AppT, RecordMetadata
from faust.types.tuples import FutureMessage

from topics.rdkafka import failure, settings
from topics.rdkafka.attachment import attachment_of
from topics.rdkafka.reports import Awaited, Interval, Receipt
from topics.rdkafka.turns import save_turns

Headers = Sequence[tuple[str, bytes]] | Mapping[str, bytes] | None
SERVE = 0.02
"""Seconds between two looks for delivery reports, as long as any is awaited. Each look costs a
turn of the loop; a flush looks by itself."""
SHORTEST = 0.0005
"""Seconds before the second look of a flush; each further one waits twice as long, up to SERVE."""
HURRY, CALM = 0.001, 0.01
"""Seconds that the loop is held at most to see records off that should not linger, and seconds
between two such times: where there is much to send, little of it lingers."""
ROOM = settings.MESSAGE_TIMEOUT_MS / 1000
"""Seconds that `emit` waits for room in the local queue; by then the oldest record has failed."""


class Producer(faust_producer.Producer):
    """Idempotent, acks=all. Everything produced is covered by the next commit's flush."""

    app: Any
    client: ck.Producer
    running: asyncio.AbstractEventLoop
    failed: ProducerSendError | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._interval = Interval(self.delivery_failed)
        self._closed: list[Interval] = []
        self._serving, self._hurried = False, 0.0
        self._partitions: dict[str, int] = {}

    async def on_start(self) -> None:
        """Make the client. Faust's send buffer is not used: produce() does not block."""
        transport: Any = self.transport
        extra = attachment_of(self.app).producer_settings
        wanted = settings.producer(self.app.conf, transport.servers, extra)
        self.client = failure.configured(lambda: ck.Producer(wanted, logger=self.log.logger))
        self.running = asyncio.get_running_loop()
        save_turns(self.app, self)

    async def on_stop(self) -> None:
        """Deliver what is left."""
        await self.flush()

    def emit(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = None,
        partition: int | None = None,
    ) -> None:
        """Produce without waiting for the delivery; the next commit or flush waits for it.

        Without a partition the key chooses it, as Java's default partitioner does.

        If the local queue is full, the loop is held until there is room, at most ROOM seconds;
        then, and for a record over 16 MB, it raises. It never drops a record.
        """
        until = None
        while True:
            try:
                self._produce(
                    topic, key, value, self._interval, partition=partition, headers=headers
                )
                return
            except BufferError:
                until = until or time.monotonic() + ROOM
                if time.monotonic() > until:
                    raise
                self.client.poll(0.05)

    def _produce(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        report: Interval | Awaited | Receipt,
        partition: int | None = None,
        timestamp: float | None = None,
        headers: Headers = None,
    ) -> None:
        where = -1 if partition is None else partition
        if headers or timestamp:
            pairs: list[Any] = list(
                headers.items() if isinstance(headers, Mapping) else headers or ()
            )
            at = int((timestamp or 0) * 1000)
            self.client.produce(topic, value, key, where, report, timestamp=at, headers=pairs)
        else:
            self.client.produce(topic, value, key, where, report)
        self._interval.outstanding += 1
        if not self._serving:
            self._serving = True
            self.running.call_later(SERVE, self._serve)

    def hurry(self, always: bool) -> None:
        """Let what was produced in this turn of the loop go without its linger: always, or where
        little is sent. A flush is what tells librdkafka not to linger.
        """
        now = time.monotonic()
        if always or now - self._hurried >= CALM:
            self._hurried = now
            self.running.call_soon(self.client.flush, HURRY)

    def _serve(self) -> None:
        """Call the delivery callbacks, on the loop: on a thread each would fight for the GIL."""
        self.client.poll(0)
        self._closed = [interval for interval in self._closed if interval.outstanding]
        self._serving = bool(self._interval.outstanding or self._closed)
        if self._serving:
            self.running.call_later(SERVE, self._serve)

    def delivery_failed(self, error: ck.KafkaError, record: ck.Message) -> None:
        """No commit may happen any more: what this record came from must be read again."""
        place = f"topic {record.topic()} partition {record.partition()} key {record.key()!r}"
        self.failed = self.failed or ProducerSendError(f"delivery failed: {place}: {error}")
        failure.die(str(self.failed))

    async def flush(self) -> None:
        """Wait until all that was produced before this call is delivered.

        What is produced meanwhile is not waited for. Raises ProducerSendError if any delivery
        has ever failed.
        """
        if not hasattr(self, "client"):
            return
        self._closed.append(self._interval)
        self._interval = Interval(self.delivery_failed)
        mine = list(self._closed)
        pause = SHORTEST
        while self.failed is None and any(interval.outstanding for interval in mine):
            self.client.poll(0)
            await asyncio.sleep(pause)
            pause = min(2 * pause, SERVE)
        if self.failed is not None:
            raise self.failed

    async def dispatch(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None = None,
        timestamp: float | None = None,
        headers: Headers = None,
    ) -> Awaitable[RecordMetadata]:
        """Produce, waiting for room in the local queue; the receipt may be awaited or dropped."""
        while True:
            report = Receipt(self._interval, self.running)
            try:
                self._produce(topic, key, value, report, partition, timestamp, headers)
                return report
            except BufferError:
                await asyncio.sleep(0.002)

    # -- Faust's sends -----------------------------------------------------------------------

    def _begin(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
    ) -> asyncio.Future[RecordMetadata]:
        future: asyncio.Future[RecordMetadata] = self.running.create_future()
        report = Awaited(self._interval, future)
        self._produce(topic, key, value, report, partition, timestamp, headers)
        return future

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
        *,
        transactional_id: str | None = None,
    ) -> asyncio.Future[RecordMetadata]:
        """Produce; the future that it returns is done when the broker has the record."""
        while True:
            try:
                return self._begin(topic, key, value, partition, timestamp, headers)
            except BufferError:
                await asyncio.sleep(0.002)

    async def send_and_wait(self, *args: Any, **kwargs: Any) -> RecordMetadata:
        """Produce and wait until the broker has the record."""
        return await (await self.send(*args, **kwargs))

    def send_soon(self, fut: FutureMessage) -> None:
        """Produce now; `fut` is done when the broker has the record."""
        message: Any = fut.message
        sent = self._begin(
            message.channel.get_topic_name(), message.key, message.value,
            message.partition, message.timestamp, message.headers,
        )  # fmt: skip

        def finish(done: asyncio.Future[RecordMetadata]) -> None:
            error = done.exception()
            if error is not None:
                fut.set_exception(error)
                return
            fut.set_result(done.result())
            if message.callback:
                message.callback(fut)

        sent.add_done_callback(finish)

    def key_partition(self, topic: str, key: bytes) -> TP:
        """Partition of a record with `key`, as librdkafka's murmur2_random and Java choose it."""
        return TP(topic, (cast(int, murmur2(key)) & 0x7FFFFFFF) % self.partitions(topic))

    def partitions(self, topic: str) -> int:
        """Number of partitions of `topic`; asks the broker once."""
        if topic not in self._partitions:
            found = self.client.list_topics(topic, timeout=10.0).topics[topic]
            self._partitions[topic] = len(found.partitions)
        return self._partitions[topic]

    async def create_topic(self, topic: str, *args: Any, **kwargs: Any) -> None:
        """Topics are made by `tapeline topics --create`, and by nothing else."""

    def supports_headers(self) -> bool:
        """They are supported."""
        return True


def producer_of(app: AppT) -> Producer:
    """`app.producer`, typed as what it is."""
    return cast(Producer, app.producer)
