"""A span of time as a person names it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from engine.analytics import Span
from schemas.errors import TapelineError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


DURATION = re.compile(r"(\d{1,9})(s|min|h|d)", re.ASCII)
UNITS = {"s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}


class NoTime(TapelineError):
    """A text that names no time."""


def span(since: str | None, until: str | None) -> Span:
    """From a time on and before another: RFC 3339 or a date, UTC where no zone is named."""
    found = Span(_nanoseconds(since), _nanoseconds(until))
    if found.since is not None and found.until is not None and found.since >= found.until:
        raise NoTime(f"--from {since} is not before --to {until}")
    return found


@lru_cache(1 << 12)  # a report tells each time in several tables
def time_text(nanoseconds: int) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    at = EPOCH + timedelta(microseconds=nanoseconds // 1000)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def lasting(text: str | None) -> int | None:
    """ns of a duration: digits and s, min, h or d."""
    if text is None:
        return None
    found = DURATION.fullmatch(text)
    if found is None:
        raise NoTime(f"{text} is no duration: write 90s, 15min, 4h or 2d")
    return int(found[1]) * UNITS[found[2]]


def _nanoseconds(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise NoTime(f"{text} is no time: write 2024-08-09 or 2024-08-09T12:30:00Z") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (at - EPOCH) // timedelta(microseconds=1) * 1000
