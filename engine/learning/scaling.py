"""Inputs over their own mean and deviation so far, kept by Welford's recurrence.

B. P. Welford, Note on a Method for Calculating Corrected Sums of Squares and Products,
Technometrics 4(3), 1962: mean += (x - mean) / count, squares += (x - old mean) (x - new mean).
An input that is not known is NaN: it is not counted, and told as its mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isnan, sqrt

BOUND = 5.0
"""Deviations from the mean to which an input is set that is farther out."""


@dataclass
class Scaling:
    """Of each input how often it was known, its mean, the sum of squared distances from it."""

    count: list[int] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    squares: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, inputs: int) -> Scaling:
        """That has seen nothing."""
        return cls([0] * inputs, [0.0] * inputs, [0.0] * inputs)

    def take(self, x: Sequence[float]) -> None:
        """One sample more."""
        for place, each in enumerate(x):
            if isnan(each):
                continue
            self.count[place] += 1
            before = each - self.mean[place]
            self.mean[place] += before / self.count[place]
            self.squares[place] += before * (each - self.mean[place])

    def scaled(self, x: Sequence[float]) -> list[float]:
        """Deviations from the mean, at most BOUND; 0 for what has not moved yet."""
        found = []
        rows = zip(x, self.count, self.mean, self.squares, strict=True)
        for each, count, mean, squares in rows:
            deviation = sqrt(squares / count) if squares > 0 else 0.0
            z = (each - mean) / deviation if deviation and not isnan(each) else 0.0
            found.append(min(BOUND, max(-BOUND, z)))
        return found
