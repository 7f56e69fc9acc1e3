"""The faults of Faust 0.15.3 that lose events: closed on our transport, shown red on stock's."""

from __future__ import annotations

import json
import time
from subprocess import TimeoutExpired

import pytest

from infra.local.waiting import wait_for
from tests.broker.lane import OURS, Lane, Lost, Passed, Stuck, Worker, fails_on_stock, until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]
COUNT = 300


def over(lane: Lane, worker: Worker, place: tuple[int, int]) -> bool:
    """The worker has ended, or has committed past that partition and offset."""
    return worker.process.poll() is not None or lane.committed_at(place[0]) > place[1]


def supervised(lane: Lane, **fault: str) -> None:
    """Run a worker into its fault, then one without it until all is committed; nothing is lost."""
    worker = lane.worker(mode="items", **fault)
    place = lane.placed(b"100")
    if not wait_for(lambda: over(lane, worker, place), 60.0 if lane.transport == OURS else 20.0):
        raise Stuck(worker.said())
    worker.kill()
    lane.worker()
    until(lambda: lane.committed() == COUNT)
    lane.check(COUNT)


@pytest.mark.parametrize(
    "transport",
    [OURS, fails_on_stock("an exception in an agent acks its event (#315, #527)", Lost)],
)
def test_an_exception_in_an_agent_does_not_ack(lane: Lane) -> None:
    lane.create()
    lane.fill(0, COUNT)
    supervised(lane, boom="100")


@pytest.mark.parametrize(
    "transport",
    [OURS, fails_on_stock("a cancelled agent acks its event (#315), or gets no more", Lost, Stuck)],
)
def test_a_cancellation_in_an_agent_does_not_ack(lane: Lane) -> None:
    lane.create()
    lane.fill(0, COUNT)
    supervised(lane, cancel="100")


@pytest.mark.parametrize(
    "transport", [OURS, fails_on_stock("a commit passes events in flight (#606)", Passed)]
)
def test_a_commit_never_passes_an_event_in_flight(lane: Lane) -> None:
    """Two actors take turns: one hangs on an event, the other goes on with those after it."""
    lane.create()
    lane.fill(0, COUNT)
    worker = lane.worker(mode="items", hang="100", concurrency="2")
    until(lambda: lane.written() == COUNT - 1)
    time.sleep(0.8)  # four commit intervals
    lane.not_passed(b"100")
    worker.kill()
    lane.worker()
    until(lambda: lane.committed() == COUNT)
    assert {int(record.value() or b"") for record in lane.read()} == set(range(COUNT))


@pytest.mark.parametrize(
    "transport",
    [OURS, fails_on_stock("a failed produce is only logged, its offset committed", Passed)],
)
def test_a_failed_produce_is_never_committed(lane: Lane) -> None:
    lane.create(out={"max.message.bytes": "100000"})
    lane.fill(0, COUNT)
    small = json.dumps({"batch.size": 20_000})
    worker = lane.worker(mode="items", big="100", producer=small)
    place = lane.placed(b"100")
    until(lambda: over(lane, worker, place))
    lane.not_passed(b"100")
    assert worker.ends() == 70
    assert "delivery failed" in worker.said()
    lane.worker()
    until(lambda: lane.committed() == COUNT)
    assert {int(record.value() or b"") for record in lane.read()} == set(range(COUNT))


@pytest.mark.parametrize(
    "transport",
    [OURS, fails_on_stock("it only logs that it has stopped consuming (#175)", TimeoutExpired)],
)
def test_a_worker_that_has_stopped_consuming_ends(lane: Lane) -> None:
    lane.create()
    lane.fill(0, COUNT)
    worker = lane.worker(mode="items", hang="100", stall="2", order=str(lane.order))
    until(lambda: "hangs" in lane.noted())
    assert worker.ends(60 if lane.transport == OURS else 8) == 70
    assert "nothing was acked for 2 s" in worker.said()


@pytest.mark.parametrize(
    "transport", [OURS, fails_on_stock("what cannot be decoded is logged and committed", Passed)]
)
def test_poison_is_not_dropped_unseen(lane: Lane) -> None:
    """A typed topic of Faust's. Our stages decode themselves: tests/pipeline/test_poison.py shows
    that what they cannot read goes to dead.letters.
    """
    lane.create()
    lane.fill(0, 20)
    lane.put(b"{broken")
    worker = lane.worker(mode="typed")
    place = lane.placed(b"{broken")
    until(lambda: over(lane, worker, place))
    lane.not_passed(b"{broken")
    assert worker.ends() == 70
    assert "cannot deliver" in worker.said()
