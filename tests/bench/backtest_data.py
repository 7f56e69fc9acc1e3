"""The recorded trades of the bench: Binance spot and futures, repeated and shifted in time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

import infra.recordings
from engine.columns.trades import TradeColumns
from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.spans import SECOND
from engine.stage import Cell
from engine.ticks import TicksStage, TicksState
from schemas import names
from schemas.ticks import Ticks, Trades
from topics.recording import merged, sample

FOLDER = Path(infra.recordings.__file__).parent
FILES = tuple(sorted([*FOLDER.glob("spot/*.gz"), *FOLDER.glob("usdm/*.gz")]))
LINGER = 20_000_000


def recorded(files: Sequence[Path] = FILES) -> dict[str, TradeColumns]:
    """The trades of the recordings, by key."""
    print(f"the trades of {len(files)} recordings are read ...", file=sys.stderr)
    listings = infra.recordings.listings()
    routes = [(path, Router.of(sample(path), listings, path.parent.name).route) for path in files]
    frames = (each for each in merged(routes) if '"e":"trade"' in each[1].text)
    cells: dict[str, Cell[TicksState]] = {}
    groups: dict[str, list[Trades]] = {}
    for raw in raw_records(frames, "bench", LINGER):
        cell = cells.setdefault(raw.key, Cell.fresh(TicksStage(), raw.key))
        made = cell.take(names.RAW, raw)[0].record
        assert isinstance(made, Ticks)
        groups.setdefault(raw.key, []).append(made.trades)
    return {key: TradeColumns.of(each) for key, each in groups.items()}


@cache
def repeated(trades: int) -> dict[str, TradeColumns]:
    """The recorded trades as often as it takes for so many, each time later by their span."""
    found = recorded()
    times = -(-trades // sum(map(len, found.values())))
    first = min(int(each.seen_time[0]) for each in found.values())
    last = max(int(each.seen_time[-1]) for each in found.values())
    shifts = np.arange(times, dtype=np.int64) * (last - first + SECOND)
    return {key: each.shifted(shifts) for key, each in sorted(found.items())}
