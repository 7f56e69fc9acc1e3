"""Targets by hand, and the law that they look ahead as far as they say and no further."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.learning import purging, targets
from engine.learning.purging import blocks, trained
from engine.learning.targets import Bars
from engine.research.splits import NoSplit
from tests.recorded import long


def bars(*rows: tuple[float, float, float, float]) -> Bars:
    return Bars(*(np.array(column, dtype=float) for column in zip(*rows, strict=True)))


FLAT = (100.0, 100.5, 99.5, 100.0)


def test_which_barrier_is_met_first() -> None:
    width = np.full(4, 2.0)
    up = bars(FLAT, (100, 101, 99.9, 101), (101, 102.0, 100.5, 101.5), FLAT)
    told = targets.triple_barrier(up, width, 2)
    assert (told.side[0], told.end[0]) == (1, 2)
    down = bars(FLAT, (100, 100.5, 98.0, 99), FLAT, FLAT)
    told = targets.triple_barrier(down, width, 2)
    assert (told.side[0], told.end[0]) == (-1, 1)
    none = targets.triple_barrier(bars(FLAT, FLAT, FLAT, FLAT), width, 2)
    assert none.side.tolist() == [0, 0, 0, 0]
    assert none.end.tolist() == [2, 3, -1, -1]


@pytest.mark.parametrize(
    ("row", "side"),
    [
        ((100.0, 103.0, 97.0, 101.0), -1),  # rises: open, low, high, close
        ((100.0, 103.0, 97.0, 99.0), 1),  # falls: open, high, low, close
        ((102.5, 103.0, 97.0, 102.6), 1),  # opens beyond the upper one
        ((97.5, 103.0, 97.0, 97.6), -1),
    ],
)
def test_within_one_bar_the_way_is_a_candle_s(
    row: tuple[float, float, float, float], side: int
) -> None:
    told = targets.triple_barrier(bars(FLAT, row), np.full(2, 2.0), 1)
    assert (told.side[0], told.end[0]) == (side, 1)


def test_a_rise_is_the_upper_barrier_or_else_a_higher_close() -> None:
    series = bars(
        FLAT, (100, 100.6, 99.6, 100.2), (100.2, 100.6, 99.6, 100.2), (100, 103, 100, 103)
    )
    told = targets.rises(series, targets.triple_barrier(series, np.full(4, 2.0), 1))
    assert told[:3].tolist() == [1.0, 0.0, 1.0]
    assert np.isnan(told[3])


def test_returns_and_volatility_by_hand() -> None:
    close = np.array([100.0, 110.0, 99.0, 99.0])
    made, end = targets.returns(close, 2)
    assert made[:2].tolist() == pytest.approx([log(0.99), log(0.9)])
    assert end.tolist() == [2, 3, -1, -1]
    told = targets.volatility(close, np.full(4, 0.05), 2)
    root = ((log(1.1) ** 2 + log(0.9) ** 2) / 2) ** 0.5
    assert told[0] == pytest.approx(log(root / 0.05))
    assert np.isnan(told[2:]).all()
    assert np.isnan(targets.volatility(np.full(4, 5.0), np.full(4, 0.05), 2)).all()


def test_falls_and_rises_beyond_a_width() -> None:
    series = bars(FLAT, (100, 101, 98, 100), (100, 103, 99, 100), FLAT)
    assert targets.falls_beyond(series, np.full(4, 2.0), 1)[:3].tolist() == [1.0, 0.0, 0.0]
    assert targets.falls_beyond(series, np.full(4, 3.0), 2, up=True)[:2].tolist() == [1.0, 1.0]
    assert np.isnan(targets.falls_beyond(series, np.full(4, 2.0), 2)[2:]).all()


def test_regimes_by_hand() -> None:
    steps = [0.01] * 4 + [0.01, -0.01] * 4 + [-0.05] * 4
    close = 100 * np.exp(np.cumsum([0.0, *steps]))
    told = targets.regimes(close, np.full(len(close), 0.01), 4)
    names = [targets.REGIMES[int(each)] for each in told[np.isfinite(told)]]
    assert names[0] == "trend"
    assert names[4] == "range"
    assert names[12] == "panic"


@settings(max_examples=long(60, 20))
@given(data=st.data(), horizon=st.integers(1, 5))
def test_nothing_beyond_its_end_changes_a_target(data: st.DataObject, horizon: int) -> None:
    closes = data.draw(st.lists(st.floats(50, 150), min_size=12, max_size=12))
    other = data.draw(st.lists(st.floats(50, 150), min_size=12, max_size=12))
    cut = data.draw(st.integers(1, 11))

    def all_of(values: list[float]) -> list[np.ndarray]:
        close = np.array(values)
        series = Bars(close, close + 1, close - 1, close)
        trailing, width = np.full(12, 0.01), np.full(12, 3.0)
        touched = targets.triple_barrier(series, width, horizon)
        return [
            targets.returns(close, horizon)[0], targets.rises(series, touched),
            targets.volatility(close, trailing, horizon),
            targets.falls_beyond(series, width, horizon),
            targets.regimes(close, trailing, horizon),
        ]  # fmt: skip

    sure = max(0, cut - horizon)
    for one, two in zip(all_of(closes), all_of(closes[:cut] + other[cut:]), strict=True):
        assert np.allclose(one[:sure], two[:sure], equal_nan=True)


def test_training_never_sees_into_the_test_span() -> None:
    times = np.arange(0, 600, 10, dtype=np.int64)
    ends = times + 45
    for split in blocks(times, 5, 20):
        assert split.test is not None
        learnt, judged = trained(times, ends, split), purging.tested(times, ends, split)
        assert learnt.any()
        assert judged.any()
        assert ends[learnt].max() < split.test.since - 20
        assert times[judged].min() >= split.test.since
    assert sum(int(purging.tested(times, ends, each).sum()) for each in blocks(times, 5, 20)) == 50
    with pytest.raises(NoSplit):
        blocks(times[:8], 5, 0)
