"""The latest records of a topic, looked at from time to time and not followed.

Signals and consolidated books are by far the most of what flows: between two looks they are neither
fetched nor read.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from confluent_kafka import KafkaError, Message, TopicPartition

from gateway.watching.follower import PASSING
from gateway.watching.gauge import Gauge
from topics.reading import reader
from topics.settings import Settings

BACK = 200
"""Records before the end of a partition that are read: a clock record a second is of each key."""

PATIENCE = 0.25
"""Seconds that one look may take; what has not come by then is looked at the next time."""

FIRST = 3.0
"""Seconds for the first look, which has to find the brokers."""


class Written(NamedTuple):
    """A record's bytes, and when they were written, in seconds since 1970."""

    value: bytes
    at: float


class Latest:
    """Looks at the ends of a logical topic. without: records that have these bytes do not count."""

    def __init__(
        self, settings: Settings, gauge: Gauge, topic: str, without: bytes | None = None
    ) -> None:
        self._consumer, self._gauge = reader(settings), gauge
        self._topic, self._without = topic, without
        self._seen: dict[tuple[str, int], int] = {}
        self._patience = FIRST

    def look(self) -> list[Written]:
        """The latest record of each key that has moved since the last look."""
        ends = self._gauge.ends(self._topic)
        moved = {place: end for place, end in ends.items() if end > self._seen.get(place, 0)}
        starts = {
            place: max(self._seen.get(place, 0), end - BACK, 0) for place, end in moved.items()
        }
        if not moved:
            return []
        self._consumer.assign([TopicPartition(*place, at) for place, at in starts.items()])
        try:
            return list(self._read(sum(moved[place] - starts[place] for place in moved)).values())
        finally:
            self._consumer.unassign()
            self._patience = PATIENCE

    def _read(self, count: int) -> dict[bytes, Written]:
        """The last record of each key among so many, as far as they come in time."""
        found: dict[bytes, Written] = {}
        until = time.monotonic() + self._patience
        while count > 0 and time.monotonic() < until:
            for message in self._consumer.consume(count, 0.05):
                error = message.error()
                if error is None:
                    self._take(message, found)
                    count -= 1
                elif error.code() not in PASSING | {KafkaError._PARTITION_EOF}:
                    return found
        return found

    def _take(self, message: Message, found: dict[bytes, Written]) -> None:
        place = message.topic() or "", message.partition() or 0
        self._seen[place] = (message.offset() or 0) + 1
        value = bytes(message.value() or b"")
        if self._without is None or self._without not in value:
            found[bytes(message.key() or b"")] = Written(value, message.timestamp()[1] / 1000)

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()
