"""What the signals stage costs a record, with and without microstructure, on the recorded market.

Run from a checkout: python -m tests.bench.signals_cost [BTC/USDT:USDT]
"""

from __future__ import annotations

import gc
import sys
from statistics import median
from time import thread_time_ns

import orjson

import infra.recordings
from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.microstructure import MicroSettings, Microstructure
from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell
from engine.ticks import TicksStage
from schemas import names
from schemas.ticks import Ticks
from topics.recording import merged, sample

LINGER = 20_000_000
ROUNDS = 3


def recorded_ticks(symbol: str, linger: int = LINGER) -> list[Ticks]:
    """The ticks records of one symbol of the shipped recording."""
    listings = infra.recordings.listings()
    files = [(path, Router.of(sample(path), listings).route) for path in infra.recordings.MARKET]
    cell = Cell.fresh(TicksStage(), f"binance:{symbol}")
    taken = (
        cell.take(names.RAW, raw)[0].record
        for raw in raw_records(merged(files), "run", linger)
        if raw.key == cell.key
    )
    return [record for record in taken if isinstance(record, Ticks)]


def events(ticks: list[Ticks]) -> int:
    """Market events in the records."""
    return sum(len(one.trades) + len(one.quotes) + len(one.books) for one in ticks)


def stage_cost(ticks: list[Ticks]) -> float:
    """Microseconds a record of the whole stage."""
    cell = Cell.fresh(SignalsStage(SignalSettings()), ticks[0].key)
    start = thread_time_ns()
    for record in ticks:
        cell.take(names.TICKS, record)
    return (thread_time_ns() - start) / 1e3 / len(ticks)


def micro_cost(ticks: list[Ticks]) -> float:
    """Microseconds a record of the microstructure alone."""
    micro = Microstructure(MicroSettings())
    start = thread_time_ns()
    for record in ticks:
        micro.take(record, record.seen_time)
    return (thread_time_ns() - start) / 1e3 / len(ticks)


def main() -> None:
    """One JSON object: medians of several rounds."""
    symbol = sys.argv[1] if len(sys.argv) > 1 else "BTC/USDT:USDT"
    ticks = recorded_ticks(symbol)
    gc.collect()
    gc.freeze()
    whole, micro = (median(cost(ticks) for _ in range(ROUNDS)) for cost in (stage_cost, micro_cost))
    told = {
        "bench": "signals",
        "case": symbol,
        "unit": "us a record",
        "records": len(ticks),
        "events": events(ticks),
        "ours": round(whole, 2),
        "microstructure": round(micro, 2),
        "events_per_second": round(events(ticks) / len(ticks) / whole * 1e6),
    }
    print(orjson.dumps(told).decode())


if __name__ == "__main__":
    main()
