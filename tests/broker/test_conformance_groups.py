"""What any transport must do with many workers, on ours and on stock Faust's."""

from __future__ import annotations

import time

import pytest

from tests.broker.lane import LATER, LONG, OURS, STOCK, Lane, until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]
COUNT = 6000 if LONG else 3000


@pytest.mark.parametrize("partitions", [4])
@pytest.mark.parametrize("transport", [OURS, pytest.param(STOCK, marks=LATER)])
def test_one_to_four_workers_share_the_partitions(lane: Lane) -> None:
    """Each that joins or leaves in order moves partitions: nothing is lost, nothing twice."""
    lane.create()
    lane.fill(0, COUNT)
    workers = [lane.worker(mode="items", slow="0.002", instance="")]
    until(lambda: lane.written() > COUNT // 8)
    workers += [lane.worker(mode="items", slow="0.002", instance="") for _ in range(3)]
    until(lambda: all("assigned" in worker.said() for worker in workers))
    until(lambda: lane.written() > COUNT // 2)
    for worker in workers[:2]:
        worker.term()
    assert [worker.ends() for worker in workers[:2]] == [0, 0]
    until(lambda: lane.committed() == COUNT)
    lane.check(COUNT, duplicates=0)


@pytest.mark.parametrize("transport", [OURS, pytest.param(STOCK, marks=LATER)])
def test_a_revocation_waits_for_the_event_in_flight(lane: Lane) -> None:
    lane.create()
    lane.fill(0, 100)
    one = lane.worker(mode="items", hang="40", hangs="4", order=str(lane.order), instance="")
    until(lambda: "hangs" in lane.noted())
    lane.worker(mode="items", instance="")
    time.sleep(2)
    lane.not_passed(b"40")
    until(lambda: lane.committed() == 100)
    assert one.process.poll() is None
    lane.check(100, duplicates=0)
