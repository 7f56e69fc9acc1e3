"""What the live window of closed bars costs in accuracy, against the same indicators over all bars.

Run from a checkout: python -m tests.bench.indicator_window [CANDLES...]
For each indicator, over every bar from which the window is full on: the largest difference relative
to the value, and relative to the price (the MACD and its histogram cross zero, where a relative
difference says nothing). Data: SPY by month, day and day (tests/unit/vectors), the one-second bars
of all markets that ship as recordings, and any CANDLES: gzip CSV, newest first, with columns high,
low and close, after a line that names their origin (as cryptodatadownload.com gives them).
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from engine.feeds.binance_symbols import Router, named_market
from engine.framing import raw_records
from engine.indicators import Column, IndicatorSettings, Window, indicate, indicate_all
from engine.stage import Cell
from engine.ticks import TicksStage
from infra.recordings import COIN_M, MARKET, SPOT, listings
from schemas import names
from schemas.ticks import BarFields, Ticks
from tests.unit.worked_examples import bar_of, rows_of
from topics.recording import merged, sample

FILES = ("spy_with_macd.txt", "spy_bollinger_bands.txt", "spy_atr_wilder.txt")
RECORDINGS = (MARKET[:1], MARKET[1:], SPOT[:2], SPOT[2:], COIN_M[:1], COIN_M[1:])
"""The files of each market."""

SETTINGS = IndicatorSettings()


def sources(candles: Sequence[Path] = ()) -> Iterator[tuple[str, Column]]:
    """Name and bars (rows high, low, close) of each vector."""
    for name in FILES:
        yield name, np.array([bar_of(row) for row in rows_of(name)]).T
    for files in RECORDINGS:
        bars = seconds(files)
        rows = [(float(bar.high), float(bar.low), float(bar.close)) for _, bar in bars]
        yield f"{bars[0][0]} 1s", np.array(rows).T
    for file in candles:
        yield file.name, np.array(list(candles_of(file))[::-1]).T


def seconds(files: Sequence[Path]) -> list[tuple[str, BarFields]]:
    """The one-second bars of one recorded market, each with the market's symbol."""
    routed = [
        (file, Router.of(sample(file), listings(), None, named_market(file.parts[:-1])).route)
        for file in files
    ]
    cells: dict[str, Cell[Any]] = {}
    found = []
    for raw in raw_records(merged(routed), "run"):
        cell = cells.setdefault(raw.key, Cell.fresh(TicksStage(), raw.key))
        ticks = cell.take(names.RAW, raw)[0].record
        if isinstance(ticks, Ticks):
            found += [(ticks.symbol, bar) for bar in ticks.bars if bar.interval == "1s"]
    return found


def candles_of(file: Path) -> Iterator[tuple[float, ...]]:
    """High, low and close of a file of candles, in its order."""
    with gzip.open(file, "rt") as lines:
        for row in csv.DictReader(islice(lines, 1, None)):
            yield tuple(float(row[name]) for name in ("high", "low", "close"))


def differences(bars: Column) -> dict[str, tuple[float, float]]:
    """Of each indicator: largest difference over its value, and over the price."""
    whole, window = indicate_all(bars, SETTINGS), Window(SETTINGS.window)
    worst: dict[str, tuple[float, float]] = {name: (0.0, 0.0) for name in whole}
    for place, (high, low, close) in enumerate(bars.T.tolist()):
        window.push(high, low, close)
        if place + 1 < SETTINGS.window:
            continue
        for name, live in indicate(window, SETTINGS).items():
            full = float(whole[name][place])
            gap = abs((live or 0.0) - full)
            relative = gap / abs(full) if full else 0.0
            worst[name] = (max(worst[name][0], relative), max(worst[name][1], gap / close))
    return worst


def main() -> None:
    """One JSON object for each vector and indicator."""
    for source, bars in sources([Path(each) for each in sys.argv[1:]]):
        for name, (relative, of_price) in differences(bars).items():
            told = {
                "bench": "indicator_window",
                "case": f"{source} {name}",
                "bars": bars.shape[1],
                "relative": float(f"{relative:.2g}"),
                "of_price": float(f"{of_price:.2g}"),
            }
            print(orjson.dumps(told).decode())


if __name__ == "__main__":
    main()
