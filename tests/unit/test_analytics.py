"""Statistics of a span, each by hand."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics import (
    Drawdown,
    Point,
    Sharpe,
    Span,
    daily,
    equity_curve,
    max_drawdown,
    merged,
    sharpe,
    traded,
    trades,
    within,
)
from engine.portfolio import PortfolioSettings
from engine.position import RoundTrip
from engine.research.marks import Mark, marked
from schemas.instruments import Kind
from schemas.orders import Contract
from schemas.portfolio import Portfolio
from tests.unit.portfolio_play import INVERSE, LINEAR, SPOT, Play

DAY = 86_400 * 10**9
HOUR = DAY // 24
PLAIN = Contract(kind=Kind.LINEAR, leverage="10")
D = Decimal


def points(*worths: str, step: int = HOUR) -> list[Point]:
    return [(number * step, D(worth)) for number, worth in enumerate(worths)]


def test_spans_hold_their_beginning_and_not_their_end() -> None:
    assert [Span(2, 4).holds(time) for time in range(1, 5)] == [False, True, True, False]
    assert Span().holds(-1)


def test_between_statuses_what_is_held_is_worth_each_price() -> None:
    desk = Play()
    desk.now = 5
    desk.fill("buy", "100", "2", contract=PLAIN, fee="1")
    desk.now = 10
    desk.fill("sell", "101", "2", contract=PLAIN, fee="1")
    prices = [Mark(time, D(price)) for time, price in ((3, "90"), (8, "103"), (9, "99"), (12, "7"))]
    assert marked(desk.statuses, prices, D(10000), PortfolioSettings()) == [
        (5, D(9999)), (8, D(10005)), (9, D(9997)), (10, D(10000)),
    ]  # fmt: skip
    assert marked((), prices, D(10000), PortfolioSettings()) == []


def test_the_curve_begins_with_the_start_and_only_changes_are_points() -> None:
    desk = Play()
    desk.now = 5
    desk.fill("buy", "100", "1", contract=PLAIN, fee="1")
    desk.now = 9
    desk.mark("100")
    desk.mark("103")
    desk.now = 7  # another market's clock
    desk.fill("buy", "3", "1", SPOT, fee="4")
    told = [out.record for out in desk.told if isinstance(out.record, Portfolio)]
    assert equity_curve(told, D(10000)) == [
        (5, D(10000)), (5, D(9999)), (9, D(10002)), (9, D(9998)),
    ]  # fmt: skip
    assert equity_curve(told, D(50), "main") == [
        (5, D(50)), (5, D(49)), (9, D(52)), (9, D(48)),
    ]  # fmt: skip
    assert equity_curve(told, D(50), "other") == [(5, D(50))]
    assert equity_curve([], D(50)) == []


def test_a_span_of_a_curve_begins_with_what_was_there() -> None:
    curve = points("10", "11", "12", "13", step=1)
    assert within(curve, Span(2, 3)) == [(2, D(11)), (2, D(12))]
    assert within(curve, Span()) == curve
    assert within(curve, Span(9)) == [(9, D(13))]


def test_daily_results() -> None:
    curve = [(0, D(10)), (HOUR, D(14)), (DAY - 1, D(13)), (DAY, D(12)), (3 * DAY, D("12.5"))]
    assert daily(curve) == [(0, D(3)), (DAY, D(-1)), (3 * DAY, D("0.5"))]
    assert daily([]) == []


@given(st.lists(st.tuples(st.integers(0, 9 * DAY), st.integers(1, 10**30)), min_size=1))
def test_daily_results_add_up_exactly(rows: list[tuple[int, int]]) -> None:
    curve = [(time, D(worth).scaleb(-26)) for time, worth in sorted(rows)]
    whole = sum((Fraction(won) for _, won in daily(curve)), Fraction(0))
    assert whole == Fraction(curve[-1][1]) - Fraction(curve[0][1])


def test_the_deepest_fall_is_by_share() -> None:
    curve = points("100", "90", "200", "185", "300", "280")
    assert max_drawdown(curve) == Drawdown(D(10), 0.1, 0, HOUR)
    assert max_drawdown(points("100", "80", "90", "70", "110")) == Drawdown(D(30), 0.3, 0, 3 * HOUR)
    assert max_drawdown(points("1", "1", "2")) is None


@given(st.lists(st.integers(-9, 10**4) | st.integers(10**18, 10**18 + 9), max_size=30))
def test_the_deepest_fall_is_the_first_of_the_largest_rounded_shares(worths: list[int]) -> None:
    """Shares that differ behind the twelfth digit are alike: the first of them is told."""
    curve, found = points(*map(str, worths)), []
    for at, (time, worth) in enumerate(curve):
        since, peak = max(curve[: at + 1], key=lambda point: point[1])
        if worth < peak and peak > 0:
            share = float(f"{float(Fraction(peak - worth) / Fraction(peak)):.12g}")
            found.append(Drawdown(peak - worth, share, since, time))
    assert max_drawdown(curve) == max(found, key=lambda fall: fall.share, default=None)


def test_sharpe_of_days_is_annualised() -> None:
    curve = points("100", "110", "99", step=DAY)  # returns 0, 0.1, -0.1
    assert sharpe(curve) == Sharpe(0.0, "day")
    curve = points("100", "110", "132", step=DAY)  # 0, 0.1, 0.2: mean 0.1, deviation 0.1
    found = sharpe(curve)
    assert found is not None
    assert found.ratio == pytest.approx(math.sqrt(365), rel=1e-11)


def test_sharpe_within_a_day_is_of_records() -> None:
    found = sharpe(points("100", "110", "143"))  # 0.1, 0.3: mean 0.2, deviation 0.1414
    assert found == Sharpe(1.41421356237, "record")
    assert sharpe(points("100", "110", "121")) is None  # all alike
    assert sharpe(points("100", "110")) is None
    assert sharpe([]) is None


def trip(worth: str, returned: str) -> RoundTrip:
    return RoundTrip(LINEAR, "main", 0, 1, D(worth), D(worth), D(returned))


def test_round_trips() -> None:
    found = trades([trip("30", "0.3"), trip("10", "0.1"), trip("-20", "-0.2"), trip("0", "0")])
    assert (found.closed, found.won, found.net) == (4, 2, D(20))
    assert (found.win_rate, found.average_return) == (0.5, 0.05)
    assert (found.average_win, found.average_loss) == (20.0, -10.0)
    assert (found.profit_factor, found.expectancy) == (2.0, 5.0)
    assert found.win_rate is not None
    assert found.win_rate * 20 + (1 - found.win_rate) * -10 == found.expectancy


def test_without_losses_or_trips_nothing_is_divided() -> None:
    won = trades([trip("30", "0.3")])
    assert (won.profit_factor, won.average_loss, won.win_rate) == (None, None, 1.0)
    none = trades([])
    assert (none.closed, none.net, none.win_rate, none.expectancy) == (0, D(0), None, None)


def test_what_was_traded_by_strategy_and_symbol() -> None:
    desk = Play()
    desk.fill("buy", "100", "1", contract=PLAIN, fee="0.1")
    desk.now = 10
    desk.fill("sell", "110", "3", contract=PLAIN, fee="0.3", strategy="swing")
    desk.fund("0.5")
    desk.now = 20
    desk.fill("buy", "50000", "10", INVERSE, fee="0.0001")
    desk.mark("40000", INVERSE)
    desk.fund("0.0002", INVERSE)
    desk.fill("sell", "62500", "10", INVERSE)
    rows = traded(desk.statuses, Span(), PortfolioSettings())
    assert set(rows) == {("main", LINEAR), ("swing", LINEAR), ("main", INVERSE)}
    swing = rows["swing", LINEAR]
    assert (swing.fills, swing.fees, swing.funding, swing.turnover) == (
        1, D("0.3"), D("0.5"), D(330),
    )  # fmt: skip
    (first,) = rows["main", LINEAR].trips
    assert (first.strategy, first.opened, first.closed) == ("main", 0, 10)
    assert first.net == D("9.8")  # 10, its fee of 0.1, and a third of 0.3
    inverse = rows["main", INVERSE]
    assert (inverse.fees, inverse.funding, inverse.turnover) == (D(5), D(8), D(2000))
    (last,) = inverse.trips
    assert (last.net, last.worth) == (D("0.0037"), D("231.25"))  # 0.004 - 0.0001 - 0.0002 BTC
    later = traded(desk.statuses, Span(20), PortfolioSettings())
    assert set(later) == {("main", INVERSE)}
    assert traded(desk.statuses, Span(10, 20), PortfolioSettings())["main", LINEAR].fills == 0
    whole = merged(rows.values())
    assert (whole.fills, whole.turnover) == (4, D(2430))
    assert [one.closed for one in whole.trips] == [10, 20]


def test_its_counts_are_those_of_the_portfolio() -> None:
    desk = Play()
    for number in range(9):
        side = "buy" if number % 3 else "sell"
        desk.fill(side, str(100 + number * number), "1.5", contract=PLAIN, fee="0.2")
    found = trades(merged(traded(desk.statuses, Span(), PortfolioSettings()).values()).trips)
    account = desk.last("*")
    assert (found.closed, found.won) == (account.closed, account.won)
    assert found.closed > 1
    assert found.average_return == pytest.approx(float(account.returned) / found.closed, rel=1e-11)
