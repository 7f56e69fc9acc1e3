"""Indicators against worked examples of others, against plain TA-Lib, and at the edges."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.indicators import WARMING, IndicatorSettings, Values, Window, indicate, rounded

VECTORS = Path(__file__).parent / "vectors"
SETTINGS = IndicatorSettings()
BANDS = "Bollinger Bands® 20 2 "


def worked(name: str, column: str) -> Iterator[tuple[Values, str]]:
    """Our values and the other's text, row by row."""
    window = Window(SETTINGS.window)
    with (VECTORS / name).open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            close = float(row["Close"])
            window.push(float(row.get("High", close)), float(row.get("Low", close)), close)
            yield indicate(window, SETTINGS), row[column]


@pytest.mark.parametrize(
    ("name", "column", "ours"),
    [
        ("spy_with_indicators.txt", "RSI 14 Wilder", "rsi"),
        ("spy_bollinger_bands.txt", BANDS + "Top", "bollinger_upper"),
        ("spy_bollinger_bands.txt", "Moving Average 20", "bollinger_middle"),
        ("spy_bollinger_bands.txt", BANDS + "Bottom", "bollinger_lower"),
        ("spy_bollinger_bands.txt", "Moving Average 20", "sma_fast"),
        ("cs-bbands.csv", "HighBand", "bollinger_upper"),
        ("cs-bbands.csv", "LowBand", "bollinger_lower"),
    ],
)
def test_agrees_with_others_from_warm_up_to_the_end(name: str, column: str, ours: str) -> None:
    rows = 0
    for values, text in worked(name, column):
        value = values[ours]
        assert (value is None) == (text == "")
        if value is not None:
            rows += 1
            assert value == pytest.approx(float(text), rel=1e-6)
    assert rows > 20


@pytest.mark.parametrize(
    ("column", "ours"),
    [("MACD", "macd"), ("Signal", "macd_signal"), ("Histogram", "macd_histogram")],
)
def test_macd_agrees_to_a_millionth_of_the_price(column: str, ours: str) -> None:
    """A window of 200 bars forgets the seed of a 26-bar EMA down to 1.4e-6 of its error."""
    rows = 0
    for values, text in worked("spy_with_macd.txt", column):
        value, close = values[ours], values["close"]
        if text and value is not None and close is not None:
            rows += 1
            assert abs(value - float(text)) <= 1e-6 * close
    assert rows == 183


def walk(seed: int, length: int, start: float, scale: float) -> Iterator[tuple[float, ...]]:
    """High, low and close of a random walk."""
    chance = random.Random(seed)
    close = start
    for _ in range(length):
        close *= 1 + chance.gauss(0, scale)
        yield close * (1 + scale), close * (1 - scale), close


@given(st.integers(0, 1000), st.integers(1, 500))
def test_basis_points_change_nothing(seed: int, length: int) -> None:
    bars = list(walk(seed, length, 100.0, 0.01))
    window = Window(200)
    for high, low, close in bars:
        window.push(high, low, close)
    high_, low_, close_ = (np.array(column) for column in zip(*bars[-200:], strict=True))
    values = indicate(window, SETTINGS)
    plain: list[tuple[str, Callable[[], float]]] = [
        ("rsi", lambda: talib.RSI(close_, 14)[-1]),
        ("macd", lambda: talib.MACD(close_)[0][-1]),
        ("bollinger_upper", lambda: talib.BBANDS(close_, 20, 2.0, 2.0)[0][-1]),
        ("sma_slow", lambda: talib.SMA(close_, 50)[-1]),
        ("ema_slow", lambda: talib.EMA(close_, 26)[-1]),
        ("atr", lambda: talib.ATR(high_, low_, close_, 14)[-1]),
    ]
    for name, call in plain:
        expected, value = float(call()), values[name]
        assert (value is None) == bool(np.isnan(expected))
        assert value is None or value == pytest.approx(expected, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("price", [1e-12, 1e-5, 0.3, 61_234.5, 1e9])
def test_bands_and_rsi_do_not_depend_on_the_size_of_the_price(price: float) -> None:
    """Older TA-Lib took variances below 1e-14 for none: its bands fell together there."""
    told = []
    for start in (1.0, price):
        window = Window(200)
        for high, low, close in walk(7, 100, start, 1e-8):
            window.push(high, low, close)
        values = indicate(window, SETTINGS)
        upper, lower, rsi = (values[n] for n in ("bollinger_upper", "bollinger_lower", "rsi"))
        assert upper is not None
        assert lower is not None
        told.append(((upper - lower) / start, rsi))
    assert told[0] == pytest.approx(told[1], rel=1e-3)
    assert told[0][0] > 0


def test_a_flat_market_has_an_rsi_of_fifty_and_no_momentum() -> None:
    window = Window(200)
    for _ in range(60):
        window.push(0.1, 0.1, 0.1)
    values = indicate(window, SETTINGS)
    assert values["rsi"] == 50.0
    assert values["macd"] == values["macd_signal"] == values["atr"] == 0.0
    assert values["sma_fast"] == values["sma_slow"] == values["bollinger_upper"] == 0.1


def test_every_indicator_is_none_before_its_bars_are_there() -> None:
    window = Window(200)
    assert indicate(window, SETTINGS) == WARMING
    ready: dict[str, int] = {}
    for n, (high, low, close) in enumerate(walk(1, 60, 100, 0.01), start=1):
        window.push(high, low, close)
        for name, value in indicate(window, SETTINGS).items():
            if value is not None:
                ready.setdefault(name, n)
    assert ready == {
        "close": 1, "ema_fast": 12, "rsi": 15, "atr": 15, "bollinger_upper": 20,
        "bollinger_middle": 20, "bollinger_lower": 20, "sma_fast": 20, "ema_slow": 26,
        "macd": 34, "macd_signal": 34, "macd_histogram": 34, "sma_slow": 50,
    }  # fmt: skip


@given(st.lists(st.floats(1, 100), max_size=200), st.integers(0, 200))
def test_a_window_keeps_its_latest_bars_through_dump_and_load(closes: list[float], at: int) -> None:
    size = 60
    window = Window(size)
    for n, close in enumerate(closes):
        if n == at:
            window = Window.load(size, window.dump())
        window.push(close, close, close, close)
    assert window.dump() == [closes[-size:]] * 4
    assert len(window) == min(len(closes), size)


def test_rounds_to_twelve_significant_digits() -> None:
    assert rounded(1 / 3) == 0.333333333333
    assert rounded(61234.567890123456) == 61234.5678901
    assert str(rounded(-0.0)) == "0.0"


@pytest.mark.parametrize(
    "periods", [{"sma_slow": 201}, {"rsi": 200}, {"atr": 200}, {"macd_slow": 195, "macd_signal": 7}]
)
def test_every_indicator_must_fit_the_window(periods: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        IndicatorSettings.model_validate(periods)


def test_the_longest_periods_that_fit_are_there_when_the_window_is_full() -> None:
    longest = {"sma_slow": 200, "rsi": 199, "atr": 199, "macd_slow": 192, "macd_signal": 9}
    settings, window = IndicatorSettings.model_validate(longest), Window(200)
    for high, low, close in walk(5, 200, 100.0, 0.01):
        window.push(high, low, close)
    assert None not in indicate(window, settings).values()
