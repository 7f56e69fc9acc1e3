"""The collector with a fault: it says nothing of cuts."""

from __future__ import annotations

from typing import Any

from agents.raw import app
from engine.feeds.wire import Wire

_closed: Any = Wire.closed


def closed(wire: Wire, now: int, reason: str) -> list[Any]:
    """As ever, without the marks."""
    _closed(wire, now, reason)
    return []


Wire.closed = closed  # type: ignore[method-assign, assignment]
__all__ = ["app"]
