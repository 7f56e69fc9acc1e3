"""`tapeline bench scaling`: the transport's pace by partitions, workers and symbols.

Ours alone: the worker of `tapeline bench transport` that normalises one record an event, batch by
batch, and the processor time that its process takes for it. All on one machine, so that workers
share its cores with each other and with the broker; docs/scaling.md says what that tells.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from queue import Queue
from statistics import median
from threading import Thread
from typing import Any

from infra.local.errors import LocalError
from infra.local.kafka import Kafka
from tests.bench import trades
from tests.bench.contenders import Ring
from tests.bench.lane import Lanes
from tests.bench.transport import CHUNKS
from tests.bench.usage import Usage

NAME = "scaling"
EVENTS = 300_000
CASES = (
    # partitions, workers, symbols
    (1, 1, 8),
    (2, 1, 8),
    (4, 1, 8),
    (8, 1, 8),
    (2, 2, 8),
    (4, 2, 8),
    (4, 1, 100),
    (4, 1, 1000),
)

Row = dict[str, Any]
Figures = tuple[float, float]
"""Events a second, and microseconds of processor time an event."""


def rows(rounds: int, seconds: float | None, events: int = EVENTS) -> Iterator[Row]:
    """Two rows a case: pace and processor time; `seconds` has no meaning here."""
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as folder:
        home = Path(folder)
        with Kafka(home / "kafka") as kafka, closing(Lanes(kafka.bootstrap)) as lanes:
            scale = Scale(home, lanes, events)
            scale.run(*CASES[1])
            told: dict[tuple[int, int, int], list[Figures]] = {case: [] for case in CASES}
            for _ in range(rounds):
                for case in CASES:
                    told[case].append(scale.run(*case))
    for case, figures in told.items():
        yield _row(case, "events/s", median(rate for rate, _ in figures))
        yield _row(case, "us/event", median(cpu for _, cpu in figures))


def _row(case: tuple[int, int, int], unit: str, ours: float) -> Row:
    partitions, workers, symbols = case
    words = f"{partitions} partitions, {workers} workers, {symbols} symbols"
    told = {"bench": NAME, "case": words, "unit": unit, "ours": round(ours, 2)}
    return told | {"peers": {}, "ratio": None}


class Scale:
    """Filled topics by partitions and symbols, and runs over them."""

    def __init__(self, home: Path, lanes: Lanes, events: int) -> None:
        self._lanes, self._ring, self._events = lanes, Ring(home, lanes), events
        self._sources: dict[tuple[int, int], str] = {}

    def run(self, partitions: int, workers: int, symbols: int) -> Figures:
        """Pace and processor time of one run; LocalError if not all records came out."""
        source, told = self._source(partitions, symbols), Queue[float]()

        def watch(pids: list[int], target: str) -> None:
            Thread(target=self._usage, args=(pids, target, told), daemon=True).start()

        made = self._ring.run(CHUNKS, source, self._events, partitions, workers, watch)
        if made.count != self._events:
            raise LocalError(f"{made.count} records came out of {self._events}")
        return made.rate, told.get(timeout=10) / self._events * 1e6

    def _usage(self, pids: list[int], target: str, told: Queue[float]) -> None:
        """Processor seconds from the first record on the output to the last."""
        with closing(Lanes(self._lanes.bootstrap)) as lanes:
            while not lanes.end(target):
                time.sleep(0.02)
            with Usage({str(pid): pid for pid in pids}) as usage:
                while lanes.end(target) < self._events:
                    time.sleep(0.05)
        told.put(sum(usage.cpu.values()))

    def _source(self, partitions: int, symbols: int) -> str:
        if (partitions, symbols) not in self._sources:
            topic = self._lanes.create(f"in-{partitions}-{symbols}", partitions)
            self._lanes.fill(topic, trades.trade, self._events, symbols)
            self._sources[partitions, symbols] = topic
        return self._sources[partitions, symbols]
