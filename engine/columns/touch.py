"""The first trade whose price is outside a band: what lies between two of them moves nothing."""

from __future__ import annotations

from typing import Any

from engine.columns.compiled import compiled
from engine.columns.trades import Integers

LEAST, MOST = -(1 << 63), (1 << 63) - 1

SIGNATURE = "int64(int64[::1], int64, int64, int64, int64)"


def first_outside(price: Any, start: int, end: int, low: int, high: int) -> int:
    """Place of the first price in [start, end) at or below `low`, or at or above `high`; else end.

    About 1 ns a trade.
    """
    for at in range(start, end):
        if price[at] <= low or price[at] >= high:
            return at
    return end


def touch(price: Integers, start: int, end: int, low: int, high: int) -> int:
    """As `first_outside`, compiled; bounds of any size."""
    if start >= end or (low < LEAST and high > MOST):
        return end
    bounds = max(low, LEAST), min(high, MOST)
    return int(compiled(first_outside, SIGNATURE)(price, start, end, *bounds))
