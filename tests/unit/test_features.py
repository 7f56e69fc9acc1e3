"""Features by hand, their bounds, and what is None."""

from __future__ import annotations

from math import cos, log, pi, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.features import FeatureSettings, moment_names, of_bars, of_moment
from engine.indicators import WARMING, IndicatorSettings, Values, Window, indicate
from engine.spans import DAY

SETTINGS = FeatureSettings()
INDICATORS = IndicatorSettings()


def window_of(closes: list[float], volumes: list[float] | None = None) -> Window:
    window = Window(200)
    for close, volume in zip(closes, volumes or [1.0] * len(closes), strict=True):
        window.push(close, close, close, volume)
    return window


def features_of(window: Window, time: int | None = 0) -> Values:
    return of_bars(window, indicate(window, INDICATORS), time, SETTINGS)


def test_returns_and_volatility_by_hand() -> None:
    closes = [100.0 * (1.01 if n % 2 else 1.0) for n in range(62)]
    values = features_of(window_of(closes))
    step = log(1.01)
    assert values["log_return_1"] == pytest.approx(step, rel=1e-11)
    assert values["log_return_5"] == pytest.approx(step, rel=1e-11)
    assert values["log_return_60"] == 0.0
    assert values["realised_volatility"] == pytest.approx(step, rel=1e-11)
    assert values["momentum_z"] == pytest.approx(1 / sqrt(15), rel=1e-11)


def test_scaled_indicators_by_hand() -> None:
    given: Values = {
        **WARMING, "close": 200.0, "rsi": 30.0, "macd_histogram": 1.5, "bollinger_upper": 210.0,
        "bollinger_lower": 190.0, "ema_fast": 198.0, "ema_slow": 200.0, "atr": 4.0,
    }  # fmt: skip
    values = of_bars(window_of([200.0]), given, 0, SETTINGS)
    assert values["bollinger_position"] == 0.5
    assert values["rsi"] == -0.4
    assert values["macd_histogram_atr"] == 0.375
    assert values["ema_gap_atr"] == -0.5
    assert values["atr_bps"] == 200.0
    beyond = of_bars(window_of([200.0]), {**given, "close": 150.0}, 0, SETTINGS)
    assert beyond["bollinger_position"] == 0.0


def test_volume_by_hand() -> None:
    volumes = [1.0] * 59 + [61.0]
    values = features_of(window_of([100.0] * 60, volumes))
    assert values["volume_z"] == pytest.approx(59 / sqrt(59), rel=1e-11), "mean 2, deviation 59^0.5"


def test_the_time_of_day_is_a_circle() -> None:
    for share in (0.0, 0.25, 0.9):
        values = features_of(window_of([1.0]), 19_000 * DAY + round(share * DAY))
        assert values["time_of_day_sin"] == pytest.approx(sin(2 * pi * share), abs=1e-9)
        assert values["time_of_day_cos"] == pytest.approx(cos(2 * pi * share), abs=1e-9)


def test_none_until_its_bars_are_there() -> None:
    assert set(features_of(window_of([]), None).values()) == {None}
    ready: dict[str, int] = {}
    for n in range(1, 65):
        closes = [100.0 + k % 7 for k in range(n)]
        for name, value in features_of(window_of(closes, closes)).items():
            if value is not None:
                ready.setdefault(name, n)
    assert ready == {
        "time_of_day_sin": 1, "time_of_day_cos": 1, "log_return_1": 2, "log_return_5": 6,
        "rsi": 15, "atr_bps": 15, "log_return_15": 16, "bollinger_position": 20,
        "ema_gap_atr": 26, "macd_histogram_atr": 34, "volume_z": 60, "log_return_60": 61,
        "realised_volatility": 61, "momentum_z": 61,
    }  # fmt: skip


def test_a_market_that_stands_still_has_no_ratio_to_its_deviation() -> None:
    values = features_of(window_of([100.0] * 70))
    assert values["log_return_60"] == values["realised_volatility"] == values["rsi"] == 0.0
    for name in ("momentum_z", "bollinger_position", "macd_histogram_atr", "volume_z"):
        assert values[name] is None


def test_unknown_volumes_of_an_old_snapshot_give_no_score() -> None:
    rows = [[100.0] * 60, [100.0] * 60, [100.0] * 60]
    window = Window.load(200, rows)
    assert features_of(window)["volume_z"] is None
    for n in range(60):
        window.push(100.0, 100.0, 100.0, float(n))
    assert features_of(window)["volume_z"] is not None


@given(st.lists(st.floats(1e-6, 1e9), max_size=120), st.integers(0, 2 * DAY))
def test_all_are_within_their_bounds(prices: list[float], time: int) -> None:
    bounds = {"realised_volatility": (0, 1), "bollinger_position": (0, 1), "atr_bps": (0, 10_000)}
    one = ("log_return_1", "log_return_5", "log_return_15", "log_return_60", "rsi",
           "time_of_day_sin", "time_of_day_cos")  # fmt: skip
    for name, value in features_of(window_of(prices, prices), time).items():
        low, high = bounds.get(name, (-1, 1) if name in one else (-10, 10))
        assert value is None or low <= value <= high, name


def test_those_of_the_moment_are_taken_from_the_microstructure() -> None:
    micro: Values = {
        "buy_volume_1s": 3.0, "pressure_1s": -0.5, "spread": 1.0, "spread_bps": 5000.0,
        "book_imbalance_5": 0.25, "bid_depth_5bps": 9.0, "depth_imbalance_5bps": None,
    }  # fmt: skip
    assert of_moment(micro, moment_names(micro)) == {
        "spread_bps": 1000.0, "pressure_1s": -0.5, "book_imbalance_5": 0.25,
        "depth_imbalance_5bps": None,
    }  # fmt: skip


def test_periods_must_fit_the_window() -> None:
    for periods in ((0,), (200,)):
        with pytest.raises(ValidationError):
            FeatureSettings(returns=periods)
