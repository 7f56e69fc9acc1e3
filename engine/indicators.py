"""Indicators over the latest closed bars: a table of TA-Lib calls, one line an indicator.

Prices go in as basis points from the last close, which is exact for every indicator here (each is
linear in price, or a ratio of price changes). So a market that does not move gives exact zeros, not
rounding noise of 1e-17 that a comparison of two averages would take for a trend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import isfinite
from typing import Self

import numpy as np
import talib
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Column = NDArray[np.float64]
Values = dict[str, float | None]

HIGH, LOW, CLOSE = range(3)
BASIS = 1e4
DIGITS = 12
"""Significant digits of published floats."""


class IndicatorSettings(BaseModel):
    """Periods in bars, widths in standard deviations; the customary ones by default.

    window: closed bars that an indicator may look back on, at most 200.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    window: int = Field(default=200, ge=60, le=200)
    rsi: int = Field(default=14, ge=2, le=50)
    macd_fast: int = Field(default=12, ge=2, le=50)
    macd_slow: int = Field(default=26, ge=2, le=50)
    macd_signal: int = Field(default=9, ge=1, le=10)
    bollinger: int = Field(default=20, ge=2, le=60)
    bollinger_width: float = Field(default=2.0, gt=0)
    sma_fast: int = Field(default=20, ge=2, le=60)
    sma_slow: int = Field(default=50, ge=2, le=60)
    ema_fast: int = Field(default=12, ge=2, le=60)
    ema_slow: int = Field(default=26, ge=2, le=60)
    atr: int = Field(default=14, ge=1, le=50)


def rounded(value: float) -> float:
    """`value` to 12 significant digits; a negative zero becomes zero."""
    return float(f"{value:.{DIGITS}g}") + 0.0


class Window:
    """High, low and close of the latest `size` closed bars, oldest first, as contiguous columns.

    A buffer twice as wide is moved back when it is full: O(1) amortised a bar, and no copy to read.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._buffer = np.empty((3, 2 * size), dtype=np.float64)
        self._end = 0

    def __len__(self) -> int:
        return min(self._end, self.size)

    def push(self, high: float, low: float, close: float) -> None:
        """Append one closed bar."""
        if self._end == 2 * self.size:
            self._buffer[:, : self.size] = self._buffer[:, self.size :]
            self._end = self.size
        self._buffer[:, self._end] = (high, low, close)
        self._end += 1

    @property
    def bars(self) -> Column:
        """Shape (3, n): rows HIGH, LOW, CLOSE; a view that the next push makes invalid."""
        return self._buffer[:, self._end - len(self) : self._end]

    def dump(self) -> list[list[float]]:
        """The bars as three lists of floats."""
        rows: list[list[float]] = self.bars.tolist()
        return rows

    @classmethod
    def load(cls, size: int, rows: list[list[float]]) -> Self:
        """The window that `dump` gave."""
        window = cls(size)
        for high, low, close in zip(*rows, strict=True):
            window.push(high, low, close)
        return window


class Unit(Enum):
    """How a result in basis points from the anchor becomes what is published."""

    PRICE = "price"
    SPAN = "span"
    RATIO = "ratio"


Series = tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One line of the table: names of its results, their unit, and the call that gives them."""

    names: tuple[str, ...]
    unit: Unit
    call: Callable[[Column, IndicatorSettings], Series]


def _macd(bars: Column, s: IndicatorSettings) -> Series:
    series: Series = talib.MACD(bars[CLOSE], s.macd_fast, s.macd_slow, s.macd_signal)
    return series


def _bollinger(bars: Column, s: IndicatorSettings) -> Series:
    width = s.bollinger_width
    series: Series = talib.BBANDS(bars[CLOSE], s.bollinger, width, width)
    return series


def _rsi(bars: Column, s: IndicatorSettings) -> Series:
    """RSI of Wilder; 50 where the price never moved, for TA-Lib says 0, the strongest buy."""
    series = talib.RSI(bars[CLOSE], s.rsi)
    flat = not bars[CLOSE].any()
    return (np.where(np.isnan(series), series, 50.0) if flat else series,)


INDICATORS: tuple[Indicator, ...] = (
    Indicator(("close",), Unit.PRICE, lambda bars, s: (bars[CLOSE],)),
    Indicator(("rsi",), Unit.RATIO, _rsi),
    Indicator(("macd", "macd_signal", "macd_histogram"), Unit.SPAN, _macd),
    Indicator(("bollinger_upper", "bollinger_middle", "bollinger_lower"), Unit.PRICE, _bollinger),
    Indicator(("sma_fast",), Unit.PRICE, lambda bars, s: (talib.SMA(bars[CLOSE], s.sma_fast),)),
    Indicator(("sma_slow",), Unit.PRICE, lambda bars, s: (talib.SMA(bars[CLOSE], s.sma_slow),)),
    Indicator(("ema_fast",), Unit.PRICE, lambda bars, s: (talib.EMA(bars[CLOSE], s.ema_fast),)),
    Indicator(("ema_slow",), Unit.PRICE, lambda bars, s: (talib.EMA(bars[CLOSE], s.ema_slow),)),
    Indicator(
        ("atr",), Unit.SPAN, lambda bars, s: (talib.ATR(bars[HIGH], bars[LOW], bars[CLOSE], s.atr),)
    ),
)
"""All indicators, in the order in which they are published."""

WARMING: Values = {name: None for line in INDICATORS for name in line.names}
"""The values before the first bar."""


def indicate(window: Window, settings: IndicatorSettings) -> Values:
    """Every indicator at the last bar, rounded to 12 significant digits; None while warming up."""
    if not len(window):
        return dict(WARMING)
    bars = window.bars
    anchor = float(bars[CLOSE, -1])
    offsets = (bars - anchor) * (BASIS / anchor)
    values: Values = {}
    for line in INDICATORS:
        for name, series in zip(line.names, line.call(offsets, settings), strict=True):
            values[name] = _published(float(series[-1]), line.unit, anchor)
    return values


def _published(value: float, unit: Unit, anchor: float) -> float | None:
    if not isfinite(value):
        return None
    if unit is Unit.RATIO:
        return rounded(value)
    return rounded(value * (anchor / BASIS) + (anchor if unit is Unit.PRICE else 0.0))
