"""topics/rdkafka stops, uncommitted, rather than to lose a record (real Kafka)."""

import time

import pytest

from tests.broker.lane import Lane, until

pytestmark = pytest.mark.broker


def test_a_batch_whose_body_raised_comes_back(lane: Lane) -> None:
    lane.create()
    lane.fill(0, 1000)
    worker = lane.worker(boom="300", batch="50")
    assert worker.ends() == 70
    assert "raised ValueError: boom" in worker.said()
    lane.not_passed(b"300")
    lane.worker()
    until(lambda: lane.committed() == 1000)
    lane.check(1000)


def test_a_commit_waits_for_a_batch_in_flight(lane: Lane) -> None:
    """One batch of partition p hangs while its successors wait: nothing after it is committed."""
    lane.create()
    lane.fill(0, 400)
    worker = lane.worker(hang="200", batch="10", order=str(lane.order))
    until(lambda: "hangs" in lane.noted())
    time.sleep(0.6)  # three commit intervals
    lane.not_passed(b"200")
    worker.kill()
    lane.worker()
    until(lambda: lane.committed() == 400)
    lane.check(400)


def test_a_checkpoint_that_raises_stops_the_worker(lane: Lane) -> None:
    lane.create()
    lane.fill(0, 100)
    worker = lane.worker(order=str(lane.order), checkpoint="raise")
    assert worker.ends() == 70
    assert lane.committed() == 0


def test_missing_topics_are_named(lane: Lane) -> None:
    worker = lane.worker()
    assert worker.ends() == 78
    line = next(line for line in worker.said().splitlines() if "missing topics" in line)
    for part in (f"{lane.name}-in", lane.bootstrap, "tapeline topics --create"):
        assert part in line


def test_a_position_that_the_broker_does_not_have_stops_the_worker(lane: Lane) -> None:
    lane.create()
    lane.fill(0, 50)
    worker = lane.worker(positions='{"0": 4711}')
    assert worker.ends() == 70
    assert f"topic {lane.name}-in partition 0: start offset 4711 is wanted" in worker.said()
