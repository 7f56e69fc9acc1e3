"""kill -9 of the archive in mid-stream: its files have every record of every topic, exactly."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest

from infra.local.desk import ARCHIVE
from schemas import names
from schemas.codec import encode
from tests.broker.writing import in_order
from tests.pipeline.run import Run
from tests.unit.small_desk import SECOND, recorded
from topics.archive.files import read
from topics.archive.reading import Archive
from topics.archive.row import Row
from topics.partition import partition_of
from topics.reading import read_all

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(900)]

ROUNDS = 8 if os.environ.get("TAPELINE_CHAOS") == "long" else 3
TOPICS = (names.RAW, names.TICKS, names.JOURNAL, names.LETTERS)
PACE = 1500
"""Records a second."""


class Feed(Thread):
    """Writes real records, poison, tombstones and keys that are no text, until it is told to end;
    then the same for half a second more."""

    def __init__(self, run: Run) -> None:
        super().__init__(daemon=True)
        self._settings, self.ending = run.settings, Event()
        self._producer = in_order(run.settings.bootstrap)
        self.count = 0

    def run(self) -> None:
        values = [encode(record) for record in recorded(10 * SECOND)]
        began, chance = time.monotonic(), random.Random(1)
        last = 1 << 62
        while self.count < last:
            topic, value = chance.choice(TOPICS), values[self.count % len(values)]
            key = chance.choice([b"binance:BTC/USDT:USDT", b"venue:%d" % chance.randrange(9)])
            if chance.random() < 0.05:
                key, value = b"\xff\x00:*", chance.choice([b"{poison", b""])
            self._write(topic, key, value or None)
            time.sleep(max(0.0, began + self.count / PACE - time.monotonic()))
            self.count += 1
            if last == 1 << 62 and self.ending.is_set():
                last = self.count + PACE // 2
        assert self._producer.flush(60) == 0

    def _write(self, topic: str, key: bytes, value: bytes | None) -> None:
        number = partition_of(topic, key.decode(errors="replace"))
        self._producer.produce(self._settings.physical(topic), value, key, number)
        self._producer.poll(0)


def start(run: Run, root: Path) -> None:
    env = {
        "TAPELINE_ARCHIVE__DIRECTORY": str(root),
        "TAPELINE_ARCHIVE__ROLL": "0.4",
        "TAPELINE_ARCHIVE__LARGEST": "200000",
        "TAPELINE_ARCHIVE__MEMORY": "600000",
    }
    run.start([ARCHIVE], **env)


def on_kafka(run: Run, topic: str) -> list[Row]:
    """What a topic holds, as rows without what their heads say."""
    return [
        Row(
            message.partition() or 0, message.offset() or 0, message.timestamp()[1],
            bytes(message.key() or b""), message.value(), None, None, None,
        )
        for message in read_all(run.settings, topic)
    ]  # fmt: skip


def in_files(run: Run, root: Path, topic: str) -> list[Row]:
    rows = Archive(root, run.settings.prefix).rows(topic)
    return [row._replace(seq=None, event_time=None, seen_time=None) for row in rows]


def count(root: Path) -> int:
    return sum(1 for _ in root.rglob("*.parquet"))


def doubles(run: Run, root: Path) -> int:
    """Rows that are in more than one file."""
    archive = Archive(root, run.settings.prefix)
    files = [file for topic in archive.topics() for file in archive.files(topic)]
    rows = [(file.shelf.topic, *row[:2]) for file in files for row in read(file)]
    return len(rows) - len(set(rows))


def kill(run: Run, killed: int) -> None:
    os.kill(run.supervisor.pids()[ARCHIVE], signal.SIGKILL)
    while run.supervisor.restarts()[ARCHIVE] < killed or ARCHIVE not in run.supervisor.pids():
        run.turn(0.02)


def test_kill_9_of_the_archive(runs: Callable[[str], Run], tmp_path: Path) -> None:
    run, chance, root = runs("killedarchive"), random.Random(7), tmp_path / "archive"
    feed = Feed(run)
    start(run, root)
    feed.start()
    until = time.monotonic() + 300
    for killed in range(1, ROUNDS + 1):
        there = count(root)
        while count(root) < there + 8:
            assert time.monotonic() < until, run.log(ARCHIVE)
            run.turn(0.02)
        run.turn(chance.uniform(0, 0.5))
        kill(run, killed)
    feed.ending.set()
    feed.join()
    until = time.monotonic() + 120
    for topic in TOPICS:
        wanted = on_kafka(run, topic)
        while len(in_files(run, root, topic)) < len(wanted):
            assert time.monotonic() < until, run.log(ARCHIVE)
            run.turn(0.2)
    run.stop()
    for topic in TOPICS:
        assert in_files(run, root, topic) == sorted(on_kafka(run, topic), key=lambda row: row[:2])
    assert doubles(run, root) > 0, "no kill came between a file and its commit"
