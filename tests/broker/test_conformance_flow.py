"""What any transport must do with one worker, on ours and on stock Faust's: all of it, in order."""

from __future__ import annotations

import json
import time

import pytest

from infra.local.kafka import Kafka
from tests.broker.lane import LATER, LONG, OURS, STOCK, Lane, Worker, until

pytestmark = [
    pytest.mark.broker,
    pytest.mark.timeout(300),
    pytest.mark.parametrize("transport", [OURS, pytest.param(STOCK, marks=LATER)]),
]


@pytest.fixture
def steered(lane: Lane) -> Worker:
    """A worker on 400 records that takes its time, holds few records and obeys `order`."""
    lane.create()
    lane.fill(0, 400)
    control = str(lane.tmp / "control")
    return lane.worker(mode="items", slow="0.005", batch="5", buffer="10", control=control)


def order(lane: Lane, **what: list[int]) -> None:
    """Make the worker pause, resume or seek; wait until it has."""
    file = lane.tmp / "control"
    file.with_suffix(".new").write_text(json.dumps(what), "utf-8")
    file.with_suffix(".new").rename(file)
    until(lambda: not file.exists())


def still(lane: Lane, partition: int) -> bool:
    """Nothing more comes out of the partition for 0.7 s."""
    before = lane.ends("out")[partition]
    time.sleep(0.7)
    return lane.ends("out")[partition] == before


def test_all_is_delivered_in_order_and_a_clean_restart_repeats_none(lane: Lane) -> None:
    lane.create()
    lane.fill(0, 1000)
    worker = lane.worker(mode="items", slow="0.001")
    until(lambda: lane.written() > 300)
    assert worker.stop() == 0, worker.said()
    assert 0 < lane.committed() == lane.written() < 1000
    lane.worker(mode="items")
    until(lambda: lane.committed() == 1000)
    lane.check(1000, duplicates=0)


def test_a_paused_partition_waits_and_the_other_goes_on(lane: Lane, steered: Worker) -> None:
    until(lambda: lane.written() > 30)
    order(lane, pause=[0])
    until(lambda: still(lane, 0))
    assert lane.ends("out")[0] < lane.ends("in")[0]
    until(lambda: lane.ends("out")[1] == lane.ends("in")[1])
    order(lane, resume=[0])
    until(lambda: lane.committed() == 400)
    lane.check(400, duplicates=0)
    assert steered.stop() == 0


def test_a_seek_goes_back_in_one_partition_only(lane: Lane, steered: Worker) -> None:
    until(lambda: lane.committed() == 400)
    back = lane.ends("in")[0] - 10
    order(lane, seek=[0, 10])
    until(lambda: lane.written() == 400 + back)
    lane.fill(400, 430)
    until(lambda: lane.committed() == 430)
    lane.check(430, duplicates=back)
    assert steered.stop() == 0


@pytest.mark.skipif(not LONG, reason="in short: tests/chaos/test_broker_outage.py")
def test_a_broker_that_is_killed_and_comes_back_costs_nothing(kafka: Kafka, lane: Lane) -> None:
    lane.create()
    lane.fill(0, 3000)
    worker = lane.worker(mode="items", slow="0.001")
    until(lambda: lane.written() > 1000)
    kafka.kill()
    kafka.start()
    lane.fill(3000, 4000)
    until(lambda: lane.committed() == 4000)
    assert worker.process.poll() is None
    lane.check(4000)
