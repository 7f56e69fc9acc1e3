"""Returns of a curve and their figures: by hand, and beside the statistics module's."""

from __future__ import annotations

import math
import statistics
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics import Point, max_drawdown, sharpe
from engine.performance.drawdowns import Fall, falls, underwater
from engine.performance.returns import PERIODS, Ratios, Returns, monthly, period_of
from engine.spans import DAY, SECOND

D = Decimal
HOUR = 3600 * SECOND

CURVES = st.lists(
    st.tuples(st.integers(0, 40 * DAY), st.integers(1, 10**9)), min_size=1, max_size=40
).map(lambda rows: [(time, D(worth).scaleb(-3)) for time, worth in sorted(rows)])


def days(*worths: str) -> list[Point]:
    return [(number * DAY, D(worth)) for number, worth in enumerate(worths)]


def test_periods_are_filled_forward_and_begin_with_the_start() -> None:
    curve = [(5, D(100)), (DAY - 1, D(110)), (3 * DAY, D(121)), (3 * DAY + 9, D("60.5"))]
    found = Returns.of(curve, "day")
    assert found.values.tolist() == pytest.approx([0.1, 0, 0, -0.45])
    assert (found.first, found.span, found.growth) == (0, 3 * DAY + 4, 0.605)
    assert found.fall == 0.5
    assert not found.ruined


@given(CURVES, st.sampled_from(sorted(PERIODS)))
def test_returns_compound_to_the_whole(curve: list[Point], period: str) -> None:
    if curve[-1][0] - curve[0][0] > 5000 * PERIODS[period]:
        return
    found = Returns.of(curve, period)
    assert len(found.values) == curve[-1][0] // PERIODS[period] - curve[0][0] // PERIODS[period] + 1
    assert math.prod(1 + each for each in found.values) == pytest.approx(found.growth, rel=1e-6)


def test_the_period_is_the_longest_of_which_there_are_thirty() -> None:
    def over(span: int) -> str:
        return period_of([(7, D(1)), (7 + span, D(1))])

    spans = (30 * DAY, 30 * DAY - 1, 30 * HOUR, 30 * HOUR - 1, 1800 * SECOND, 1799 * SECOND, 1)
    assert [over(span) for span in spans] == [
        "day", "hour", "hour", "minute", "minute", "second", "second",
    ]  # fmt: skip
    assert period_of([]) == "second"


def test_figures_by_hand() -> None:
    """Returns 0, 0.1, -0.2, 0.25 of four days: mean 0.0375; squares off it sum to 0.106875."""
    curve = days("100", "110", "88", "110")
    found = Ratios.of(Returns.of(curve, "day"))
    deviation = math.sqrt(0.106875 / 3)
    assert found.total_return == pytest.approx(0.1)
    assert found.volatility == pytest.approx(deviation * math.sqrt(365))
    assert found.sharpe == pytest.approx(0.0375 / deviation)
    assert found.sortino == pytest.approx(0.0375 / 0.1)  # sqrt(0.04 / 4) = 0.1
    assert found.sortino_annual == pytest.approx(0.375 * math.sqrt(365))
    cagr = 1.1 ** (365 / 3) - 1
    assert found.cagr == pytest.approx(cagr)
    assert found.calmar == pytest.approx(cagr / 0.2)


@given(CURVES)
def test_figures_beside_the_statistics_module(curve: list[Point]) -> None:
    found = Returns.of(curve, "day")
    values, ratios = found.values.tolist(), Ratios.of(found)
    if len(values) < 2 or len(set(values)) < 2:
        assert ratios.sharpe is None
        return
    mean, spread = statistics.fmean(values), statistics.stdev(values)
    lost = math.sqrt(statistics.fmean(min(each, 0) ** 2 for each in values))
    assert ratios.sharpe == pytest.approx(mean / spread, rel=1e-6, abs=1e-9)
    assert ratios.sortino == (pytest.approx(mean / lost, rel=1e-6, abs=1e-9) if lost else None)
    m2, m3, m4 = (statistics.fmean((x - mean) ** power for x in values) for power in (2, 3, 4))
    assert ratios.skewness == pytest.approx(m3 / m2**1.5, rel=1e-5, abs=1e-5)
    assert ratios.kurtosis == pytest.approx(m4 / m2**2, rel=1e-5)
    assert (ratios.volatility is None) == (found.span < DAY)


@given(st.lists(st.integers(1, 10**6), min_size=3, max_size=30))
def test_the_ratio_of_days_is_that_of_the_pnl_command(worths: list[int]) -> None:
    curve = days(*map(str, worths))
    told, found = sharpe(curve), Ratios.of(Returns.of(curve, "day")).sharpe_annual
    assert (found is None) == (told is None)
    if told is not None:
        assert found == pytest.approx(told.ratio, rel=1e-6, abs=1e-9)


def test_nothing_is_annualised_of_less_than_a_day() -> None:
    found = Ratios.of(Returns.of([(0, D(100)), (60 * SECOND, D(101)), (90 * SECOND, D(99))]))
    annual = (found.cagr, found.volatility, found.sharpe_annual, found.sortino_annual, found.calmar)
    assert annual == (None,) * 5
    assert found.sharpe is not None
    assert found.sortino is not None


def test_ruin_ends_the_returns() -> None:
    found = Returns.of(days("100", "50", "-10", "40"), "day")
    assert found.values.tolist() == pytest.approx([0, -0.5, -1.2])
    assert found.ruined
    assert Ratios.of(found).cagr == -1
    assert Returns.of(days("0", "5"), "day").ruined
    assert not Returns.of([]).ruined


def test_an_empty_or_flat_curve_has_no_ratio() -> None:
    for curve in ([], days("5"), days("5", "5", "5")):
        found = Ratios.of(Returns.of(curve, "day"))
        assert (found.sharpe, found.sortino, found.calmar, found.skewness) == (None,) * 4


def test_months() -> None:
    curve = [(0, D(100)), (30 * DAY, D(110)), (31 * DAY, D(99)), (62 * DAY, D(99))]
    assert monthly(curve) == [("1970-01", 0.1), ("1970-02", -0.1), ("1970-03", 0.0)]
    assert monthly([]) == []


def test_falls_with_their_dates() -> None:
    curve = points("100", "90", "95", "100", "120", "60", "70", "120", "130", "117")
    assert falls(curve) == [
        Fall(4, 5, 7, D(60), 0.5),
        Fall(0, 1, 3, D(10), 0.1),
        Fall(8, 9, None, D(13), 0.1),
    ]
    assert falls(curve, 1) == [Fall(4, 5, 7, D(60), 0.5)]
    assert falls(points("1", "2", "2")) == []
    assert falls(points("-5", "-9", "-3")) == []


def points(*worths: str) -> list[Point]:
    return [(number, D(worth)) for number, worth in enumerate(worths)]


@given(CURVES)
def test_the_deepest_fall_is_the_known_one_and_falls_do_not_overlap(curve: list[Point]) -> None:
    found, deepest = falls(curve, 100), max_drawdown(curve)
    assert (not found) == (deepest is None)
    if deepest is not None:
        assert (found[0].share, found[0].value) == (deepest.share, deepest.value)
    ordered = sorted(found, key=lambda each: each.peak)
    for one, two in pairwise(ordered):
        assert one.recovered is not None
        assert one.peak <= one.trough <= one.recovered <= two.peak
    assert max((share for _, share in underwater(curve)), default=0) == (
        deepest.share if deepest else 0
    )
