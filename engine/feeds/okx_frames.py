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
  {"code":"0","msg":"","data":[{"instId":"BTC-USDT","side":"sell","sz":"0.00001","source":"0",
   "px":"29963.2","tradeId":"242720720","ts":"1654161646974"}]}       GET /api/v5/market/trades
  {"event":"subscribe","arg":{..}} {"event":"error","code":"60018","msg":".."} pong
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar

import msgspec
from msgspec import Meta, Struct

from engine.feeds import fields, okx_forms
from engine.feeds.events import Depth, Event, Funding, Liquidation, OpenInterest, Quote, Trade
from engine.feeds.fields import MILLISECOND, Id, Milliseconds
from engine.numbers import price_units, quantity_units
from schemas.errors import Poison
from schemas.ticks import Level, Side

VENUE = "okx"

T = TypeVar("T")

Row = tuple[str, str, str, str]
"""Price, quantity, a zero of no meaning, number of orders."""
Previous = Annotated[int, Meta(ge=-1, le=fields.LATEST - 1)]
NOTHING: Level = ("0", "0")
"""A side without an order."""
HEAD = '{"arg":{"channel":"'
"""How data begin; where they do not, the channel is looked for."""


def levels(rows: list[Row]) -> tuple[Level, ...]:
    """Price and quantity of each row, checked."""
    return fields.levels([(price, quantity) for price, quantity, _, _ in rows])


def price(text: str) -> str:
    """A price, or zero where there is none."""
    price_units(text or "0")
    return text or "0"


def quantity(text: str) -> str:
    """A quantity, or zero where there is none."""
    quantity_units(text or "0")
    return text or "0"


_channel = re.compile(r'"channel"\s*:\s*"([^"]*)"').search


class _Trade(Struct, gc=False):
    tradeId: Id
    px: str
    sz: str
    side: Side
    ts: Milliseconds
    count: Id = 1

    def event(self) -> Trade:
        """The last of `count` executions of one order at one price; ids count up by one."""
        last, count, price, quantity = self.tradeId, self.count, self.px, self.sz
        if not 1 <= count <= last + 1:
            raise Poison(f"a trade of {count} executions")
        if not price_units(price) or not quantity_units(quantity):
            raise Poison(f"a trade of {quantity} at {price}")
        numbers = (last - count + 1, last)
        return Trade(self.ts * MILLISECOND, price, quantity, self.side, str(last), numbers)


class _Ticker(Struct, gc=False):
    askPx: str
    askSz: str
    bidPx: str
    bidSz: str
    ts: Milliseconds

    def event(self) -> Quote:
        """An empty text is a side without an order."""
        bid, bids = price(self.bidPx), quantity(self.bidSz)
        ask, asks = price(self.askPx), quantity(self.askSz)
        return Quote(self.ts * MILLISECOND, bid, bids, ask, asks, None)


class _Book(Struct, gc=False):
    """Of `books` (and the fuller ones of its kind), or of the best level only."""

    asks: list[Row]
    bids: list[Row]
    ts: Milliseconds
    checksum: int | None = None
    seqId: Id | None = None
    prevSeqId: Previous | None = None

    def depth(self, snapshot: bool) -> Depth:
        """Ids are OKX's seqId and prevSeqId. With ids the checksum is nothing but a 0 of old."""
        last, previous = self.seqId, self.prevSeqId
        checksum = self.checksum if last is None else self.checksum or None
        previous = None if previous == -1 else previous
        bids, asks = levels(self.bids), levels(self.asks)
        return Depth(self.ts * MILLISECOND, snapshot, None, last, previous, bids, asks, checksum)

    def quote(self) -> Quote:
        """The best of both sides; zeros for a side without one."""
        bids, asks = levels(self.bids), levels(self.asks)
        bid, ask = bids[0] if bids else NOTHING, asks[0] if asks else NOTHING
        return Quote(self.ts * MILLISECOND, *bid, *ask, self.seqId)


class _Rate(Struct, gc=False):
    fundingRate: str
    fundingTime: Milliseconds
    ts: Milliseconds

    def event(self) -> Funding:
        rate, due = fields.rate(self.fundingRate), self.fundingTime * MILLISECOND
        return Funding(self.ts * MILLISECOND, None, None, rate, due)


class _Mark(Struct, gc=False):
    markPx: str
    ts: Milliseconds

    def event(self) -> Funding:
        return Funding(self.ts * MILLISECOND, fields.mark(self.markPx))


class _Interest(Struct, gc=False):
    oi: str
    ts: Milliseconds
    oiUsd: str = ""

    def event(self) -> OpenInterest:
        value = fields.worth(self.oiUsd) if self.oiUsd else None
        return OpenInterest(self.ts * MILLISECOND, fields.quantity(self.oi), value)


class _Closing(Struct, gc=False):
    bkPx: str
    sz: str
    side: Side
    ts: Milliseconds

    def event(self) -> Liquidation:
        price, quantity = fields.mark(self.bkPx), fields.traded(self.sz)
        return Liquidation(self.ts * MILLISECOND, price, quantity, self.side)


class _Closings(Struct, gc=False):
    instId: str
    details: list[_Closing]


class _Frame(Struct, Generic[T], gc=False):
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


class _Latest(Struct, gc=False):
    """The answer of REST /market/trades, the latest first."""

    code: Literal["0"]
    data: list[_Trade]


class _Listed(Struct, gc=False):
    """The answer of REST /public/instruments."""

    code: Literal["0"]
    data: list[_Instrument]


Events = tuple[Event, ...]


class _Datum(Protocol):
    def event(self) -> Event: ...


def _rows(row: type[_Datum]) -> Callable[[str], Events]:
    """Reads a channel whose every datum is one event."""
    decoder: Any = msgspec.json.Decoder(_Frame[row], strict=False)  # type: ignore[valid-type]
    decode: Callable[[str], _Frame[_Datum]] = decoder.decode
    return lambda text: tuple([datum.event() for datum in decode(text).data])


_books = msgspec.json.Decoder(_Frame[_Book], strict=False).decode
_closings = msgspec.json.Decoder(_Frame[_Closings], strict=False).decode
_control = msgspec.json.Decoder(_Control).decode
_latest = msgspec.json.Decoder(_Latest, strict=False).decode
_listed = msgspec.json.Decoder(_Listed).decode


def _changes(text: str) -> Events:
    frame = _books(text)
    snapshot = frame.action == "snapshot"
    return tuple([book.depth(snapshot) for book in frame.data])


def _tops(text: str) -> Events:
    return tuple([book.quote() for book in _books(text).data])


def _liquidations(text: str) -> Events:
    return tuple([row.event() for rows in _closings(text).data for row in rows.details])


_trades, _diffs = okx_forms.trades(_rows(_Trade)), okx_forms.books(_changes)
READERS: dict[str, Callable[[str], Events]] = {
    "trades": _trades,
    "trades-all": _trades,
    "tickers": _rows(_Ticker),
    "bbo-tbt": _tops,
    "books": _diffs,
    "books-l2-tbt": _diffs,
    "books50-l2-tbt": _diffs,
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
    text = frame if isinstance(frame, str) else frame.decode()
    if text.startswith(HEAD):
        channel = text[len(HEAD) : text.index('"', len(HEAD))]
    elif text.find('"event"', 0, 80) < 0 and (match := _channel(text)) is not None:
        channel = match.group(1)
    else:
        return _said(text)
    if (reader := READERS.get(channel)) is not None:
        return reader(text)
    if channel.startswith(UNUSED):
        return ()
    raise Poison(f"unknown channel {channel[:40]!r}")


def _said(text: str) -> Events:
    """What came for our asking: pongs, answers on the socket and by REST."""
    if text == "pong":
        return ()
    if text.startswith('{"code"'):
        if '"tradeId"' in text:
            return tuple([trade.event() for trade in reversed(_latest(text).data)])
        _listed(text)
        return ()
    control = _control(text)
    if control.event in CONTROL:
        return ()
    raise Poison(f"{control.event} {control.code}: {control.msg[:200]}")
