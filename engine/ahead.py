"""Side rows that came before their time: they count once the cell's time has reached theirs.

The topic of a side input may run ahead of the main one: by milliseconds on a live desk, by minutes
where recordings are played as fast as it goes. To judge on such a row would be to look ahead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from schemas.codec import decode, encode
from schemas.record import Record

MOST = 1000
"""Rows that are kept a key. Beyond it every second one goes, so that a long way ahead costs
resolution, not memory: what is read is then older than it might be, never newer."""

Kept = dict[str, dict[str, list[str]]]
"""Rows as JSON text, by topic and key, in order."""


class Ahead:
    """Rows by topic and key, each key's in the order of their time. Cost: O(1) amortised a row."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], deque[Record]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def last(self, topic: str, key: str) -> Record | None:
        """The newest row of a key."""
        rows = self._rows.get((topic, key))
        return rows[-1] if rows else None

    def put(self, topic: str, row: Record) -> None:
        """Keep a row until its time has come."""
        rows = self._rows.setdefault((topic, row.key), deque())
        rows.append(row)
        if len(rows) > MOST:
            self._rows[topic, row.key] = deque([*rows][::-2][::-1])  # the newest one stays

    def due(self, now: int) -> Iterator[tuple[str, Record]]:
        """The newest row of each key whose time is `now` or before; it and older ones go."""
        for (topic, key), rows in sorted(self._rows.items()):
            row = None
            while rows and rows[0].moment <= now:
                row = rows.popleft()
            if row is not None:
                yield topic, row
            if not rows:
                del self._rows[topic, key]

    def dump(self) -> Kept:
        """As it is kept in a snapshot."""
        kept: Kept = {}
        for (topic, key), rows in sorted(self._rows.items()):
            kept.setdefault(topic, {})[key] = [encode(row).decode() for row in rows]
        return kept

    @classmethod
    def load(cls, kept: Kept, types: dict[str, type[Any]]) -> Ahead:
        """What `dump` gave; types: the record of each topic."""
        made = cls()
        for topic, keys in kept.items():
            for key, rows in keys.items():
                made._rows[topic, key] = deque(decode(types[topic], each.encode()) for each in rows)
        return made
