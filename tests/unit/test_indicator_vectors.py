"""Every indicator that others have examples of, over whole vectors, by the code that is live.

The others' text is compared to 1e-6 relative, or, where they print fewer digits, to half a unit of
their last digit. Recursive averages need a seed, and origins differ in it: either the comparison
starts where the seed's weight has fallen below 1e-8, or the origin's own seed is given as bars
before the first one. tests/unit/vectors/NOTICE names the origins.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import isnan, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.indicators import (
    CLOSE,
    WARMING,
    IndicatorSettings,
    Window,
    indicate,
    indicate_all,
    rounded,
)
from tests.bench.indicator_window import differences
from tests.unit.worked_examples import Bar, bar_of, rows_of

SETTINGS = IndicatorSettings()
RELATIVE = 1e-6
FORGOTTEN = log(1e8)


def none(first: Bar) -> list[Bar]:
    """No bars before: TA-Lib's own seed."""
    return []


def flat(first: Bar) -> list[Bar]:
    """A price that stood still: averages start at it, averages of changes at zero (pandas' ewm)."""
    return [(first[2],) * 3] * 100


def inside(first: Bar) -> list[Bar]:
    """A close inside the first bar: the first true range is that bar's high less its low."""
    return [(first[2],) * 3]


@dataclass(frozen=True)
class Case:
    """A column of a file and the indicator that it must equal.

    rows: how many are compared; seed: bars before the first; alpha: of the slowest average whose
    seed must be forgotten first, 0 where none; single: the origin computes in single precision, and
    a difference of two averages keeps the error of the averages, 2^-24 of the price.
    """

    file: str
    column: str
    ours: str
    rows: int
    seed: Callable[[Bar], list[Bar]] = none
    alpha: float = 0.0
    single: bool = False
    periods: dict[str, int] = field(default_factory=dict)
    close: str = "Close"

    @property
    def warm_up(self) -> int:
        """Lines until (1 - alpha)^n is below 1e-8."""
        return int(FORGOTTEN / self.alpha) if self.alpha else 0


SPY = "spy_with_indicators.txt"
BANDS = "Bollinger Bands® 20 2 "
MACD = "spy_with_macd.txt"
WILDER, EMA26, EMA9 = 1 / 14, 2 / 27, 2 / 10

CASES = [
    Case(SPY, "RSI 14 Wilder", "rsi", 486),
    Case(SPY, "SMA14", "sma_fast", 487, periods={"sma_fast": 14}),
    Case(SPY, "SMA14", "sma_slow", 487, periods={"sma_slow": 14}),
    Case(SPY, "EMA14", "ema_fast", 487, periods={"ema_fast": 14}),
    Case(SPY, "MACD 12 26", "macd", 252, alpha=EMA26, single=True),
    Case("spy_ema.csv", "EMA14", "ema_fast", 351, periods={"ema_fast": 14}, close="close"),
    Case("spy_bollinger_bands.txt", "Moving Average 20", "bollinger_middle", 481),
    Case("spy_bollinger_bands.txt", "Moving Average 20", "sma_fast", 481),
    Case("spy_bollinger_bands.txt", BANDS + "Top", "bollinger_upper", 481),
    Case("spy_bollinger_bands.txt", BANDS + "Bottom", "bollinger_lower", 481),
    Case(MACD, "MACD", "macd", 114, alpha=EMA26, single=True),
    Case(MACD, "Signal", "macd_signal", 114, alpha=EMA26, single=True),
    Case(MACD, "Histogram", "macd_histogram", 114, alpha=EMA26, single=True),
    Case("spy_atr_wilder.txt", "Average True Range 14", "atr", 244, alpha=WILDER),
    Case("spy_atr_wilder.txt", "Average True Range 14", "atr", 488, seed=inside),
    Case("cs-rsi.csv", "RSI", "rsi", 19, seed=flat),
    Case("cs-stochrsi.csv", "RSI", "rsi", 19, seed=flat),
    Case("cs-bbands.csv", "MiddleBand", "bollinger_middle", 23),
    Case("cs-bbands.csv", "HighBand", "bollinger_upper", 23),
    Case("cs-bbands.csv", "LowBand", "bollinger_lower", 23),
    Case("cs-macd.csv", "short_ema", "ema_fast", 124, seed=flat),
    Case("cs-macd.csv", "long_ema", "ema_slow", 124, seed=flat),
    Case("cs-macd.csv", "MACD_line", "macd", 123, seed=flat),
    Case("cs-macd.csv", "MACD_signal", "macd_signal", 32, seed=flat, alpha=EMA9),
    Case("cs-macd.csv", "MACD_diff", "macd_histogram", 32, seed=flat, alpha=EMA9),
    Case("cs-ppo.csv", "12 day EMA", "ema_fast", 40, seed=flat),
    Case("cs-ppo.csv", "26 day EMA", "ema_slow", 40, seed=flat),
    Case("cs-pvo.csv", "12 day EMA", "ema_fast", 40, seed=flat, close="Volume"),
    Case("cs-pvo.csv", "26 day EMA", "ema_slow", 40, seed=flat, close="Volume"),
    Case("cs-stc.csv", "short_ema", "ema_fast", 120, seed=flat, periods={"ema_fast": 23}),
    Case("cs-stc.csv", "long_ema", "ema_slow", 120, seed=flat, periods={"ema_slow": 50}),
    Case("cs-stc.csv", "macd_line", "macd", 119, seed=flat,
         periods={"macd_fast": 23, "macd_slow": 50}),
    Case("cs-atr.csv", "ATR", "atr", 17, seed=inside),
    Case("cs-atr2.csv", "ATR", "atr", 21, seed=inside, periods={"atr": 10}),
    Case("cs-kc.csv", "atr", "atr", 21, seed=inside, periods={"atr": 10}),
]  # fmt: skip


def vectors(case: Case) -> Iterator[tuple[float, str, float]]:
    """Our value, the other's text and the close, line by line after the warm-up."""
    rows = rows_of(case.file)
    bars = [bar_of(row, case.close) for row in rows]
    before = case.seed(bars[0])
    settings = IndicatorSettings.model_validate(case.periods)
    ours = indicate_all(np.array(before + bars).T, settings)[case.ours][len(before) :]
    told = zip(ours.tolist(), (row[case.column] for row in rows), bars, strict=True)
    for value, text, bar in list(told)[case.warm_up :]:
        yield value, text, bar[CLOSE]


def allowed(text: str, scale: float) -> float:
    """1e-6 of the printed value; if that is more, half a unit of its last digit, or 2^-24 `scale`.

    (0.501 for a half: the text itself is not binary.)
    """
    decimals = len(text.partition(".")[2])
    return max(RELATIVE * abs(float(text)), 0.501 * 10.0**-decimals, scale * 2.0**-24)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}:{case.column}:{case.ours}")
def test_agrees_with_the_worked_example(case: Case) -> None:
    compared = 0
    for place, (ours, text, close) in enumerate(vectors(case)):
        if text in ("", "NaN") or float(text) == 0.0:
            continue
        compared += 1
        scale = close if case.single else 0.0
        assert abs(ours - float(text)) <= allowed(text, scale), (place, ours, text)
    assert compared == case.rows


def test_every_indicator_is_in_some_example() -> None:
    assert {case.ours for case in CASES} | {"close"} == set(WARMING)


@given(st.integers(0, 1000), st.integers(1, 200))
def test_the_live_value_is_the_last_of_the_vector(seed: int, length: int) -> None:
    chance, window, close = random.Random(seed), Window(200), 100.0
    for _ in range(length):
        close *= 1 + chance.gauss(0, 0.01)
        window.push(close * 1.01, close * 0.99, close)
    whole = indicate_all(window.bars, SETTINGS)
    for name, live in indicate(window, SETTINGS).items():
        last = float(whole[name][-1])
        assert (live is None) == isnan(last)
        assert live is None or live == rounded(last)


def test_a_vector_may_be_longer_than_the_window() -> None:
    closes = [100.0 + n % 7 for n in range(1000)]
    whole = indicate_all(np.array([closes] * 3), SETTINGS)
    assert len(whole["rsi"]) == 1000
    assert whole["sma_slow"][999] == pytest.approx(sum(closes[-50:]) / 50, rel=1e-12)
    assert whole["sma_slow"][500] == pytest.approx(sum(closes[451:501]) / 50, rel=1e-12)


def test_a_price_that_stood_still_has_an_rsi_of_fifty_until_it_moves() -> None:
    closes = [5.0] * 30 + [4.0]
    rsi = indicate_all(np.array([closes] * 3), SETTINGS)["rsi"]
    assert rsi[14:30].tolist() == [50.0] * 16
    assert rsi[30] == 0.0


def test_the_live_window_differs_from_all_bars_by_what_the_documents_say() -> None:
    """docs/indicators.md: below 1e-6 of the value, for the MACD of the price."""
    rows = rows_of("spy_bollinger_bands.txt")
    for name, (relative, of_price) in differences(
        np.array([bar_of(row, "Close") for row in rows]).T
    ).items():
        gap = of_price if name.startswith("macd") else relative
        assert 0 <= gap < (1e-7 if name.startswith("macd") else 1e-6), name
        assert gap > 1e-9 or name not in ("rsi", "atr", "macd"), "a truncation is there"
