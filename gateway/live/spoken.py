"""Records as people's programs are told them: RFC 3339 for times, decimal strings for money."""

from __future__ import annotations

from typing import Any

from gateway.api.moments import LAST, told

TIMES = frozenset(
    {
        "event_time", "seen_time", "open_time", "close_time", "asked_time", "expires", "day", "due",
        "at", "answered", "since", "cutoff", "now", "bar_time",
    }
)  # fmt: skip
"""Fields of records that are ns since 1970; spans, such as `lasts`, stay in ns."""

INSIDE = frozenset({"v", "clock"})
"""Fields that only the desk's own readers need."""


def spoken(value: Any) -> Any:
    """The value of a record as JSON has it, with its times as text."""
    if isinstance(value, dict):
        return {
            name: moment(each) if name in TIMES else spoken(each)
            for name, each in value.items()
            if name not in INSIDE
        }
    if isinstance(value, list):
        return [spoken(each) for each in value]
    return value


def moment(value: Any) -> str | None:
    """RFC 3339 of ns since 1970; None for what is no time."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LAST:
        return told(value)
    return None
