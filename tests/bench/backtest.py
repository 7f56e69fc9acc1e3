"""`tapeline bench backtest`: backtests beside those of other programs, in the same run.

Trades through the whole chain beside nautilus_trader (backtest_trades), and L2 depth beside
hftbacktest (backtest_depth).
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from typing import Any

PARTS = ("backtest_trades", "backtest_depth")

Row = dict[str, Any]


def rows(rounds: int, seconds: float | None, events: int | None = None) -> Iterator[Row]:
    """The rows of each part. seconds has no meaning here: every case plays all that it has.

    events: trades of the case of trades, at least; the parts without such a count are left out.
    """
    for part in PARTS:
        name = f"tests.bench.{part}"
        if find_spec(name) is not None:
            made = import_module(name).rows
            if events is None:
                yield from made(rounds, seconds)
            elif "events" in signature(made).parameters:
                yield from made(rounds, seconds, events=events)
