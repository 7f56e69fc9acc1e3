"""What came of forecasts of a barrier, bar by bar: to the bit what the training has as its target.

A forecast waits until a bar meets one of its two prices, or `horizon` bars have closed; which one a
bar meets first is as in engine.learning.targets, whose arrays say the same of a whole series.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Bar(NamedTuple):
    """One closed bar, in quote."""

    opened: float
    high: float
    low: float
    close: float

    @classmethod
    def of(cls, prices: Sequence[str]) -> Bar:
        """Of open, high, low and close as records have them, decimal strings."""
        return cls(*map(float, prices))


class Waiting(NamedTuple):
    """A forecast whose outcome is not known yet. close: of its bar; up: probability of a rise;
    width: to either barrier, in quote; bars: that have closed since."""

    close: float
    up: float
    width: float
    bars: int = 0


def met(bar: Bar, upper: float, lower: float) -> int:
    """1, -1 or 0: the barrier that a bar meets first on its way."""
    up, down = bar.high >= upper, bar.low <= lower
    if not (up and down):
        return up - down
    if bar.opened >= upper:
        return 1
    return -1 if bar.opened <= lower or bar.close >= bar.opened else 1


def came(of: Waiting, bar: Bar, last: bool) -> float | None:
    """1 for a rise, 0 for a fall, None where the bar does not say it. last: of the horizon."""
    if side := met(bar, of.close + of.width, of.close - of.width):
        return float(side > 0)
    return float(bar.close > of.close) if last else None


def settled(
    waiting: Sequence[Waiting], bar: Bar, horizon: int
) -> tuple[list[Waiting], list[tuple[Waiting, float]]]:
    """What goes on waiting after a bar, and each that it settles with what came; in their order.

    O(waiting), which is the horizon at most where one forecast is made a bar.
    """
    left, done = [], []
    for each in waiting:
        found = came(each, bar, each.bars + 1 >= horizon)
        if found is None:
            left.append(each._replace(bars=each.bars + 1))
        else:
            done.append((each, found))
    return left, done
