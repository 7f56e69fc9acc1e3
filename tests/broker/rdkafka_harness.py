"""What the broker tests of topics/rdkafka share: topics with numbered records, and workers."""

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
from pathlib import Path

import confluent_kafka as ck
import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

KEYS = 7
PARTITIONS = 2
ROOT = Path(__file__).resolve().parents[2]


def until(true: Callable[[], bool], seconds: float = 30.0) -> None:
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

    def __init__(self, bootstrap: str, name: str, tmp: Path) -> None:
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
            NewTopic(f"{self.name}-in", PARTITIONS, 1, config=source or {}),
            NewTopic(f"{self.name}-out", PARTITIONS, 1, config=out or {}),
        ]
        for answer in admin.create_topics(new).values():
            answer.result(20)

    def fill(self, start: int, stop: int) -> None:
        """Produce records `start` to `stop` into ID-in."""
        producer = ck.Producer(
            {"bootstrap.servers": self.bootstrap, "linger.ms": 5, "partitioner": "murmur2_random"}
        )
        for n in range(start, stop):
            producer.produce(f"{self.name}-in", str(n).encode(), f"k{n % KEYS}".encode())
            producer.poll(0)
        assert producer.flush(20) == 0

    def worker(self, **env: str) -> Worker:
        """Start a worker of this lane."""
        worker = Worker(self, env)
        self.workers.append(worker)
        return worker

    def written(self) -> int:
        """Records in ID-out."""
        parts = [ck.TopicPartition(f"{self.name}-out", p) for p in range(PARTITIONS)]
        marks = [self._client.get_watermark_offsets(part, timeout=20) for part in parts]
        return sum(high for pair in marks if pair for high in pair[1:])

    def committed(self) -> int:
        """Sum of the group's committed offsets."""
        return sum(self.committed_at(p) for p in range(PARTITIONS))

    def committed_at(self, partition: int) -> int:
        """The group's committed offset of one partition; 0 if there is none."""
        part = ck.TopicPartition(f"{self.name}-in", partition)
        return max(self._client.committed([part], timeout=20)[0].offset, 0)

    def read(self, side: str = "out") -> list[ck.Message]:
        """All records of ID-out (or ID-in)."""
        topic, records = f"{self.name}-{side}", []
        for p in range(PARTITIONS):
            place = ck.TopicPartition(topic, p, 0)
            marks = self._client.get_watermark_offsets(place, timeout=20)
            self._client.assign([place])
            count = marks[1] if marks else 0
            found = self._client.consume(count, 20) if count else []
            assert len(found) == count
            records += found
        self._client.unassign()
        return records

    def check(self, count: int, duplicates: int | None = None) -> None:
        """ID-out has each of `count` ids, per key in order of first occurrence."""
        ids = [(record.key(), int(record.value() or b"-1")) for record in self.read()]
        seen = Counter(n for _, n in ids)
        assert sorted(seen) == list(range(count)), sorted(set(range(count)) - set(seen))[:9]
        firsts: dict[bytes | None, list[int]] = {}
        for key, n in dict.fromkeys(ids):
            firsts.setdefault(key, []).append(n)
        assert all(numbers == sorted(numbers) for numbers in firsts.values())
        if duplicates is not None:
            assert len(ids) - count == duplicates

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
        asked = {f"RDK_{name.upper()}": value for name, value in env.items()}
        command = [sys.executable, "-m", "faust", "--datadir", str(lane.tmp / "data")]
        command += ["-A", "tests.broker.rdkafka_app", "worker", "-l", "info", "--without-web"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    "FAUST_LOOP": "uvloop",
                    "RDK_BROKER": lane.bootstrap,
                    "RDK_ID": lane.name,
                    "RDK_INSTANCE": "one",
                    **asked,
                },
            )

    def term(self) -> None:
        """SIGTERM, without waiting."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.term()
        return self.process.wait(30)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(30)

    def ends(self, seconds: float = 30.0) -> int:
        """Wait for it to end by itself; the exit code."""
        return self.process.wait(seconds)

    def said(self) -> str:
        """Its log."""
        return self.log.read_text("utf-8", "replace")


@pytest.fixture
def lane(bootstrap: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Lane]:
    """Two topics' names and clients, of this test only."""
    name = re.sub(r"[^a-z0-9]+", "-", f"rdk-{request.node.name}").strip("-")
    lane = Lane(bootstrap, name, tmp_path)
    yield lane
    lane.close()
