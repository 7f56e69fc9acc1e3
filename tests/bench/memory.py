"""`tapeline bench memory`: the resident set of one worker over millions of events.

One Faust worker on our transport normalises trades, one record an event, while this process
produces them; it is never more than LAG records behind. Told are the medians of the resident set in
the second tenth of the events and in the last: between them it must not grow by more than GROWTH.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from confluent_kafka import Producer

from infra.local.errors import LocalError
from infra.local.kafka import Kafka
from tests.bench import trades
from tests.bench.contenders import Ring
from tests.bench.lane import QUIET, Lanes
from tests.bench.transport import CHUNKS, PARTITIONS, SYMBOLS

NAME = "memory"
EVENTS = 10_000_000
LAG = 200_000
"""Records that the producer may be ahead of the worker."""
DISTINCT = 100_000
"""Records that are made; then they come again."""
TURN = 0.25
GROWTH = 1.1

Row = dict[str, Any]
Sample = tuple[int, float]
"""Events on the output, and MB (10^6 bytes) of the worker's resident set then."""


def rows(rounds: int, seconds: float | None, events: int = EVENTS) -> Iterator[Row]:
    """One row a round, MB at the end; `seconds` has no meaning here."""
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as folder:
            home = Path(folder)
            with Kafka(home / "kafka") as kafka, closing(Lanes(kafka.bootstrap)) as lanes:
                yield _row(Soak(home, lanes, events).samples(), events)


def _row(samples: Sequence[Sample], events: int) -> Row:
    start = _within(samples, 0.1 * events, 0.2 * events)
    end = _within(samples, 0.9 * events, events)
    return {
        "bench": NAME,
        "case": f"resident set of a worker over {events:,} events",
        "unit": "MB",
        "ours": round(end, 1),
        "peers": {},
        "ratio": None,
        "start": round(start, 1),
        "largest": round(max(size for _, size in samples), 1),
        "level": {"at_most": round(GROWTH * start, 1)},
    }


def _within(samples: Sequence[Sample], low: float, high: float) -> float:
    return median(size for events, size in samples if low <= events <= high)


class Soak:
    """One worker, fed until all events are on its output."""

    def __init__(self, home: Path, lanes: Lanes, events: int) -> None:
        self._lanes, self._ring, self._events = lanes, Ring(home, lanes), events
        self._source = lanes.create("soak", PARTITIONS)
        self._samples: list[Sample] = []
        self._target = ""
        self._done = threading.Event()
        self._failure: BaseException | None = None

    def samples(self) -> list[Sample]:
        """Run; LocalError unless as many records came out as went in."""
        feeder = threading.Thread(target=self._feed, daemon=True)

        def watch(pids: list[int], target: str) -> None:
            self._target = target
            threading.Thread(target=self._look, args=(pids[0],), daemon=True).start()
            feeder.start()

        try:
            count = self._ring.count(CHUNKS, self._source, self._events, PARTITIONS, watch)
        finally:
            self._done.set()
        if self._failure is not None or count != self._events:
            raise LocalError(f"{count} records of {self._events} came out: {self._failure or ''}")
        return self._samples

    def _look(self, pid: int) -> None:
        """Note the resident set as long as the worker runs."""
        process, ends = psutil.Process(pid), Lanes(self._lanes.bootstrap)
        while not self._done.wait(TURN):
            try:
                size = process.memory_info().rss / 1e6
            except psutil.NoSuchProcess:
                break
            self._samples.append((ends.end(self._target), size))
        ends.close()

    def _feed(self) -> None:
        """Produce all events, as far ahead as is allowed."""
        wanted = {"bootstrap.servers": self._lanes.bootstrap, "linger.ms": 20, "acks": "all"}
        producer = Producer(
            wanted | {"partitioner": "murmur2_random", "delivery.report.only.error": True},
            logger=QUIET,
        )
        made = [trades.trade(number, SYMBOLS) for number in range(min(DISTINCT, self._events))]
        for number in range(self._events):
            key, value = made[number % len(made)]
            if number % 1000 == 0:
                producer.poll(0)
                while number - self._seen() > LAG and not self._done.is_set():
                    time.sleep(0.02)
            try:
                producer.produce(self._source, value, key)
            except BufferError:
                producer.flush()
                producer.produce(self._source, value, key)
            if self._done.is_set():
                return
        if producer.flush(60):
            self._failure = LocalError("the broker does not take the records")

    def _seen(self) -> int:
        return self._samples[-1][0] if self._samples else 0
