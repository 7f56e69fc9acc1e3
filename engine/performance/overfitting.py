"""How likely the best of many trials is best by luck: combinatorially symmetric cross-validation.

Bailey, Borwein, Lopez de Prado & Zhu, The Probability of Backtest Overfitting, J. of Computational
Finance 20(4), 2017 (there section 2.2): the returns of N trials over T periods, an array of T rows
and N columns, are cut into S blocks of equal length, oldest first. Of each way to take S/2 of them:

    n*      the trial with the highest Sharpe ratio in these
    w       its rank among all trials in the other S/2, over N + 1: near 1 is best
    logit   ln(w / (1 - w))

The probability of overfitting is the share of ways whose logit is not above 0: there the chosen one
was no better than the median trial. The first T mod S periods are left out, so that blocks are
equal; a trial whose returns are all alike has the ratio 0; equal ratios share their mean rank, and
of equal best ones the first is chosen. Cost: O(C(S, S/2) N) time, in pieces of bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
from numpy.typing import NDArray

from engine.indicators import rounded

Floats = NDArray[np.float64]

BLOCKS = 16
PIECE = 2_000_000
"""Values of an array at once."""


@dataclass(frozen=True, slots=True)
class Overfitting:
    """probability: see above. loss: share of ways in which the chosen trial's ratio was below 0 in
    the other half. slope: of the line of its ratio there over its ratio where it was chosen: below
    0, the better it looked the worse it did; None where all were chosen at one ratio.
    """

    probability: float
    loss: float
    slope: float | None
    ways: int
    blocks: int
    trials: int


def overfitting(returns: Floats, blocks: int = BLOCKS) -> Overfitting | None:
    """Of an array of periods (rows) and trials (columns); None with fewer than two trials, or with
    fewer than two periods for each block. blocks: even, and fewer where periods are few."""
    periods, trials = returns.shape
    size = min(blocks, periods // 2) // 2 * 2
    if trials < 2 or size < 2:
        return None
    kept = returns[periods % size :]
    found = [
        _judged(chosen, *_sums(kept, size))
        for chosen in _pieces(size, max(1, PIECE // trials))
    ]  # fmt: skip
    inside, outside, ranks = (np.concatenate(part) for part in zip(*found, strict=True))
    below = 2 * ranks <= trials + 1
    return Overfitting(
        rounded(float(np.mean(below))), rounded(float(np.mean(outside < 0))),
        _slope(inside, outside), len(ranks), size, trials,
    )  # fmt: skip


def _pieces(size: int, rows: int) -> Iterator[Floats]:
    """Ways to take half of the blocks, as rows of 0 and 1."""
    ways = combinations(range(size), size // 2)
    while part := list(islice(ways, rows)):
        chosen = np.zeros((len(part), size))
        np.put_along_axis(chosen, np.array(part), 1.0, axis=1)
        yield chosen


def _sums(returns: Floats, size: int) -> tuple[Floats, Floats, Floats, int]:
    """By block and trial, the sums and sums of squares of returns less their mean; the means; and
    the periods of a block."""
    means = returns.mean(axis=0)
    cut = (returns - means).reshape(size, -1, returns.shape[1])
    return cut.sum(axis=1), (cut**2).sum(axis=1), means, cut.shape[1]


def _judged(
    chosen: Floats, sums: Floats, squares: Floats, means: Floats, length: int
) -> tuple[Floats, Floats, Floats]:
    """The ratio of the best trial of each way, there and in the other half, and its rank there."""
    count = length * len(sums) // 2
    inside = _ratios(chosen @ sums, chosen @ squares, means, count)
    outside = _ratios((1 - chosen) @ sums, (1 - chosen) @ squares, means, count)
    rows = np.arange(len(chosen))
    best = inside.argmax(axis=1)
    there = outside[rows, best]
    lower = (outside < there[:, None]).sum(axis=1)
    alike = (outside == there[:, None]).sum(axis=1)
    return inside[rows, best], there, lower + (alike + 1) / 2


def _ratios(sums: Floats, squares: Floats, means: Floats, count: int) -> Floats:
    """Sharpe ratios of `count` returns each, to 12 digits so that equal trials stay equal."""
    off = sums / count
    variance = (squares - count * off**2) / (count - 1)
    steady = variance <= 1e-24 + 1e-12 * (off + means) ** 2
    found = np.where(steady, 0.0, (off + means) / np.sqrt(np.where(steady, 1.0, variance)))
    return np.asarray(np.round(found, 12), dtype=np.float64)


def _slope(inside: Floats, outside: Floats) -> float | None:
    off = inside - inside.mean()
    square = float(off @ off)
    return rounded(float(off @ outside) / square) if square > 1e-18 * len(off) else None
