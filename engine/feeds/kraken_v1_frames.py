"""Kraken's WebSocket v1 frames to events, no IO.

Sources: Kraken's "WebSocket API v1" (https://docs.kraken.com/api/docs/websocket-v1/: trade, book,
spread, ticker; guide "Spot Websockets (v1) Book Checksum"), cryptofeed's recording of 2021, the
fixtures of XChange and gocryptotrader (2025: the same). A frame of data is a list that ends with
the channel and the pair; prices, quantities and times (s) are texts:
  [0,[["5541.20000","0.15850568","1534614057.321597","s","l",""]],"trade","XBT/USD"]
                                   (price, volume, time, side of the taker, limit or market, misc)
  [1234,{"as":[["5541.30000","2.50700000","1534614248.123678"]],"bs":[..]},"book-100","XBT/USD"]
  [1234,{"a":[[..]]},{"b":[["5541.30000","0.00000000","1534614335.345903","r"]],"c":"974942666"},
   "book-10","XBT/USD"]  (an object for each side that changed; "r": told again; "c": CRC32)
  [0,["5698.40000","5700.00000","1542057299.545897","1.01234567","0.98765432"],"spread","XBT/USD"]
                                                     (bid, ask, time, quantity of bid and of ask)
  [0,{"a":["5525.40000",1,"1.000"],"b":["5525.10000",1,"1.000"],..},"ticker","XBT/USD"]
  [42,[..],"ohlc-5","XBT/USD"]
Trades have no ids there. A book has the levels that the channel's name tells, and no more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct

from engine.feeds import fields, kraken_v1_forms
from engine.feeds.events import Depth, Event, Quote, Trade
from schemas.errors import Poison
from schemas.ticks import Level

Events = tuple[Event, ...]

TAIL = 160
"""Characters at a frame's end in which its channel and pair stand."""

_tail = re.compile(r',\s*"([a-z]+)(?:-([0-9]{1,6}))?"\s*,\s*"([^"]*)"\s*\]\s*\Z').search

DEPTHS = {f"book-{depth}": depth for depth in (10, 25, 100, 500, 1000)}
"""Levels a side, by the channel."""
Rows = list[list[str]]
"""Price, quantity, time, and perhaps "r"."""


class _Sides(Struct, gc=False, rename={"asks": "as", "bids": "bs"}):
    """A snapshot's sides, or the changes of one or both."""

    asks: Rows | None = None
    bids: Rows | None = None
    a: Rows | None = None
    b: Rows | None = None
    c: str | None = None


class _Ticker(Struct, gc=False):
    """Price, whole lots, quantity of the best ask and bid."""

    a: tuple[str, int, str]
    b: tuple[str, int, str]


_Execution = tuple[str, str, str, Literal["b", "s"], str, str]

_trades = msgspec.json.Decoder(tuple[int, list[_Execution], str, str]).decode
_tickers = msgspec.json.Decoder(tuple[int, _Ticker, str, str]).decode
_spreads = msgspec.json.Decoder(tuple[int, tuple[str, str, str, str, str], str, str]).decode
_book = msgspec.json.Decoder(tuple[int, _Sides, str, str]).decode
_halves = msgspec.json.Decoder(tuple[int, _Sides, _Sides, str, str]).decode
_divided = re.compile(r"\}\s*,\s*\{").search


def named(text: str) -> str | None:
    """The pair of a frame of data, as "XBT/USD"."""
    parts = text[-TAIL:].rsplit('"', 4)
    if len(parts) == 5 and parts[2] == "," and parts[4] == "]":
        return parts[3]
    match = _tail(text[-TAIL:])
    return match.group(3) if match else None


def in_full(text: str) -> Events:
    """As `read`, whatever the list is."""
    limit = DEPTHS.get(text[-TAIL:].rsplit('"', 4)[1]) if text.endswith('"]') else None
    if limit is not None:
        return (_depth(text, limit),)
    match = _tail(text[-TAIL:])
    if match is None:
        raise Poison("a list without a channel and a pair")
    channel, depth, _ = match.groups()
    if channel == "book":
        return (_depth(text, fields.whole(depth or "")),)
    reader = READERS.get(channel)
    if reader is None:
        raise Poison(f"unknown channel {channel[:40]!r}")
    return reader(text)


def _executed(text: str) -> Events:
    return tuple([_trade(row) for row in _trades(text)[1]])


def _trade(row: _Execution) -> Trade:
    price, quantity, time, side, _, _ = row
    taker: Literal["buy", "sell"] = "buy" if side == "b" else "sell"
    return Trade(fields.seconds(time), fields.price(price), fields.traded(quantity), taker, "")


def _ticked(text: str) -> Events:
    ticker = _tickers(text)[1]
    return (_quote(None, ticker.b[0], ticker.b[2], ticker.a[0], ticker.a[2]),)


def _spread(text: str) -> Events:
    bid, ask, time, bids, asks = _spreads(text)[1]
    return (_quote(fields.seconds(time), bid, bids, ask, asks),)


def _quote(time: int | None, bid: str, bids: str, ask: str, asks: str) -> Quote:
    """A side without an order has price 0."""
    for text in (bid, bids, ask, asks):
        fields.quantity(text)
    return Quote(time, bid, bids, ask, asks, None)


def _depth(text: str, limit: int) -> Depth:
    """One update, though its sides may come in two objects: the checksum is of both."""
    if not limit:
        raise Poison("a book of no levels")
    if text.find('"as"', 0, 64) < 0 and _divided(text):
        _, first, second, _, _ = _halves(text)
        if (first.a is None) == (second.a is None) or (first.b is None) == (second.b is None):
            raise Poison("a side of the book is told twice, or not at all")
        sides = _Sides(a=first.a or second.a, b=first.b or second.b, c=second.c or first.c)
    else:
        sides = _book(text)[1]
    return _update(sides, limit)


def _update(sides: _Sides, limit: int) -> Depth:
    snapshot = sides.asks is not None and sides.bids is not None
    if not snapshot and sides.a is None and sides.b is None:
        raise Poison("a book without a side")
    bids = (sides.bids if snapshot else sides.b) or []
    asks = (sides.asks if snapshot else sides.a) or []
    times = [fields.seconds(row[2]) for row in bids] + [fields.seconds(row[2]) for row in asks]
    time = max(times) if times else None
    checksum = None if sides.c is None else fields.whole(sides.c)
    found = (_levels(bids), _levels(asks))
    return Depth(time, snapshot, None, None, None, *found, checksum, limit)


def _levels(rows: Rows) -> tuple[Level, ...]:
    return fields.levels([(row[0], row[1]) for row in rows])


def _nothing(text: str) -> Events:
    """Known and not used; still a list of JSON."""
    msgspec.json.decode(text)
    return ()


READERS: dict[str, Callable[[str], Events]] = {
    "trade": _executed,
    "ticker": _ticked,
    "spread": _spread,
    "ohlc": _nothing,
}
"""By channel; books have one of their own."""

read = kraken_v1_forms.changes(kraken_v1_forms.trades(in_full))
"""The events of a list; raises Poison or what msgspec raises."""
