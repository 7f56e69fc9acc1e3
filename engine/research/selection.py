"""Which trial of a train span is chosen, and how much the choice means.

The objective is a figure of the trial's outcome, larger is better. A trial that was not run, that
has no such figure, or that closed fewer round trips than asked for is not chosen; of equal ones
the first is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median
from typing import TypeGuard

from engine.indicators import rounded
from engine.research.spaces import Parameters, Space, Value
from engine.research.trials import Outcome, Trial

OBJECTIVES: Mapping[str, Callable[[Outcome], float | None]] = {
    "sharpe": lambda of: of.ratios.sharpe,
    "sortino": lambda of: of.ratios.sortino,
    "calmar": lambda of: of.ratios.calmar,
    "return": lambda of: of.ratios.total_return,
    "drawdown": lambda of: -of.fall,
    "win_rate": lambda of: of.win_rate,
    "profit_factor": lambda of: of.profit_factor,
    "expectancy": lambda of: of.expectancy,
}
"""By name; ratios of one period, calmar of a year (so none for less than a day)."""


@dataclass(frozen=True)
class Goal:
    """What is looked for. least: round trips that a trial must have closed."""

    objective: str = "sharpe"
    least: int = 1

    def value(self, trial: Trial) -> float | None:
        """The objective's; None where the trial is not to be chosen."""
        found = trial.outcome
        if found is None or found.trips < self.least:
            return None
        return OBJECTIVES[self.objective](found)

    def best(self, trials: Iterable[Trial]) -> Trial | None:
        """The one to choose; None where none is to be."""
        valued = [(self.value(each), -each.number, each) for each in trials]
        known = [(value, first, each) for value, first, each in valued if value is not None]
        return max(known, key=lambda row: row[:2])[2] if known else None


@dataclass(frozen=True)
class Plateau:
    """The chosen trial among its neighbours, which differ from it in one parameter, by one step:
    their number, the median of their values, and the worst. A peak that stands alone is luck.
    """

    value: float
    neighbours: int
    median: float | None
    worst: float | None


def plateau(chosen: Trial, trials: Iterable[Trial], goal: Goal, space: Space) -> Plateau:
    """Of the chosen trial; neighbours without a value are not counted."""
    value = goal.value(chosen)
    assert value is not None, "a chosen trial has a value"
    found = [
        there
        for each in trials
        if adjacent(chosen.parameters, each.parameters, space)
        and (there := goal.value(each)) is not None
    ]
    return Plateau(
        value, len(found), rounded(median(found)) if found else None, min(found, default=None)
    )


def adjacent(one: Parameters, other: Parameters, space: Space) -> bool:
    """True where one axis alone differs, by one step; of an axis without steps, by anything."""
    apart = [axis for axis in space.axes if one[axis.name] != other[axis.name]]
    if len(apart) != 1:
        return False
    values, name = apart[0].values, apart[0].name
    return values is None or abs(values.index(one[name]) - values.index(other[name])) == 1


@dataclass(frozen=True)
class Stability:
    """One parameter over the splits. changes: how often the choice differs from that before it;
    different: how many values were chosen; range: the chosen ones' extent over the axis's, None
    where values are no numbers or the axis has one; means: of the objective, over all splits'
    trials, by value (of axes with few values)."""

    name: str
    chosen: tuple[Value, ...]
    changes: int
    different: int
    range: float | None
    means: tuple[tuple[Value, float], ...]


MOST_MEANS = 50
"""Values of an axis for which means are told."""


def stabilities(
    chosen: Sequence[Trial], trials: Sequence[Trial], goal: Goal, space: Space
) -> tuple[Stability, ...]:
    """Of each parameter; chosen: one trial a split, in their order."""
    return tuple(_stability(axis.name, axis.ends, chosen, trials, goal) for axis in space.axes)


def _stability(
    name: str, ends: Sequence[Value], chosen: Sequence[Trial], trials: Sequence[Trial], goal: Goal
) -> Stability:
    values = tuple(each.parameters[name] for each in chosen)
    return Stability(
        name=name,
        chosen=values,
        changes=sum(one != other for one, other in pairwise(values)),
        different=len({repr(each) for each in values}),
        range=_range(values, ends),
        means=_means(name, trials, goal),
    )


def _range(values: Sequence[Value], ends: Sequence[Value]) -> float | None:
    numbers = [float(each) for each in values if is_number(each)]
    limits = [float(each) for each in ends if is_number(each)]
    if len(numbers) < len(values) or not numbers or len(limits) < len(ends):
        return None
    whole = max(limits) - min(limits)
    return rounded((max(numbers) - min(numbers)) / whole) if whole else None


def is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _means(name: str, trials: Sequence[Trial], goal: Goal) -> tuple[tuple[Value, float], ...]:
    by: dict[str, tuple[Value, list[float]]] = {}
    for each in trials:
        value = goal.value(each)
        if value is not None:
            at = each.parameters[name]
            by.setdefault(repr(at), (at, []))[1].append(value)
    if len(by) > MOST_MEANS:
        return ()
    rows = [(at, rounded(fmean(found))) for at, found in by.values()]
    return tuple(sorted(rows, key=lambda row: (not is_number(row[0]), _order(row[0]))))


def _order(value: Value) -> tuple[float, str]:
    return (float(value), "") if isinstance(value, int | float) else (0.0, str(value))
