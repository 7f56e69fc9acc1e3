"""Events that no record has caused: they have neither an id nor a time of their own.

What a stage tells of itself (it has started, a connection was cut) comes of no market record. Its
place on the topic tells it from others, and the record's time is when it was told.
"""

from __future__ import annotations

from typing import Any

import orjson

MILLISECOND = 1_000_000


def stamped(value: bytes, offset: int, milliseconds: int) -> bytes:
    """An event with an id and a time, where it lacks them; bytes that are none stay as they are.

    offset: its place on the topic, which has one partition. milliseconds: of the record, since
    1970.
    """
    try:
        told: dict[str, Any] = orjson.loads(value)
        told["id"] = told["id"] or f"event-{offset}"
        told["seen_time"] = told["seen_time"] or milliseconds * MILLISECOND
    except (ValueError, KeyError, TypeError):
        return value
    return orjson.dumps(told)
