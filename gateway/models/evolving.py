"""The search for a policy: the cross-entropy method over its numbers.

Rubinstein, The Cross-Entropy Method for Combinatorial and Continuous Optimization, Methodology and
Computing in Applied Probability 1(2), 1999. Policies are drawn from a normal distribution, which
moves towards the best eighth of them; how good one is, is what it earned over how uneven that was:

    sum r / sqrt(sum r^2 + QUIET * sum m^2)

r: its net returns bar by bar, m: those of the markets. The second part keeps one that was lucky in
a few bars from looking sure. Nothing but numpy and one compiled kernel, in one order: the same bars
and seed give the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gateway.models.rehearsal import World
from gateway.models.series import Matrix

QUIET = 0.05

SPREAD = 0.3
"""Deviation of a coefficient to begin with: the bound of an action is 1."""

LEAST = 0.02
"""Deviation of a coefficient, at least."""

PACE = 0.7
"""How far the distribution moves towards the best."""

Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """population: policies of a generation; starts: searches from the beginning, each with numbers
    of its own. Each gives a candidate after an eighth, a quarter, a half and all generations: the
    early ones have learnt less of what was chance."""

    seed: int = 1
    population: int = 64
    generations: int = 40
    starts: int = 2

    @property
    def steps(self) -> int:
        """Generations of all starts."""
        return self.starts * self.generations

    @property
    def told(self) -> tuple[int, ...]:
        """Generations after which there is a candidate."""
        return tuple(sorted({max(1, self.generations // part) for part in (8, 4, 2, 1)}))


def candidates(world: World, inputs: int, of: Recipe, tell: Tell) -> Matrix:
    """Candidates, a row each: coefficients, bias, stay. tell: hears of each generation."""
    rows = [row for start in range(of.starts) for row in _start(world, inputs, of, start, tell)]
    return np.array(rows)


def _start(world: World, inputs: int, of: Recipe, start: int, tell: Tell) -> Iterator[Matrix]:
    random = np.random.Generator(np.random.PCG64([of.seed, start]))
    mean, deviation = np.zeros(inputs + 2), np.full(inputs + 2, SPREAD)
    best = max(2, of.population // 8)
    for number in range(1, of.generations + 1):
        drawn = mean + deviation * random.standard_normal((of.population, inputs + 2))
        drawn[:, -1] = np.abs(drawn[:, -1])
        worth = fitness(world, drawn)
        chosen = drawn[np.argsort(-worth, kind="stable")[:best]]
        mean = PACE * chosen.mean(axis=0) + (1 - PACE) * mean
        deviation = np.maximum(PACE * chosen.std(axis=0) + (1 - PACE) * deviation, LEAST)
        tell(1)
        if number in of.told:
            yield mean.copy()


def fitness(world: World, given: Matrix) -> Matrix:
    """How good policies are, as in the module's text; 0 for one that does nothing."""
    rows, _ = world.played(given)
    uneven = np.sqrt((rows**2).sum(axis=1) + QUIET * world.variance)
    return np.asarray(rows.sum(axis=1) / np.maximum(uneven, 1e-12))
