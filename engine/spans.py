"""Spans of time in ns, as all times of the desk are."""

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
