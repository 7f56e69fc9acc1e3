"""`tapeline bench candles`: two years of hourly candles with their report, after start-up.

Each play is a process of its own under the shipped rule (tests/bench/candles_play.py), as `tapeline
backtest --candles ... --report DIR` is one. Start-up is what a process needs before it reads a
candle: Python, the modules, and the compiled kernels, which lie in the user's cache. All that comes
then is in the row that has a level: reading, bars, indicators, every order and fill, and the report
in three formats.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from infra.local.errors import LocalError

NAME = "candles"
ROOT = Path(__file__).resolve().parents[2]
CASE = "two years of hours with their report, after start-up"
PROMISED = 2.0
"""Seconds."""

Row = dict[str, Any]


def rows(rounds: int, seconds: float | None) -> Iterator[Row]:
    """Seconds of the play and of start-up; `seconds` has no meaning here."""
    _play()  # kernels are compiled once
    plays = [_play() for _ in range(rounds)]
    yield row(CASE, [each["play"] for each in plays], at_most=PROMISED)
    yield row("start-up", [each["start"] for each in plays])
    yield row("the kernels' part of it", [each["kernels"] for each in plays])


def row(case: str, told: Sequence[float], **level: float) -> Row:
    """One of the bench: the median of some seconds."""
    found: Row = {
        "bench": NAME, "case": case, "unit": "s", "ours": round(median(told), 3), "peers": {},
        "ratio": None, "rounds": [round(each, 3) for each in told],
    }  # fmt: skip
    return {**found, "level": level} if level else found


def _play() -> dict[str, float]:
    """The seconds of one play."""
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as folder:
        began = time.perf_counter()
        told = played(Path(folder))[-1]
        return {**told, "start": time.perf_counter() - began - told["play"]}


def played(folder: Path) -> list[Row]:
    """One process in a folder, from its beginning to its end: what it tells, its times last;
    LocalError where it fails.
    """
    command = [sys.executable, "-m", "tests.bench.candles_play", str(folder)]
    asked = {**os.environ, "PYTHONPATH": str(ROOT), "TAPELINE_HOME": str(folder)}
    done = subprocess.run(command, env=asked, cwd=folder, capture_output=True)
    if done.returncode:
        raise LocalError(f"the play failed: {done.stderr.decode().strip()[-300:]}")
    return [*map(orjson.loads, done.stdout.splitlines())]
