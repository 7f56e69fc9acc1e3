"""Kraken Futures' frames to events, no IO.

Sources: Kraken's "Futures WebSocket API" (https://docs.kraken.com/api/docs/futures-api/websocket/:
book, trade, ticker, ticker_lite, heartbeat), cryptofeed's recording of 2021 (the same), ccxt 4.5.64
(pro/krakenfutures.py). Numbers are JSON numbers, times are ms:
  {"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1612269825817,"seq":326072249,
   "tickSize":null,"bids":[{"price":34892.5,"qty":6385}],"asks":[{"price":34911.5,"qty":20598}]}
  {"feed":"book","product_id":"PI_XBTUSD","side":"sell","seq":326094134,"price":34981,"qty":0,
   "timestamp":1612269953629}
  {"feed":"trade","product_id":"PI_XBTUSD","uid":"05af78ac-..","side":"sell","type":"fill",
   "seq":653355,"time":1612266317519,"qty":15000,"price":34969.5}
    (type: fill, liquidation, termination, assignment, block; side: the taker's; seq counts trades)
  {"feed":"trade_snapshot","product_id":"PI_XBTUSD","trades":[{"feed":..},..]}  (newest first)
  {"feed":"ticker","product_id":"PI_XBTUSD","time":1676393235406,"bid":21978.5,"ask":21987.0,
   "bid_size":2536.0,"ask_size":13948.0,"index":21984.54,"markPrice":21979.6,"tag":"month",
   "openInterest":30072580.0,"relative_funding_rate":-1.380384722222e-6,"funding_rate":..,
   "next_funding_rate_time":1676394000000,..}              (a funding rate of zero is left out)
  {"feed":"ticker_lite","product_id":"PI_XBTUSD","bid":32189.5,"ask":32221.0,..}   (without sizes)
  {"feed":"heartbeat","time":1534262350627}
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
from msgspec import Raw, Struct

from engine.feeds import fields, kraken_forms
from engine.feeds.events import (
    Depth,
    Event,
    Funding,
    Liquidation,
    OpenInterest,
    Quote,
    Trade,
)
from engine.feeds.fields import MILLISECOND, Id, Milliseconds
from engine.feeds.kraken_v2_frames import number
from schemas.errors import Poison
from schemas.ticks import Level, Side

Events = tuple[Event, ...]

NULL = b"null"

_feed = re.compile(r'"feed"\s*:\s*"([^"]*)"').search


class _Level(Struct, gc=False):
    price: Raw
    qty: Raw


class _Snapshot(Struct, gc=False):
    seq: Id
    timestamp: Milliseconds
    bids: list[_Level]
    asks: list[_Level]


class _Change(Struct, gc=False):
    seq: Id
    timestamp: Milliseconds
    side: Side
    price: Raw
    qty: Raw


class _Trade(Struct, gc=False):
    uid: str
    side: Side
    type: str
    seq: Id
    time: Milliseconds
    qty: Raw
    price: Raw

    def events(self) -> Events:
        """The execution, and the closing of a position that it is part of."""
        price, quantity = fields.price(number(self.price)), fields.traded(number(self.qty))
        time, numbers = self.time * MILLISECOND, (self.seq, self.seq)
        trade = Trade(time, price, quantity, self.side, self.uid, numbers)
        if self.type not in kraken_forms.CLOSED:
            return (trade,)
        return trade, Liquidation(time, price, quantity, self.side)


class _Trades(Struct, gc=False):
    trades: list[_Trade]


class _Ticker(Struct, gc=False):
    product_id: str
    time: Milliseconds | None = None
    tag: str = ""
    bid: Raw = Raw(NULL)
    ask: Raw = Raw(NULL)
    bid_size: Raw = Raw(NULL)
    ask_size: Raw = Raw(NULL)
    index: Raw = Raw(NULL)
    markPrice: Raw = Raw(NULL)
    openInterest: Raw = Raw(NULL)
    relative_funding_rate: Raw = Raw(NULL)
    next_funding_rate_time: Milliseconds | None = None

    def quote(self, time: int | None) -> Quote:
        """Sides without an order, and sizes that are not told, are 0."""
        bid, bids, ask, asks = [
            fields.quantity(_given(raw) or "0")
            for raw in (self.bid, self.bid_size, self.ask, self.ask_size)
        ]
        return Quote(time, bid, bids, ask, asks, None)

    def funding(self, time: int) -> Funding:
        """Of a perpetual the rate of this hour, which is paid at the end of it."""
        mark, index = _given(self.markPrice), _given(self.index)
        rate = _share(self.relative_funding_rate)
        due = self.next_funding_rate_time
        if rate is None and due is not None:
            rate = "0"
        return Funding(
            time,
            None if mark is None else fields.mark(mark),
            None if index is None else fields.mark(index),
            None if rate is None else fields.rate(rate),
            None if due is None else due * MILLISECOND,
        )


_snapshots = msgspec.json.Decoder(_Snapshot).decode
_changes = msgspec.json.Decoder(_Change).decode
_trade = msgspec.json.Decoder(_Trade).decode
_trades = msgspec.json.Decoder(_Trades).decode
_tickers = msgspec.json.Decoder(_Ticker).decode


def _given(raw: Raw) -> str | None:
    """The number's text; None where there is none."""
    return None if bytes(raw) == NULL else number(raw)


def _share(raw: Raw) -> str | None:
    """As `_given`, of a number that may be negative."""
    text = bytes(raw).decode()
    return "-" + fields.plain(text[1:]) if text.startswith("-") else _given(raw)


def _levels(rows: list[_Level]) -> tuple[Level, ...]:
    return fields.levels([(number(row.price), number(row.qty)) for row in rows])


def _snapshot(text: str) -> Events:
    book = _snapshots(text)
    time, bids, asks = book.timestamp * MILLISECOND, _levels(book.bids), _levels(book.asks)
    return (Depth(time, True, None, book.seq, None, bids, asks),)


def _change(text: str) -> Events:
    change = _changes(text)
    level = fields.levels([(number(change.price), number(change.qty))])
    bids, asks = (level, ()) if change.side == "buy" else ((), level)
    return (Depth(change.timestamp * MILLISECOND, False, None, change.seq, None, bids, asks),)


def _executed(text: str) -> Events:
    return _trade(text).events()


def _before(text: str) -> Events:
    """The last trades, oldest first; those that were told already are known by their numbers."""
    return tuple([event for row in reversed(_trades(text).trades) for event in row.events()])


def _ticked(text: str) -> Events:
    ticker = _tickers(text)
    if ticker.time is None:
        raise Poison("a ticker without a time")
    time, interest = ticker.time * MILLISECOND, _given(ticker.openInterest)
    found: list[Event] = [ticker.quote(time), ticker.funding(time)]
    if interest is not None:
        found.append(OpenInterest(time, fields.quantity(interest)))
    return tuple(found)


def _lite(text: str) -> Events:
    return (_tickers(text).quote(None),)


def _beat(text: str) -> Events:
    msgspec.json.decode(text)
    return ()


READERS: dict[str, Callable[[str], Events]] = {
    "book": _change,
    "book_snapshot": _snapshot,
    "trade": _executed,
    "trade_snapshot": _before,
    "ticker": _ticked,
    "ticker_lite": _lite,
    "heartbeat": _beat,
}
"""By feed."""


def in_full(text: str) -> Events:
    """As `read`, whatever the object is."""
    reader = READERS.get(text[9 : text.find('"', 9)]) if text.startswith('{"feed":"') else None
    if reader is not None:
        return reader(text)
    match = _feed(text)
    reader = READERS.get(match.group(1)) if match else None
    if reader is None:
        raise Poison(f"unknown feed {match.group(1)[:40] if match else ''!r}")
    return reader(text)


read = kraken_forms.futures(in_full)
"""The events of an object with a feed; raises Poison or what msgspec raises."""
