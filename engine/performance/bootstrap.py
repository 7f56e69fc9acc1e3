"""How sure a figure is: the stationary block bootstrap.

Returns are drawn again in blocks that begin anywhere, wrap around, and have a geometric length of
mean b, so that what hangs together in time stays together (Politis & Romano, The Stationary
Bootstrap, J. of the American Statistical Association 89(428), 1994). The interval is the
percentile one (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).

b is by the rule of Politis & White, Automatic Block-Length Selection for the Dependent Bootstrap,
Econometric Reviews 23(1), 2004, with the correction of Patton, Politis & White, 28(4), 2009:

    b = (2 G^2 / D)^(1/3) n^(1/3),  G = sum lambda(k/M) |k| R(k),  D = 2 (sum lambda(k/M) R(k))^2

over |k| <= M, R: autocovariance, lambda: 1 up to 1/2, then 2 (1 - |x|) (the flat-top window). M is
twice the first lag from which on K = max(5, log10 n) autocorrelations stay within
2 sqrt(log10 n / n), as in Patton's own program; M <= ceil(sqrt n) + K, and
1 <= b <= ceil(min(3 sqrt n, n / 3)).

Drawn by PCG64 from a given seed: the same returns and seed give the same intervals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.indicators import rounded
from engine.performance.returns import Floats

FEW = 10
"""Returns below which no interval is told."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of a figure, and where its value lies; at what confidence the report says."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How often to draw, and from which seed; confidence: of the intervals, 0 to 1."""

    draws: int = 1000
    seed: int = 1
    confidence: float = 0.95

    def intervals(self, values: Floats, block: float) -> dict[str, Interval]:
        """Of each figure in FIGURES; none of fewer than FEW returns, or where it has no value."""
        if len(values) < FEW:
            return {}
        drawn = values[indices(len(values), self.draws, block, self.seed)]
        return {
            name: found
            for name, figure in FIGURES.items()
            if (found := self._interval(figure, values, drawn)) is not None
        }

    def _interval(self, figure: Figure, values: Floats, drawn: Floats) -> Interval | None:
        value, all_ = float(figure(values[None, :])[0]), figure(drawn)
        kept = all_[np.isfinite(all_)]
        if not math.isfinite(value) or not len(kept):
            return None
        tail = (1 - self.confidence) / 2
        low, high = np.quantile(kept, [tail, 1 - tail])
        return Interval(rounded(value), rounded(float(low)), rounded(float(high)))


def indices(count: int, draws: int, block: float, seed: int) -> NDArray[np.int64]:
    """Which of `count` values each of `draws` takes, in order: a row a draw."""
    random = np.random.Generator(np.random.PCG64(seed))
    chance = 1 / max(1.0, block)
    found = np.empty((draws, count), dtype=np.int64)
    for column in range(count):
        start = (random.random(draws) * count).astype(np.int64)
        if column:
            go_on = random.random(draws) >= chance
            start = np.where(go_on, (found[:, column - 1] + 1) % count, start)
        found[:, column] = start
    return found


def block_length(values: Floats) -> float:
    """The mean length of a block for these values, at least 1; see the module's text."""
    count = len(values)
    if count < FEW or not np.ptp(values):
        return 1.0
    off = values - values.mean()
    spared = max(5, int(math.log10(count)))
    most = math.ceil(math.sqrt(count)) + spared
    covariance = [
        float(off[lag:] @ off[: count - lag]) / count for lag in range(min(most, count - 1) + 1)
    ]
    width = _width(covariance, count, spared, most)
    weights = [1.0 if lag / width <= 0.5 else 2 * (1 - lag / width) for lag in range(width + 1)]
    lagged = list(zip(weights, covariance, strict=False))[1:]
    spectrum = covariance[0] + 2 * math.fsum(w * r for w, r in lagged)
    slope = 2 * math.fsum(w * lag * r for lag, (w, r) in enumerate(lagged, 1))
    if not spectrum:
        return 1.0
    best = (slope**2 / spectrum**2 * count) ** (1 / 3)
    return rounded(max(1.0, min(best, math.ceil(min(3 * math.sqrt(count), count / 3)))))


def _width(covariance: list[float], count: int, spared: int, most: int) -> int:
    """M: twice the first lag from which on `spared` autocorrelations are none."""
    bound = 2 * math.sqrt(math.log10(count) / count) * covariance[0]
    quiet = 0
    for lag, each in enumerate(covariance[1:], 1):
        quiet = quiet + 1 if abs(each) < bound else 0
        if quiet == spared:
            return min(2 * (lag - spared + 1), most)
    return most


Figure = Callable[[Floats], Floats]
"""Of each row of returns."""


def _total(rows: Floats) -> Floats:
    return np.asarray(np.prod(1 + rows, axis=1) - 1)


def _sharpe(rows: Floats) -> Floats:
    spread = rows.std(axis=1, ddof=1)
    spread = np.where((np.ptp(rows, axis=1) > 0) & (spread > 0), spread, np.nan)
    return np.asarray(rows.mean(axis=1) / spread)


def _deepest(rows: Floats) -> Floats:
    worth = np.cumprod(1 + rows, axis=1)
    peak = np.maximum(np.maximum.accumulate(worth, axis=1), 1)
    return np.asarray((1 - worth / peak).max(axis=1))


def _mean(rows: Floats) -> Floats:
    return np.asarray(rows.mean(axis=1))


FIGURES: Mapping[str, Figure] = {
    "mean_return": _mean,
    "total_return": _total,
    "sharpe": _sharpe,
    "max_drawdown": _deepest,
}
"""Of returns of one period each; the drawdown is of the ends of periods."""
