"""What the tests of transports share: topics with numbered records, and workers that copy them.

One suite, tests/broker/test_conformance_*.py, runs on our transport and on stock Faust's. What
stock is known to do wrong is a strict xfail: the run shows it red, and would show it mended.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import confluent_kafka as ck
import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

KEYS = 7
ROOT = Path(__file__).resolve().parents[2]


OURS, STOCK = "rdkafka", "aiokafka"
LONG = os.environ.get("TAPELINE_CHAOS") == "long"
"""Run what takes minutes too (make chaos)."""
LATER = pytest.mark.skipif(not LONG, reason="stock Faust's share of the suite: make chaos")


class Lost(AssertionError):
    """A record that was produced never came out."""


class Passed(AssertionError):
    """A commit has gone past a record that is not done."""


class Disordered(AssertionError):
    """The records of a key came out in another order than they went in."""


class Doubled(AssertionError):
    """A record came out more often than it may."""


class Stuck(AssertionError):
    """A worker with events to take neither takes them nor ends."""


def fails_on_stock(reason: str, *raises: type[Exception]) -> Any:
    """The tests' parameter for stock Faust where it fails, in one of these ways and no other."""
    mark = pytest.mark.xfail(strict=True, raises=raises, reason=f"stock Faust 0.15.3: {reason}")
    return pytest.param(STOCK, marks=mark)


def until(true: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for `true`, also while the broker is away; fail after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(ck.KafkaException):
            if true():
                return
        time.sleep(0.03)
    raise AssertionError("waited in vain")


class Lane:
    """The topics ID-in and ID-out, and what is in them. Record n has key k(n % 7) and value n."""

    def __init__(
        self, bootstrap: str, name: str, tmp: Path, transport: str = OURS, partitions: int = 2
    ) -> None:
        self.transport, self.partitions = transport, partitions
        self.bootstrap, self.name, self.tmp = bootstrap, name, tmp
        self.order = tmp / "order"
        self.workers: list[Worker] = []
        self._client = ck.Consumer(
            {"bootstrap.servers": bootstrap, "group.id": name, "enable.auto.commit": False}
        )

    def create(
        self, out: dict[str, str] | None = None, source: dict[str, str] | None = None
    ) -> None:
        """Make both topics."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        new = [
            NewTopic(f"{self.name}-in", self.partitions, 1, config=source or {}),
            NewTopic(f"{self.name}-out", self.partitions, 1, config=out or {}),
        ]
        for answer in admin.create_topics(new).values():
            answer.result(60)

    def fill(self, start: int, stop: int) -> None:
        """Produce records `start` to `stop` into ID-in."""
        self.put(*(b"%d" % n for n in range(start, stop)))

    def put(self, *values: bytes) -> None:
        """Produce these values into ID-in; a number chooses its key."""
        producer = ck.Producer({
            "bootstrap.servers": self.bootstrap,
            "linger.ms": 5,
            "partitioner": "murmur2_random",
            "enable.idempotence": True,  # else a batch tried again may come after its successor
        })  # fmt: skip
        for value in values:
            key = f"k{int(value) % KEYS if value.isdigit() else 0}"
            producer.produce(f"{self.name}-in", value, key.encode())
            producer.poll(0)
        assert producer.flush(60) == 0

    def worker(self, **env: str) -> Worker:
        """Start a worker of this lane."""
        worker = Worker(self, env)
        self.workers.append(worker)
        return worker

    def ends(self, side: str) -> list[int]:
        """The number of records in each partition of ID-in or ID-out."""
        parts = [ck.TopicPartition(f"{self.name}-{side}", p) for p in range(self.partitions)]
        marks = [self._client.get_watermark_offsets(part, timeout=60) for part in parts]
        return [pair[1] if pair else 0 for pair in marks]

    def written(self) -> int:
        """Records in ID-out."""
        return sum(self.ends("out"))

    def committed(self) -> int:
        """Sum of the group's committed offsets."""
        return sum(self.committed_at(p) for p in range(self.partitions))

    def committed_at(self, partition: int) -> int:
        """The group's committed offset of one partition; 0 if there is none."""
        part = ck.TopicPartition(f"{self.name}-in", partition)
        return max(self._client.committed([part], timeout=60)[0].offset, 0)

    def read(self, side: str = "out") -> list[ck.Message]:
        """All records of ID-out (or ID-in)."""
        topic, records = f"{self.name}-{side}", []
        for p in range(self.partitions):
            place = ck.TopicPartition(topic, p, 0)
            marks = self._client.get_watermark_offsets(place, timeout=60)
            self._client.assign([place])
            count = marks[1] if marks else 0
            found = self._client.consume(count, 20) if count else []
            assert len(found) == count
            records += found
        self._client.unassign()
        return records

    def values(self, partition: int, side: str = "in") -> list[bytes]:
        """The values of one partition of ID-in (or ID-out), by offset."""
        mine = [record for record in self.read(side) if record.partition() == partition]
        return [record.value() or b"" for record in mine]

    def downstream(self) -> list[int]:
        """What a reader that drops by sequence per key takes of ID-out, sorted."""
        last: dict[bytes, int] = {}
        taken = []
        for record in self.read():
            key, n = record.key() or b"", int(record.value() or b"")
            if n > last.get(key, -1):
                last[key] = n
                taken.append(n)
        return sorted(taken)

    def check(self, count: int, duplicates: int | None = None) -> None:
        """ID-out has each of `count` ids, per key in order of first occurrence."""
        ids = [(record.key(), int(record.value() or b"-1")) for record in self.read()]
        seen = Counter(n for _, n in ids)
        if sorted(seen) != list(range(count)):
            raise Lost(sorted(set(range(count)) - set(seen))[:9])
        firsts: dict[bytes | None, list[int]] = {}
        for key, n in dict.fromkeys(ids):
            firsts.setdefault(key, []).append(n)
        for key, numbers in firsts.items():
            wrong = [(a, b) for a, b in pairwise(numbers) if a > b]
            if wrong:
                raise Disordered(f"key {key!r}: {wrong[:5]}")
        if duplicates is not None and len(ids) - count != duplicates:
            raise Doubled(f"{len(ids) - count} records twice")

    def placed(self, value: bytes) -> tuple[int, int]:
        """Partition and offset of the first record of that value in ID-in."""
        record = next(each for each in self.read("in") if each.value() == value)
        return record.partition() or 0, record.offset() or 0

    def not_passed(self, value: bytes) -> None:
        """No commit has gone past the first record of that value; raises Passed."""
        partition, offset = self.placed(value)
        if (committed := self.committed_at(partition)) > offset:
            raise Passed(f"{committed} is committed, {offset} is not done")

    def noted(self) -> list[str]:
        """What the worker's hooks wrote, in order."""
        return self.order.read_text("utf-8").split("\n")[:-1] if self.order.exists() else []

    def close(self) -> None:
        """Stop what still runs."""
        for worker in self.workers:
            worker.process.kill()
            worker.process.wait(20)
        self._client.close()


class Worker:
    """A real `faust worker` process."""

    def __init__(self, lane: Lane, env: dict[str, str]) -> None:
        self.log = lane.tmp / f"worker{len(lane.workers)}.log"
        asked = {f"LANE_{name.upper()}": value for name, value in env.items()}
        command = [sys.executable, "-m", "faust", "--datadir", str(lane.tmp / "data")]
        command += ["-A", "tests.broker.lane_app", "worker", "-l", "info", "--without-web"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    "FAUST_LOOP": "uvloop",
                    "LANE_BROKER": lane.bootstrap,
                    "LANE_TRANSPORT": lane.transport,
                    "LANE_ID": lane.name,
                    "LANE_MODE": "batches" if lane.transport == OURS else "items",
                    "LANE_INSTANCE": "one",
                    **asked,
                },
            )

    def term(self) -> None:
        """SIGTERM, without waiting."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.term()
        return self.process.wait(120)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(60)

    def ends(self, seconds: float = 120.0) -> int:
        """Wait for it to end by itself; the exit code."""
        return self.process.wait(seconds)

    def said(self) -> str:
        """Its log."""
        return self.log.read_text("utf-8", "replace")


@pytest.fixture
def transport() -> str:
    """The transport of `lane`: ours, unless the test is parametrised by it."""
    return OURS


@pytest.fixture
def partitions() -> int:
    """Partitions of each topic of `lane`."""
    return 2


@pytest.fixture
def lane(
    bootstrap: str, tmp_path: Path, request: pytest.FixtureRequest, transport: str, partitions: int
) -> Iterator[Lane]:
    """Two topics' names and clients, of this test only."""
    name = re.sub(r"[^a-z0-9]+", "-", f"lane-{request.node.name}").strip("-")
    lane = Lane(bootstrap, name, tmp_path, transport, partitions)
    yield lane
    lane.close()
