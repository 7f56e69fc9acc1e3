"""The latest record of each market, looked at from time to time and not followed.

Signals are by far the most of what flows: between two looks they are neither fetched nor read.
"""

from __future__ import annotations

import time

from confluent_kafka import KafkaError, TopicPartition

from gateway.follower import PASSING
from gateway.gauge import Gauge
from schemas import names
from topics.reading import reader
from topics.settings import Settings

BACK = 200
"""Records before the end of a partition that are read: a clock record a second is of each key."""

PATIENCE = 0.25
"""Seconds that one look may take; what has not come by then is looked at the next time."""

FIRST = 3.0
"""Seconds for the first look, which has to find the brokers."""


class Prices:
    """Looks at the ends of trading.signals."""

    def __init__(self, settings: Settings, gauge: Gauge) -> None:
        self._consumer, self._gauge = reader(settings), gauge
        self._seen: dict[tuple[str, int], int] = {}
        self._patience = FIRST

    def look(self) -> list[bytes]:
        """The latest value of each market that has moved since the last look."""
        ends = self._gauge.ends(names.SIGNALS)
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

    def _read(self, count: int) -> dict[bytes, bytes]:
        """The last value of each key among so many records, as far as they come in time."""
        found: dict[bytes, bytes] = {}
        until = time.monotonic() + self._patience
        while count > 0 and time.monotonic() < until:
            for message in self._consumer.consume(count, 0.05):
                error = message.error()
                if error is None:
                    found[bytes(message.key() or b"")] = bytes(message.value() or b"")
                    self._seen[message.topic() or "", message.partition() or 0] = (
                        message.offset() or 0
                    ) + 1
                    count -= 1
                elif error.code() not in PASSING | {KafkaError._PARTITION_EOF}:
                    return found
        return found

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()
