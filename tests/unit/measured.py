"""What was told of a process, as tests look at it."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.metrics import Reading


def told(readings: Iterable[Reading]) -> dict[tuple[str, ...], float]:
    """By metric and labels."""
    return {(each.metric.name, *each.labels): each.value for each in readings}
