"""`tapeline bench transport`: our Faust transport, stock Faust, quixstreams and bare librdkafka.

Each reads the same records from one topic and writes what `trades.normalise` makes of them to
another, at-least-once: idempotent, acks=all, and a commit a second of what is on the broker. The
output of every run is read back and must be the expected one, record by record and in order. Those
that are slow read fewer of the records; a rate is that of records on the broker (tests.bench.lane).
A broker that has just started is slow until its code is compiled, so a first run is not counted.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from infra.local.errors import LocalError
from infra.local.kafka import Kafka
from tests.bench import quix, trades
from tests.bench.contenders import BARE, STOCK, Contender, Ring, faust, quixstreams
from tests.bench.lane import Lanes, Output
from tests.bench.peer import Missing

NAME = "transport"
EVENTS = 400_000
"""Events that the fast ones are given; the others get a part of them."""
PARTITIONS = 2
SYMBOLS = 8

CHUNKS = faust("batches() and emit()", "batches")
PLAIN = faust("events() and send()", "events")
FRAMES = faust("frames", "batches", work="columns")

CASES: Mapping[str, tuple[str, Contender]] = {
    "chunks": ("normalise, one record an event, batches() and emit()", CHUNKS),
    "plain": ("normalise, one record an event, events() and topic.send()", PLAIN),
    "frames": (f"normalise, frames of {trades.FRAME} events, batches() and emit()", FRAMES),
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A filled topic: its records, the events in each, and the output that is right of it."""

    topic: str
    records: int
    events: int
    right: Output


def rows(rounds: int, seconds: float | None, events: int = EVENTS) -> Iterator[Row]:
    """One row a case: events a second, medians of the rounds; `seconds` has no meaning here."""
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as folder:
        home = Path(folder)
        with Kafka(home / "kafka") as kafka, closing(Lanes(kafka.bootstrap)) as lanes:
            yield from Match(home, lanes, events).rows(rounds)


class Match:
    """Every contender in turns, round after round, on one broker."""

    def __init__(self, home: Path, lanes: Lanes, events: int) -> None:
        self._lanes, self._ring = lanes, Ring(home, lanes)
        self._fast = self._source("trades", events)
        self._middle = self._source("trades-plain", events // 4)
        self._slow = self._source("trades-stock", events // 20)
        self._frames = self._source("frames", events // trades.FRAME * 2, frames=True)
        self.missing: dict[str, str] = {}

    def rows(self, rounds: int) -> Iterator[Row]:
        """Play the rounds, then tell."""
        order = self._order()
        self._rate(BARE, self._fast)
        rates: dict[str, list[float]] = {one.name: [] for one, _ in order}
        for number in range(rounds):
            for one, source in order if number % 2 else reversed(order):
                rates[one.name].append(self._rate(one, source))
        told = {name: median(all_of) for name, all_of in rates.items()}
        quick, middle = {BARE.name: 0.75, STOCK.name: 40.0}, {STOCK.name: 8.0}
        yield self._row("chunks", told, (BARE.name, STOCK.name), quick)
        yield self._row("plain", told, (STOCK.name, "quixstreams"), middle)
        yield self._row("frames", told, (BARE.name,), {BARE.name: 2.0})

    def _order(self) -> list[tuple[Contender, Source]]:
        """Who runs on what; those that are compared next to each other."""
        order = [
            (FRAMES, self._frames),
            (BARE, self._fast),
            (CHUNKS, self._fast),
            (PLAIN, self._middle),
            (STOCK, self._slow),
        ]
        try:
            order.append((quixstreams(quix.python()), self._middle))
        except Missing as why:
            self.missing["quixstreams"] = str(why)
        return order

    def _source(self, topic: str, records: int, frames: bool = False) -> Source:
        make = trades.frame if frames else trades.trade
        work = trades.columns if frames else trades.normalise
        self._lanes.create(topic, PARTITIONS)
        self._lanes.fill(topic, make, records, SYMBOLS)
        events = trades.FRAME if frames else 1
        return Source(topic, records, events, self._lanes.output(topic, work))

    def _rate(self, one: Contender, source: Source) -> float:
        """Events a second of one run; LocalError unless its output is the right one."""
        made = self._ring.run(one, source.topic, source.records, PARTITIONS)
        if (made.count, made.digests) != (source.records, source.right.digests):
            raise LocalError(f"{one.name} has not done its work: {made.count} records, not these")
        return made.rate * source.events

    def _row(
        self, case: str, told: Mapping[str, float], against: tuple[str, ...],
        times: Mapping[str, float],
    ) -> Row:  # fmt: skip
        words, one = CASES[case]
        peers = {name: round(told[name]) for name in against if name in told}
        ours = round(told[one.name])
        row = {
            "bench": NAME,
            "case": words,
            "unit": "events/s",
            "ours": ours,
            "peers": peers,
            "ratio": round(ours / max(peers.values()), 3),
            "level": {"at_least_times": dict(times)},
        }
        missing = {name: why for name, why in self.missing.items() if name in against}
        return row | ({"missing": missing} if missing else {})
