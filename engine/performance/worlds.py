"""What the same trading would have won without knowing the market: worlds without an edge.

In each world the account's signals come at other times: its signed notionals over time, of all
symbols together, are shifted by k periods against the markets' returns and wrap around at the end,
for every k from 1 to n - 1. So each world has the same positions, sizes, holding times, bias to one
side, turnover and costs, and the same market with its drift and its bursts; only which position
meets which moment is another. What is gained beyond most of them is timing, not drift: the mean of
all worlds is that of holding the mean position. All shifts are taken, so nothing is random.
(Circular shifts as a permutation test: Good, Permutation, Parametric, and Bootstrap Tests of
Hypotheses, 3rd ed., 2005, chapter 1; the p-value, which counts the real world among them: Phipson &
Smyth, Statistical Applications in Genetics and Molecular Biology 9(1), 2010.)

It is of the ends of periods: what was opened and closed within one is not seen, and the real world
is told by the same sums, so that like is set beside like. Stops and targets are shifted with the
positions that they ended; they are not drawn anew. Small shifts still share much of the real one,
which makes the p-value larger, not smaller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from engine.indicators import rounded
from engine.margin import Terms
from engine.performance.returns import PERIODS, Floats, Returns
from engine.portfolio import PortfolioSettings, apply
from engine.position import Position
from schemas.statuses import Status

FEW = 20
"""Periods below which no world is told."""

ALIKE = 1e-9
"""Share of the largest result within which two count as equal."""


Held = tuple[Decimal, Decimal, Terms]
"""Mark, quantity and terms of a position."""


@dataclass(frozen=True, slots=True)
class Worlds:
    """Quote won before costs, on the ends of periods: in reality and over `count` worlds.

    p_value: share of worlds, the real one among them, that won as much as the real one or more.
    """

    count: int
    won: float
    mean: float
    low: float
    median: float
    high: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Paths:
    """By symbol (row) and period (column): signed notional in quote at its beginning, and the
    market's return in it."""

    notionals: Floats
    returns: Floats


def paths(statuses: Iterable[Status], settings: PortfolioSettings, grid: Returns) -> Paths:
    """Of one account's statuses from the beginning, over the periods of its returns."""
    length, count = PERIODS[grid.period], len(grid.values)
    positions: dict[str, Position] = {}
    ended: dict[str, dict[int, Held]] = {}
    for status in statuses:
        position = positions.get(status.symbol)
        if position is None:
            position = positions[status.symbol] = Position(status.symbol, status.venue)
        apply(position, status, settings)
        at = status.seen_time // length - grid.first
        if not 0 <= at < count or not position.mark:
            continue
        state = position.mark, position.quantity, position.terms
        ended.setdefault(status.symbol, {})[at] = state
    rows = [_row(*_columns(each, count)) for each in ended.values()]
    if not rows:
        return Paths(np.zeros((0, count)), np.zeros((0, count)))
    return Paths(np.array([each for each, _ in rows]), np.array([each for _, each in rows]))


def worlds(of: Paths) -> Worlds | None:
    """None with fewer than FEW periods, or where nothing was held from one to the next."""
    count = of.returns.shape[1]
    if count < FEW or not of.notionals.any():
        return None
    won = np.zeros(count)
    for shift in range(count):
        won[shift] = float(np.sum(np.roll(of.notionals, shift, axis=1) * of.returns))
    others, real = won[1:], won[0]
    slack = ALIKE * float(np.abs(won).max())
    low, median, high = np.quantile(others, [0.025, 0.5, 0.975])
    return Worlds(
        count=count - 1,
        won=rounded(real),
        mean=rounded(float(others.mean())),
        low=rounded(float(low)),
        median=rounded(float(median)),
        high=rounded(float(high)),
        p_value=rounded((1 + int(np.sum(others >= real - slack))) / count),
    )


def _row(marks: Floats, held: Floats) -> tuple[Floats, Floats]:
    """Notionals and returns by period: filled forward, a market unknown so far stands still."""
    marks, held = _filled(marks), np.nan_to_num(_filled(held))
    change = np.zeros(len(marks))
    change[1:] = np.nan_to_num(marks[1:] / marks[:-1] - 1)
    return np.concatenate([[0.0], held[:-1]]), change


def _filled(values: Floats) -> Floats:
    """Each gap with the value before it."""
    known = np.where(np.isnan(values), 0, np.arange(len(values)))
    return np.asarray(values[np.maximum.accumulate(known)])


def _columns(ended: Mapping[int, Held], count: int) -> tuple[Floats, Floats]:
    """Marks and notionals by period; NaN where a period has none."""
    marks, held = np.full(count, np.nan), np.full(count, np.nan)
    for at, (mark, quantity, terms) in ended.items():
        marks[at], held[at] = float(mark), _notional(mark, quantity, terms)
    return marks, held


def _notional(mark: Decimal, quantity: Decimal, terms: Terms) -> float:
    size = terms.notional(mark, quantity)
    return float(size.copy_sign(quantity)) if size else 0.0
