"""Whether tests play what was recorded to its end, or no more of it than shows what they prove."""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")

LONG = os.environ.get("TAPELINE_RECORDED") == "long"
"""Run what takes minutes too (make recorded)."""


def long(whole: T, short: T) -> T:
    """One number in the long form, another in `make test`."""
    return whole if LONG else short
