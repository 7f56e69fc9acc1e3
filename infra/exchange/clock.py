"""The venue's time: this machine's, or another that a test sets, with a skew on demand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Clock:
    """Nanoseconds since the epoch. skew: ns that the venue is ahead of the machine."""

    source: Callable[[], int] = time.time_ns
    skew: int = 0

    def now(self) -> int:
        """Nanoseconds."""
        return self.source() + self.skew

    def milliseconds(self) -> int:
        """Milliseconds, as most venues tell time."""
        return self.now() // 1_000_000
