"""The circuit breaker: when it opens, when it is tried, and what it takes to close it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.circuit import COOL, LIMIT, Breaker, Circuit

SECOND = 1_000_000_000


def opened(at: int = 0) -> Breaker:
    breaker = Breaker()
    for _ in range(LIMIT):
        assert breaker.allows(at)
        breaker.failed(at)
    return breaker


def test_five_failures_in_a_row_open_it_for_a_minute() -> None:
    breaker = opened(7)
    assert (LIMIT, COOL) == (5, 60 * SECOND)
    assert not breaker.allows(7)
    assert not breaker.allows(7 + 60 * SECOND - 1)
    assert breaker.allows(7 + 60 * SECOND)


def test_an_answer_between_failures_starts_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(3):
        for _ in range(LIMIT - 1):
            breaker.failed(0)
        breaker.succeeded(0)
    assert breaker.state is Circuit.CLOSED


def test_one_trial_at_a_time() -> None:
    breaker = opened()
    assert breaker.allows(COOL)
    assert not breaker.allows(COOL)
    breaker.succeeded(COOL)
    assert breaker.allows(COOL)
    assert breaker.allows(COOL)


def test_a_trial_that_fails_opens_it_for_another_minute() -> None:
    breaker = opened()
    assert breaker.allows(COOL + 5)
    breaker.failed(COOL + 9)
    assert not breaker.allows(2 * COOL + 8)
    assert breaker.allows(2 * COOL + 9)


def test_a_trial_that_was_cancelled_leaves_the_next_call_to_try() -> None:
    breaker = opened()
    assert breaker.allows(COOL)
    breaker.abandoned()
    assert breaker.state is Circuit.TRIAL
    assert breaker.allows(COOL)
    assert not breaker.allows(COOL)


def test_an_answered_probe_lets_it_be_tried_at_once() -> None:
    breaker = opened()
    breaker.answered(3 * SECOND)
    assert breaker.state is Circuit.OPEN
    assert breaker.allows(3 * SECOND)
    breaker.failed(4 * SECOND)
    assert not breaker.allows(4 * SECOND + COOL - 1)
    closed = Breaker()
    closed.answered(3)
    assert closed.state is Circuit.CLOSED


def test_failures_that_come_in_late_do_not_make_it_longer() -> None:
    breaker = opened()
    breaker.failed(50 * SECOND)
    assert breaker.allows(COOL)


def test_what_passed_an_open_circuit_and_was_answered_closes_it() -> None:
    breaker = opened()
    breaker.succeeded(SECOND)
    assert breaker.allows(SECOND)
    assert breaker.failures == 0


def test_each_change_is_told_once() -> None:
    breaker = opened(1)
    (first,) = breaker.changes()
    assert (first.before, first.after) == (Circuit.CLOSED, Circuit.OPEN)
    assert (first.at, first.failures) == (1, LIMIT)
    assert breaker.changes() == []
    breaker.allows(1 + COOL)
    breaker.succeeded(2 + COOL)
    assert [(each.before, each.after) for each in breaker.changes()] == [
        (Circuit.OPEN, Circuit.TRIAL),
        (Circuit.TRIAL, Circuit.CLOSED),
    ]


@dataclass
class Naive:
    """The same from its whole history of ends: (at, well)."""

    ends: list[tuple[int, bool]]

    def closed(self) -> bool:
        tail = [well for _, well in self.ends[-LIMIT:]]
        return len(tail) < LIMIT or any(tail)


@given(st.lists(st.tuples(st.integers(0, 20 * SECOND), st.booleans()), max_size=60))
def test_it_is_never_open_without_five_failures_in_a_row(ends: list[tuple[int, bool]]) -> None:
    breaker, naive, now = Breaker(), Naive([]), 0
    for passed, well in ends:
        now += passed
        if not breaker.allows(now):
            assert not naive.closed()
            continue
        (breaker.succeeded if well else breaker.failed)(now)
        naive.ends.append((now, well))
        assert (breaker.state is Circuit.CLOSED) == naive.closed()


@pytest.mark.parametrize("limit", [1, 3])
def test_the_limit_is_a_parameter(limit: int) -> None:
    breaker = Breaker(limit=limit, cool=10)
    for _ in range(limit):
        breaker.failed(0)
    assert not breaker.allows(9)
    assert breaker.allows(10)
