"""Indicators of all bars at once: the windows' own, to the last bit; and columns rounded as one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.columns import indicators
from engine.columns.indicators import NAMES, indicated
from engine.columns.rounding import rounded_all
from engine.indicators import IndicatorSettings, Window, indicate, rounded

Floats = NDArray[np.float64]


@st.composite
def bars(draw: st.DrawFn) -> Floats:
    """Bars that wander, level stretches among them."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    count, wild = draw(st.integers(1, 280)), draw(st.sampled_from((0, 0.01, 1, 60)))
    moves = chance.normal(0, wild, count) * (chance.random(count) < draw(st.floats(0, 1)))
    close = np.round(np.maximum(1, 1000 + np.cumsum(moves)), 2)
    high = close + np.round(chance.random(count) * wild, 2)
    low = np.maximum(0.01, close - np.round(chance.random(count) * wild, 2))
    return np.stack([high, low, close, close])


PERIODS = st.integers(2, 50)


@st.composite
def rules(draw: st.DrawFn) -> IndicatorSettings:
    """Settings that fit a window."""
    names = (
        "rsi", "macd_fast", "macd_slow", "bollinger", "sma_fast", "sma_slow", "ema_fast",
        "ema_slow",
    )  # fmt: skip
    given = {name: draw(PERIODS) for name in names}
    return IndicatorSettings(
        **given, window=draw(st.integers(70, 200)), macd_signal=draw(st.integers(1, 12)),
        atr=draw(st.integers(1, 40)), bollinger_width=draw(st.sampled_from((1.0, 2.0, 2.5))),
    )  # fmt: skip


def windows(of: Floats, rule: IndicatorSettings) -> Floats:
    """As the signals stage goes through the bars."""
    window, found = Window(rule.window), []
    for bar in of.T.tolist():
        window.push(*bar)
        told = indicate(window, rule)
        assert tuple(told) == NAMES
        found.append([np.nan if value is None else value for value in told.values()])
    return np.array(found)


@settings(max_examples=12, deadline=None)
@given(bars(), rules() | st.just(IndicatorSettings()))
def test_they_are_those_of_the_windows_to_the_last_bit(of: Floats, rule: IndicatorSettings) -> None:
    ends = np.arange(of.shape[1])
    assert np.array_equal(indicated(of, ends, rule), windows(of, rule), equal_nan=True)


def test_they_are_the_same_where_the_library_cannot_be_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = np.random.default_rng(3)
    of, ends = 100 + np.abs(chance.normal(0, 2, (4, 90))), np.array([3, 40, 89])
    compiled = indicated(of, ends, IndicatorSettings())
    monkeypatch.setattr(indicators, "linked", lambda: False)
    assert np.array_equal(indicated(of, ends, IndicatorSettings()), compiled, equal_nan=True)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_columns_are_rounded_as_one_value_is(seed: int) -> None:
    chance = np.random.default_rng(seed)
    wide = chance.normal(0, 1, 200) * 10.0 ** chance.integers(-16, 16, 200)
    ties = (chance.integers(10**11, 10**12, 50) + 0.5) / 10.0 ** chance.integers(0, 20, 50)
    edges = np.array([0.0, -0.0, 1e-3, 0.1, 1, 10, 1e11, 999999999999.5, 99999999999.95, np.nan])
    values = np.concatenate([wide, ties, -ties, edges])
    wanted = [rounded(each) if each == each else each for each in values.tolist()]
    assert np.array_equal(rounded_all(values), wanted, equal_nan=True)
    assert not np.signbit(rounded_all(np.array([-0.0]))).any()
