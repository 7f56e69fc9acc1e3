"""Features: what models read, each without a unit and bounded, so that markets compare.

docs/signals.md has the table of all with formulas and sources. Those of bars are computed when a
bar closes; those of the moment are taken from the microstructure with every record. A value outside
its bounds is set to the bound; one that does not exist (yet) is None.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import cos, fsum, isfinite, log, pi, sin, sqrt
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.indicators import CLOSE, VOLUME, Values, Window, rounded
from engine.spans import DAY

MANY = 10.0
"""Bound of z-scores and of multiples of a deviation or of the ATR."""


class FeatureSettings(BaseModel):
    """Periods in bars: of the log returns, of the momentum, of realised volatility (which also
    scales the momentum) and of the volume's mean and deviation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    returns: tuple[int, ...] = (1, 5, 15, 60)
    momentum: int = Field(default=15, ge=1, le=199)
    volatility: int = Field(default=60, ge=2, le=199)
    volume: int = Field(default=60, ge=2, le=200)

    @model_validator(mode="after")
    def _within_the_window(self) -> Self:
        if any(not 1 <= period <= 199 for period in self.returns):
            raise ValueError("periods of returns are 1 to 199 bars")
        return self


WIDE = 1000.0
"""Bound of the spread in bps."""


def bounded(value: float | None, low: float, high: float) -> float | None:
    """`value` clipped and rounded to 12 significant digits; None stays None."""
    if value is None or not isfinite(value):
        return None
    return rounded(min(max(value, low), high))


def of_bars(
    window: Window, indicators: Values, close_time: int | None, settings: FeatureSettings
) -> Values:
    """Features of the closed bars; close_time of the last in ns."""
    return {
        **_returns(window, settings),
        **_scaled(indicators),
        "volume_z": _volume_z(window, settings.volume),
        **_time_of_day(close_time),
    }


def moment_names(names: Iterable[str]) -> tuple[str, ...]:
    """Which of the microstructure's names are features."""
    starts = ("spread_bps", "pressure", "book_imbalance", "depth_imbalance")
    return tuple(name for name in names if name.startswith(starts))


def of_moment(micro: Values, names: tuple[str, ...]) -> Values:
    """Features of the microstructure: its imbalances and pressures, and the spread (bounded)."""
    features = {name: micro[name] for name in names}
    spread = features["spread_bps"]
    if spread is not None and spread > WIDE:
        features["spread_bps"] = WIDE
    return features


def _returns(window: Window, settings: FeatureSettings) -> Values:
    closes = window.bars[CLOSE].tolist()
    returns = {f"log_return_{n}": bounded(_return(closes, n), -1, 1) for n in settings.returns}
    volatility = _volatility(closes, settings.volatility)
    moved = _return(closes, settings.momentum)
    momentum = None
    if moved is not None and volatility:
        momentum = moved / (volatility * sqrt(settings.momentum))
    return {
        **returns,
        "realised_volatility": bounded(volatility, 0, 1),
        "momentum_z": bounded(momentum, -MANY, MANY),
    }


def _return(closes: list[float], bars: int) -> float | None:
    """ln(close / close of so many bars before)."""
    if len(closes) <= bars or min(closes[-1], closes[-1 - bars]) <= 0:
        return None
    return log(closes[-1] / closes[-1 - bars])


def _volatility(closes: list[float], bars: int) -> float | None:
    """Root of the mean squared log return of one bar (Andersen and Bollerslev, 1998)."""
    latest = closes[-1 - bars :]
    if len(latest) <= bars or min(latest) <= 0:
        return None
    returns = [log(b / a) for a, b in pairwise(latest)]
    return sqrt(fsum(each * each for each in returns) / bars)


def _scaled(indicators: Values) -> Values:
    """Indicators over the band's width, over the ATR, or over the price."""
    close, atr, rsi = (indicators.get(name) for name in ("close", "atr", "rsi"))
    lower, upper = indicators.get("bollinger_lower"), indicators.get("bollinger_upper")
    width = None if lower is None or upper is None else upper - lower
    above = None if close is None or lower is None else close - lower
    fast, slow = indicators.get("ema_fast"), indicators.get("ema_slow")
    gap = None if fast is None or slow is None else fast - slow
    return {
        "bollinger_position": bounded(_ratio(above, width), 0, 1),
        "rsi": None if rsi is None else bounded((rsi - 50) / 50, -1, 1),
        "macd_histogram_atr": bounded(_ratio(indicators.get("macd_histogram"), atr), -MANY, MANY),
        "ema_gap_atr": bounded(_ratio(gap, atr), -MANY, MANY),
        "atr_bps": bounded(_ratio(None if atr is None else atr * 1e4, close), 0, 1e4),
    }


def _ratio(value: float | None, scale: float | None) -> float | None:
    return None if value is None or scale is None or scale <= 0 else value / scale


def _volume_z(window: Window, bars: int) -> float | None:
    """(volume - mean) / deviation over the latest bars, the last one included."""
    latest = window.bars[VOLUME, -bars:]
    if len(latest) < bars or np.isnan(latest).any():
        return None
    volumes = latest.tolist()
    mean = fsum(volumes) / bars
    deviation = sqrt(fsum((each - mean) ** 2 for each in volumes) / bars)
    return bounded(_ratio(volumes[-1] - mean, deviation), -MANY, MANY)


def _time_of_day(close_time: int | None) -> Values:
    """Sine and cosine of the time of day (UTC), so that midnight lies beside 23:59."""
    if close_time is None:
        return {"time_of_day_sin": None, "time_of_day_cos": None}
    angle = 2 * pi * (close_time % DAY) / DAY
    return {"time_of_day_sin": rounded(sin(angle)), "time_of_day_cos": rounded(cos(angle))}
