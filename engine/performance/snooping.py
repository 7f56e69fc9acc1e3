"""Whether the best of many candidates beats a benchmark, or the search for it found luck.

Of the differences d of m candidates' returns to a benchmark's over n periods, drawn again in blocks
(engine.performance.bootstrap), the same draw for all candidates, so that what they share stays
shared:

    reality check   V  = max sqrt(n) mean(d),  V*  = max sqrt(n) (mean*(d) - mean(d))
                    (White, A Reality Check for Data Snooping, Econometrica 68(5), 2000)
    SPA             T  = max(0, max sqrt(n) mean(d) / w),
                    T* = max(0, max sqrt(n) (mean*(d) - g) / w)
                    w: the deviation of sqrt(n) mean*(d) over the draws; g: mean(d) where
                    sqrt(n) mean(d) / w is not below -sqrt(2 ln ln n), else 0
                    (Hansen, A Test for Superior Predictive Ability, J. of Business & Economic
                    Statistics 23(4), 2005: the consistent one)

A p-value is the share of draws, the real world among them, whose V* (T*) is at least V (T). That of
one candidate holds its own V (T) against the best of the draws, so it counts all that were tried
whichever of them is asked about (Romano & Wolf, Stepwise Multiple Testing as Formalized Data
Snooping, Econometrica 73(4), 2005: the first step).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.indicators import rounded
from engine.performance.bootstrap import block_length, indices
from engine.performance.returns import Floats

FEW = 30
"""Periods below which nothing is told."""


@dataclass(frozen=True, slots=True)
class Superior:
    """Of one candidate among all: the mean difference a period and its one-sided lower bound, the
    studentised difference, and the p-values of both tests."""

    mean: float
    low: float
    ratio: float
    reality_check: float
    spa: float


@dataclass(frozen=True, slots=True)
class Snooping:
    """How to test. level: of the lower bound."""

    draws: int = 2000
    seed: int = 1
    level: float = 0.05

    def superior(self, differences: Floats) -> tuple[Superior, ...]:
        """Of each candidate; differences: a row a period, a column a candidate. None of fewer than
        FEW periods. One that never differs from the benchmark has p-values of 1."""
        count, candidates = differences.shape
        if count < FEW or not candidates:
            return ()
        means, drawn = differences.mean(axis=0), self._drawn(differences)
        root = math.sqrt(count)
        spread = root * drawn.std(axis=0)
        still = spread <= 1e-12 * (root * np.abs(means) + 1e-300)
        scale = np.where(still, 1.0, spread)
        ratios = np.where(still, 0.0, root * means / scale)
        kept = np.where(ratios >= -math.sqrt(2 * math.log(math.log(count))), means, 0.0)
        spa = self._best(root * (drawn - kept) / scale, still, 0.0)
        check = self._best(root * (drawn - means), still, -math.inf)
        low = np.quantile(drawn, self.level, axis=0)
        return tuple(
            Superior(
                mean=rounded(float(means[each])),
                low=rounded(float(low[each])),
                ratio=rounded(float(ratios[each])),
                reality_check=_share(check, root * float(means[each]), bool(still[each])),
                spa=_share(spa, max(0.0, float(ratios[each])), bool(still[each])),
            )
            for each in range(candidates)
        )

    def _drawn(self, differences: Floats) -> Floats:
        """Means of each draw (row) and candidate; blocks as long as the most dependent one's."""
        count, candidates = differences.shape
        block = max(block_length(differences[:, each]) for each in range(candidates))
        rows = indices(count, self.draws, block, self.seed)
        return np.stack(
            [differences[rows, each].mean(axis=1) for each in range(candidates)], axis=1
        )

    @staticmethod
    def _best(
        of: Floats, still: np.ndarray[tuple[int], np.dtype[np.bool_]], least: float
    ) -> Floats:
        """The best candidate of each draw, those that never differ left out."""
        moving = of[:, ~still]
        if not moving.shape[1]:
            return np.full(len(of), math.inf)
        return np.asarray(np.maximum(moving.max(axis=1), least))


def _share(best: Floats, value: float, still: bool) -> float:
    if still:
        return 1.0
    slack = 1e-12 * max(1.0, abs(value))
    return rounded((1 + int(np.sum(best >= value - slack))) / (1 + len(best)))
