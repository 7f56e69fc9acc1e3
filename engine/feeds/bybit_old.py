"""Bybit's API v2 as it was in 2021, for what was recorded of it; nothing of it is live any more.

Sources: cryptofeed's recording of 2021, and bybit-official-api-docs (en/websocket.md). Numbers and
times are texts on linear contracts and mostly numbers on inverse ones, whose snapshot is a bare
list:
  {"topic":"trade.BCHUSDT","data":[{"symbol":"BCHUSDT","tick_direction":"MinusTick","price":
   "1053.90","size":0.14,"timestamp":"2021-04-17T16:43:05.000Z","trade_time_ms":"1618677785116",
   "side":"Buy","trade_id":"01cacfe9-8d1c-5ee4-995d-d79a43f955a6"}]}
  {"topic":"orderBookL2_25.BCHUSDT","type":"snapshot","data":{"order_book":[{"price":"1053.05",
   "symbol":"BCHUSDT","id":"10530500","side":"Buy","size":2.63}]},"cross_seq":"864131802",
   "timestamp_e6":"1618677786430132"}
  {"topic":"orderBookL2_25.EOSUSD","type":"delta","data":{"delete":[],"update":[{"price":"7.971",
   "symbol":"EOSUSD","id":79710,"side":"Buy","size":47766}],"insert":[],"transactTimeE6":0},
   "cross_seq":1225777225,"timestamp_e6":1618677786598877}
cross_seq grows with each message, by how much nothing says: a repetition shows, a gap does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from engine.feeds import bybit_forms, fields
from engine.feeds.events import Depth, Event, Trade
from engine.feeds.fields import MILLISECOND, Id, Milliseconds
from schemas.ticks import Level, Side

VENUE = "bybit"
Turn = Literal["Buy", "Sell"]
SIDES: dict[Turn, Side] = {"Buy": "buy", "Sell": "sell"}
"""Of trades, the aggressor's."""
MICROSECOND = 1000
Microseconds = Annotated[int, Meta(ge=0, le=(fields.LATEST - 1) // MICROSECOND)]

Number = Any
"""A text, or a JSON number: its digits if it has a fraction or an exponent, else an integer."""


class _Trade(Struct, gc=False):
    price: Number
    size: Number
    side: Turn
    trade_time_ms: Milliseconds
    trade_id: str

    def event(self) -> Trade:
        price, quantity = fields.price(_text(self.price)), fields.traded(_text(self.size))
        time = self.trade_time_ms * MILLISECOND
        return Trade(time, price, quantity, SIDES[self.side], self.trade_id)


class _Trades(Struct, gc=False):
    data: list[_Trade]


class _Row(Struct, gc=False):
    """A level; one that goes has no size."""

    price: str
    side: Turn
    size: Number = 0


class _All(Struct, gc=False):
    order_book: list[_Row] = []
    delete: list[_Row] = []
    update: list[_Row] = []
    insert: list[_Row] = []


class _Book(Struct, gc=False):
    type: Literal["snapshot", "delta"]
    data: _All | list[_Row]
    cross_seq: Id
    timestamp_e6: Microseconds

    def event(self) -> Depth:
        """Ids are cross_seq."""
        data = self.data
        bids: list[Level] = []
        asks: list[Level] = []
        if isinstance(data, list):
            _sort(data, bids, asks)
        else:
            for row in data.delete:
                (bids if row.side == "Buy" else asks).append((row.price, "0"))
            for rows in (data.order_book, data.update, data.insert):
                if rows:
                    _sort(rows, bids, asks)
        time, snapshot = self.timestamp_e6 * MICROSECOND, self.type == "snapshot"
        sides = fields.levels(bids), fields.levels(asks)
        return Depth(time, snapshot, None, self.cross_seq, None, *sides)


def _sort(rows: list[_Row], bids: list[Level], asks: list[Level]) -> None:
    """Put each level to its side."""
    for row in rows:
        size = row.size
        text = str(size) if type(size) is int else fields.plain(size)
        (bids if row.side == "Buy" else asks).append((row.price, text))


_trades = msgspec.json.Decoder(_Trades, strict=False, float_hook=str).decode
_books = msgspec.json.Decoder(_Book, strict=False, float_hook=str).decode


def _text(number: Number) -> str:
    return fields.plain(number) if isinstance(number, str) else str(number)


def _executions(text: str) -> tuple[Event, ...]:
    return tuple([trade.event() for trade in _trades(text).data])


def _changes(text: str) -> tuple[Event, ...]:
    return (_books(text).event(),)


_diffs = bybit_forms.old_books(_changes)
READERS: dict[str, Callable[[str], tuple[Event, ...]]] = {
    "trade": _executions,
    "orderBookL2_25": _diffs,
    "orderBook_200": _diffs,
}
"""By the first word of the topic."""
