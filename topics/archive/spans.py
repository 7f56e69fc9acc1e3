"""Which whole numbers of a row are there, as spans. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

Span = tuple[int, int]
"""From a number up to and with another."""


def spans_of(numbers: Any) -> list[Span]:
    """The spans of an array of integers, in any order, with doubles or not."""
    known = np.unique(numbers)
    if not len(known):
        return []
    cuts = np.flatnonzero(np.diff(known) != 1)
    firsts = known[np.concatenate(([0], cuts + 1))]
    lasts = known[np.concatenate((cuts, [len(known) - 1]))]
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same numbers in the fewest spans, in order."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return found


def between(spans: Iterable[Span]) -> list[Span]:
    """What is missing between joined spans."""
    ordered = joined(spans)
    return [(one[1] + 1, other[0] - 1) for one, other in pairwise(ordered)]
