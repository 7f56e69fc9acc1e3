"""Decimal texts as columns of integers: 20,000 in 2 ms, where a text at a time takes 12."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.columns.trades import Integers

WIDEST = 18
"""Digits that any integer of 64 bits holds."""

NEWLINE, POINT, ZERO, NINE = b"\n.09"


class Numbers(NamedTuple):
    """Decimal texts as integers of 10^-decimals, each of its own decimals."""

    values: Integers
    decimals: Integers


def numbers(texts: Sequence[str]) -> Numbers | None:
    """Of texts that are digits, with a point between them or without; None where one of them is
    another, or has more than WIDEST digits, or where there is none."""
    whole = "\n".join([*texts, ""])
    if not texts or not whole.isascii():
        return None
    data = np.frombuffer(whole.encode(), np.uint8)
    ends, points = np.flatnonzero(data == NEWLINE), np.flatnonzero(data == POINT)
    digits = np.count_nonzero((data >= ZERO) & (data <= NINE))
    if len(ends) != len(texts) or digits + len(points) + len(ends) != len(data):
        return None
    starts, of = np.append(0, ends[:-1] + 1), ends.searchsorted(points)
    inside = (starts[of] < points) & (points < ends[of] - 1)
    if not inside.all() or (np.diff(of) == 0).any():
        return None
    decimals = np.zeros(len(ends), dtype=np.int64)
    decimals[of] = ends[of] - 1 - points
    counts = ends - starts - (decimals > 0)
    if counts.min() == 0 or counts.max() > WIDEST:
        return None
    return Numbers(np.fromstring(whole.replace(".", ""), np.int64, sep="\n"), decimals)
