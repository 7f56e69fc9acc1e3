"""Bitget's public frames to events, no IO: v2, v1 as recorded in 2022, and v3 (unified account).

Sources: Bitget's API documents (https://www.bitget.com/api-doc/ "Spot / Contract / WebSocket /
Public": Trades, New Trades, Depth, Ticker, and of v3 "uta"), ccxt 4.5.64 (pro/bitget.py, whose
samples these are), cryptofeed's recordings of 2022. All numbers and most times are texts:
  {"action":"snapshot","arg":{"instType":"SPOT","channel":"trade","instId":"BTCUSDT"},"data":[{
   "ts":"1701910980366","price":"43854.01","size":"0.0535","side":"buy",
   "tradeId":"1116461060594286593"}],"ts":1701910980730}   (newest first; a snapshot is history)
  v1: "data":[["1649290077777","0.005613","890.8","buy"]]  (without ids)
  v3: "arg":{"instType":"spot","topic":"publicTrade","symbol":"BTCUSDT"},
      "data":[{"T":"1756287827920","P":"110878.5","v":"0.07","S":"buy","i":"1344534089797185549"}]
                                                           (the price is "p" elsewhere)
  {"action":"update","arg":{..,"channel":"books",..},"data":[{"asks":[["21041.11","0.0445"]],
   "bids":[["21040.76","0.0417"]],"checksum":-1367582038,"seq":123,"ts":"1656413855484"}],"ts":..}
      (v1: without seq, and arg's instType is sp or mc; books1, books5, books15: always snapshots)
  v3: "data":[{"a":[..],"b":[..],"checksum":0,"pseq":0,"seq":"1343064377779269632","ts":".."}]
  {"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"},
   "data":[{"instId":"BTCUSDT","bidPr":"43476.3","askPr":"43476.8","bidSz":"0.1","askSz":"3.055",
    "fundingRate":"0.000096","nextFundingTime":"1701849600000","markPrice":"43476.4",
    "indexPrice":"43478.4","holdingAmount":"50670.787",..,"ts":"1701843962811"}],"ts":..}
                                                           (spot: best bid and ask, and no more)
  v1: {.."bestAsk":"113.41","bestBid":"113.36","capitalRate":"-0.000100",
       "nextSettleTime":1649314800000,"systemTime":1649290077309,"markPrice":"113.381",
       "indexPrice":"113.427","holding":"21957.17"}
  v3: {.."bid1Price":"119811.26","ask1Price":"119831.18","bid1Size":"0.0087","ask1Size":"0.004"}
  {"event":"subscribe","arg":{..}} {"event":"error","arg":{..},"code":30001,"msg":".."} pong
  {"code":"00000","msg":"success","requestTime":1692073693562,"data":[{"symbol":"BTCUSDT","tradeId":
   "1075200479040323585","side":"Sell","price":"29381.54","size":"0.0056","ts":"1692073691000"}]}
   REST /market/fills and fills-history, newest first; these times were of whole seconds, ids grow
Best prices of v1 are rounded and without quantities: no quote is made of them. No channel of v1 and
v2 tells liquidations.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct

from engine.feeds import bitget_forms, fields
from engine.feeds.bitget_tickers import Events, decoder, told
from engine.feeds.events import Depth, Quote, Trade
from engine.feeds.fields import MILLISECOND, Id, Milliseconds
from engine.numbers import price_units, quantity_units
from schemas.errors import Poison
from schemas.ticks import Level, Side

VENUE = "bitget"

_channel = re.compile(r'"(?:channel|topic)"\s*:\s*"([^"]*)"').search

OldTrade = tuple[Milliseconds, str, str, Side]
"""Of v1: time, price, quantity, side."""


class _NewTrade(Struct, gc=False):
    ts: Milliseconds
    price: str
    size: str
    side: Side
    tradeId: str | Id


class _Fill(Struct, gc=False):
    """A trade of v3."""

    T: Milliseconds
    v: str
    S: Side
    i: str | Id
    P: str = ""
    p: str = ""


def _trade(row: _NewTrade | OldTrade) -> Trade:
    if isinstance(row, tuple):
        return _made(*row, "")
    return _made(row.ts, row.price, row.size, row.side, row.tradeId)


class _Told(Struct, gc=False):
    """A trade of REST."""

    tradeId: Id
    side: str
    price: str
    size: str
    ts: Milliseconds

    def event(self) -> Trade:
        return _made(self.ts, self.price, self.size, SIDES[self.side.lower()], self.tradeId)


SIDES: dict[str, Side] = {"buy": "buy", "sell": "sell"}


def _fill(row: _Fill) -> Trade:
    return _made(row.T, row.P or row.p, row.v, row.S, row.i)


def _made(time: int, price: str, quantity: str, side: Side, number: str | int) -> Trade:
    if not price_units(price) or not quantity_units(quantity):
        raise Poison(f"a trade of {quantity} at {price}")
    name = str(number)
    order = fields.whole(name) if name.isdecimal() else None
    return Trade(time * MILLISECOND, price, quantity, side, name, order=order)


class _Book(Struct, gc=False):
    """v3 has short names, a number before (0 in a snapshot) and no checksum but 0."""

    ts: Milliseconds
    asks: list[Level] = []
    bids: list[Level] = []
    a: list[Level] = []
    b: list[Level] = []
    checksum: int = 0
    seq: Id | None = None
    pseq: Id | None = None

    def depth(self, snapshot: bool) -> Depth:
        """A checksum of 0 is none; snapshots that are numbered have none that counts (ccxt)."""
        bids, asks = fields.levels(self.bids or self.b), fields.levels(self.asks or self.a)
        numbered = snapshot and self.seq is not None
        checksum = None if numbered else self.checksum or None
        previous = None if snapshot else self.pseq
        time = self.ts * MILLISECOND
        return Depth(time, snapshot, None, self.seq, previous, bids, asks, checksum)

    def table(self, levels: int) -> Depth:
        """All that the venue tells: the best levels."""
        return self.depth(True)._replace(checksum=None, depth=levels)

    def quote(self) -> Quote:
        """The best of both sides; zeros for a side without one."""
        bids, asks = fields.levels(self.bids or self.b), fields.levels(self.asks or self.a)
        bid, ask = bids[0] if bids else NOTHING, asks[0] if asks else NOTHING
        return Quote(self.ts * MILLISECOND, *bid, *ask, self.seq)


NOTHING: Level = ("0", "0")
"""A side without an order."""


_trades, _fills = decoder(_NewTrade | OldTrade), decoder(_Fill)
_books = decoder(_Book)


def _newest_first(text: str) -> Events:
    return tuple([_trade(row) for row in reversed(_trades(text).data)])


def _filled(text: str) -> Events:
    return tuple([_fill(row) for row in reversed(_fills(text).data)])


def _changes(text: str) -> Events:
    frame = _books(text)
    snapshot = frame.action == "snapshot"
    return tuple([book.depth(snapshot) for book in frame.data])


def _tops(text: str) -> Events:
    return tuple([book.quote() for book in _books(text).data])


def _tables(levels: int) -> Callable[[str], Events]:
    return lambda text: tuple([book.table(levels) for book in _books(text).data])


READERS: dict[str, Callable[[str], Events]] = {
    "trade": _newest_first,
    "publicTrade": _filled,
    "books": bitget_forms.books(_changes),
    "books1": _tops,
    "books5": _tables(5),
    "books15": _tables(15),
    "ticker": told,
}
"""By channel."""
HEAD = '"channel":"'
"""As Bitget writes it; where it does not, it is looked for."""
UNUSED = ("candle", "kline", "index-price", "auction")
"""How channels begin that are known and say nothing that we publish."""


class _Control(Struct, gc=False):
    event: str
    code: str | int = ""
    msg: str = ""


class _Instrument(Struct, gc=False):
    symbol: str
    baseCoin: str
    quoteCoin: str


class _Fills(Struct, gc=False):
    code: Literal["00000"]
    data: list[_Told]


class _Listed(Struct, gc=False):
    """The answer of REST's lists of instruments."""

    code: Literal["00000"]
    data: list[_Instrument]


_control = msgspec.json.Decoder(_Control).decode
_history = msgspec.json.Decoder(_Fills, strict=False).decode
_listed = msgspec.json.Decoder(_Listed).decode


@fields.reading(VENUE)
def parse(frame: str | bytes) -> Events:
    """As engine.feeds.feed says."""
    text = frame if isinstance(frame, str) else frame.decode()
    if text == "pong":
        return ()
    if text.find('"event"', 0, 400) >= 0 or (channel := _channel_of(text)) is None:
        return _said(text)
    if (reader := READERS.get(channel)) is not None:
        return reader(text)
    if channel.startswith(UNUSED):
        return ()
    raise Poison(f"unknown channel {channel[:40]!r}")


def _channel_of(text: str) -> str | None:
    if (start := text.find(HEAD)) >= 0:
        start += len(HEAD)
        return text[start : text.index('"', start)]
    named = _channel(text)
    return named.group(1) if named else None


def _said(text: str) -> Events:
    """What is no market data: answers to requests, and REST's lists of instruments."""
    if text.startswith('{"code"'):
        if '"tradeId"' in text:
            found = [trade.event() for trade in _history(text).data]
            return tuple(sorted(found, key=lambda trade: trade.order or 0))
        _listed(text)
        return ()
    control = _control(text)
    if control.event not in ("subscribe", "unsubscribe"):
        raise Poison(f"{control.event} {control.code}: {control.msg[:200]}")
    return ()
