"""Hourly candles of a market in waves, and the settings of a strategy that trades them."""

from __future__ import annotations

import gzip
from itertools import pairwise
from math import sin
from pathlib import Path

HOURS = 400
SETTINGS = """
[risk]
minimum_strength = 0
[strategies.trend]
advisors = { trend = {} }
stop_percent = 4
"""


def written(folder: Path, name: str = "hours.csv.gz") -> Path:
    """Waves of hours, newest first, under a banner."""
    closes = [8000 + 400 * sin(n / 15) for n in range(HOURS + 1)]
    rows = [
        f"2019-01-{1 + n // 24:02} {n % 24:02}:00,{a:.2f},{max(a, b) + 5:.2f},{min(a, b) - 5:.2f},"
        f"{b:.2f},10.5"
        for n, (a, b) in enumerate(pairwise(closes))
        if n < 31 * 24
    ]
    text = "\n".join(["a banner", "date,open,high,low,close,volume", *reversed(rows)])
    (folder / name).write_bytes(gzip.compress(text.encode()))
    return folder / name
