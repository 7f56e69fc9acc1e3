"""Which trades are large for their market."""

from __future__ import annotations

from math import log, sqrt

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.outliers import OutlierSettings, SizeOutliers, log_units

SETTINGS = OutlierSettings(trades=50, warm_up=10, z=3.0)
UNIT = 10**18


def test_a_large_trade_is_told_with_its_z_score() -> None:
    outliers = SizeOutliers(SETTINGS, 100)
    for n in range(20):
        outliers.take(n, UNIT if n % 2 else 2 * UNIT, 1)
    assert not outliers.found
    outliers.take(30, 100 * UNIT, -1)
    ((time, quantity, side, z),) = outliers.found
    mean, deviation = log(2) / 2, log(2) / 2
    assert (time, quantity, side) == (30, 100 * UNIT, -1)
    assert z == pytest.approx((log(100) - mean) / deviation, rel=1e-5)


def test_small_trades_are_no_outliers() -> None:
    outliers = SizeOutliers(SETTINGS, 100)
    for n in range(20):
        outliers.take(n, UNIT if n % 2 else 2 * UNIT, 1)
    outliers.take(30, 1, 1)
    assert not outliers.found


def test_nothing_is_judged_in_warm_up_or_where_all_sizes_are_equal() -> None:
    outliers = SizeOutliers(SETTINGS, 100)
    for _ in range(9):
        outliers.take(0, UNIT, 1)
    outliers.take(0, 1000 * UNIT, 1)
    assert not outliers.found
    equal = SizeOutliers(SETTINGS, 100)
    for _ in range(60):
        equal.take(0, UNIT, 1)
    assert equal.score(log_units(1000 * UNIT)) is None


def test_an_outlier_is_forgotten_after_its_span() -> None:
    outliers = SizeOutliers(SETTINGS, 100)
    for n in range(20):
        outliers.take(n, UNIT if n % 2 else 2 * UNIT, 1)
    outliers.take(30, 100 * UNIT, 1)
    outliers.move(129)
    assert len(outliers.found) == 1
    outliers.move(130)
    assert not outliers.found


@given(st.lists(st.integers(1, 10**24), min_size=1, max_size=120), st.integers(0, 120))
def test_scores_are_those_of_the_latest_sizes_also_over_a_restart(
    sizes: list[int], restart: int
) -> None:
    outliers, held = SizeOutliers(SETTINGS, 1000), list[int]()
    for place, quantity in enumerate(sizes):
        if place == restart:
            data = orjson.loads(orjson.dumps(outliers.dump()))
            outliers = SizeOutliers.load(SETTINGS, 1000, data)
        size = log_units(quantity)
        score, latest = outliers.score(size), held[-SETTINGS.trades :]
        assert (score is None) == (len(latest) < SETTINGS.warm_up or len(set(latest)) == 1)
        if score is not None:
            mean = sum(latest) / len(latest)
            deviation = sqrt(sum((each - mean) ** 2 for each in latest) / len(latest))
            assert score == pytest.approx((size - mean) / deviation, rel=1e-6, abs=1e-6)
        outliers.take(place, quantity, 1)
        held.append(size)
