"""`tapeline models prequential`: how the online learner would have fared on files of candles.

It is asked as its seat asks it (engine.strategies.online), bar after bar: what is told of it rests
at each bar on what was known before. The interval is that of the mean of what each outcome's log
loss was below the base rate's, by the stationary block bootstrap: outcomes overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np
from rich.table import Table

from engine.indicators import rounded
from engine.learning.learner import Learner, LearnerSettings
from engine.learning.vector import BARS
from engine.performance.bootstrap import FEW, block_length, indices
from engine.strategies.online import few_known
from gateway.jobs.progress import bars
from gateway.models.series import Matrix, Series, series
from gateway.terminal.output import Output
from gateway.watching.earnings import table
from topics.settings import settings

DRAWS, SEED, TAIL = 1000, 1, 0.025
HEADINGS = (
    "file", ">bars", ">outcomes", ">log loss", ">base", ">better by", ">from", ">to", ">Brier",
    ">base", ">hits", ">us a bar",
)  # fmt: skip
KEYS = (
    "file", "bars", "outcomes", "log_loss", "base_log_loss", "better_by", "low", "high", "brier",
    "base_brier", "hit_rate", "us_a_bar",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Course:
    """A row an outcome: our log loss and squared error, the base rate's, and whether it was a hit;
    ns: that a bar took."""

    rows: Matrix
    ns: float


def prequential(
    files: Sequence[Path], interval: int | None, by: LearnerSettings, output: Output
) -> int:
    """Tell how it fared on each file; 0."""
    found = []
    with bars(output) as progress:
        task = progress.add_task("learning", total=len(files), said="")
        for path in files:
            progress.update(task, said=path.name)
            one = series(path, interval, BARS, settings())
            found.append({"file": path.name, **told(one, learnt(one, by))})
            progress.advance(task)
    if output.json:
        output.lines(found)
    else:
        output.show(_table(found))
    return 0


def learnt(of: Series, by: LearnerSettings) -> Course:
    """Ask and teach it on every bar of a series."""
    learner, rows = Learner(), []
    began = perf_counter_ns()
    for inputs, close in zip(of.inputs.tolist(), of.bars.close.tolist(), strict=True):
        known, due = learner.known, learner.waiting[0] if learner.waiting else None
        before = learner.losses.told
        learner.closed(close, by)
        if learner.known > known and due is not None:
            now, hit = learner.losses, (due.probability > 0.5) == (close > due.close)
            pairs = zip(now.told, before, strict=True)
            rows.append([*(after - earlier for after, earlier in pairs), hit])
        if not few_known(inputs):
            learner.foretell(inputs, close, by)
    spent = perf_counter_ns() - began
    return Course(np.array(rows, dtype=float).reshape(-1, 5), spent / max(1, len(of.bars)))


def told(of: Series, course: Course) -> dict[str, Any]:
    """The figures, each the mean of all outcomes; no interval of fewer than FEW."""
    count = len(course.rows)
    told: dict[str, Any] = {"bars": len(of.bars), "outcomes": count}
    if count:
        means = [rounded(each) for each in course.rows.mean(axis=0).tolist()]
        names = ("log_loss", "base_log_loss", "brier", "base_brier", "hit_rate")
        better = course.rows[:, 1] - course.rows[:, 0]
        told |= {**dict(zip(names, means, strict=True)), "better_by": rounded(float(better.mean()))}
        if count >= FEW:
            low, high = _interval(better)
            told |= {"low": low, "high": high}
    return {**told, "us_a_bar": round(course.ns / 1e3, 1)}


def _interval(values: Matrix) -> tuple[float, float]:
    """Of the mean, 95 %."""
    drawn = values[indices(len(values), DRAWS, block_length(values), SEED)].mean(axis=1)
    low, high = np.quantile(drawn, [TAIL, 1 - TAIL]).tolist()
    return rounded(low), rounded(high)


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    return table(HEADINGS, [[_short(row.get(key)) for key in KEYS] for row in rows])


def _short(value: Any) -> str:
    return "" if value is None else f"{value:.5g}" if isinstance(value, float) else str(value)
