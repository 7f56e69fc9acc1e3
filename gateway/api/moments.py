"""Times as RFC 3339 in UTC, to the nanosecond: 2026-11-22T17:57:32.123456789Z."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

SECOND = 1_000_000_000
FORM = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
LAST = 2**63 - 1
"""The last ns that a record can name, in the year 2262."""


def told(moment: int) -> str:
    """The text of ns since 1970, always to nine digits, so that texts sort as their times do."""
    seconds, rest = divmod(moment, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def parsed(text: str) -> int:
    """Its ns since 1970; ValueError for all that is not RFC 3339, with an offset, since 1970."""
    found = FORM.fullmatch(text)
    if found is None:
        raise ValueError("a time is RFC 3339, as in 2026-11-22T17:57:32.5Z")
    day, clock, fraction, offset = found.groups()
    zone = "+00:00" if offset in "Zz" else offset
    whole = datetime.fromisoformat(f"{day}T{clock}{zone}")
    seconds = int((whole - EPOCH).total_seconds())
    moment = seconds * SECOND + int((fraction or "").ljust(9, "0"))
    if not 0 <= moment <= LAST:
        raise ValueError("a time is between 1970 and 2262")
    return moment


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _read(value: object) -> object:
    return parsed(value) if isinstance(value, str) else value


Moment = Annotated[
    int,
    BeforeValidator(_read),
    PlainSerializer(told, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""ns since 1970 here, RFC 3339 outside."""
