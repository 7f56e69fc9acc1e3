"""Times in buckets: one bisection a record."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


class Spread:
    """How many took how long. bounds: upper bounds of the buckets in seconds, rising."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, seconds: float) -> None:
        """Count one; what is on a bound is in the bucket below it."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.sum += seconds

    def buckets(self) -> tuple[list[tuple[str, float]], float]:
        """As Prometheus wants them: cumulative counts by upper bound, and the sum."""
        found, total = list[tuple[str, float]](), 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), list(self.counts), strict=True):
            total += count
            found.append((bound, total))
        return found, self.sum
