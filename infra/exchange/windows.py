"""Counts in fixed windows of time, as venues limit requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Window:
    """A count that begins again with each window of so many ms."""

    length: int
    number: int = -1
    count: int = 0

    def at(self, now: int) -> int:
        """What was counted in the window of a time."""
        if now // self.length != self.number:
            self.number, self.count = now // self.length, 0
        return self.count

    def left(self, now: int) -> int:
        """Seconds until the next window, rounded up."""
        return -(-(self.length - now % self.length) // 1000)
