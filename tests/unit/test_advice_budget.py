"""What asking may cost in an hour: never more, whatever is asked in whatever order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.advice.budget import HOUR, Ledger, Limits, Price, Spending, added, dollars, nano
from engine.spans import SECOND

LIMITS = Limits(cost=1000, tokens=500, calls=7, time=60 * SECOND)
TIGHT = Limits(cost=400, tokens=500, calls=7, time=60 * SECOND)

amount = st.integers(0, 600)
steps = st.lists(
    st.tuples(
        st.integers(0, HOUR),  # ns since the step before
        st.sampled_from(["one", "other"]),
        st.tuples(amount, amount, st.integers(0, 3), st.integers(0, 30 * SECOND)),
        st.tuples(*[st.floats(0, 1)] * 4),  # how much of the worst case it comes to
        st.booleans(),  # whether it ends at once or stays under way
    ),
    max_size=40,
)


def within(rows: list[tuple[str, Spending]], now: int, limits: Limits, advisor: str = "") -> None:
    """By its own sum: the hour before `now` holds no more than the limits."""
    mine = [each for name, each in rows if advisor in ("", name) and each.at > now - HOUR]
    total = added(now, mine)
    for name, limit in limits._asdict().items():
        assert getattr(total, name) <= limit, name


@given(steps)
def test_never_above(steps: list[Any]) -> None:
    ledger, now = Ledger(LIMITS, {"one": TIGHT}), HOUR
    done: list[tuple[str, Spending]] = []
    under_way: list[tuple[str, str, Spending]] = []
    for n, (later, advisor, worst, shares, ends) in enumerate(steps):
        now += later
        most = Spending(now, *worst)
        if ledger.reserve(str(n), advisor, most) is None:
            came = [int(part * each) for part, each in zip(worst, shares, strict=True)]
            under_way.append((str(n), advisor, Spending(now, *came)))
        while under_way and ends:
            id, name, spending = under_way.pop()
            ledger.settle(id, spending._replace(at=now))
            done.append((name, spending._replace(at=now)))
        within(done, now, LIMITS)
        within(done, now, TIGHT, "one")


def test_what_does_not_fit_is_refused_and_what_fits_is_not() -> None:
    ledger = Ledger(LIMITS)
    assert ledger.reserve("a", "one", Spending(HOUR, cost=600, calls=1)) is None
    assert ledger.reserve("b", "one", Spending(HOUR, cost=401, calls=1)) is not None
    assert ledger.reserve("b", "one", Spending(HOUR, cost=400, calls=1)) is None
    ledger.settle("a", Spending(HOUR, cost=100, calls=1))
    assert ledger.reserve("c", "one", Spending(HOUR, cost=500, calls=1)) is None
    assert ledger.reserve("d", "one", Spending(HOUR, cost=1, calls=1)) is not None


def test_it_says_which_limit_and_in_which_unit() -> None:
    ledger = Ledger(Limits(cost=nano("0.5"), tokens=10, calls=1, time=SECOND))
    told = ledger.reserve("a", "one", Spending(0, cost=nano("0.6")))
    assert told == "cost: 0 USD spent, up to 0.6 USD more, limit 0.5 USD"
    assert (
        ledger.reserve("a", "x", Spending(0, 0, 11)) == "tokens: 0 spent, up to 11 more, limit 10"
    )


def test_an_hour_later_it_is_free_again() -> None:
    ledger = Ledger(LIMITS)
    ledger.take("a", "one", Spending(at=5, cost=1000))
    assert ledger.reserve("b", "one", Spending(at=5 + HOUR - 1, cost=1)) is not None
    assert ledger.reserve("b", "one", Spending(at=5 + HOUR, cost=1000)) is None
    assert "a" not in ledger.spent


def test_what_is_told_twice_counts_once() -> None:
    ledger = Ledger(LIMITS)
    for _ in range(2):
        ledger.take("a", "one", Spending(at=5, cost=10))
    assert ledger.total(6).cost == 10
    assert ledger.reserve("b", "one", Spending(6, cost=20)) is None
    ledger.take("b", "one", Spending(6, cost=5))  # read back before it is settled
    assert ledger.total(6).cost == 30
    ledger.settle("b", Spending(6, cost=5))
    assert ledger.total(6).cost == 15


@given(
    st.integers(0, 10**7),
    st.integers(0, 10**7),
    st.decimals(0, 1000, places=6),
    st.decimals(0, 1000, places=6),
)
def test_a_bill_is_never_below_the_provider_s(
    read: int, written: int, input: Decimal, output: Decimal
) -> None:
    bill = (read * input + written * output) / 10**6
    ours = Decimal(dollars(Price.of(input, output).cost(read, written)))
    assert 0 <= ours - bill < Decimal("1e-9")


@pytest.mark.parametrize("text", ["0", "0.5", "12.000000001"])
def test_money_as_text_and_back(text: str) -> None:
    assert dollars(nano(text)) == text
