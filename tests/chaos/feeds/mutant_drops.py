"""The collector with a fault: it loses a frame in two hundred."""

from __future__ import annotations

from itertools import count
from typing import Any

from agents.raw import app
from topics import collecting

_publish: Any = collecting.Collector.publish
_number = count(1)


def publish(*given: Any) -> None:
    """As ever, but for one."""
    if next(_number) % 200:
        _publish(*given)


collecting.Collector.publish = publish  # type: ignore[method-assign, assignment]
__all__ = ["app"]
