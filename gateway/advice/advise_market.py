"""What a briefing is made of: the newest records of a desk, or the end of recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.advice.market import Market
from engine.framing import raw_records
from engine.stage import Cell
from gateway.backtests.stages import Stages
from gateway.recorded.files import absolute
from gateway.recorded.inputs import routed
from gateway.running.broker import opened
from gateway.terminal.output import Output
from gateway.watching.gauge import Gauge
from gateway.watching.latest import Latest
from schemas import names
from schemas.codec import decode
from schemas.errors import Poison, TapelineError
from schemas.record import Record, symbol_of
from schemas.signals import Signal
from topics import BY_NAME
from topics.inspection import Inspection
from topics.messages import key_of
from topics.partition import partition_of
from topics.reading import from_end, latest
from topics.recording import merged, run_of
from topics.settings import Settings

TICKS = 5000
"""Records of market.ticks that are looked through for funding and open interest."""


class NoMarket(TapelineError):
    """Nothing is known of a market that was asked for."""


def of_desk(symbol: str, account: str, window: int, known: Settings, output: Output) -> Market:
    """As the desk's topics have it now; NoMarket, or TopicError where no desk answers."""
    with opened(known, output) as settings:
        signal = _newest(symbol, settings)
        market = Market(signal.key)
        keys = [f"{account}:{symbol_of(signal.key)}", f"{account}:*"] if account else []
        found = latest(settings, names.PORTFOLIO, keys)
        held = [decode(BY_NAME[names.PORTFOLIO].record, row.value()) for row in found.values()]
        bars = _back(settings, names.BARS, signal.key, window)
        ticks = _back(settings, names.TICKS, signal.key, TICKS)
        for record in (*ticks, *bars, *held, signal):
            market.take(record)
    return market


def _newest(symbol: str, settings: Settings) -> Signal:
    """The newest signal of the one market of a symbol, or of a whole key."""
    gauge = Gauge(settings)
    look = Latest(settings, gauge, names.SIGNALS)
    try:
        rows = [decode(Signal, value) for value, _ in look.look()]
    finally:
        look.close()
        gauge.close()
    return chosen(symbol, {row.key: row for row in rows})


def chosen(symbol: str, rows: dict[str, Signal]) -> Signal:
    """That of a symbol or key; NoMarket where there is none, or several."""
    mine = {key: row for key, row in rows.items() if symbol in (key, symbol_of(key))}
    if len(mine) == 1:
        return next(iter(mine.values()))
    known = ", ".join(sorted(mine or rows)) or "none yet"
    if mine:
        raise NoMarket(f"{symbol} is traded at several venues; name one of {known}")
    raise NoMarket(f"no signal of {symbol}; there are {known}")


def _back(settings: Settings, topic: str, key: str, most: int) -> list[Record]:
    """The last records of a key, at most so many of the partition, oldest first."""
    found: list[Record] = []
    looked = 0
    for rows in from_end(settings, topic, partition_of(topic, key)):
        mine = [row for row in rows if key_of(row) == key]
        found = [*_read(topic, [bytes(row.value() or b"") for row in mine]), *found]
        looked += len(rows)
        if looked >= most and (len(found) >= most or topic == names.TICKS):
            break
    return found


def _read(topic: str, values: Sequence[bytes]) -> Iterator[Record]:
    for value in values:
        try:
            yield decode(BY_NAME[topic].record, value)
        except Poison:
            continue  # the stages behind it have said so


def of_files(symbol: str, files: Sequence[Path], known: Settings, market: str | None) -> Market:
    """As it is at the end of recordings: played through the stages, in this process."""
    paths, stages = absolute(list(files)), Stages.of(known)
    linger, inspection = known.linger * 1_000_000, Inspection()
    frames = merged(routed(paths, known, market), inspection)
    cells: dict[str, dict[str, Cell[Any]]] = {}
    found: dict[str, Market] = {}
    last: dict[str, Signal] = {}
    for frame in raw_records(frames, run_of(paths, linger), linger):
        if symbol not in (frame.key, symbol_of(frame.key)):
            last.setdefault(frame.key, Signal(venue="", symbol=""))
            continue
        mine = cells.setdefault(frame.key, stages.market(frame.key))
        for record in _through(mine, frame):
            found.setdefault(frame.key, Market(frame.key)).take(record)
            if isinstance(record, Signal):
                last[frame.key] = record
    inspection.judge()
    return found[chosen(symbol, last).key]


def _through(cells: dict[str, Cell[Any]], frame: Record) -> Iterator[Record]:
    """Ticks, bars and signals of a frame."""
    ticks, signals = cells[names.RAW], cells[names.TICKS]
    for made in ticks.take(names.RAW, frame):
        if made.topic in (names.TICKS, names.BARS):
            yield made.record
        if made.topic == names.TICKS:
            yield from (each.record for each in signals.take(names.TICKS, made.record))
