"""Processes by number and birth: a number alone may have been given to another one since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import psutil

SAME = 0.05  # s; the system counts births in clock ticks of 10 ms


@dataclass(frozen=True, slots=True)
class Pid:
    """A process: its number and when it was created (s since the epoch)."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> Self:
        """The process that has this number now; psutil.NoSuchProcess if none has."""
        return cls(pid, psutil.Process(pid).create_time())

    def alive(self) -> bool:
        """True while this very process runs; a zombie or another of the same number does not, nor
        one that may not be looked at.
        """
        try:
            process = psutil.Process(self.pid)
            born: float = process.create_time()
            return abs(born - self.created) < SAME and not _is_dead(process)
        except psutil.Error:
            return False


def _is_dead(process: psutil.Process) -> bool:
    """True for a zombie; while threads of it are left, it still holds its ports and files."""
    return bool(process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1)
