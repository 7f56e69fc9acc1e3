"""Records in the order in which they reach a stage: by time, then by topic, then as they came."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush

from schemas import names
from schemas.record import Record

RANK: Mapping[str, int] = {
    topic: rank
    for rank, topic in enumerate((
        names.INSTRUMENTS, names.COMMANDS, names.STATE, names.STATUSES, names.PORTFOLIO,
        names.BOOKS, names.RAW, names.TICKS, names.SIGNALS, names.ADVICE, names.DECISIONS,
        names.ORDERS,
    ))
}  # fmt: skip
"""What is known at a time comes before what happens then, causes before what they cause."""

LAST = len(RANK)


Arrival = tuple[int, int, int, str, Record]
"""A record that reaches its readers: when, ns; its topic's rank; its number in the order of making;
its topic; and itself. A plain tuple, for there is one of each record."""


class Queue:
    """Arrivals, the next one first. Cost: O(log n) of those on their way."""

    def __init__(self) -> None:
        self._heap: list[Arrival] = []
        self._number = 0

    def put(self, time: int, topic: str, record: Record) -> None:
        """Let a record arrive at `time`."""
        heappush(self._heap, (time, RANK.get(topic, LAST), self._number, topic, record))
        self._number += 1

    def pop(self, until: int | None = None) -> Arrival | None:
        """The next arrival before the time `until`; None where there is none."""
        heap = self._heap
        if not heap or (until is not None and heap[0][0] >= until):
            return None
        return heappop(heap)

    def next_time(self) -> int | None:
        """When the next one arrives; None where there is none."""
        return self._heap[0][0] if self._heap else None
