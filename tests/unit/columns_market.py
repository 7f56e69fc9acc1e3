"""Trades as Binance sends them, as raw records of one trade and as columns of them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

from engine.columns.trades import TradeColumns
from engine.identity import raw_id
from engine.stage import Cell
from engine.ticks import TicksSettings, TicksStage
from schemas import names
from schemas.raw import RawFrame, Source
from schemas.ticks import Ticks

KEY, RUN = "binance:BTC/USDT:USDT", "run"
MS = 1_000_000


class Traded(NamedTuple):
    """event_time and seen_time in ms; texts as sent."""

    event_time: int
    seen_time: int
    price: str
    quantity: str
    bought: bool


def frame(number: int, trade: Traded) -> str:
    """One trade as Binance's stream `<symbol>@trade` sends it."""
    at, price, quantity = trade.event_time, trade.price, trade.quantity
    told = {
        "e": "trade", "E": at, "T": at, "s": "BTCUSDT", "t": number, "p": price, "q": quantity,
        "X": "MARKET", "m": not trade.bought,
    }  # fmt: skip
    return orjson.dumps({"stream": "btcusdt@trade", "data": told}).decode()


def raw(seq: int, seen_time: int, *frames: str, clock: bool = False) -> RawFrame:
    """A record of one moment (ns)."""
    return RawFrame(
        id=raw_id(RUN, KEY, seq), seq=seq, key=KEY, seen_time=seen_time, clock=clock, run=RUN,
        run_seq=seq, source=Source.CLOCK if clock else Source.WS, channel="trade",
        received=(seen_time,) * len(frames), frames=frames,
    )  # fmt: skip


def staged(trades: Iterable[Traded], settings: TicksSettings) -> Iterator[Ticks]:
    """What the ticks stage makes of records of one trade each."""
    cell = Cell.fresh(TicksStage(settings), KEY)
    for seq, trade in enumerate(trades):
        record = raw(seq, trade.seen_time * MS, frame(seq + 1, trade))
        made = cell.take(names.RAW, record)[0].record
        assert isinstance(made, Ticks)
        yield made


def columns(records: Iterable[Ticks]) -> TradeColumns:
    """Their trades."""
    return TradeColumns.of(record.trades for record in records)
