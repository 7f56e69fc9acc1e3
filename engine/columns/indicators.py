"""Every indicator at every bar: TA-Lib's own functions, called window by window by compiled code.

They are the functions and the windows of `engine.indicators.indicate`, so what comes out is the
same to the last bit; without Python between two calls a bar takes 5 us in place of 100.
"""

from __future__ import annotations

from ctypes import CDLL, c_void_p, cast
from functools import cache
from math import nan
from typing import Any

import numpy as np
from llvmlite import binding
from numba import types
from numpy.typing import NDArray
from talib import _ta_lib

from engine.columns.compiled import compiled, part
from engine.columns.rounding import rounded_all
from engine.columns.trades import Integers
from engine.indicators import BASIS, WARMING, Column, IndicatorSettings, Window, indicate

NAMES = tuple(WARMING)
"""Of the columns, in the order in which they are published."""

HIGH, LOW, CLOSE = range(3)
RSI, FAST, SLOW, SIGNAL, BANDS, SMA_FAST, SMA_SLOW, EMA_FAST, EMA_SLOW, ATR = range(10)
"""Places of the periods."""

INT, REALS, INTS = types.int32, types.CPointer(types.float64), types.CPointer(types.int32)


def _external(name: str, *given: Any) -> Any:
    """A function of TA-Lib: first and last place, what is given, begin and count of what is made.

    Source: ta-lib.org, include/ta_func.h.
    """
    return types.ExternalFunction(name, INT(INT, INT, *given))


TA_SMA, TA_EMA, TA_RSI = (
    _external(name, REALS, INT, INTS, INTS, REALS) for name in ("TA_SMA", "TA_EMA", "TA_RSI")
)
TA_MACD = _external("TA_MACD", REALS, INT, INT, INT, INTS, INTS, REALS, REALS, REALS)
TA_BBANDS = _external(
    "TA_BBANDS", REALS, INT, types.float64, types.float64, INT, INTS, INTS, REALS, REALS, REALS
)
TA_ATR = _external("TA_ATR", REALS, REALS, REALS, INT, INTS, INTS, REALS)
FUNCTIONS = ("TA_SMA", "TA_EMA", "TA_RSI", "TA_MACD", "TA_BBANDS", "TA_ATR")

SIGNATURE = "void(float64[:, ::1], int64[::1], int64, int64[::1], float64, float64[:, ::1])"


@cache
def linked() -> bool:
    """Let compiled code call TA-Lib's functions; False where they are not to be found."""
    try:
        library = CDLL(_ta_lib.__file__)
        found = {name: cast(getattr(library, name), c_void_p).value for name in FUNCTIONS}
    except (AttributeError, OSError):
        return False
    for name, address in found.items():
        binding.add_symbol(name, address)
    return True


@part
def settle(row: Any, made: Any, of: Any, first: int, back: float, base: float) -> None:
    """Put the last values of `of` into a row from `first` on, from basis points in quote."""
    for each in range(len(of)):
        row[first + each] = of[each][made[1] - 1] * back + base if made[1] > 0 else nan


def fill(bars: Any, ends: Any, size: int, periods: Any, width: float, out: Any) -> None:
    """Every indicator at the bars of `ends`, a row each; NaN while it is warming up.

    bars: rows HIGH, LOW and CLOSE; size: of the window, bars; width: of the bands, deviations.
    """
    high, low, close = np.empty(size), np.empty(size), np.empty(size)
    a, b, c, made = np.empty(size), np.empty(size), np.empty(size), np.zeros(2, np.int32)
    begin, count = made[0:].ctypes, made[1:].ctypes
    for row in range(len(ends)):
        start = max(0, ends[row] + 1 - size)
        anchor = bars[CLOSE, ends[row]]
        scale, back, last = BASIS / anchor, anchor / BASIS, ends[row] - start
        for i in range(last + 1):
            high[i] = (bars[HIGH, start + i] - anchor) * scale
            low[i] = (bars[LOW, start + i] - anchor) * scale
            close[i] = (bars[CLOSE, start + i] - anchor) * scale
        told, x = out[row], close.ctypes
        told[0] = close[last] * back + anchor
        TA_RSI(0, last, x, periods[RSI], begin, count, a.ctypes)
        settle(told, made, (a,), 1, 1.0, 0.0)
        if made[1] > 0 and np.all(close[: last + 1] == close[0]):
            told[1] = 50.0
        fast, slow, signal = periods[FAST], periods[SLOW], periods[SIGNAL]
        TA_MACD(0, last, x, fast, slow, signal, begin, count, a.ctypes, b.ctypes, c.ctypes)
        settle(told, made, (a, b, c), 2, back, 0.0)
        bands = periods[BANDS]
        TA_BBANDS(0, last, x, bands, width, width, 0, begin, count, a.ctypes, b.ctypes, c.ctypes)
        settle(told, made, (a, b, c), 5, back, anchor)
        for place in range(2):
            TA_SMA(0, last, x, periods[SMA_FAST + place], begin, count, a.ctypes)
            settle(told, made, (a,), 8 + place, back, anchor)
            TA_EMA(0, last, x, periods[EMA_FAST + place], begin, count, a.ctypes)
            settle(told, made, (a,), 10 + place, back, anchor)
        TA_ATR(0, last, high.ctypes, low.ctypes, x, periods[ATR], begin, count, a.ctypes)
        settle(told, made, (a,), 12, back, 0.0)


def indicated(bars: Column, ends: Integers, s: IndicatorSettings) -> NDArray[np.float64]:
    """The indicators at some of the bars, shape (len(ends), len(NAMES)), rounded as published; NaN
    where there is none yet. bars: rows as in `Window.bars`, of any length.
    """
    out = np.empty((len(ends), len(NAMES)))
    if not linked():
        return _windows(bars, ends, s, out)
    periods = (
        s.rsi, s.macd_fast, s.macd_slow, s.macd_signal, s.bollinger, s.sma_fast, s.sma_slow,
        s.ema_fast, s.ema_slow, s.atr,
    )  # fmt: skip
    given = np.ascontiguousarray(bars[: CLOSE + 1]), ends.astype(np.int64), s.window
    compiled(fill, SIGNATURE)(*given, np.array(periods, np.int64), s.bollinger_width, out)
    out[~np.isfinite(out)] = nan
    return rounded_all(out)


def _windows(
    bars: Column, ends: Integers, s: IndicatorSettings, out: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The same by the signals stage's own windows."""
    window, wanted = Window(s.window), {int(end): row for row, end in enumerate(ends)}
    for place, bar in enumerate(bars.T.tolist()):
        window.push(*bar)
        if place in wanted:
            values = indicate(window, s).values()
            out[wanted[place]] = [nan if value is None else value for value in values]
    return out
