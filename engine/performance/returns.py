"""An equity curve as returns of equal periods, and what they come to.

The periods are aligned to UTC; each return is from the equity at the end of the period before, the
first from the curve's start; a period in which nothing changed has the return 0. So the product of
(1 + return) is the last equity over the first. Riskless rate and target are 0, n the number of
returns, N the periods of a year of 365 days, since crypto trades every day:

    total return    last / first - 1
    CAGR            (last / first) ** (1 / years) - 1, years: from the first point to the last
    volatility      stdev(r) * sqrt(N), with n - 1
    Sharpe          mean(r) / stdev(r), annualised * sqrt(N)
                    (Sharpe, The Sharpe Ratio, J. of Portfolio Management 21(1), 1994)
    Sortino         mean(r) / sqrt(sum(min(r, 0)^2) / n), annualised * sqrt(N)
                    (Sortino & Price, Performance Measurement in a Downside Risk Framework,
                    J. of Investing 3(3), 1994)
    Calmar          CAGR / deepest drawdown (Young, Calmar Ratio: A Smoother Tool, Futures 20(1),
                    1991; there of 36 months, here of the whole curve)
    skewness        m3 / m2^1.5, kurtosis m4 / m2^2 (3 for a normal), m: central moments with n

An equity that reaches zero or less ends the returns there: nothing can be earned on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.analytics import YEAR, Point, max_drawdown
from engine.indicators import rounded
from engine.spans import DAY, SECOND

Floats = NDArray[np.float64]

PERIODS = {"day": DAY, "hour": 3600 * SECOND, "minute": 60 * SECOND, "second": SECOND}
ENOUGH = 30
"""Periods that a curve should have."""


def period_of(curve: Sequence[Point]) -> str:
    """The longest period of which the curve has enough; seconds where it has enough of none."""
    span = curve[-1][0] - curve[0][0] if curve else 0
    return next((name for name, each in PERIODS.items() if span >= ENOUGH * each), "second")


@dataclass(frozen=True)
class Returns:
    """One return a period. first: number of the first period since 1970; length: of one, ns.

    span: from the curve's first point to its last, ns; growth: last / first equity; fall: its
    deepest drawdown, as a share; ruined: the equity came to zero or less.
    """

    period: str
    first: int
    values: Floats
    span: int
    growth: float
    fall: float
    ruined: bool

    @classmethod
    def of(cls, curve: Sequence[Point], period: str | None = None) -> Returns:
        """Those of a curve in order of time; of a named period, else by `period_of`."""
        name = period or period_of(curve)
        worths = list(ends(curve, PERIODS[name]))
        found, ruined = [], bool(curve) and curve[0][1] <= 0
        for before, after in pairwise(worths):
            if before <= 0:
                ruined = True
                break
            found.append(float(Fraction(after) / Fraction(before) - 1) if after != before else 0.0)
        deepest = max_drawdown(curve)
        return cls(
            period=name,
            first=curve[0][0] // PERIODS[name] if curve else 0,
            values=np.array(found),
            span=curve[-1][0] - curve[0][0] if curve else 0,
            growth=1.0
            if not curve or ruined
            else float(Fraction(curve[-1][1]) / Fraction(curve[0][1])),
            fall=deepest.share if deepest else 0.0,
            ruined=ruined or (bool(curve) and curve[-1][1] <= 0),
        )

    @property
    def a_year(self) -> float:
        """Periods of a year."""
        return YEAR * DAY / PERIODS[self.period]


def ends(curve: Sequence[Point], length: int) -> Iterable[Decimal]:
    """The first equity, then that at the end of each period up to the curve's last."""
    if not curve:
        return
    number, (_, worth) = curve[0][0] // length, curve[0]
    yield worth
    for time, after in curve:
        while number < time // length:
            yield worth
            number += 1
        worth = after
    yield worth


@dataclass(frozen=True)
class Ratios:
    """See the module's text; None where there is nothing to divide by.

    What is annualised is None for a curve of less than a day; sharpe and sortino are of one period.
    """

    total_return: float | None
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sharpe_annual: float | None
    sortino: float | None
    sortino_annual: float | None
    calmar: float | None
    skewness: float | None
    kurtosis: float | None

    @classmethod
    def of(cls, returns: Returns) -> Ratios:
        """Those of returns, to 12 significant digits."""
        values, long = returns.values, returns.span >= DAY
        yearly = math.sqrt(returns.a_year) if long else None
        sharpe, sortino = sharpe_of(values), _sortino(values)
        spread = float(values.std(ddof=1)) if len(values) > 1 else None
        cagr = _cagr(returns) if long else None
        skewness, kurtosis = moments(values)
        return cls(
            total_return=_told(returns.growth - 1) if len(values) else None,
            cagr=_told(cagr),
            volatility=_times(spread, yearly),
            sharpe=_told(sharpe),
            sharpe_annual=_times(sharpe, yearly),
            sortino=_told(sortino),
            sortino_annual=_times(sortino, yearly),
            calmar=None if cagr is None or not returns.fall else _told(cagr / returns.fall),
            skewness=_told(skewness),
            kurtosis=_told(kurtosis),
        )


def sharpe_of(values: Floats) -> float | None:
    """The Sharpe ratio of one period; None with fewer than two returns, or all alike."""
    if len(values) < 2 or not np.ptp(values):
        return None
    spread = float(values.std(ddof=1))
    return float(values.mean()) / spread if spread else None


def moments(values: Floats) -> tuple[float | None, float | None]:
    """Skewness and kurtosis; None where all are alike."""
    if len(values) < 2 or not np.ptp(values):
        return None, None
    off = values - values.mean()
    off /= np.abs(off).max()
    second = float(np.mean(off**2))
    return float(np.mean(off**3)) / second**1.5, float(np.mean(off**4)) / second**2


def monthly(curve: Sequence[Point]) -> list[tuple[str, float | None]]:
    """The return of each UTC month, "2024-08"; None where it began with zero or less."""
    ended: dict[str, Decimal] = {}
    for time, worth in curve:
        ended[str(np.datetime64(time, "ns").astype("datetime64[M]"))] = worth
    found, before = [], curve[0][1] if curve else Decimal(0)
    for month, worth in ended.items():
        won = float(Fraction(worth) / Fraction(before) - 1) if before > 0 else None
        found.append((month, _told(won)))
        before = worth
    return found


def _sortino(values: Floats) -> float | None:
    lost = np.minimum(values, 0.0)
    if not len(values) or not lost.any():
        return None
    return float(values.mean() / np.sqrt(np.mean(lost**2)))


def _cagr(returns: Returns) -> float | None:
    if returns.ruined or returns.growth <= 0:
        return -1.0
    power = math.log(returns.growth) * YEAR * DAY / returns.span
    return math.expm1(power) if power < 700 else None


def _times(value: float | None, factor: float | None) -> float | None:
    return None if value is None or factor is None else _told(value * factor)


def _told(value: float | None) -> float | None:
    return None if value is None else rounded(value)
