"""Trades that are large for their market: a z-score of log size over the latest trades.

Sizes of trades have heavy tails (Gopikrishnan, Plerou, Gabaix, Stanley, Phys. Rev. E 62, R4493,
2000), their logarithms are near to normal, so mean and deviation of logarithms are what "usual"
means. Median and MAD (Iglewicz and Hoaglin, 1993) were not taken: where half of the trades are of
one lot, as on many contracts, MAD is zero. A trade is judged by those before it, so that it cannot
hide itself. Logarithms are held in integers of 10^-6: sums are exact and a restart changes nothing.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from math import log, sqrt
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from engine.indicators import rounded

LOG_UNITS = 1_000_000

Outlier = tuple[int, int, int, float]
"""Event time in ns, quantity in 10^-18 base, 1 for bought or -1 for sold, z-score."""


class OutlierSettings(BaseModel):
    """trades: of the latest, that say what is usual; warm_up: trades before any is judged;
    z: deviations above the mean of log size from which a trade is an outlier."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trades: int = Field(default=1000, ge=10, le=10_000)
    warm_up: int = Field(default=100, ge=2)
    z: float = Field(default=3.0, gt=0)


@lru_cache(maxsize=1 << 14)
def log_units(quantity: int) -> int:
    """ln of a positive quantity in 10^-18, in integers of 10^-6."""
    return round(log(quantity) * LOG_UNITS)


class SizeOutliers:
    """The latest sizes with their exact sums, and the outliers not older than `span` ns."""

    def __init__(self, settings: OutlierSettings, span: int) -> None:
        self.settings = settings
        self.span = span
        self.sizes: deque[int] = deque()
        self.total = 0
        self.squares = 0
        self.found: deque[Outlier] = deque()

    def take(self, time: int, quantity: int, side: int) -> None:
        """Judge a trade by those before it, then count it among them."""
        if quantity <= 0:
            return
        size = log_units(quantity)
        z = self.score(size)
        if z is not None and z >= self.settings.z:
            self.found.append((time, quantity, side, z))
        self._count(size)

    def score(self, size: int) -> float | None:
        """(x - mean) / deviation of the sizes held; None in warm-up and where all are equal."""
        count = len(self.sizes)
        if count < self.settings.warm_up:
            return None
        variance = count * self.squares - self.total * self.total
        return rounded((count * size - self.total) / sqrt(variance)) if variance else None

    def move(self, time: int) -> None:
        """Forget the outliers that are `span` or more before `time`."""
        while self.found and self.found[0][0] <= time - self.span:
            self.found.popleft()

    def _count(self, size: int) -> None:
        self.sizes.append(size)
        self.total += size
        self.squares += size * size
        if len(self.sizes) > self.settings.trades:
            oldest = self.sizes.popleft()
            self.total -= oldest
            self.squares -= oldest * oldest

    def dump(self) -> dict[str, Any]:
        """Sizes and outliers as JSON values."""
        found = [[time, str(quantity), side, z] for time, quantity, side, z in self.found]
        return {"sizes": list(self.sizes), "found": found}

    @classmethod
    def load(cls, settings: OutlierSettings, span: int, data: dict[str, Any]) -> SizeOutliers:
        """What `dump` gave."""
        outliers = cls(settings, span)
        for size in data["sizes"]:
            outliers._count(size)
        for time, quantity, side, z in data["found"]:
            outliers.found.append((time, int(quantity), side, z))
        return outliers
