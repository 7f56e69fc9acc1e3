"""Recorded trades as tapes, and the same trades as raw records for a desk that is given each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from heapq import merge

import orjson

import infra.recordings
from engine.columns.bars import BarColumns
from engine.columns.tape import Shown, Tape
from engine.columns.trades import TradeColumns
from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.identity import raw_id
from engine.replay.desk import Row
from engine.spans import SECOND
from engine.stage import Cell
from engine.ticks import TicksStage, TicksState
from schemas import names
from schemas.raw import RawFrame, Source
from schemas.ticks import Ticks, Trades
from topics.recording import merged, sample

RUN = "tape"


@cache
def recorded_trades() -> dict[str, TradeColumns]:
    """The trades of the shipped futures recordings, by key."""
    listings = infra.recordings.listings()
    files = [(path, Router.of(sample(path), listings).route) for path in infra.recordings.MARKET]
    frames = (each for each in merged(files) if '"trade"' in each[1].text)
    cells: dict[str, Cell[TicksState]] = {}
    groups: dict[str, list[Trades]] = {}
    for raw in raw_records(frames, RUN, 20_000_000):
        cell = cells.setdefault(raw.key, Cell.fresh(TicksStage(), raw.key))
        made = cell.take(names.RAW, raw)[0].record
        assert isinstance(made, Ticks)
        groups.setdefault(raw.key, []).append(made.trades)
    return {key: TradeColumns.of(each) for key, each in groups.items()}


def tape(key: str, trades: TradeColumns, interval: int = SECOND, spread: int = 1) -> Tape:
    """The trades with their bars."""
    return Tape(key, trades, BarColumns.of(trades, interval), RUN, Shown(spread))


def every_record(tapes: Sequence[Tape], clocks: Iterable[Ticks] = ()) -> Iterator[Row]:
    """Each trade as a raw record of two frames, itself and its book, in the order of receipt.

    clocks: records that only carried time, behind the trade of their time.
    """
    marks = {(each.key, each.seq): each.seen_time for each in clocks}
    rows = [_of_one(place, each, marks) for place, each in enumerate(tapes)]
    yield from ((names.RAW, record) for *_, record in merge(*rows, key=lambda row: row[:2]))


def _of_one(
    place: int, tape: Tape, marks: dict[tuple[str, int], int]
) -> Iterator[tuple[int, int, RawFrame]]:
    seq = 0
    for at in range(len(tape.trades)):
        now = int(tape.trades.seen_time[at])
        yield now, place, _raw(tape.key, seq, now, _frames(tape, at))
        seq += 1
        while (tape.key, seq) in marks:
            yield now, place, _raw(tape.key, seq, now, ())
            seq += 1


def _raw(key: str, seq: int, now: int, frames: tuple[str, ...]) -> RawFrame:
    return RawFrame(
        id=raw_id(RUN, key, seq), seq=seq, key=key, seen_time=now, clock=not frames, run=RUN,
        run_seq=seq, source=Source.WS if frames else Source.CLOCK, channel="trade",
        received=(now,) * len(frames), frames=frames,
    )  # fmt: skip


def _frames(tape: Tape, at: int) -> tuple[str, str]:
    """The trade and a snapshot as Binance sends them."""
    one = tape.ticks(at, at)
    (price,), (quantity,), (side,) = one.trades.price, one.trades.quantity, one.trades.side
    (event_time,) = one.trades.event_time
    told = {
        "e": "trade", "E": (event_time or 0) // 10**6, "T": (event_time or 0) // 10**6,
        "s": "BTCUSDT", "t": at + 1, "p": price, "q": quantity, "X": "MARKET",
        "m": side == "sell",
    }  # fmt: skip
    bid, ask = tape.best(at)
    book = {"lastUpdateId": at + 1, "bids": [bid], "asks": [ask]}
    trade = {"stream": "btcusdt@trade", "data": told}
    return orjson.dumps(trade).decode(), orjson.dumps(book).decode()
