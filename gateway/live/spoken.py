"""Records as people's programs are told them: RFC 3339 for times, decimal strings for money."""

from __future__ import annotations

import re
from typing import Any

from gateway.api.moments import LAST, told

TIMES = frozenset(
    {
        "event_time", "seen_time", "open_time", "close_time", "asked_time", "expires", "day", "due",
        "at", "answered", "since", "cutoff", "now", "bar_time",
    }
)  # fmt: skip
"""Fields of records that are ns since 1970; spans, such as `lasts`, stay in ns."""

LONGEST = 2000
"""Characters of a text: an exchange may answer with a whole page."""
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
"""What steers a terminal, or turns the direction of what is read."""

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
    return tamed(value) if isinstance(value, str) else value


def tamed(text: str) -> str:
    """A text that others may have written: not too long, and nothing in it that is not seen."""
    if len(text) <= LONGEST and text.isprintable():
        return text
    cut = text if len(text) <= LONGEST else text[: LONGEST - 1] + "\u2026"
    return STEERING.sub("?", cut)


def moment(value: Any) -> str | None:
    """RFC 3339 of ns since 1970; None for what is no time."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LAST:
        return told(value)
    return None
