"""Workers that come and go under load, and a broker that does: nothing lost, few things twice."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from infra.local.kafka import Kafka
from tests.broker.lane import LONG, Lane, Worker, until
from tests.chaos.test_transport_kills import COUNT, PACE, SEED

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(1200)]

STOPS = 8 if LONG else 2
AWAY = 120.0
"""Seconds without a broker; a lane's session lasts 30."""


def more_than(lane: Lane, count: int) -> bool:
    return lane.written() > count


def assigned(worker: Worker) -> bool:
    return "assigned: " in worker.said()


def test_clean_stops_repeat_nothing(lane: Lane) -> None:
    lane.create()
    lane.fill(0, COUNT)
    for step in range(1, STOPS + 1):
        worker = lane.worker(**PACE)
        until(partial(more_than, lane, step * COUNT // (STOPS + 2)))
        assert worker.stop() == 0, worker.said()
        assert lane.committed() == lane.written()
    lane.worker()
    until(lambda: lane.committed() == COUNT)
    lane.check(COUNT, duplicates=0)


@pytest.mark.skipif(not LONG, reason="minutes; in short: test_conformance_groups")
@pytest.mark.parametrize("partitions", [4])
def test_three_workers_join_and_leave_under_load(lane: Lane, report: Callable[[str], None]) -> None:
    report(f"seed {SEED} (TAPELINE_SEED repeats it)")
    chance, workers = random.Random(SEED), list[Worker]()
    lane.create()
    lane.fill(0, COUNT)
    pace = {"slow": "0.005", "every": "10", "instance": ""}
    while lane.committed() < COUNT:
        if len(workers) < 3 and (len(workers) < 2 or chance.random() < 0.6):
            workers.append(lane.worker(**pace))
        else:
            one = workers.pop(chance.randrange(len(workers)))
            until(partial(assigned, one))
            assert one.stop() == 0, one.said()
        time.sleep(chance.uniform(0, 4))
    lane.check(COUNT, duplicates=0)
    report(f"{len(lane.workers)} workers came and went; none lost, none twice")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Kafka]:
    """A broker of this test's own, to be killed."""
    with Kafka(tmp_path / "kafka") as broker:
        yield broker


def kept_up(lane: Lane, workers: list[Worker], seconds: float = 0) -> int:
    """Restart the workers that ended, for so long; give how many. Only exit code 70 is allowed."""
    ended, end = 0, time.monotonic() + seconds
    while True:
        for n, worker in enumerate(workers):
            if (code := worker.process.poll()) is not None:
                assert code == 70, worker.said()
                workers[n], ended = lane.worker(slow="0.001", instance=f"{n}"), ended + 1
        if time.monotonic() >= end:
            return ended
        time.sleep(0.2)


@pytest.mark.skipif(not LONG, reason="minutes; in short: test_broker_outage")
def test_a_broker_that_is_away_costs_nothing(
    own: Kafka, tmp_path: Path, report: Callable[[str], None]
) -> None:
    lane = Lane(own.bootstrap, "away", tmp_path)
    try:
        ended = away(own, lane)
    finally:
        lane.close()
    report(f"away for {AWAY:.0f} s: {ended} workers ended and were restarted, none lost")


def away(kafka: Kafka, lane: Lane) -> int:
    """Kill the broker under two workers, start it again, see all come out; give what ended."""
    lane.create()
    lane.fill(0, COUNT)
    workers = [lane.worker(slow="0.001", instance=f"{n}") for n in range(2)]
    until(lambda: lane.written() > COUNT // 10)
    kafka.kill()
    ended = kept_up(lane, workers, AWAY)
    kafka.start()
    lane.fill(COUNT, COUNT + 500)

    def done() -> bool:
        nonlocal ended
        ended += kept_up(lane, workers)
        return lane.committed() == COUNT + 500

    until(done, 240)
    lane.check(COUNT + 500)
    return ended
