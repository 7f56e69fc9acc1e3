"""What processes use: their largest resident memory, and the CPU time between two looks."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Self

import psutil

TURN = 0.25
"""Seconds between two looks at the memory."""


class Usage:
    """Watches processes by name while the block runs.

    memory: largest resident set seen, in MB (10^6 bytes). cpu: seconds, user and system, that
    each has used from the beginning of the block to its last look.
    """

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.memory: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self._before = {name: seconds(one) for name, one in self._processes.items()}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._stopped.wait(TURN):
            self._look()

    def _look(self) -> None:
        for name, process in self._processes.items():
            try:
                size = process.memory_info().rss / 1e6
                self.memory[name] = max(self.memory.get(name, 0.0), size)
                self.cpu[name] = seconds(process) - self._before[name]
            except psutil.NoSuchProcess:
                continue


def seconds(process: psutil.Process) -> float:
    """Of processor time that it has used, user and system."""
    times = process.cpu_times()
    return float(times.user + times.system)
