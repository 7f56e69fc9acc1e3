"""Rows that are in no file yet. Pure; its memory is bounded."""

from __future__ import annotations

from dataclasses import dataclass, field

from topics.archive.layout import Shelf
from topics.archive.row import Row

Filing = tuple[Shelf, list[Row]]
"""Rows that belong into one file."""


@dataclass
class Waiting:
    """largest: bytes of rows of one file; memory: bytes of all that waits.

    `take` gives what must be filed now: a shelf that is full, or the largest ones where all of them
    together are too much. What it gives no longer waits.
    """

    largest: int
    memory: int
    size: int = 0
    _rows: dict[Shelf, list[Row]] = field(default_factory=dict)
    _sizes: dict[Shelf, int] = field(default_factory=dict)

    def take(self, shelf: Shelf, row: Row) -> list[Filing]:
        """Let a row wait; give what must not wait longer."""
        self._rows.setdefault(shelf, []).append(row)
        self._sizes[shelf] = self._sizes.get(shelf, 0) + row.size
        self.size += row.size
        due = [self._give(shelf)] if self._sizes[shelf] >= self.largest else []
        while self.size > self.memory:
            due.append(self._give(max(self._sizes, key=self._sizes.__getitem__)))
        return due

    def all(self) -> list[Filing]:
        """Everything; nothing waits after it."""
        return [self._give(shelf) for shelf in list(self._rows)]

    def _give(self, shelf: Shelf) -> Filing:
        self.size -= self._sizes.pop(shelf)
        return shelf, self._rows.pop(shelf)
