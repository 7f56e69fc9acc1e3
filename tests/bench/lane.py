"""Topics of one broker for the transport benches: filled, measured at their end, read back.

A rate is told by the broker's own clock: output topics keep the time of append, so a record counts
when it is acknowledged, however long a client has held it.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from infra.local.errors import LocalError
from topics.reading import patiently

Make = Callable[[int, int], tuple[bytes, bytes]]
Work = Callable[[bytes], bytes]

QUIET = logging.Logger("bench", logging.CRITICAL)
PATIENCE = 30.0
"""Seconds without a new record after which a worker has failed."""


@dataclass(frozen=True)
class Output:
    """What is on an output topic. digests: of keys and values in order, by partition; first and
    last: times of append, ms.
    """

    count: int
    digests: tuple[str, ...]
    first: int
    last: int

    @property
    def rate(self) -> float:
        """Records a second, from the first append to the last."""
        return self.count / max(self.last - self.first, 1) * 1000


class Lanes:
    """Topics on one broker."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._admin = AdminClient({"bootstrap.servers": bootstrap}, logger=QUIET)
        wanted = {"bootstrap.servers": bootstrap, "group.id": "bench-ends"}
        self._ends = Consumer(wanted, logger=QUIET)

    def close(self) -> None:
        """Close the clients."""
        self._ends.close()

    def create(self, topic: str, partitions: int, **config: str) -> str:
        """Make a topic whose records carry their time of append; its name."""
        config = {"message.timestamp.type": "LogAppendTime"} | config
        self._admin.create_topics([NewTopic(topic, partitions, 1, config=config)])[topic].result(20)
        self._marks(topic)  # every partition has a leader
        return topic

    def delete(self, *topics: str) -> None:
        """Remove topics that are no longer needed."""
        for answer in self._admin.delete_topics(list(topics)).values():
            answer.result(20)

    def fill(self, topic: str, make: Make, count: int, symbols: int, first: int = 0) -> None:
        """Produce records `first` to `first + count`."""
        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "linger.ms": 20,
                "queue.buffering.max.messages": 200_000,
                "delivery.report.only.error": True,
            },
            logger=QUIET,
        )
        for number in range(first, first + count):
            key, value = make(number, symbols)
            while True:
                try:
                    producer.produce(topic, value, key)
                    break
                except BufferError:
                    producer.poll(0.05)
        if producer.flush(60):
            raise LocalError(f"{topic} could not be filled: the broker does not take its records")

    def end(self, topic: str) -> int:
        """Records that were ever on the topic."""
        return sum(high for _, high in self._marks(topic))

    def wait(self, topic: str, count: int, running: Callable[[], bool]) -> None:
        """Wait until the topic has `count` records; LocalError when nothing more comes."""
        seen, since = -1, time.monotonic()
        while (now := self.end(topic)) < count:
            if now != seen:
                seen, since = now, time.monotonic()
            if not running() or time.monotonic() - since > PATIENCE:
                raise LocalError(f"{topic} stands at {now} of {count} records")
            time.sleep(0.1)

    def read(self, topic: str) -> Iterator[Message]:
        """Every record, one partition after the other."""
        reader = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "bench-reader",
                "enable.auto.commit": False,
            },
            logger=QUIET,
        )
        try:
            for partition, (low, high) in enumerate(self._marks(topic)):
                reader.assign([TopicPartition(topic, partition, low)])
                left = high - low
                while left:
                    for record in reader.consume(min(left, 2000), 10):
                        if record.error():
                            raise KafkaException(record.error())
                        left -= 1
                        yield record
        finally:
            reader.close()

    def output(self, topic: str, work: Work = bytes) -> Output:
        """What is on the topic, each value put through `work` first."""
        digests = [hashlib.blake2b() for _ in self._marks(topic)]
        times: list[int] = []
        for record in self.read(topic):
            digest = digests[record.partition() or 0]
            digest.update(bytes(record.key() or b"") + b"\0")
            digest.update(work(bytes(record.value() or b"")) + b"\n")
            times.append(record.timestamp()[1])
        told = tuple(digest.hexdigest() for digest in digests)
        return Output(len(times), told, min(times), max(times))

    def _marks(self, topic: str) -> list[tuple[int, int]]:
        partitions = self._ends.list_topics(topic, timeout=20).topics[topic].partitions
        found = []
        for partition in sorted(partitions):
            place = TopicPartition(topic, partition)
            marks = patiently(partial(self._ends.get_watermark_offsets, place, timeout=20))
            if marks is None:
                raise LocalError(f"the broker does not tell the end of {topic}")
            found.append(marks)
        return found
