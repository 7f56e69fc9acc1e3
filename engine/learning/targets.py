"""Targets: what a model is to foretell of the bars that come, for each bar of a series.

All are arrays as long as the series; `end` is the bar at which the target was known, the last that
it looks at (-1 where the series ends before that: no target). Nothing before the bar's close is in
a target, and nothing after `end`.

Within one bar a price goes as candles do in a backtest (engine.columns.candles): open, low, high,
close where it rises or is level, open, high, low, close where it falls. So where both barriers lie
within one bar, the lower is met first in a rising bar, the upper in a falling one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

REGIMES = ("trend", "range", "panic")
"""In the order of their numbers."""

TREND = 1.5
"""Of 1 / sqrt(horizon), the efficiency ratio from which on a way is a trend: that of a random walk
is about 1 / sqrt(horizon)."""

PANIC = 2.0
"""Times its trailing volatility that a market in panic moves."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Closed bars in order of time, prices in quote."""

    opened: Floats
    high: Floats
    low: Floats
    close: Floats

    def __len__(self) -> int:
        return len(self.close)


@dataclass(frozen=True, slots=True)
class Touched:
    """By bar: 1 where the upper barrier was met first, -1 the lower, 0 neither; and `end`."""

    side: Integers
    end: Integers


def returns(close: Floats, horizon: int) -> tuple[Floats, Integers]:
    """ln(close in `horizon` bars / close), NaN where the series ends before; and `end`."""
    count = len(close)
    found, end = np.full(count, np.nan), np.full(count, -1, dtype=np.int64)
    if count > horizon:
        found[:-horizon] = np.log(close[horizon:] / close[:-horizon])
        end[:-horizon] = np.arange(horizon, count)
    return found, end


def triple_barrier(bars: Bars, width: Floats, horizon: int) -> Touched:
    """Which of three barriers a price meets first: close + width, close - width, or the time.

    width: in quote, by bar; NaN or not above 0: no target. (Lopez de Prado, Advances in Financial
    Machine Learning, 2018, 3.4.) Where the series ends within the horizon and neither was met,
    there is no target.
    """
    count = len(bars)
    side = np.zeros(count, dtype=np.int64)
    end = np.full(count, -1, dtype=np.int64)
    upper, lower = bars.close + width, bars.close - width
    waiting = np.isfinite(width) & (width > 0)
    for step in range(1, min(horizon, count - 1) + 1):
        here = np.flatnonzero(waiting[: count - step])
        then = here + step
        met = _met(bars, then, upper[here], lower[here])
        side[here] = met
        done = (met != 0) | (step == horizon)
        end[here[done]] = then[done]
        waiting[here[done]] = False
    return Touched(side, end)


def _met(bars: Bars, at: Integers, upper: Floats, lower: Floats) -> Integers:
    """1, -1 or 0: the barrier that the bar's price meets first on its way."""
    up, down = bars.high[at] >= upper, bars.low[at] <= lower
    rising = bars.close[at] >= bars.opened[at]
    opened = bars.opened[at]
    first = np.where(opened >= upper, 1, np.where(opened <= lower, -1, np.where(rising, -1, 1)))
    return np.where(up & down, first, up.astype(np.int64) - down.astype(np.int64))


def rises(bars: Bars, touched: Touched) -> Floats:
    """1 where the upper barrier was met first, 0 the lower; where neither, whether the last close
    is above the first (a tie is 0); NaN without a target."""
    close, end = bars.close, touched.end
    known = end >= 0
    later = np.where(known, close[np.maximum(end, 0)], np.nan)
    found = np.where(touched.side == 0, later > close, touched.side > 0).astype(np.float64)
    found[~known] = np.nan
    return found


def volatility(close: Floats, trailing: Floats, horizon: int) -> Floats:
    """ln of the next `horizon` bars' realised volatility over the trailing one, within -3 and 3.

    Realised: root of the mean squared log return of a bar. NaN where either is not known or 0.
    """
    ahead = _ahead(close, horizon)
    known = (ahead > 0) & (trailing > 0)
    found = np.full(len(close), np.nan)
    found[known] = np.clip(np.log(ahead[known] / trailing[known]), -3, 3)
    return found


def falls_beyond(bars: Bars, width: Floats, horizon: int, up: bool = False) -> Floats:
    """1 where a low of the next `horizon` bars is `width` (quote) or more below the close, else 0;
    up: a high above it. NaN where the series ends before, or the width is not known."""
    count = len(bars)
    far = np.full(count, np.nan)
    for place in range(count - horizon):
        ahead = slice(place + 1, place + horizon + 1)
        far[place] = (
            bars.high[ahead].max() - bars.close[place]
            if up
            else bars.close[place] - bars.low[ahead].min()
        )
    known = np.isfinite(far) & np.isfinite(width)
    found = np.full(count, np.nan)
    found[known] = far[known] >= width[known]
    return found


def regimes(close: Floats, trailing: Floats, horizon: int) -> Floats:
    """The regime of the next `horizon` bars, a number of REGIMES; NaN where it is not known.

    panic: their volatility is PANIC times the trailing one or more, and they fall by the trailing
    one's size of such a span. trend: else, the efficiency ratio (the way made over the way gone:
    Kaufman, Smarter Trading, 1995) is TREND / sqrt(horizon) or more. range: else.
    """
    ahead = _ahead(close, horizon)
    made, _ = returns(close, horizon)
    steps = np.abs(np.diff(np.log(close)))
    gone = np.full(len(close), np.nan)
    if len(close) > horizon:
        sums = np.concatenate([[0.0], np.cumsum(steps)])
        gone[:-horizon] = sums[horizon:] - sums[:-horizon]
    known = np.isfinite(made) & (trailing > 0)
    root = np.sqrt(horizon)
    with np.errstate(invalid="ignore"):
        panic = (ahead >= PANIC * trailing) & (made <= -trailing * root)
        trend = (gone > 0) & (np.abs(made) >= TREND / root * gone)
    found = np.where(panic, 2.0, np.where(trend, 0.0, 1.0))
    found[~known] = np.nan
    return found


def _ahead(close: Floats, horizon: int) -> Floats:
    """Realised volatility of one bar over the next `horizon` bars; NaN at the end."""
    squares = np.diff(np.log(close)) ** 2
    found = np.full(len(close), np.nan)
    for place in range(len(close) - horizon):
        found[place] = np.sqrt(squares[place : place + horizon].mean())
    return found
