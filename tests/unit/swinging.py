"""A desk that follows breakouts too late, in a market that swings: what `generate` is tried on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from topics.settings import CONFIG_FILE, HOME, settings

KEY = "binance:BTC/USDT:USDT"
HOUR = 3600
FIRST, COUNT = 1_571_302_800, 330
DESK = """
[risk]
minimum_strength = 0
minimum_confidence = 0
[signals.indicators]
ema_fast = 3
ema_slow = 6
atr = 5
[strategies.swing]
markets = ["BTC/USDT:USDT"]
advisors = { momentum = { entry_bars = 30, exit_bars = 20 } }
"""


@contextmanager
def swinging(found: Path, more: str = "") -> Iterator[Path]:
    """Two weeks of candles and the desk's settings in a folder, which are this process's."""
    rows, close = ["time,open,high,low,close,volume"], 8000.0
    for number in range(COUNT):
        first, close = close, 8000 + 700 * math.sin(number / 5) + 9 * math.sin(number * 1.7)
        high, low = max(first, close) + 2, min(first, close) - 2
        told = ",".join(f"{each:.1f}" for each in (first, high, low, close))
        rows.append(f"{FIRST + number * HOUR},{told},12.5")
    (found / "btc.csv").write_text("\n".join(rows))
    (found / "desk.toml").write_text(DESK + more)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CONFIG_FILE, str(found / "desk.toml"))
        patch.setenv(HOME, str(found / "home"))
        settings.cache_clear()
        yield found
    settings.cache_clear()


def run(*given: str) -> tuple[int, str]:
    found = CliRunner().invoke(app, [*given])
    return found.exit_code, found.output + str(found.exception or "")


def generated(folder: Path, into: str, *more: str) -> tuple[int, str]:
    spans = ("--train", "120h", "--test", "100h", "--embargo", "5h")
    return run("generate", str(folder / "btc.csv"), "--candles", KEY, "--into", str(folder / into),
               "--strategy", "swing", "--jobs", "1", "--draws", "500", *spans, *more)  # fmt: skip
