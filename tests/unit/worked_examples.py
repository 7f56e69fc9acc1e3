"""Worked examples of indicators by other hands (tests/unit/vectors/NOTICE), read as bars."""

from __future__ import annotations

import csv
from pathlib import Path

VECTORS = Path(__file__).parent / "vectors"

Bar = tuple[float, float, float]
"""High, low and close."""


def rows_of(file: str) -> list[dict[str, str]]:
    """The lines of a file."""
    with (VECTORS / file).open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def bar_of(row: dict[str, str], close: str = "Close") -> Bar:
    """The bar of a line; where it has a close alone, that thrice. close: the column's name."""
    price = float(row[close])
    names = {name.lower(): name for name in row}
    high, low = (float(row[names[name]]) if name in names else price for name in ("high", "low"))
    return high, low, price
