"""Inputs over their own mean and deviation so far, kept by Welford's recurrence.

B. P. Welford, Note on a Method for Calculating Corrected Sums of Squares and Products,
Technometrics 4(3), 1962: mean += (x - mean) / count, squares += (x - old mean) (x - new mean).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt

BOUND = 5.0
"""Deviations from the mean to which an input is set that is farther out."""


@dataclass
class Scaling:
    """count: of the samples; mean and sum of squared distances from it, of each input."""

    count: int = 0
    mean: list[float] = field(default_factory=list)
    squares: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, inputs: int) -> Scaling:
        """That has seen nothing."""
        return cls(0, [0.0] * inputs, [0.0] * inputs)

    def take(self, x: Sequence[float]) -> None:
        """One sample more."""
        self.count += 1
        for place, each in enumerate(x):
            before = each - self.mean[place]
            self.mean[place] += before / self.count
            self.squares[place] += before * (each - self.mean[place])

    def scaled(self, x: Sequence[float]) -> list[float]:
        """Deviations from the mean, at most BOUND; 0 for what has not moved yet."""
        found = []
        for each, mean, squares in zip(x, self.mean, self.squares, strict=True):
            deviation = sqrt(squares / self.count) if squares > 0 else 0.0
            z = (each - mean) / deviation if deviation else 0.0
            found.append(min(BOUND, max(-BOUND, z)))
        return found
