"""Rate limits as data, and a worker's own buckets: no window has more than a venue allows."""

from __future__ import annotations

import ccxt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.guard.bucket import RESERVE, Buckets, Priority, Wish
from executor.guard.limits import BETWEEN, UNKNOWN, Limit, Limits, Scope, between, limits_of

VENUES = (
    "binance", "okx", "bybit", "coinbase", "kraken", "htx", "kucoin", "gate", "bitget", "mexc",
    "nobody",
)  # fmt: skip
CALLS = (
    "place", "amend", "cancel", "prepare", "find", "open_orders", "fills", "positions",
    "balances", "clock", "open",
)  # fmt: skip


@pytest.mark.parametrize("exchange", VENUES)
@pytest.mark.parametrize("market", ["spot", "perpetual", "future"])
def test_every_call_costs_something_that_can_be_had(exchange: str, market: str) -> None:
    limits = limits_of(exchange, market)
    for call in CALLS:
        for symbol in ("BTC/USDT", ""):
            rows = limits.cost(call, symbol)
            assert rows
            assert all(0 < cost <= limit.allowed for limit, cost in rows)
    named = {limit.name for limit in limits.limits}
    for costs in (*limits.costs.values(), limits.other):
        assert set(costs) <= named


@pytest.mark.parametrize("exchange", sorted(BETWEEN))
def test_what_is_ccxts_is_as_ccxt_has_it(exchange: str) -> None:
    assert getattr(ccxt, exchange)().rateLimit == pytest.approx(BETWEEN[exchange])


def test_the_documented_rows() -> None:
    def rows(exchange: str, market: str) -> set[tuple[str, int, float]]:
        found = limits_of(exchange, market).limits
        return {(limit.name, limit.allowed, limit.span) for limit in found}

    assert {("weight", 6000, 60), ("orders", 100, 10)} <= rows("binance", "spot")
    assert {("weight", 2400, 60), ("orders", 300, 10)} <= rows("binance", "perpetual")
    assert {("place", 60, 2), ("cancel", 60, 2)} <= rows("okx", "perpetual")
    assert {("create", 10, 1), ("address", 600, 5)} <= rows("bybit", "perpetual")
    assert ("create", 20, 1) in rows("bybit", "spot")
    assert (
        rows("nobody", "spot")
        == {("requests", 50, 10.0)}
        == {("requests", each.allowed, each.span) for each in between(UNKNOWN).limits}
    )


def test_all_symbols_cost_more_than_one() -> None:
    usdm = limits_of("binance", "perpetual")
    ((_, one),) = usdm.cost("open_orders", "BTC/USDT:USDT")
    ((_, all_),) = usdm.cost("open_orders", "")
    assert (one, all_) == (1, 40)


@given(st.integers(1, 10_000), st.floats(0.1, 100))
def test_a_limit_is_never_more_than_it_says(allowed: int, span: float) -> None:
    limit = Limit("x", allowed, span, Scope.ACCOUNT)
    assert limit.rate > 0
    assert limit.burst + limit.rate * span <= max(allowed, 1.5) + 1e-6


def wish(limit: Limit, cost: float = 1, priority: Priority = Priority.LESSENS) -> Wish:
    return Wish(limit.name, limit.burst, limit.rate, cost, RESERVE[priority] * limit.burst)


@given(
    st.integers(4, 60),
    st.lists(st.tuples(st.floats(0, 0.5), st.integers(1, 3)), min_size=1, max_size=150),
)
def test_no_window_has_more_than_is_allowed(allowed: int, asked: list[tuple[float, int]]) -> None:
    """Whoever asks as soon as it may, and whoever asks at any time."""
    limit, buckets, now = Limit("x", allowed, 1.0), Buckets(), 0.0
    given_: list[tuple[float, int]] = []
    for pause, cost in asked:
        now += pause
        wait = buckets.take([wish(limit, cost)], now)
        if wait:
            now += wait + 1e-9
            assert buckets.take([wish(limit, cost)], now) == 0
        given_.append((now, cost))
    for start, _ in given_:
        window = [cost for at, cost in given_ if start <= at <= start + 1.0]
        most = allowed + (max(window) if max(window) > limit.burst else 0)
        assert sum(window) <= most + 1e-6


def test_what_is_refused_takes_nothing() -> None:
    small, large = Limit("small", 4, 1.0), Limit("large", 400, 1.0)
    buckets = Buckets()
    assert buckets.take([wish(large), wish(small)], 0.0) == 0
    assert buckets.take([wish(large), wish(small)], 0.0) == pytest.approx(1 / 3)
    assert buckets.tokens["large"] == (99.0, 0.0)


def test_reads_leave_something_for_orders_and_those_for_cancels() -> None:
    limit = Limit("x", 400, 1.0)

    def taken(priority: Priority, buckets: Buckets) -> int:
        count = 0
        while buckets.take([wish(limit, 1, priority)], 0.0) == 0:
            count += 1
        return count

    buckets = Buckets()
    found = [taken(each, buckets) for each in (Priority.READ, Priority.SEND, Priority.LESSENS)]
    assert found == [50, 30, 20]


def test_what_costs_more_than_the_burst_waits_for_all_of_it() -> None:
    limit, buckets = Limit("x", 40, 1.0), Buckets()
    assert buckets.take([wish(limit, 25)], 0.0) == 0
    wait = buckets.take([wish(limit, 1)], 0.0)
    assert wait == pytest.approx(16 / 30)


def test_a_stop_holds_everything() -> None:
    limit, buckets = Limit("x", 40, 1.0), Buckets()
    buckets.shut(5.0)
    buckets.shut(3.0)
    assert buckets.take([wish(limit)], 1.0) == 4.0
    assert buckets.take([wish(limit)], 5.0) == 0


def test_a_clock_that_goes_back_gives_nothing_back() -> None:
    limit, buckets = Limit("x", 4, 1.0), Buckets()
    assert buckets.take([wish(limit)], 10.0) == 0
    assert buckets.take([wish(limit)], 9.0) == pytest.approx(1 / 3)


def test_a_call_that_costs_nothing_is_free() -> None:
    assert Limits((Limit("x", 1, 1.0),)).cost("place", "") == []
