"""Every fall of an equity from a peak to its recovery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from engine.analytics import Point
from engine.costs import EXACT
from engine.indicators import rounded
from engine.margin import DIVISION


@dataclass(frozen=True, slots=True)
class Fall:
    """From a peak (time, ns) over the lowest point to where the equity was as high again.

    value: quote lost from peak to trough, share: of the peak; recovered: None while below it.
    """

    peak: int
    trough: int
    recovered: int | None
    value: Decimal
    share: float


def falls(curve: Sequence[Point], most: int = 5) -> list[Fall]:
    """The deepest `most` by share, deepest first; the earlier one first of equals. Only falls from
    a peak above zero are told; the first is as deep as `engine.analytics.max_drawdown`. A recovery
    is the next fall's peak."""
    found: list[Fall] = []
    peak: Point | None = None
    low: Point | None = None
    for time, worth in curve:
        if peak is not None and worth < peak[1]:
            low = (time, worth) if low is None or worth < low[1] else low
            continue
        if peak is not None and low is not None:
            found += _fall(peak, low, time)
        if peak is None or low is not None or worth > peak[1]:
            peak, low = (time, worth), None
    if peak is not None and low is not None:
        found += _fall(peak, low, None)
    return sorted(found, key=lambda each: (-each.share, each.peak))[:most]


def _fall(peak: Point, low: Point, recovered: int | None) -> list[Fall]:
    if peak[1] <= 0:
        return []
    value = EXACT.subtract(peak[1], low[1])
    share = rounded(float(Fraction(value) / Fraction(peak[1])))
    return [Fall(peak[0], low[0], recovered, value, share)]


def underwater(curve: Sequence[Point]) -> list[tuple[int, float]]:
    """At each point, the share of the highest equity so far that is lost; 0 at a peak."""
    found, peak = [], Decimal("-Infinity")
    for time, worth in curve:
        peak = max(peak, worth)
        lost = 0.0
        if worth < peak and peak > 0:
            lost = rounded(float(DIVISION.divide(EXACT.subtract(peak, worth), peak)))
        found.append((time, lost))
    return found
