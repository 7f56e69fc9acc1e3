"""The parts of topics/rdkafka that need no broker."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from faust.types import TP
from faust.utils.terminal import SpinnerHandler
from hypothesis import given
from hypothesis import strategies as st

from topics.rdkafka import errors, failure
from topics.rdkafka.acks import Assignment, Backwards, Gate, Ledger
from topics.rdkafka.commit import Committer
from topics.rdkafka.delivery import lags
from topics.rdkafka.positions import OutOfRange, choose
from topics.rdkafka.transport import quiet_root_logger
from topics.rdkafka.watchdog import Stall

A = TP("a", 0)


class Died(BaseException):
    """In place of the end of the process."""


@pytest.fixture
def deaths(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `die` was called with."""
    reasons: list[str] = []

    def die(reason: str, code: int = 70, cause: BaseException | None = None) -> None:
        reasons.append(reason)
        raise Died(reason)

    monkeypatch.setattr(failure, "die", die)
    return reasons


@given(
    start=st.integers(0, 1000),
    sizes=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 2)), min_size=1, max_size=30),
    data=st.data(),
)
def test_safe_is_the_end_of_the_acked_prefix(
    start: int, sizes: list[tuple[int, int]], data: st.DataObject
) -> None:
    ledger, lasts, end = Ledger(start), [], start
    for count, gap in sizes:
        first, last = end + gap, end + gap + count - 1
        assert ledger.expect(first, last, count) == gap
        ledger.enter(last, count)
        lasts.append(last)
        end = last + 1
    acked: set[int] = set()
    settled = 0
    for last in data.draw(st.permutations(lasts))[: data.draw(st.integers(0, len(lasts)))]:
        settled += ledger.ack(last)
        acked.add(last)
        prefix = next((n for n, one in enumerate(lasts) if one not in acked), len(lasts))
        assert ledger.safe == (lasts[prefix - 1] + 1 if prefix else start)
        assert settled == sum(count for count, _ in sizes[:prefix])
    assert ledger.next == end


def test_a_partition_never_goes_backwards() -> None:
    ledger = Ledger(10)
    ledger.expect(10, 12, 3)
    with pytest.raises(Backwards, match="offset 12 after 12"):
        ledger.expect(12, 13, 2)


def test_an_old_assignment_cannot_change_the_new_one() -> None:
    old, new = (Assignment(n, {A: 5}, frozenset({A})) for n in (1, 2))
    for assignment in (old, new):
        assignment.ledgers[A].expect(5, 5, 1)
        assignment.ledgers[A].enter(5, 1)
    Gate(old, A, lambda tp, offset: None).add(5)
    assert (old.committable(), new.committable()) == ({A: 6}, {})


def test_broadcast_partitions_are_never_committable() -> None:
    assignment = Assignment(1, {A: 0}, frozenset())
    assignment.ledgers[A].enter(0, 1)
    assignment.ack(A, 0)
    assert assignment.committable() == {}
    assert assignment.acks == 1


@pytest.mark.parametrize("error", [GeneratorExit(), asyncio.CancelledError()])
def test_an_event_torn_down_in_the_middle_is_not_acked(error: BaseException) -> None:
    assignment, left = Assignment(1, {A: 0}, frozenset({A})), []
    assignment.ledgers[A].enter(0, 1)
    gate = Gate(assignment, A, lambda tp, offset: left.append((tp, offset)))
    try:
        raise error
    except BaseException:
        assert 0 in gate  # Faust adds nothing then
    assert left == [(A, 0)]
    assert 0 not in gate
    assert assignment.committable() == {}


@pytest.mark.parametrize(
    ("wanted", "committed", "start"),
    [(None, None, 10), (None, 15, 15), (12, 15, 12), (20, None, 20), (10, None, 10)],
)
def test_where_a_partition_starts(wanted: int | None, committed: int | None, start: int) -> None:
    assert choose(A, wanted, committed, 10, 20) == start


@pytest.mark.parametrize("wanted", [9, 21])
def test_a_wanted_position_is_exact_or_an_error(wanted: int) -> None:
    with pytest.raises(OutOfRange, match=rf"topic a partition 0: .* {wanted} .* 10 to 20"):
        choose(A, wanted, None, 10, 20)


def test_a_committed_offset_out_of_range_is_told(caplog: pytest.LogCaptureFixture) -> None:
    assert choose(A, None, 3, 10, 20) == 10
    assert "records are lost" in caplog.text


class Poller:
    """Runs jobs at once; its client is itself."""

    def __init__(self, order: list[str], error: int | None = None) -> None:
        self.client: Any = self
        self.order, self.error = order, error

    async def run(self, job: Any) -> Any:
        return job()

    def commit(self, offsets: Any, asynchronous: bool) -> Any:
        self.order.append("commit")
        if self.error is not None:
            raise KafkaException(KafkaError(self.error))
        return offsets


class Bench:
    """A committer, and the order of what it did."""

    def __init__(self, error: int | None = None, fails: str = "") -> None:
        self.order: list[str] = []
        self.fails = fails
        self.poller = Poller(self.order, error)
        self.committer = Committer(self.poller, lambda: self, self.checkpoint)
        self.assignment = Assignment(1, {A: 0, TP("b", 0): 0}, frozenset({A}))

    def work(self, tp: TP, offset: int) -> None:
        self.assignment.ledgers[tp].enter(offset, 1)
        self.assignment.ack(tp, offset)

    async def checkpoint(self) -> None:
        self.order.append("checkpoint")
        if self.fails == "checkpoint":
            raise RuntimeError("no")

    async def flush(self) -> None:
        self.order.append("flush")
        if self.fails == "flush":
            raise RuntimeError("no")


async def test_a_commit_goes_in_order_and_only_after_work() -> None:
    bench = Bench()
    assert await bench.committer.commit(bench.assignment) == {}
    assert bench.order == []
    bench.work(A, 0)
    assert await bench.committer.commit(bench.assignment) == {A: 1}
    assert bench.order == ["checkpoint", "flush", "commit"]
    assert await bench.committer.commit(bench.assignment) == {}
    assert len(bench.order) == 3


async def test_broadcast_work_is_checkpointed_without_a_commit() -> None:
    bench = Bench()
    bench.work(TP("b", 0), 0)
    await bench.committer.commit(bench.assignment)
    assert bench.order == ["checkpoint", "flush"]


@pytest.mark.parametrize("fails", ["checkpoint", "flush"])
async def test_no_commit_after_a_failure(deaths: list[str], fails: str) -> None:
    bench = Bench(fails=fails)
    bench.work(A, 0)
    with pytest.raises(Died):
        await bench.committer.commit(bench.assignment)
    assert bench.order[-1] == fails
    assert bench.assignment.committed == {A: 0}


async def test_a_commit_is_tried_again_when_the_broker_was_away() -> None:
    bench = Bench(error=KafkaError._TRANSPORT)
    bench.work(A, 0)
    assert await bench.committer.commit(bench.assignment) == {}
    bench.poller.error = None
    assert await bench.committer.commit(bench.assignment) == {A: 1}
    assert bench.order == ["checkpoint", "flush", "commit", "flush", "commit"]


def test_what_does_not_go_by_ends_the_process(deaths: list[str]) -> None:
    errors.judge(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    for code in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._AUTO_OFFSET_RESET):
        with pytest.raises(Died):
            errors.judge(KafkaError(code))
    assert len(deaths) == 2


def test_lag_is_a_backlog_or_records_on_the_broker() -> None:
    assignment = Assignment(1, {A: 5}, frozenset({A}))
    assert not lags(assignment, {A: 5})
    assert not lags(assignment, {A: -1})
    assert lags(assignment, {A: 6})
    assignment.polled = 1
    assert lags(assignment, {})


def test_a_stall_is_work_without_progress_for_the_timeout() -> None:
    now = [0.0]
    stall = Stall(10, lambda: now[0])
    seen = []
    for now[0], progress, lagging in (
        (1, 1, True), (10, 1, True), (11, 1, True), (12, 2, True), (30, 2, False), (39, 2, True),
        (41, 2, True),
    ):  # fmt: skip
        seen.append(stall.observe(progress, lagging))
    assert seen == [False, False, True, False, False, False, True]
    stall.forgive()
    assert not stall.observe(2, True)


def test_the_spinner_does_not_turn_debug_on(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    plain = logging.NullHandler(logging.WARNING)
    spinner = SpinnerHandler(None, level=logging.DEBUG)  # type: ignore[arg-type]
    monkeypatch.setattr(root, "handlers", [plain, spinner])
    monkeypatch.setattr(root, "level", logging.DEBUG)
    quiet_root_logger()
    assert root.level == logging.WARNING
