"""KuCoin's public frames to events, no IO: of the classic sockets, and books by REST.

Sources: https://www.kucoin.com/docs-new (3470063w0, 67w0 to 72w0, 80w0 to 86w0), ccxt 4.5.64,
cryptofeed's recording of 2021, gocryptotrader's wsHandleData.json. Sizes of contracts are in these.
  {"topic":"/market/match:BTC-USDT","type":"message","subject":"trade.l3match","data":{"price":"67523",
   "side":"buy","size":"0.003","time":"1729843222921000000","tradeId":"11067996711960577",..}}
  {"topic":"/market/ticker:BTC-USDT",..,"data":{"bestAsk":"67218.7","bestAskSize":"1.9","bestBid":
   "67218.6","bestBidSize":"0.3","sequence":"14691455768","time":1729757723612,..}}
                     (:all has the symbol as its subject; /spotMarket/level1 has asks and bids)
  {"topic":"/market/level2:BTC-USDT",..,"data":{"changes":{"asks":[["18906","0.00331","14103845"]],
   "bids":[]},"sequenceStart":14103844,"sequenceEnd":14103847,"symbol":"BTC-USDT","time":1663747970273}}
                     (2021: without time. A change at price 0 only counts the sequence up)
  {"topic":"/spotMarket/level2Depth5:BTC-USDT",..,"data":{"asks":[[..]],"bids":[[..]],"timestamp":..}}
  {"topic":"/contractMarket/level2:XBTUSDTM",..,"data":{"sequence":1709400450243,
   "change":"90631.2,sell,2","timestamp":1731897467182}}
  {"topic":"/contractMarket/execution:XBTUSDTM",..,"data":{"side":"buy","size":2,"price":"90503.9",
   "tradeId":"1794100537695","ts":1731898619520000000,..}}
  {"topic":"/contractMarket/tickerV2:XBTUSDTM",..,"data":{"sequence":1,"bestBidSize":795,"bestBidPrice":
   "3200.0","bestAskPrice":"3600.0","bestAskSize":284,"ts":1553846081210004941}}      (also /ticker)
  {"topic":"/contract/instrument:XBTUSDTM","subject":"mark.index.price","data":{"markPrice":90445.02,
   "indexPrice":90445.02,..}} {..,"subject":"funding.rate","data":{"fundingRate":-0.00296,..}}
REST: {"code":"200000","data":{"time":1619378326628,"sequence":"1613277183892","bids":[["242.64",
 "5"]],"asks":[]}}                                       (contracts: sizes are numbers, ts is in ns)
The frames of the Pro sockets are in engine.feeds.kucoin_pro_frames.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from engine.feeds import fields, kucoin_pro_frames
from engine.feeds import kucoin_forms as forms
from engine.feeds.events import Depth, Event, Funding, Quote, Trade
from engine.feeds.fields import MILLISECOND, Id, Milliseconds, number
from engine.feeds.kucoin_levels import VENUE, Rows, best, decoder, levels
from schemas.errors import Poison
from schemas.ticks import Side

T = TypeVar("T")
Events = tuple[Event, ...]

TOPIC = '"topic":"'
"""As KuCoin writes it; where it does not, it is looked for."""

_topic = re.compile(r'"topic"\s*:\s*"([^":]*)').search
_pro = re.compile(r'"T"\s*:\s*"([a-zA-Z]+)\.(?:SPOT|FUTURES)"').search


class _Match(Struct, gc=False):
    """Of spot (time) or of contracts (ts), both in ns."""

    price: Any
    size: Any
    side: Side
    tradeId: str
    time: Id | None = None
    ts: Id | None = None

    def event(self) -> Trade:
        time = self.ts if self.time is None else self.time
        if time is None:
            raise Poison("a trade without a time")
        price, size = fields.price(number(self.price)), fields.traded(number(self.size))
        return Trade(time, price, size, self.side, self.tradeId)


class _Ticker(Struct, gc=False):
    bestAsk: str | None
    bestBid: str | None
    bestAskSize: str | None
    bestBidSize: str | None
    sequence: Id | None = None
    time: Milliseconds | None = None

    def event(self) -> Quote:
        time = None if self.time is None else self.time * MILLISECOND
        bid, ask = best(self.bestBid, self.bestBidSize), best(self.bestAsk, self.bestAskSize)
        return Quote(time, *bid, *ask, self.sequence)


class _Level1(Struct, gc=False):
    """Price and size of the best of each side; an empty list for a side without one."""

    asks: list[str] | None
    bids: list[str] | None
    timestamp: Milliseconds

    def event(self) -> Quote:
        bid, ask = ((*(side or ()), "0", "0")[:2] for side in (self.bids, self.asks))
        return Quote(self.timestamp * MILLISECOND, *best(*bid), *best(*ask), None)


class _ContractTicker(Struct, gc=False):
    bestBidSize: Any
    bestBidPrice: Any
    bestAskSize: Any
    bestAskPrice: Any
    ts: Id
    sequence: Id | None = None

    def event(self) -> Quote:
        bid = best(self.bestBidPrice, self.bestBidSize)
        ask = best(self.bestAskPrice, self.bestAskSize)
        return Quote(self.ts, *bid, *ask, self.sequence)


class _Changes(Struct, gc=False):
    asks: Rows
    bids: Rows


class _Update(Struct, gc=False):
    """All changes of the sequences from start to end; each level as it is after the last."""

    sequenceStart: Id
    sequenceEnd: Id
    changes: _Changes
    time: Milliseconds | None = None

    def event(self) -> Depth:
        first, last = self.sequenceStart, self.sequenceEnd
        if first > last:
            raise Poison(f"an update from {first} to {last}")
        time = None if self.time is None else self.time * MILLISECOND
        bids, asks = levels(self.changes.bids), levels(self.changes.asks)
        return Depth(time, False, first, last, None, bids, asks)


class _Change(Struct, gc=False):
    sequence: Id
    change: str
    timestamp: Milliseconds

    def event(self) -> Depth:
        price, side, quantity = self.change.split(",")
        if side not in ("buy", "sell"):
            raise Poison(f"a change of {side[:40]!r}")
        level = levels([[price, quantity]])
        bids, asks = (level, ()) if side == "buy" else ((), level)
        at, time = self.sequence, self.timestamp * MILLISECOND
        return Depth(time, False, at, at, None, bids, asks)


class _Top(Struct, gc=False):
    """The best 5 or 50 levels, whole each time. Without the sequence: they are no part of what
    level2 numbers, and must not take the place of its book.
    """

    asks: Rows
    bids: Rows
    timestamp: Milliseconds

    def event(self) -> Depth:
        bids, asks = levels(self.bids), levels(self.asks)
        return Depth(self.timestamp * MILLISECOND, True, None, None, None, bids, asks)


class _Instrument(Struct, gc=False):
    """Mark and index price, or the rate."""

    timestamp: Milliseconds
    markPrice: Any = None
    indexPrice: Any = None
    fundingRate: Any = None

    def event(self) -> Funding:
        mark, index, rate = (
            None if each is None else number(each)
            for each in (self.markPrice, self.indexPrice, self.fundingRate)
        )
        if mark is None and rate is None:
            raise Poison("neither a mark price nor a funding rate")
        mark, index = mark and fields.mark(mark), index and fields.mark(index)
        return Funding(self.timestamp * MILLISECOND, mark, index, rate and fields.rate(rate))


class _Frame(Struct, Generic[T], gc=False):
    data: T


class _Rest(Struct, gc=False):
    """A book by REST; time is in ms, and ts of contracts in ns."""

    sequence: Id
    bids: Rows | None = None
    asks: Rows | None = None
    time: Milliseconds | None = None
    ts: Id | None = None

    def event(self) -> Depth:
        time = self.ts if self.time is None else self.time * MILLISECOND
        bids, asks = levels(self.bids or []), levels(self.asks or [])
        return Depth(time, True, None, self.sequence, None, bids, asks)


class _Answer(Struct, gc=False):
    code: str
    data: Any = None
    msg: str = ""


class _Said(Struct, gc=False):
    """What is no market data, of the classic socket (type) or of the Pro socket."""

    type: str = ""
    message: str = ""
    result: Any = None
    code: Any = None
    data: Any = None
    reason: str = ""


def _one(datum: type[Any]) -> Callable[[str], Events]:
    decode = decoder(_Frame[datum])  # type: ignore[valid-type]
    return lambda text: (decode(text).data.event(),)


_answer, _said = decoder(_Answer), decoder(_Said)

_tops = forms.tops(_one(_Top))
READERS: dict[str, Callable[[str], Events]] = {
    "/market/match": forms.matches(_one(_Match)),
    "/market/ticker": forms.tickers(_one(_Ticker)),
    "/market/level2": forms.updates(_one(_Update)),
    "/spotMarket/level1": _one(_Level1),
    "/spotMarket/level2Depth5": _tops,
    "/spotMarket/level2Depth50": _tops,
    "/contractMarket/execution": _one(_Match),
    "/contractMarket/ticker": _one(_ContractTicker),
    "/contractMarket/tickerV2": _one(_ContractTicker),
    "/contractMarket/level2": forms.changes(_one(_Change)),
    "/contractMarket/level2Depth5": _tops,
    "/contractMarket/level2Depth50": _tops,
    "/contract/instrument": _one(_Instrument),
}
"""By topic, without the symbol."""
UNUSED = (
    "/market/candles",
    "/market/snapshot",
    "/indicator/",
    "/callauction/",
    "/contractMarket/limitCandle",
    "/contractMarket/snapshot",
    "/contract/announcement",
)
"""How topics begin that are known and say nothing that we publish."""
CONTROL = frozenset(("welcome", "ack", "pong"))


@fields.reading(VENUE)
def parse(frame: str | bytes) -> Events:
    """As engine.feeds.feed says."""
    text = frame if isinstance(frame, str) else frame.decode()
    if (at := text.rfind(TOPIC)) >= 0:
        at += len(TOPIC)
        topic = text[at : text.index('"', at)].partition(":")[0]
        reader = READERS.get(topic)
    elif (match := _topic(text)) is not None:
        topic = match.group(1)
        reader = READERS.get(topic)
    elif (match := _pro(text)) is not None:
        topic = match.group(1)
        reader = kucoin_pro_frames.READERS.get(topic)
    else:
        return _other(text)
    if reader is not None:
        return reader(text)
    if topic in kucoin_pro_frames.UNUSED or topic.startswith(UNUSED):
        return ()
    raise Poison(f"unknown topic {topic[:40]!r}")


def _other(text: str) -> Events:
    """What is no data of a socket: books by REST, answers, pongs, errors."""
    if text.startswith('{"code"'):
        return _answered(text)
    said = _said(text)
    if said.type in CONTROL or said.message == "welcome" or said.result in (True, "true"):
        return ()
    raise Poison(f"{said.type or 'error'} {said.code or ''}: {str(said.data or said.reason)[:200]}")


def _in_full(text: str) -> Events:
    """An answer of REST."""
    answer = _answer(text)
    if answer.code != "200000":
        raise Poison(f"error {answer.code[:40]}: {answer.msg[:200]}")
    data = answer.data
    if '"price"' in text and '"side"' in text:
        return kucoin_pro_frames.trades(data)
    book = isinstance(data, dict) and "sequence" in data and ("bids" in data or "asks" in data)
    return (msgspec.convert(data, _Rest, strict=False).event(),) if book else ()


_answered = forms.answers(_in_full)
