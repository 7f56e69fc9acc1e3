"""OKX v5's public frames to events, no IO.

Sources: OKX's API guide v5 (https://www.okx.com/docs-v5/en/: "WS / Trades channel", "All trades",
"Order book channel", "Tickers", and of public data "Funding rate", "Mark price", "Open interest",
"Liquidation orders"), cryptofeed's recording of 2022, ccxt 4.5.64 (pro/okx.py).
Every frame names its channel; the data are lists of objects, all numbers and times are texts:
  {"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"130639474",
   "px":"42219.9","sz":"0.12","side":"buy","ts":"1630048897897","count":"3","seqId":1234}]}
                            (2022: without count and seqId; sz in contracts where there are such)
  {"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["8476.98",
   "415","0","13"]],"bids":[..],"ts":"1597026383085","checksum":0,"prevSeqId":-1,"seqId":123456}]}
                                        (2022: a checksum and no ids; now ids and a checksum of 0)
  {"arg":{"channel":"bbo-tbt",..},"data":[{"asks":[[..]],"bids":[[..]],"ts":"..","seqId":36399633}]}
  {"arg":{"channel":"tickers",..},"data":[{"askPx":"30220.1","askSz":"3","bidPx":"30210.4",
   "bidSz":"4","last":"30218.8",..,"ts":"1652459223003"}]}
  {"arg":{"channel":"funding-rate",..},"data":[{"fundingRate":"0.00018","fundingTime":"170072640..",
   "ts":"1700724675402",..}]}
  {"arg":{"channel":"mark-price",..},"data":[{"markPx":"0.1","ts":"1597026383085",..}]}
  {"arg":{"channel":"open-interest",..},"data":[{"oi":"2216113.01","oiCcy":"22161.13",
   "oiUsd":"1939251795.54","ts":"1743041250440",..}]}
  {"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"instId":"IOST-USDT-SWAP",
   "details":[{"bkPx":"0.007831","sz":"13","side":"buy","posSide":"short","ts":"1692266434010"}]}]}
  {"event":"subscribe","arg":{..}} {"event":"error","code":"60018","msg":".."} pong
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Generic, Literal, Protocol, TypeVar

import msgspec
from msgspec import Struct

from engine.feeds import fields
from engine.feeds.events import (
    Depth,
    Event,
    Funding,
    Liquidation,
    OpenInterest,
    Quote,
    Trade,
)
from schemas.errors import Poison
from schemas.ticks import Side

VENUE = "okx"

T = TypeVar("T")

Row = tuple[str, str, str, str]
"""Price, quantity, a zero of no meaning, number of orders."""

_channel = re.compile(r'"channel"\s*:\s*"([^"]*)"').search


class _Trade(Struct, gc=False):
    tradeId: str
    px: str
    sz: str
    side: Side
    ts: str
    count: str = "1"

    def event(self) -> Trade:
        """The last of `count` executions of one order at one price; ids count up by one."""
        last, count = fields.whole(self.tradeId), fields.whole(self.count)
        if not 1 <= count <= last + 1:
            raise Poison(f"a trade of {count} executions")
        price, quantity = fields.price(self.px), fields.traded(self.sz)
        time = fields.milliseconds(self.ts)
        return Trade(time, price, quantity, self.side, self.tradeId, (last - count + 1, last))


class _Ticker(Struct, gc=False):
    askPx: str
    askSz: str
    bidPx: str
    bidSz: str
    ts: str

    def event(self) -> Quote:
        """An empty text is a side without an order."""
        bid, bids, ask, asks = (
            text or "0" for text in (self.bidPx, self.bidSz, self.askPx, self.askSz)
        )
        for text in (bid, bids, ask, asks):
            fields.quantity(text)
        return Quote(fields.milliseconds(self.ts), bid, bids, ask, asks, None)


class _Book(Struct, gc=False):
    """Of `books` (and the fuller ones of its kind), or of the best level only."""

    asks: list[Row]
    bids: list[Row]
    ts: str
    checksum: int | None = None
    seqId: int | None = None
    prevSeqId: int | None = None

    def depth(self, snapshot: bool) -> Depth:
        """Ids are OKX's seqId and prevSeqId. With ids the checksum is nothing but a 0 of old."""
        checksum = self.checksum if self.seqId is None else self.checksum or None
        last = None if self.seqId is None else fields.whole(self.seqId)
        previous = None if self.prevSeqId in (None, -1) else fields.whole(self.prevSeqId or 0)
        bids, asks = fields.levels(self.bids), fields.levels(self.asks)
        time = fields.milliseconds(self.ts)
        return Depth(time, snapshot, None, last, previous, bids, asks, checksum)

    def quote(self) -> Quote:
        """The best of both sides."""
        bid, bids = fields.levels(self.bids)[0] if self.bids else ("0", "0")
        ask, asks = fields.levels(self.asks)[0] if self.asks else ("0", "0")
        number = None if self.seqId is None else fields.whole(self.seqId)
        return Quote(fields.milliseconds(self.ts), bid, bids, ask, asks, number)


class _Rate(Struct, gc=False):
    fundingRate: str
    fundingTime: str
    ts: str

    def event(self) -> Funding:
        time, due = fields.milliseconds(self.ts), fields.milliseconds(self.fundingTime)
        return Funding(time, None, None, fields.rate(self.fundingRate), due)


class _Mark(Struct, gc=False):
    markPx: str
    ts: str

    def event(self) -> Funding:
        return Funding(fields.milliseconds(self.ts), fields.price(self.markPx))


class _Interest(Struct, gc=False):
    oi: str
    ts: str
    oiUsd: str = ""

    def event(self) -> OpenInterest:
        value = fields.quantity(self.oiUsd) if self.oiUsd else None
        return OpenInterest(fields.milliseconds(self.ts), fields.quantity(self.oi), value)


class _Closing(Struct, gc=False):
    bkPx: str
    sz: str
    side: Side
    ts: str

    def event(self) -> Liquidation:
        price, quantity = fields.price(self.bkPx), fields.traded(self.sz)
        return Liquidation(fields.milliseconds(self.ts), price, quantity, self.side)


class _Closings(Struct, gc=False):
    instId: str
    details: list[_Closing]


class _Arg(Struct, gc=False):
    channel: str


class _Frame(Struct, Generic[T], gc=False):
    arg: _Arg
    data: list[T]
    action: Literal["snapshot", "update"] = "update"


class _Control(Struct, gc=False):
    """An acknowledgement, or an error."""

    event: str
    code: str = "0"
    msg: str = ""


class _Instrument(Struct, gc=False):
    instId: str
    instType: str
    tickSz: str


class _Listed(Struct, gc=False):
    """The answer of REST /public/instruments."""

    code: Literal["0"]
    data: list[_Instrument]


Events = tuple[Event, ...]


class _Datum(Protocol):
    def event(self) -> Event: ...


def _rows(row: type[_Datum]) -> Callable[[str], Events]:
    """Reads a channel whose every datum is one event."""
    decode: Callable[[str], _Frame[_Datum]] = msgspec.json.Decoder(_Frame[row]).decode  # type: ignore[valid-type]
    return lambda text: tuple([datum.event() for datum in decode(text).data])


_books = msgspec.json.Decoder(_Frame[_Book]).decode
_closings = msgspec.json.Decoder(_Frame[_Closings]).decode
_control = msgspec.json.Decoder(_Control).decode
_listed = msgspec.json.Decoder(_Listed).decode


def _changes(text: str) -> Events:
    frame = _books(text)
    snapshot = frame.action == "snapshot"
    return tuple([book.depth(snapshot) for book in frame.data])


def _tops(text: str) -> Events:
    return tuple([book.quote() for book in _books(text).data])


def _liquidations(text: str) -> Events:
    return tuple([row.event() for rows in _closings(text).data for row in rows.details])


READERS: dict[str, Callable[[str], Events]] = {
    "trades": _rows(_Trade),
    "trades-all": _rows(_Trade),
    "tickers": _rows(_Ticker),
    "bbo-tbt": _tops,
    "books": _changes,
    "books-l2-tbt": _changes,
    "books50-l2-tbt": _changes,
    "funding-rate": _rows(_Rate),
    "mark-price": _rows(_Mark),
    "open-interest": _rows(_Interest),
    "liquidation-orders": _liquidations,
}
"""By channel."""
UNUSED = ("candle", "mark-price-candle", "index-", "instruments", "status", "price-limit")
"""How channels begin that are known and say nothing that we publish."""
CONTROL = frozenset(("subscribe", "unsubscribe", "notice", "channel-conn-count"))
"""What the venue says about the connection."""


@fields.reading(VENUE)
def parse(frame: str | bytes) -> Events:
    """As engine.feeds.feed says."""
    text = fields.text_of(frame)
    if text.find('"event"', 0, 80) < 0 and (match := _channel(text)) is not None:
        reader = READERS.get(match.group(1))
        if reader is not None:
            return reader(text)
        if match.group(1).startswith(UNUSED):
            return ()
        raise Poison(f"unknown channel {match.group(1)[:40]!r}")
    return _said(text)


def _said(text: str) -> Events:
    """What is no market data: pongs, answers, lists of instruments."""
    if text == "pong":
        return ()
    if text.startswith('{"code"'):
        _listed(text)
        return ()
    control = _control(text)
    if control.event in CONTROL:
        return ()
    raise Poison(f"{control.event} {control.code}: {control.msg[:200]}")
