"""Times of steps, from several processes: a line each, `what name ns`, by the monotonic clock."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from pathlib import Path

FILE = "BENCH_STAMPS"
"""Environment: the file that a process writes its stamps to."""

STAGE = "BENCH_STAGE"
"""Environment: the worker that makes the signals."""

Stamps = dict[str, dict[str, list[int]]]


class Stamping:
    """Appends to a file; a line is whole or not there, whatever becomes of the process."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def stamp(self, what: str, name: str, at: int | None = None) -> None:
        """That it happened now, or at `at`."""
        at = time.monotonic_ns() if at is None else at
        os.write(self._file, f"{what} {name} {at}\n".encode())


def stamping() -> Stamping:
    """Of this process, as its environment says."""
    return Stamping(Path(os.environ[FILE]))


def read(file: Path) -> Stamps:
    """The times of each step by what and name, in the order of writing."""
    found: Stamps = defaultdict(lambda: defaultdict(list))
    for line in file.read_text().splitlines() if file.exists() else ():
        what, name, at = line.split()
        found[what][name].append(int(at))
    return found


def place(symbol: str, tick: int) -> str:
    """The name of what was made of a ticks record."""
    return f"{symbol}|{tick}"
