"""Trials without a market: outcomes made of their parameters."""

from __future__ import annotations

from zlib import crc32

import numpy as np

from engine.performance.returns import Ratios, Returns
from engine.research.course import Task
from engine.research.spaces import Parameters
from engine.research.trials import Outcome, Trial, periods
from engine.spans import SECOND


def outcome(returns: list[float], trips: int = 5) -> Outcome:
    """Of returns of seconds."""
    worth = float(np.prod([1 + each for each in returns]))
    made = Returns("second", 0, np.array(returns), len(returns) * SECOND, worth, 0.1, False)
    return Outcome(tuple(returns), Ratios.of(made), 0.1, trips, 2 * trips, None, None, None)


def played(task: Task) -> Trial:
    """Noise about a mean that is highest at x = 3, the same for the same task."""
    count = periods(task.window, "second")
    seed = crc32(repr((task.window, task.parameters)).encode())
    noise = np.random.default_rng(seed).normal(0, 0.01, count)
    made = [float(each) for each in noise + mean(task.parameters)]
    return Trial(task.split, task.number, task.role, task.parameters, outcome(made))


def mean(parameters: Parameters) -> float:
    """What a trial wins a period on average."""
    return 0.02 - 0.004 * sum((float(value or 0) - 3) ** 2 for value in parameters.values())
