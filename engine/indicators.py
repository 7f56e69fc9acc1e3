"""Indicators over the latest closed bars: a table of TA-Lib calls, one line an indicator.

Prices go in as basis points from the last close, which is exact for every indicator here (each is
linear in price, or a ratio of price changes). So a market that does not move gives exact zeros, not
rounding noise of 1e-17 that a comparison of two averages would take for a trend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from math import isfinite, nan
from typing import Any, Self, TypeVar

import numpy as np
import talib
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

Column = NDArray[np.float64]
Values = dict[str, float | None]
P = TypeVar("P", float, Column)

HIGH, LOW, CLOSE, VOLUME = range(4)
BASIS = 1e4
DIGITS = 12
"""Significant digits of published floats."""

_TEXT = f"%.{DIGITS}g"


class IndicatorSettings(BaseModel):
    """Periods in bars, widths in standard deviations; the customary ones by default.

    window: closed bars that an indicator may look back on, at most 200; every indicator must be
    there once the window is full.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    window: int = Field(default=200, ge=60, le=200)
    rsi: int = Field(default=14, ge=2)
    macd_fast: int = Field(default=12, ge=2)
    macd_slow: int = Field(default=26, ge=2)
    macd_signal: int = Field(default=9, ge=1)
    bollinger: int = Field(default=20, ge=2)
    bollinger_width: float = Field(default=2.0, gt=0)
    sma_fast: int = Field(default=20, ge=2)
    sma_slow: int = Field(default=50, ge=2)
    ema_fast: int = Field(default=12, ge=2)
    ema_slow: int = Field(default=26, ge=2)
    atr: int = Field(default=14, ge=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        macd = max(self.macd_fast, self.macd_slow) + self.macd_signal - 1
        periods = (self.rsi + 1, macd, self.bollinger, self.sma_fast, self.sma_slow)
        needed = max(*periods, self.ema_fast, self.ema_slow, self.atr + 1)
        if needed > self.window:
            raise ValueError(f"an indicator needs {needed} bars, the window has {self.window}")
        return self


def rounded(value: float) -> float:
    """`value` to 12 significant digits; a negative zero becomes zero."""
    return float(_TEXT % value) + 0.0


class Window:
    """High, low, close and volume of the latest `size` closed bars, oldest first, in columns.

    A buffer twice as wide is moved back when it is full: O(1) amortised a bar, and no copy to read.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._buffer = np.empty((4, 2 * size), dtype=np.float64)
        self._end = 0

    def __len__(self) -> int:
        return min(self._end, self.size)

    def push(self, high: float, low: float, close: float, volume: float = nan) -> None:
        """Append one closed bar; a volume that is not known is NaN."""
        if self._end == 2 * self.size:
            self._buffer[:, : self.size] = self._buffer[:, self.size :]
            self._end = self.size
        self._buffer[:, self._end] = (high, low, close, volume)
        self._end += 1

    @property
    def bars(self) -> Column:
        """Shape (4, n): rows HIGH, LOW, CLOSE, VOLUME; a view that the next push makes invalid."""
        return self._buffer[:, self._end - len(self) : self._end]

    def dump(self) -> list[list[float | None]]:
        """The bars as four lists of floats; None is a volume that is not known."""
        *prices, volumes = self.bars.tolist()
        return [*prices, [None if volume != volume else volume for volume in volumes]]

    @classmethod
    def load(cls, size: int, rows: list[list[Any]]) -> Self:
        """The window that `dump` gave; three lists are of a time before volumes were held."""
        window = cls(size)
        volumes = rows[VOLUME] if len(rows) > VOLUME else [None] * len(rows[CLOSE])
        for high, low, close, volume in zip(*rows[:VOLUME], volumes, strict=True):
            window.push(high, low, close, nan if volume is None else volume)
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
    """RSI of Wilder; 50 as long as the price has not moved: TA-Lib says 0, the strongest buy."""
    series, closes = talib.RSI(bars[CLOSE], s.rsi), bars[CLOSE]
    if len(closes) > 1 and closes[1] != closes[0]:
        return (series,)
    flat = np.logical_and.accumulate(closes == closes[0])
    return (np.where(flat & ~np.isnan(series), 50.0, series),)


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
    return {
        name: _published(float(series[-1]), unit, anchor)
        for name, unit, series in _series(bars, anchor, settings)
    }


def indicate_all(bars: Column, settings: IndicatorSettings) -> dict[str, Column]:
    """Every indicator at every bar of a vector of any length (rows HIGH, LOW, CLOSE), NaN before it
    is there: the calls that `indicate` makes, over all bars in place of the window's, unrounded."""
    anchor = float(bars[CLOSE, -1])
    return {
        name: series if unit is Unit.RATIO else _priced(series, unit, anchor)
        for name, unit, series in _series(bars, anchor, settings)
    }


def _series(
    bars: Column, anchor: float, settings: IndicatorSettings
) -> Iterator[tuple[str, Unit, Column]]:
    """Name, unit and series of each indicator, in basis points from the anchor."""
    offsets = (bars[:VOLUME] - anchor) * (BASIS / anchor)
    for line in INDICATORS:
        for name, series in zip(line.names, line.call(offsets, settings), strict=True):
            yield name, line.unit, series


def _published(value: float, unit: Unit, anchor: float) -> float | None:
    if not isfinite(value):
        return None
    return rounded(value if unit is Unit.RATIO else _priced(value, unit, anchor))


def _priced(value: P, unit: Unit, anchor: float) -> P:
    """Basis points from the anchor in quote."""
    return value * (anchor / BASIS) + (anchor if unit is Unit.PRICE else 0.0)
