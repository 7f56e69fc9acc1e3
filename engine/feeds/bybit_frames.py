"""Bybit's public frames to events, no IO: v5, and v2 of 2021 as recorded (engine.feeds.bybit_old).

Sources: Bybit's API guide v5 (https://bybit-exchange.github.io/docs/v5/websocket/public/: trade,
orderbook, ticker, all-liquidation, liquidation), ccxt 4.5.64 (pro/bybit.py), gocryptotrader's
fixtures (wsTicker.json). All numbers are texts, all times ms:
  {"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,
   "s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-..","BT":false,
   "seq":1783284617}]}
  {"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1672304484978,"data":{"s":"BTCUSDT",
   "b":[["16493.50","0.006"]],"a":[["16611.00","0.029"]],"u":18521288,"seq":7961638724},
   "cts":1672304484976}                 (type delta: the levels that changed, 0 removes; u counts up
   by one; a u of 1 is a snapshot whatever the type; cts is the matching engine's time)
  {"topic":"orderbook.1.BTCUSDT",..}    the same of the best level
  {"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"61875.06",
   "indexPrice":"61903.59","openInterest":"58117.022","openInterestValue":"3595994223.27",
   "fundingRate":"0.00008055","nextFundingTime":"1715760000000","bid1Price":"61873.90","bid1Size":
   "3.543","ask1Price":"61874.00","ask1Size":"16.278"},"cs":176530004279,"ts":1715748763063}
                                        (delta: what changed; spot has none of these fields)
  {"topic":"allLiquidation.ROSEUSDT","type":"snapshot","ts":1739502303204,"data":[{"T":173950230..,
   "s":"ROSEUSDT","S":"Sell","v":"20000","p":"0.04499"}]}    S is the side of the position
  {"topic":"liquidation.GALAUSDT","type":"snapshot","ts":..,"data":{"price":"0.03803","side":"Buy",
   "size":"1637","symbol":"GALAUSDT","updatedTime":1673251091822}}          until 2025, the same S
  {"success":true,"ret_msg":"","conn_id":"..","req_id":"1","op":"subscribe"}
  {"retCode":0,"retMsg":"OK","result":{"category":"spot","list":[{"execId":"2100000000007764263",
   "symbol":"BTCUSDT","price":"16618.49","size":"0.00012","side":"Buy","time":"1672052955758",
   "isBlockTrade":false}]},..}      GET /v5/market/recent-trade, the newest first, execId is i
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct

from engine.feeds import bybit_forms, bybit_old, fields
from engine.feeds.bybit_old import SIDES, VENUE, Turn
from engine.feeds.events import Depth, Event, Funding, Liquidation, OpenInterest, Quote, Trade
from engine.feeds.fields import MILLISECOND, Id, Milliseconds
from engine.numbers import price_units, quantity_units
from schemas.errors import Poison
from schemas.ticks import Level, Side

Events = tuple[Event, ...]

HEAD = '{"topic":"'
_topic = re.compile(r'"topic"\s*:\s*"([^"]*)"').search
OTHER: dict[Turn, Side] = {"Buy": "sell", "Sell": "buy"}
"""What closes a position of a side."""


class _Trade(Struct, gc=False):
    T: Milliseconds
    S: Turn
    v: str
    p: str
    i: str

    def event(self) -> Trade:
        """Ids of contracts are no numbers, those of spot have holes."""
        price, quantity = self.p, self.v
        if not price_units(price) or not quantity_units(quantity):
            raise Poison(f"a trade of {quantity} at {price}")
        return Trade(self.T * MILLISECOND, price, quantity, SIDES[self.S], self.i)


class _Trades(Struct, gc=False):
    data: list[_Trade]


class _Levels(Struct, gc=False):
    b: tuple[Level, ...]
    a: tuple[Level, ...]
    u: Id


class _Book(Struct, gc=False):
    type: Literal["snapshot", "delta"]
    ts: Milliseconds
    data: _Levels
    cts: Milliseconds | None = None

    def time(self) -> int:
        """Of the matching engine, where it is told."""
        return (self.ts if self.cts is None else self.cts) * MILLISECOND


class _Ticker(Struct, gc=False):
    markPrice: str = ""
    indexPrice: str = ""
    fundingRate: str = ""
    nextFundingTime: Milliseconds | Literal[""] = ""
    openInterest: str = ""
    openInterestValue: str = ""
    bid1Price: str | None = None
    bid1Size: str | None = None
    ask1Price: str | None = None
    ask1Size: str | None = None

    def events(self, time: int) -> Events:
        """What it names: a quote of both sides, mark, index price and funding, open interest."""
        return (*self._quote(time), *self._funding(time), *self._interest(time))

    def _quote(self, time: int) -> tuple[Quote, ...]:
        """A change of one side alone is no quote."""
        bid, bids, ask, asks = self.bid1Price, self.bid1Size, self.ask1Price, self.ask1Size
        if bid is None or bids is None or ask is None or asks is None:
            return ()
        return (Quote(time, *_side(bid, bids), *_side(ask, asks), None),)

    def _funding(self, time: int) -> tuple[Funding, ...]:
        if not (self.markPrice or self.indexPrice or self.fundingRate):
            return ()
        mark = fields.mark(self.markPrice) if self.markPrice else None
        index = fields.mark(self.indexPrice) if self.indexPrice else None
        rate = fields.rate(self.fundingRate) if self.fundingRate else None
        due = self.nextFundingTime * MILLISECOND if self.nextFundingTime else None
        return (Funding(time, mark, index, rate, due or None),)

    def _interest(self, time: int) -> tuple[OpenInterest, ...]:
        if not self.openInterest:
            return ()
        value = fields.worth(self.openInterestValue) if self.openInterestValue else None
        return (OpenInterest(time, fields.quantity(self.openInterest), value),)


class _Tickers(Struct, gc=False):
    ts: Milliseconds
    data: _Ticker


class _Closing(Struct, gc=False):
    T: Milliseconds
    S: Turn
    v: str
    p: str

    def event(self) -> Liquidation:
        price, quantity = fields.mark(self.p), fields.traded(self.v)
        return Liquidation(self.T * MILLISECOND, price, quantity, OTHER[self.S])


class _Closings(Struct, gc=False):
    data: list[_Closing]


class _OneClosing(Struct, gc=False, rename={"T": "updatedTime", "S": "side"}):
    T: Milliseconds
    S: Turn
    size: str
    price: str


class _Closed(Struct, gc=False):
    data: _OneClosing


class _Executed(Struct, gc=False):
    execId: str
    price: str
    size: str
    side: Turn
    time: Milliseconds

    def event(self) -> Trade:
        return _Trade(self.time, self.side, self.size, self.price, self.execId).event()


class _Recent(Struct, gc=False, rename={"trades": "list"}):
    trades: list[_Executed]


class _Answer(Struct, gc=False):
    """Of REST."""

    retCode: Literal[0]
    result: _Recent


class _Control(Struct, gc=False):
    """An answer to a request; that to a ping is "pong" in one field or the other."""

    success: bool = True
    ret_msg: str = ""
    op: str = ""
    retCode: int = 0
    ret_code: int = 0


_trades = msgspec.json.Decoder(_Trades).decode
_book = msgspec.json.Decoder(_Book).decode
_tickers = msgspec.json.Decoder(_Tickers, strict=False).decode
_closings = msgspec.json.Decoder(_Closings).decode
_closed = msgspec.json.Decoder(_Closed, strict=False).decode
_answer = msgspec.json.Decoder(_Answer, strict=False).decode
_control = msgspec.json.Decoder(_Control).decode


def _side(price: str, quantity: str) -> Level:
    """A side of the ticker; empty texts are a side without an order."""
    price_units(price or "0")
    quantity_units(quantity or "0")
    return price or "0", quantity or "0"


def _executions(text: str) -> Events:
    return tuple([trade.event() for trade in _trades(text).data])


def _changes(text: str) -> Events:
    """A book's snapshot or change; of `orderbook.1` the best of both sides."""
    book = _book(text)
    data, time = book.data, book.time()
    bids, asks = fields.levels(data.b), fields.levels(data.a)
    if text.find("orderbook.1.", 0, 60) > 0:
        return _tops(time, data.u, bids, asks)
    if book.type == "snapshot" or data.u == 1:
        return (Depth(time, True, data.u, data.u, None, bids, asks),)
    return (Depth(time, False, data.u, data.u, data.u - 1 if data.u else None, bids, asks),)


def _tops(time: int, number: int, bids: tuple[Level, ...], asks: tuple[Level, ...]) -> Events:
    """A quote, where both sides are told: a change of one of them alone is none."""
    bid = next((level for level in bids if quantity_units(level[1])), None)
    ask = next((level for level in asks if quantity_units(level[1])), None)
    return () if bid is None or ask is None else (Quote(time, *bid, *ask, number),)


def _figures(text: str) -> Events:
    found = _tickers(text)
    return found.data.events(found.ts * MILLISECOND)


def _liquidations(text: str) -> Events:
    return tuple([closing.event() for closing in _closings(text).data])


def _liquidation(text: str) -> Events:
    closed = _closed(text).data
    return (_Closing(closed.T, closed.S, closed.size, closed.price).event(),)


READERS: dict[str, Callable[[str], Events]] = {
    "publicTrade": _executions,
    "orderbook": bybit_forms.books(_changes),
    "tickers": _figures,
    "allLiquidation": _liquidations,
    "liquidation": _liquidation,
    **bybit_old.READERS,
}
"""By the first word of the topic."""
UNUSED = {
    "kline", "kline_lt", "tickers_lt", "lt", "insurance", "adlAlert", "priceLimit", "candle",
    "klineV2", "instrument_info", "instrument", "orderbook_rpi",
}  # fmt: skip
"""Known, and nothing that we publish."""


@fields.reading(VENUE)
def parse(frame: str | bytes) -> Events:
    """As engine.feeds.feed says."""
    text = frame if isinstance(frame, str) else frame.decode()
    if text.startswith(HEAD):
        topic = text[len(HEAD) : text.index('"', len(HEAD))]
    elif (match := _topic(text)) is not None:
        topic = match.group(1)
    else:
        return _said(text)
    word = topic.partition(".")[0]
    reader = READERS.get(word)
    if reader is not None:
        return reader(text)
    if word in UNUSED:
        return ()
    raise Poison(f"unknown topic {topic[:40]!r}")


def _said(text: str) -> Events:
    """What is no market data: answers on the socket and by REST."""
    if not text.startswith(('{"success"', '{"op"', '{"req_id"', '{"args"', '{"ret')):
        raise Poison("a frame that names no topic and answers nothing")
    if text.startswith('{"retCode":0,') and '"execId"' in text:
        return fields.oldest_first([trade.event() for trade in _answer(text).result.trades])
    control = _control(text)
    if not control.success or control.retCode or control.ret_code:
        raise Poison(f"{control.op} failed: {control.ret_msg[:200]}")
    return ()
