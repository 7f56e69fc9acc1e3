"""A search's result: each split's choice, and the test spans together as one run out of sample.

The chosen parameters of a split had nothing of its test span; so the test spans' returns, one after
the other, are what the whole procedure (search, choose, trade, search again) would have earned. A
split in which no trial is to be chosen trades nothing: its returns are 0.

    efficiency    mean return of a period out of sample over that in sample (Pardo, The Evaluation
                  and Optimization of Trading Strategies, 2008, chapter 11: walk-forward efficiency)
    deflated      of the best trial of a train span, whose returns are one of as many tries as there
                  were trials, with the variance of their Sharpe ratios (engine.performance)
    overfitting   of the train span's trials (engine.performance.overfitting)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean, variance

import numpy as np

from engine.analytics import Point, max_drawdown
from engine.indicators import rounded
from engine.performance.deflation import Deflated, deflated
from engine.performance.overfitting import Overfitting, overfitting
from engine.performance.returns import PERIODS, Ratios, Returns
from engine.research.selection import Goal, Plateau, plateau
from engine.research.spaces import Space
from engine.research.splits import Split, Window
from engine.research.trials import Trial, periods


@dataclass(frozen=True)
class Chosen:
    """What a split came to. trials: all of its train span; best: the chosen one, None where none
    is to be; test: the chosen parameters on the test span, None without one."""

    split: Split
    trials: tuple[Trial, ...]
    best: Trial | None
    test: Trial | None
    plateau: Plateau | None
    deflated: Deflated | None
    overfitting: Overfitting | None


@dataclass(frozen=True)
class Forward:
    """The test spans together. returns: theirs, in order of time; curve: the equity that they make
    of 1, from the first test span's beginning on; alone: the deflated ratio of one try."""

    returns: Returns
    ratios: Ratios
    curve: list[Point]
    trips: int
    fills: int
    efficiency: float | None
    alone: Deflated | None


def chosen(split: Split, trials: Iterable[Trial], goal: Goal, space: Space, period: str) -> Chosen:
    """The choice of a split, by its trials in the order of their numbers."""
    kept = sorted(trials, key=lambda each: each.number)
    trained = tuple(each for each in kept if each.role == "train")
    best = goal.best(trained)
    tests = [each for each in kept if each.role == "test"]
    return Chosen(
        split=split,
        trials=trained,
        best=best,
        test=tests[0] if tests else None,
        plateau=None if best is None else plateau(best, trained, goal, space),
        deflated=None if best is None else _deflated(best, trained, split.train, period),
        overfitting=_overfitting(trained),
    )


def _deflated(best: Trial, trials: Sequence[Trial], window: Window, period: str) -> Deflated | None:
    run = [each.outcome for each in trials if each.outcome is not None]
    ratios = [each.ratios.sharpe for each in run if each.ratios.sharpe is not None]
    assert best.outcome is not None, "a chosen trial was run"
    among = variance(ratios) if len(ratios) > 1 else None
    returns, _ = joined([(window, best.outcome.returns)], period)
    return deflated(returns, max(1, len(run)), among)


def _overfitting(trials: Sequence[Trial]) -> Overfitting | None:
    """None where no trial won or lost anything."""
    rows = [each.outcome.returns for each in trials if each.outcome is not None]
    return overfitting(np.array(rows).T) if any(map(any, rows)) else None


def forward(found: Sequence[Chosen], period: str) -> Forward | None:
    """The test spans of splits in order of time; None where there is none."""
    parts = [
        (each.split.test, _returns(each, period)) for each in found if each.split.test is not None
    ]
    if not parts:
        return None
    returns, curve = joined(parts, period)
    tested = [each.test.outcome for each in found if each.test and each.test.outcome]
    return Forward(
        returns=returns,
        ratios=Ratios.of(returns),
        curve=curve,
        trips=sum(each.trips for each in tested),
        fills=sum(each.fills for each in tested),
        efficiency=_efficiency(found, returns),
        alone=deflated(returns, 1),
    )


def _returns(each: Chosen, period: str) -> tuple[float, ...]:
    assert each.split.test is not None
    if each.test is not None and each.test.outcome is not None:
        return each.test.outcome.returns
    return (0.0,) * periods(each.split.test, period)


def joined(
    parts: Sequence[tuple[Window, Sequence[float]]], period: str
) -> tuple[Returns, list[Point]]:
    """The returns of windows as one run, and the equity that they make of 1.

    Where windows meet within a period, it has a return of each: nothing is lost, nothing doubled.
    """
    length, worth, curve = PERIODS[period], 1.0, [(parts[0][0].since, Decimal(1))]
    values: list[float] = []
    for window, returns in parts:
        first = window.since // length
        for number, each in enumerate(returns, first + 1):
            worth = max(0.0, worth * (1 + each))
            curve.append((min(number * length, window.until), Decimal(repr(rounded(worth)))))
        values += returns
    fall = max_drawdown(curve)
    made = Returns(
        period=period,
        first=parts[0][0].since // length,
        values=np.array(values),
        span=sum(window.until - window.since for window, _ in parts),
        growth=worth,
        fall=fall.share if fall else 0.0,
        ruined=worth <= 0,
    )
    return made, curve


def _efficiency(found: Sequence[Chosen], outside: Returns) -> float | None:
    inside = [
        each
        for one in found if one.best is not None and one.best.outcome is not None
        for each in one.best.outcome.returns
    ]  # fmt: skip
    mean = fmean(inside) if inside else 0.0
    if mean <= 0 or not len(outside.values) or not math.isfinite(mean):
        return None
    return rounded(fmean(map(float, outside.values)) / mean)
