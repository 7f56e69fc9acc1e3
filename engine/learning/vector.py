"""The inputs of a model: which values of a signal, in which order, and how they are scaled.

Training and scoring read the same signals by this one code. An input is a name of
`Signal.features`, or one of DERIVED below, which is made of the signal alone. What is not known is
NaN: trees have a side for it, a linear model takes the mean of its training.

Every input of BARS is without a unit and without a length of time, so that a model of hours can at
least be asked about seconds: returns are over their own volatility, distances over the ATR.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import cos, isfinite, log, nan, pi, sin, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.indicators import rounded
from engine.spans import DAY
from schemas.signals import Signal

Vector = NDArray[np.float64]

BOUND = 10.0
"""Of every input that is derived: what is beyond it is set to it."""

WEEK = 7 * DAY

Derived = Callable[[Signal], float | None]


def _ratio(value: float | None, scale: float | None) -> float | None:
    return None if value is None or not scale or scale <= 0 else value / scale


def _return_z(bars: int) -> Derived:
    """The log return of so many bars over its usual size, realised volatility * sqrt(bars)."""
    name, root = f"log_return_{bars}", sqrt(bars)

    def found(signal: Signal) -> float | None:
        volatility = signal.features.get("realised_volatility")
        return _ratio(signal.features.get(name), None if volatility is None else volatility * root)

    return found


def _atr_ratio(signal: Signal) -> float | None:
    """ln of the ATR (14 bars, of the close) over the realised volatility (60 bars)."""
    bps, volatility = signal.features.get("atr_bps"), signal.features.get("realised_volatility")
    ratio = _ratio(None if bps is None else bps / 1e4, volatility)
    return log(ratio) if ratio else None


def _gap(first: str, second: str) -> Derived:
    """Between two indicators, in ATR."""

    def found(signal: Signal) -> float | None:
        values = signal.indicators
        a, b = values.get(first), values.get(second)
        return None if a is None or b is None else _ratio(a - b, values.get("atr"))

    return found


def _macd_atr(signal: Signal) -> float | None:
    return _ratio(signal.indicators.get("macd"), signal.indicators.get("atr"))


def _lean(signal: Signal) -> float | None:
    """(buy - sell) / (buy + sell) of the scores; 0 where nothing scored."""
    total = signal.buy_score + signal.sell_score
    return (signal.buy_score - signal.sell_score) / total if total else 0.0


def _of_week(wave: Callable[[float], float]) -> Derived:
    """Of the time in the week (UTC) at which the bar closed."""

    def found(signal: Signal) -> float | None:
        return None if signal.bar_time is None else wave(2 * pi * (signal.bar_time % WEEK) / WEEK)

    return found


DERIVED: Mapping[str, Derived] = {
    "return_z_1": _return_z(1),
    "return_z_5": _return_z(5),
    "return_z_15": _return_z(15),
    "return_z_60": _return_z(60),
    "atr_ratio": _atr_ratio,
    "band_width_atr": _gap("bollinger_upper", "bollinger_lower"),
    "sma_gap_atr": _gap("sma_fast", "sma_slow"),
    "close_gap_atr": _gap("close", "sma_slow"),
    "macd_atr": _macd_atr,
    "score_lean": _lean,
    "week_sin": _of_week(sin),
    "week_cos": _of_week(cos),
}
"""Inputs that are made of a signal, by name."""

BARS: tuple[str, ...] = (
    "return_z_1", "return_z_5", "return_z_15", "return_z_60", "atr_ratio", "band_width_atr",
    "sma_gap_atr", "close_gap_atr", "macd_atr", "score_lean", "bollinger_position", "rsi",
    "macd_histogram_atr", "ema_gap_atr", "volume_z", "time_of_day_sin", "time_of_day_cos",
    "week_sin", "week_cos",
)  # fmt: skip
"""What is known of closed bars, candles too."""

MOMENT: tuple[str, ...] = (
    "spread_bps", "book_imbalance_1", "book_imbalance_5", "depth_imbalance_5bps",
    "depth_imbalance_10bps", "depth_imbalance_25bps", "pressure_1s", "pressure_5s",
    "pressure_30s", "pressure_1m",
)  # fmt: skip
"""What is known of the moment: of a recorded market, never of candles, which have no book."""


def vector(signal: Signal, names: Sequence[str]) -> Vector:
    """The inputs of a signal in this order, shape (len(names),); NaN for what is not known."""
    features: Mapping[str, Any] = signal.features
    found = np.empty(len(names))
    for place, name in enumerate(names):
        derived = DERIVED.get(name)
        if derived is None:
            value = features.get(name)
            found[place] = nan if value is None else value
        else:
            found[place] = _bounded(derived(signal))
    return found


def _bounded(value: float | None) -> float:
    if value is None or not isfinite(value):
        return nan
    return rounded(min(max(value, -BOUND), BOUND))
