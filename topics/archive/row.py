"""One archived record: its place, its bytes, and what its head says."""

from __future__ import annotations

import re
from typing import NamedTuple

from schemas.codec import HEAD

TIMES = re.compile(rb',"event_time":(null|-?\d{1,19}),"seen_time":(-?\d{1,19})[,}]')
"""What follows the head of a record as `encode` writes it."""

IMPORTED = -1
"""The partition of what was imported from a file, not read from Kafka."""


class Row(NamedTuple):
    """A record as it lay on its topic.

    timestamp: Kafka's, in ms. value: None is a tombstone. seq, event_time, seen_time (ns): of the
    record's head; None where the value has no such head, or no event time.
    """

    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes | None
    seq: int | None
    event_time: int | None
    seen_time: int | None

    @property
    def size(self) -> int:
        """About the bytes of memory that it takes."""
        return len(self.key) + len(self.value or b"") + OVERHEAD


OVERHEAD = 300
"""Bytes of a row beside its key and value."""


def row_of(partition: int, offset: int, timestamp: int, key: bytes, value: bytes | None) -> Row:
    """The row of a record; whatever its value is, for what is poison is archived too."""
    head = HEAD.match(value) if value else None
    if value is None or head is None:
        return Row(partition, offset, timestamp, key, value, None, None, None)
    seq, times = int(head[3]), TIMES.match(value, head.end())
    if times is None:
        return Row(partition, offset, timestamp, key, value, _fits(seq), None, None)
    event = None if times[1] == b"null" else _fits(int(times[1]))
    return Row(partition, offset, timestamp, key, value, _fits(seq), event, _fits(int(times[2])))


def _fits(number: int) -> int | None:
    """The number if a column of 64 bits can hold it."""
    return number if -(1 << 63) <= number < 1 << 63 else None
