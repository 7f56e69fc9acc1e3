"""Frames of KuCoin's Pro sockets to events, no IO: trades, best bid and ask, books.

Sources: https://www.kucoin.com/docs-new (3470221w0, 3470222w0), ccxt 4.5.64 (pro/kucoin.py, "uta";
it takes the ask for the bid in its ticker). M is the matching engine's time in ns; a and A are the
best ask and its size, b and B the bid's; O and C the first and last sequence. A book is snapshots
and deltas ("increment@10ms", 500 levels), or snapshots only ("1", "5", "50").
  {"T":"trade.SPOT","P":"..","d":{"M":"1774618231141000000","S":"buy","p":"1995.49","q":"0.3142324",
   "s":"ETH-USDT","ti":"20745928670070784","E":"20745928670070784"}}
  {"T":"ticker.SPOT","P":"..","d":{"A":"0.5972689","B":"23.3114947","E":20310552932,
   "M":"1774100940780000000","S":"SELL","a":"2155.55","b":"2155.54","l":"2155.54","q":"0.0001529",
   "s":"ETH-USDT"}}
  {"T":"obu.SPOT","dp":"50","t":"snapshot","P":"..","d":{"C":20452522782,"M":"1774624848673000000",
   "O":20452522782,"a":[["66532.5","0.46243848"]],"b":[["66532.4","0.09489"]],"s":"BTC-USDT"}}
Trades by REST:
{"code":"200000","data":{"tradeType":"SPOT","list":[{"sequence":"18746044393340932","tradeId":
 "18746044393340932","price":"104355.6","size":"0.00011886","side":"sell","ts":1762242540829000000}]}}
 (/api/ua/v1/market/trade; the classic answers of trades are a list: of spot {"sequence",..,"time":
 1548848575203567174}, of contracts {"tradeId",..,"ts":..}; newest first)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct

from engine.feeds import fields, kucoin_forms
from engine.feeds.events import Depth, Event, Quote, Trade
from engine.feeds.fields import Id
from engine.feeds.kucoin_levels import Rows, best, decoder, levels
from schemas.errors import Poison
from schemas.ticks import Side

T = TypeVar("T")
Events = tuple[Event, ...]


SIDES: dict[str, Side] = {"buy": "buy", "BUY": "buy", "sell": "sell", "SELL": "sell"}


class _ProTrade(Struct, gc=False):
    M: Id
    S: str
    p: str
    q: str
    ti: Any

    def event(self) -> Trade:
        side = SIDES[self.S]
        price, quantity = fields.price(self.p), fields.traded(self.q)
        return Trade(self.M, price, quantity, side, str(fields.whole(self.ti)))


class _ProTicker(Struct, gc=False):
    M: Id
    A: str | None
    B: str | None
    a: str | None
    b: str | None
    E: Id | None = None

    def event(self) -> Quote:
        return Quote(self.M, *best(self.b, self.B), *best(self.a, self.A), self.E)


class _ProBook(Struct, gc=False):
    M: Id
    O: Id  # noqa: E741
    C: Id
    a: Rows
    b: Rows


class _ProDepth(Struct, gc=False):
    d: _ProBook
    t: Literal["snapshot", "delta"]

    def event(self) -> Depth:
        book, snapshot = self.d, self.t == "snapshot"
        if book.O > book.C:
            raise Poison(f"an update from {book.O} to {book.C}")
        first = None if snapshot else book.O
        return Depth(book.M, snapshot, first, book.C, None, levels(book.b), levels(book.a))


class _Pro(Struct, Generic[T], gc=False):
    d: T


def _one(datum: type[Any]) -> Callable[[str], Events]:
    decode = decoder(_Pro[datum])  # type: ignore[valid-type]
    return lambda text: (decode(text).d.event(),)


class _Told(Struct, gc=False):
    """A trade of REST; ns are in ts, of spot's classic answer in time."""

    price: Any
    size: Any
    side: str
    sequence: Any = None
    tradeId: Any = None
    ts: Id | None = None
    time: Id | None = None

    def event(self) -> Trade:
        time = self.ts if self.time is None else self.time
        name = self.sequence if self.tradeId is None else self.tradeId
        if time is None or name is None:
            raise Poison("a trade without a time or a name")
        price, size = fields.price(fields.number(self.price)), fields.number(self.size)
        return Trade(time, price, fields.traded(size), SIDES[self.side], str(name))


def trades(data: Any) -> Events:
    """Of an answer of REST, oldest first; raises Poison and what msgspec raises."""
    rows = data.get("list") if isinstance(data, dict) else data
    told: list[_Told] = msgspec.convert(rows, list[_Told], strict=False)
    return fields.oldest_first([row.event() for row in told])


_depth = decoder(_ProDepth)

READERS: dict[str, Callable[[str], Events]] = {
    "trade": kucoin_forms.pro_trades(_one(_ProTrade)),
    "ticker": _one(_ProTicker),
    "obu": kucoin_forms.pro_books(lambda text: (_depth(text).event(),)),
}
"""By what stands before the point in "T"."""
UNUSED = frozenset(("kline",))
"""Known, and nothing that we publish."""
