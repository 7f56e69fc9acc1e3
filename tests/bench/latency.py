"""`tapeline bench latency`: four hops of Kafka in one worker, ours and bare librdkafka threads.

A record is produced onto the first topic, read and written again by four hops, and read from the
last: its latency is that whole way, five topics long, by the clock of this process, which produces
and reads for both in the same way. Each play is of a fresh process; every record must come out
once, in order, with four hops counted. p50 and p99 are of one play, and medians of the rounds told.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from confluent_kafka import Consumer, Producer

from infra.local.desk import faust_worker
from infra.local.errors import LocalError
from infra.local.kafka import Kafka
from infra.local.process import Child
from tests.bench.chain import percentile
from tests.bench.contenders import ROOT
from tests.bench.hops import HOPS, topics
from tests.bench.lane import QUIET, Lanes

NAME = "latency"
PEER = "bare confluent-kafka"
OURS = "ours"
COMMANDS: Mapping[str, tuple[str, ...]] = {
    OURS: faust_worker("tests.bench.hops_faust"),
    PEER: (sys.executable, "-m", "tests.bench.hops_bare"),
}
RATES = (100, 500)
SECONDS = 5.0
WARM = 1.5
"""Seconds of records that are not counted, before each rate."""
PARTITIONS = 2
START, ARRIVE = 60.0, 30.0
"""Seconds within which a chain must let its first record through, and all of them."""

Row = dict[str, Any]
Play = dict[int, list[float]]


def rows(rounds: int, seconds: float | None) -> Iterator[Row]:
    """One row a rate and percentile, in ms; `seconds` of each rate in each round."""
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as folder:
        home = Path(folder)
        with Kafka(home / "kafka") as kafka, closing(Lanes(kafka.bootstrap)) as lanes:
            plays: dict[str, list[Play]] = {OURS: [], PEER: []}
            _play(home, lanes, PEER, "warm", seconds or SECONDS)
            for number in range(rounds):
                for who in (OURS, PEER) if number % 2 else (PEER, OURS):
                    name = f"chain{number}-{'ours' if who == OURS else 'bare'}"
                    plays[who].append(_play(home, lanes, who, name, seconds or SECONDS))
    for rate in RATES:
        yield _row(plays, rate, 0.5, 1.3)
        yield _row(plays, rate, 0.99, 2.0)


def _row(plays: Mapping[str, list[Play]], rate: int, share: float, times: float) -> Row:
    ours, peer = (
        median(percentile(play[rate], share) for play in plays[who]) for who in (OURS, PEER)
    )
    return {
        "bench": NAME,
        "case": f"{HOPS} hops in one worker, {rate}/s, p{share * 100:.0f}",
        "unit": "ms",
        "ours": round(ours, 2),
        "peers": {PEER: round(peer, 2)},
        "ratio": round(ours / peer, 3),
        "level": {"at_most_times": {PEER: times}},
    }


def _play(home: Path, lanes: Lanes, who: str, name: str, seconds: float) -> Play:
    """Latencies in ms by rate, of one process of `who`."""
    names = [lanes.create(topic, PARTITIONS) for topic in topics(name)]
    env = {
        "BENCH_CHAIN": name,
        "BENCH_BROKER": lanes.bootstrap,
        "BENCH_DATA": str(home / name),
        "FAUST_LOOP": "uvloop",
    }
    child = Child(COMMANDS[who], home / "logs" / f"{name}.log", env=env, cwd=ROOT)
    try:
        child.start()
        with Ends(lanes.bootstrap, names[0], names[-1]) as both:
            both.first(child)
            return {rate: both.play(rate, seconds) for rate in RATES}
    except LocalError as error:
        raise LocalError(f"{who}: {error}", child.tail()) from error
    finally:
        child.stop()
        lanes.delete(*names)


@dataclass(frozen=True)
class Arrival:
    """One record at the end of the chain. latency: ms."""

    number: int
    hops: int
    latency: float


class Ends:
    """Produces onto the first topic of a chain and reads from its last."""

    def __init__(self, bootstrap: str, first: str, last: str) -> None:
        clients = {"bootstrap.servers": bootstrap, "socket.nagle.disable": True}
        self._producer = Producer(
            {**clients, "linger.ms": 0, "enable.idempotence": True}, logger=QUIET
        )
        wanted = {
            **clients, "group.id": f"{last}-end", "auto.offset.reset": "earliest",
            "fetch.queue.backoff.ms": 5,
        }  # fmt: skip
        self._consumer = Consumer(wanted, logger=QUIET)
        self._consumer.subscribe([last])
        self._topic, self._sent = first, 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.arrived: list[Arrival] = []

    def __enter__(self) -> Ends:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._consumer.close()

    def first(self, child: Child) -> None:
        """Let one record through: from then on every hop reads."""
        self._send()
        self._wait(START, child)

    def play(self, rate: int, seconds: float) -> list[float]:
        """Latencies of `rate` records a second over `seconds`, after a warm-up at that rate."""
        self._paced(rate, WARM)
        count = self._paced(rate, seconds)
        self._wait(ARRIVE, None)
        found = self.arrived
        if [one.number for one in found] != list(range(self._sent)) or any(
            one.hops != HOPS for one in found
        ):
            raise LocalError(f"{self._sent} records went in, and not these came out")
        return [one.latency for one in found[-count:]]

    def _paced(self, rate: int, seconds: float) -> int:
        count, began = int(rate * seconds), time.monotonic()
        for number in range(count):
            due = began + number / rate
            time.sleep(max(due - time.monotonic(), 0))
            self._send()
        return count

    def _send(self) -> None:
        value = orjson.dumps({"number": self._sent, "hops": 0, "sent": time.monotonic_ns()})
        self._producer.produce(self._topic, value, b"binance:BTC/USDT")
        self._producer.poll(0)
        self._sent += 1

    def _wait(self, seconds: float, child: Child | None) -> None:
        until = time.monotonic() + seconds
        while len(self.arrived) < self._sent:
            if time.monotonic() > until or (child is not None and not child.running):
                raise LocalError(f"{len(self.arrived)} of {self._sent} records have come out")
            time.sleep(0.05)

    def _read(self) -> None:
        while not self._stopped.is_set():
            record = self._consumer.poll(0.1)
            if record is None or record.error():
                continue
            now, told = time.monotonic_ns(), orjson.loads(record.value() or b"{}")
            latency = (now - told["sent"]) / 1e6
            self.arrived.append(Arrival(told["number"], told["hops"], latency))
