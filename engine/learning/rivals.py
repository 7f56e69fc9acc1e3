"""Two models on the same bars: how much better the second one is, and how sure that is.

Every figure is of bars that both have foretold, and so is its difference, which is above 0 where
the challenger is better:

    log_loss, brier, calibration    champion's less challenger's (engine.learning.metrics)
    hit_rate, net_bps               challenger's less champion's; net_bps: what came of the seat's
                                    votes, net of costs, by bar, basis points

Intervals are paired: both are drawn at the same times, in blocks (engine.performance.bootstrap) at
least as long as an outcome, for neighbouring outcomes overlap. All markets of a time are drawn
together, for they move together. Blocks of a geometric length break up a part of what overlaps, so
draws are spread too little; they are widened by as much as that comes to (`widening`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.indicators import rounded
from engine.learning.metrics import log_losses
from engine.performance.bootstrap import Bootstrap, Interval, block_length, indices

Floats = NDArray[np.float64]
Word = Literal["better", "worse", "not told apart"]

LEAST = 60
"""Horizons below which no interval is told (docs/decisions/0058 has how often it is wrong)."""

BINS = 10
"""Of the calibration error, as in engine.learning.calibration."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A row a bar and market. times: ends of the bars, ns; up: what both have foretold, shape
    (rows, 2), champion first; came: 1 or 0; net: basis points that ended at it, shape (rows, 2)."""

    times: NDArray[np.int64]
    up: Floats
    came: Floats
    net: Floats

    def __len__(self) -> int:
        return len(self.times)


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of both; by: how much better the challenger is, None of too few bars."""

    champion: float
    challenger: float
    by: Interval | None


@dataclass(frozen=True, slots=True)
class Sums:
    """Of every time: how many rows (by), and the sums that a figure is made of, shape (times, 2 *
    columns), the champion's columns first. better: 1 where more is better, -1 where less is."""

    by: Floats
    of: Floats
    better: int

    def figures(self, weights: Floats) -> Floats:
        """Of times drawn so often, a row a draw: champion's and challenger's, shape (draws, 2).
        Absolute sums, where there are several columns (the calibration error)."""
        whole = weights @ self.of
        half = whole.shape[1] // 2
        parts = np.stack([whole[:, :half], whole[:, half:]], axis=1)
        told = parts[:, :, 0] if half == 1 else np.abs(parts).sum(axis=2)
        return np.asarray(told / (weights @ self.by)[:, None])

    @property
    def series(self) -> Floats:
        """The difference of each time, of one column."""
        return np.asarray((self.of[:, 1] - self.of[:, 0]) / self.by)


def compared(
    rows: Rows, horizon: int, bootstrap: Bootstrap, of: tuple[str, ...] = ()
) -> dict[str, Difference]:
    """The figures by name, those that are named, else all; none without rows. horizon: bars of an
    outcome."""
    if not len(rows):
        return {}
    found = {name: each for name, each in _sums(rows).items() if not of or name in of}
    count = len(next(iter(found.values())).by)
    whole = np.ones((1, count))
    known = {name: each.figures(whole)[0] for name, each in found.items()}
    if count < LEAST * horizon:
        return {name: _told(both, None) for name, both in known.items()}
    blocks = [block_length(each.series) for each in found.values() if each.of.shape[1] == 2]
    block = max(horizon, *blocks)
    wider = widening(count, horizon, block, bootstrap.confidence)
    drawn = indices(count, bootstrap.draws, block, bootstrap.seed)
    weights = np.stack([np.bincount(row, minlength=count) for row in drawn]).astype(float)
    told = {}
    for name, each in found.items():
        draws = each.better * np.diff(each.figures(weights), axis=1)[:, 0]
        told[name] = _told(known[name], _interval(each, known[name], draws, bootstrap, wider))
    return told


def widening(count: int, horizon: int, block: float, confidence: float) -> float:
    """What an interval of a mean of `count` values is to be widened by, which are sums over
    `horizon` steps each, drawn in blocks of that mean length.

    Their autocorrelation at lag k is 1 - k / horizon, and a block of a geometric length of mean b
    keeps (1 - 1 / b)^k of it (Politis & Romano 1994, lemma 1): the spread of the draws is too small
    by the root of what is kept. The mean of so few blocks takes b / count of it away, and the
    quantile is Student's for the blocks there are, not the normal one (its expansion: Abramowitz &
    Stegun 1964, 26.7.5).
    """
    lags, free = range(1, horizon), max(1.0, count / block - 1)
    kept = 1 + 2 * sum((1 - k / horizon) * (1 - 1 / block) ** k for k in lags)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    student = z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    return student / z / sqrt(kept / horizon * free / (free + 1))


def verdict(found: Mapping[str, Difference]) -> tuple[Word, str]:
    """Of the log loss, which no other forecast than the true one makes least, else of the net; and
    why, in words. One that foretells better is not better where its seat earns less for sure."""
    name = "log_loss" if "log_loss" in found else "net_bps"
    of = found.get(name)
    if of is None or of.by is None:
        return "not told apart", "too few bars that both have foretold"
    said = f"its {name} is better by {of.by.value:.3g} ({of.by.low:.3g} to {of.by.high:.3g})"
    net = found["net_bps"].by
    if of.by.low > 0 and net is not None and net.high < 0:
        return "not told apart", f"{said}, but its seat earns less ({net.value:.3g} bps a bar)"
    if of.by.low > 0:
        return "better", said
    return ("worse", said) if of.by.high < 0 else ("not told apart", said)


def _told(both: Floats, by: Interval | None) -> Difference:
    return Difference(rounded(float(both[0])), rounded(float(both[1])), by)


def _interval(
    each: Sums, known: Floats, draws: Floats, bootstrap: Bootstrap, wider: float
) -> Interval:
    tail, mean = (1 - bootstrap.confidence) / 2, draws.mean()
    low, high = (mean + wider * (np.quantile(draws, [tail, 1 - tail]) - mean)).tolist()
    value = each.better * float(known[1] - known[0])
    return Interval(rounded(value), rounded(low), rounded(high))


def _sums(rows: Rows) -> dict[str, Sums]:
    """Of every time."""
    came, up = rows.came[:, None], rows.up
    columns = {
        "log_loss": (log_losses(np.where(came > 0, up, 1 - up)), -1),
        "brier": ((up - came) ** 2, -1),
        "calibration": (_binned(up, came), -1),
        "hit_rate": (((up > 0.5) == (came > 0)).astype(float), 1),
        "net_bps": (rows.net, 1),
    }
    _, place = np.unique(rows.times, return_inverse=True)
    by = np.bincount(place).astype(float)
    return {
        name: Sums(by, np.stack([np.bincount(place, each) for each in of.T], axis=1), better)
        for name, (of, better) in columns.items()
    }


def _binned(up: Floats, came: Floats) -> Floats:
    """What came less what was said, in the column of the bin that it was said in; of both."""
    place = np.minimum((up * BINS).astype(np.int64), BINS - 1)
    chosen = place[:, :, None] == np.arange(BINS)
    return np.asarray((chosen * (came - up)[:, :, None]).reshape(len(up), 2 * BINS))
