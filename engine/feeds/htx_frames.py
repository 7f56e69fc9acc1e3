"""HTX's (Huobi's) public frames to events, no IO: spot, linear and coin-margined swaps alike.

Sources: https://www.htx.com/en-us/opend/newApiPages/ (spot "Market Depth", "Market By Price",
"Best Bid/Offer", "Trade Detail"; USDT-M and Coin-M the same, "Subscribe Incremental Market Depth
Data", "Subscribe Mark Price"), cryptofeed's recordings of 2021 and 2022, ccxt 4.5.64 (htx.py,
pro/htx.py), gocryptotrader's wsOrderbook.json. Every frame of a socket is
gzip; numbers are JSON numbers, 1.0E-10 among them.
  {"ch":"market.btcusdt.trade.detail","ts":1630994963175,"tick":{"id":137005445109,"ts":..,"data":[
   {"id":137005445109359290000000000,"ts":1630994963173,"tradeId":102523573486,"amount":0.006754,
   "price":52648.62,"direction":"buy"}]}}       (contracts: no tradeId, amount is in contracts)
  {"ch":"market.btcusdt.bbo","ts":..,"tick":{"seqId":137005210233,"ask":52665.02,"askSize":1.502181,
   "bid":52665.01,"bidSize":0.178567,"quoteTime":1630994555539,"symbol":"btcusdt"}}
  {"ch":"market.BTC-USDT.bbo","ts":..,"tick":{"mrid":131599726,"id":1603707934,"bid":[13064,38],
   "ask":[13072.3,205],"ts":1603707934525,"version":131599726,"ch":".."}}
  {"ch":"market.btcusdt.depth.step0","ts":..,"tick":{"bids":[[52690.69,0.36281]],"asks":[[..]],
   "version":136998124622,"ts":1630983549500}}  (contracts: with mrid, id, ch; version in s)
  {"ch":"market.btcusdt.mbp.refresh.20","ts":..,"tick":{"seqNum":100020142010,"bids":[..],"asks":..}}
  {"ch":"market.btcusdt.mbp.150","ts":..,"tick":{"seqNum":100020146795,"prevSeqNum":100020146794,
   "asks":[[645.14,26.755]]}}
  {"id":"1","rep":"market.btcusdt.mbp.150","status":"ok","ts":..,"data":{"seqNum":104999417756,
   "bids":[[9058.27,0.1]],"asks":[[9084.27,0.2]]}}
  {"ch":"market.BTC-USDT.depth.size_20.high_freq","tick":{"asks":[[13081.9,206]],"bids":[[13060,400]],
   "ch":"..","event":"snapshot","id":1,"mrid":131597620,"ts":1603707712356,"version":1512467},"ts":..}
  {"ch":"market.BTC-USDT.mark_price.1min","ts":1489474082831,"tick":{"close":"9800.12",..}}
  {"ch":"market.btcusdt.trade.detail","status":"ok","ts":..,"data":[{"id":105005170342,"ts":..,
   "data":[{"amount":0.010411,"trade-id":102090736910,"ts":1583497692182,"id":10500517034273194594947,
   "price":9096.05,"direction":"sell"}]}]}       (REST /market/history/trade, the newest first;
                                                 contracts: no trade-id)
What is told of contracts besides their market is in engine.feeds.htx_contracts.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec import Struct, field

from engine.feeds import fields, htx_contracts, htx_forms
from engine.feeds.events import Depth, Event, Funding, Quote, Trade
from engine.feeds.fields import MILLISECOND, Id, Milliseconds, number
from engine.feeds.htx_contracts import decoder
from engine.feeds.rows import levels
from engine.numbers import price_units
from schemas.errors import Poison
from schemas.ticks import Level, Side

VENUE = htx_contracts.VENUE
LARGEST = 1 << 24
"""Bytes that a frame may unpack to."""

T = TypeVar("T")
Events = tuple[Event, ...]
Rows = list[tuple[Any, Any]]

_channel = re.compile(r'"(ch|rep)"\s*:\s*"market\.[^".]*\.([^"]*)"').search
_depth_of = re.compile(r"(?:mbp\.|depth\.size_)([0-9]{1,4})(?:\.high_freq)?").fullmatch


def unpacked(frame: str | bytes, most: int = LARGEST) -> str:
    """The text of a frame; raises Poison for gzip that is broken, cut or larger than `most`."""
    if isinstance(frame, str):
        return frame
    if not frame.startswith(b"\x1f\x8b"):
        return frame.decode()
    unpacking = zlib.decompressobj(31)
    try:
        content = unpacking.decompress(frame, most)
    except zlib.error as error:
        raise Poison(f"gzip: {error}") from error
    if not unpacking.eof or unpacking.unused_data:
        raise Poison("gzip that is cut, followed by more, or too large")
    return content.decode()


def _levels(rows: Rows | None) -> tuple[Level, ...]:
    if not rows:
        return ()
    prices, quantities = zip(*rows, strict=True)
    return levels(prices, quantities)


def _best(price: object, quantity: object) -> tuple[str, str]:
    """One side of a quote; zeros where there is no order."""
    found = number(price or "0")
    price_units(found)
    return found, fields.quantity(number(quantity or "0"))


class _Trade(Struct, gc=False):
    ts: Milliseconds
    amount: Any
    price: Any
    direction: Side
    id: Any = None
    tradeId: Any = None

    def event(self) -> Trade:
        named = number(self.id if self.tradeId is None else self.tradeId)
        if not named.isdecimal():
            raise Poison(f"a trade called {named[:40]!r}")
        price, amount = fields.price(number(self.price)), fields.traded(number(self.amount))
        return Trade(self.ts * MILLISECOND, price, amount, self.direction, named)


class _Trades(Struct, gc=False):
    data: list[_Trade]


class _Fill(_Trade, gc=False):
    """A trade of REST."""

    tradeId: Any = field(name="trade-id", default=None)


class _Fills(Struct, gc=False):
    data: list[_Fill]


class _History(Struct, gc=False):
    """The answer of REST."""

    data: list[_Fills]


class _SpotQuote(Struct, gc=False):
    """Of `bbo`, with its own time and sequence, or of `ticker`, without."""

    ask: Any
    bid: Any
    askSize: Any
    bidSize: Any
    seqId: Id | None = None
    quoteTime: Milliseconds | None = None

    def event(self, sent: int) -> Quote:
        time = sent if self.quoteTime is None else self.quoteTime * MILLISECOND
        bid, ask = _best(self.bid, self.bidSize), _best(self.ask, self.askSize)
        return Quote(time, *bid, *ask, self.seqId)


class _ContractQuote(Struct, gc=False):
    ts: Milliseconds
    version: Id
    ask: tuple[Any, Any] | None = None
    bid: tuple[Any, Any] | None = None

    def event(self) -> Quote:
        bid, ask = _best(*(self.bid or ("0", "0"))), _best(*(self.ask or ("0", "0")))
        return Quote(self.ts * MILLISECOND, *bid, *ask, self.version)


class _Book(Struct, gc=False):
    """Of any depth channel. version: of `depth`; seqNum: of `mbp`; event: of `high_freq`."""

    asks: Rows | None = None
    bids: Rows | None = None
    ts: Milliseconds | None = None
    version: Id | None = None
    seqNum: Id | None = None
    prevSeqNum: Id | None = None
    event: str = ""

    def change(self, time: int, depth: int | None) -> Depth:
        """Of channels that tell changes: `mbp`, whose snapshots are asked for, and `high_freq`."""
        if self.event not in ("", "snapshot", "update"):
            raise Poison(f"a book's event is {self.event[:40]!r}")
        bids, asks = _levels(self.bids), _levels(self.asks)
        if self.event:
            snapshot, last = self.event == "snapshot", self.version
            previous = None if snapshot or not last else last - 1
            return Depth(time, snapshot, None, last, previous, bids, asks, depth=depth)
        snapshot, last, previous = self.prevSeqNum is None, self.seqNum, self.prevSeqNum
        cut = None if snapshot else depth
        return Depth(time, snapshot, None, last, previous, bids, asks, depth=cut)

    def whole(self, time: int | None) -> Depth:
        """Of channels that tell the whole each time."""
        number = self.version if self.seqNum is None else self.seqNum
        bids, asks = _levels(self.bids), _levels(self.asks)
        return Depth(time, True, None, number, None, bids, asks)


class _Candle(Struct, gc=False):
    close: Any


class _Tick(Struct, Generic[T], gc=False):
    """A pushed frame; `ts` is when it was sent."""

    tick: T
    ts: Milliseconds


class _Reply(Struct, gc=False):
    """The answer to a request for a book."""

    data: _Book
    ts: Milliseconds | None = None


_trades = decoder(_Tick[_Trades])
_history = decoder(_History)
_spot_quote = decoder(_Tick[_SpotQuote])
_contract_quote = decoder(_Tick[_ContractQuote])
_book = decoder(_Tick[_Book])
_candle = decoder(_Tick[_Candle])
_reply = decoder(_Reply)


def _traded(text: str, channel: str) -> Events:
    if text.find('"tick"', 0, 160) < 0:
        batches = _history(text).data
        return fields.oldest_first([trade.event() for each in batches for trade in each.data])
    return tuple([trade.event() for trade in _trades(text).tick.data])


def _best_of(text: str, channel: str) -> Events:
    """Spot's has sizes of its own, and no time in `ticker`; a contract's has pairs."""
    if '"bidSize"' not in text:
        return (_contract_quote(text).tick.event(),)
    frame = _spot_quote(text)
    return (frame.tick.event(frame.ts * MILLISECOND),)


def _time(frame: _Tick[_Book]) -> int:
    time = frame.ts if frame.tick.ts is None else frame.tick.ts
    return time * MILLISECOND


def _whole(text: str, channel: str) -> Events:
    frame = _book(text)
    return (frame.tick.whole(_time(frame)),)


def _change(text: str, channel: str) -> Events:
    match, frame = _depth_of(channel), _book(text)
    return (frame.tick.change(_time(frame), int(match.group(1)) if match else None),)


def _mark(text: str, channel: str) -> Events:
    frame = _candle(text)
    return (Funding(frame.ts * MILLISECOND, fields.mark(number(frame.tick.close))),)


READERS: tuple[tuple[str, Callable[[str, str], Events]], ...] = (
    ("depth.step", _whole),
    ("trade.detail", _traded),
    ("bbo", _best_of),
    ("mbp.refresh.", _whole),
    ("mbp.", _change),
    ("depth.size_", _change),
    ("ticker", _best_of),
    ("mark_price.", _mark),
)
"""By how the channel begins, without "market" and the name."""
UNUSED = ("kline.", "detail", "index.", "premium_index.", "estimated_rate.", "basis.")
"""How channels begin that are known and say nothing that we publish."""


@fields.reading(VENUE)
def parse(frame: str | bytes) -> Events:
    """As engine.feeds.feed says."""
    return _read(unpacked(frame))


def _in_full(text: str) -> Events:
    """As `parse`, whatever the text is."""
    if text.find('"op"', 0, 40) >= 0:
        return htx_contracts.notified(text)
    match = _channel(text)
    if match is None:
        return htx_contracts.answered(text)
    channel = match.group(2)
    if match.group(1) == "rep":
        return _replied(text, channel)
    for begin, read in READERS:
        if channel.startswith(begin):
            return read(text, channel)
    if channel.startswith(UNUSED):
        return ()
    raise Poison(f"unknown channel {channel[:40]!r}")


_read = htx_forms.all_of(_in_full)


def _replied(text: str, channel: str) -> Events:
    """What was asked for on the socket: a book, or what is not used."""
    if not channel.startswith("mbp."):
        return ()
    reply = _reply(text)
    time = None if reply.ts is None else reply.ts * MILLISECOND
    if reply.data.prevSeqNum is not None or reply.data.seqNum is None:
        raise Poison("a book without a sequence")
    return (reply.data.whole(time),)
