"""What a Sharpe ratio is worth that was the best of several tries.

    PSR(s*) = Phi((s - s*) sqrt(n - 1) / sqrt(1 - g3 s + (g4 - 1) / 4 s^2))

is the probability that the true ratio is above s*, with skewness g3 and kurtosis g4 (3 for a
normal) of n returns (Bailey & Lopez de Prado, The Sharpe Ratio Efficient Frontier, J. of Risk
15(2), 2012). The deflated ratio is PSR(s0), s0 being what the best of N tries without any skill is
expected to show, whose ratios have the variance V (the same, The Deflated Sharpe Ratio, J. of
Portfolio Management 40(5), 2014, there equations 1 and 2):

    s0 = sqrt(V) ((1 - c) Phi^-1(1 - 1/N) + c Phi^-1(1 - 1/(N e))), c: Euler-Mascheroni

All ratios are of one period, not annualised; s0 is 0 for a single try. N counts independent tries.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from engine.indicators import rounded
from engine.performance.returns import Floats, Returns, moments, sharpe_of

NORMAL = NormalDist()
EULER = 0.5772156649015329


@dataclass(frozen=True, slots=True)
class Deflated:
    """probability: that the ratio is above `expected`, what the best of `tries` shows without
    skill; alone: that it is above 0, were it the only try; variance: of the tries' ratios."""

    tries: int
    variance: float
    expected: float
    alone: float
    probability: float


def variance_of(ratio: float, count: int, skewness: float, kurtosis: float) -> float:
    """Of the estimate of a Sharpe ratio from `count` returns: the square under the fraction above
    over n - 1 (Mertens, Comments on Variance of the IID estimator in Lo, 2002)."""
    return (1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2) / (count - 1)


def probabilistic(ratio: float, than: float, count: int, skewness: float, kurtosis: float) -> float:
    """PSR: the probability that the true ratio is above `than`."""
    return NORMAL.cdf((ratio - than) / math.sqrt(variance_of(ratio, count, skewness, kurtosis)))


def expected_best(tries: int, variance: float) -> float:
    """s0: the Sharpe ratio that the best of so many tries without skill is expected to show."""
    if tries < 2:
        return 0.0
    high = NORMAL.inv_cdf(1 - 1 / tries)
    higher = NORMAL.inv_cdf(1 - 1 / (tries * math.e))
    return math.sqrt(variance) * ((1 - EULER) * high + EULER * higher)


def deflated(returns: Returns, tries: int, variance: float | None = None) -> Deflated | None:
    """Of these returns; None where they have no Sharpe ratio. variance: None where the tries'
    ratios are not known: that of this estimate then, as if they differed by chance alone."""
    return deflated_of(returns.values, tries, variance)


def deflated_of(values: Floats, tries: int, variance: float | None = None) -> Deflated | None:
    """The same of returns, or differences of returns, as they are."""
    ratio, (skewness, kurtosis) = sharpe_of(values), moments(values)
    count = len(values)
    if ratio is None or skewness is None or kurtosis is None or count < 3:
        return None
    own = variance_of(ratio, count, skewness, kurtosis)
    if own <= 0:
        return None
    used = own if variance is None else variance
    best = expected_best(tries, used)
    return Deflated(
        tries, rounded(used), rounded(best),
        rounded(probabilistic(ratio, 0.0, count, skewness, kurtosis)),
        rounded(probabilistic(ratio, best, count, skewness, kurtosis)),
    )  # fmt: skip
