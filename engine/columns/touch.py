"""The first trade outside a band, or with another book: what comes before it moves nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.columns.compiled import compiled
from engine.columns.trades import Flags, Integers

LEAST, MOST = -(1 << 63), (1 << 63) - 1

SIGNATURE = "int64(int64[::1], boolean[::1], int64, int64, int64, int64, int64[:, ::1])"

NOWHERE = np.empty((0, 2), dtype=np.int64)
"""No levels."""


def first_outside(
    price: Any, buys: Any, start: int, end: int, low: int, high: int, levels: Any
) -> int:
    """Place of the first trade in [start, end) at or below `low`, at or above `high`, or at another
    price than a level's; else end. levels: shape (n, 2), a seller's and a buyer's price.

    About 1 ns a trade.
    """
    for at in range(start, end):
        if price[at] <= low or price[at] >= high:
            return at
        for level in range(len(levels)):
            if price[at] != levels[level, 1 if buys[at] else 0]:
                return at
    return end


def touch(
    price: Integers, buys: Flags, start: int, end: int, low: int, high: int,
    levels: Integers = NOWHERE,
) -> int:  # fmt: skip
    """As `first_outside`, compiled; bounds of any size."""
    if start >= end or (low < LEAST and high > MOST and not len(levels)):
        return end
    bounds = max(low, LEAST), min(high, MOST)
    return int(compiled(first_outside, SIGNATURE)(price, buys, start, end, *bounds, levels))
