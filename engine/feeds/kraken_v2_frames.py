"""Kraken's WebSocket v2 frames to events, no IO.

Sources: Kraken's "WebSocket API v2" (https://docs.kraken.com/api/docs/websocket-v2/: trade, book,
ticker, status, heartbeat, ping; guide "Spot Websockets (v2) Book Checksum"), ccxt 4.5.64
(pro/kraken.py). Numbers are JSON numbers "with full precision": their texts are kept.
  {"channel":"trade","type":"update","data":[{"symbol":"MATIC/USD","side":"sell","price":0.5117,
   "qty":40.0,"ord_type":"market","trade_id":4665906,"timestamp":"2023-09-25T07:49:37.708706Z"}]}
  {"channel":"book","type":"snapshot","data":[{"symbol":"MATIC/USD","bids":[{"price":0.5666,
   "qty":4831.75496356}],"asks":[{"price":0.5668,"qty":4410.79769741}],"checksum":2439117997}]}
  {"channel":"book","type":"update","data":[{"symbol":"MATIC/USD","bids":[{"price":0.5657,
   "qty":1098.3947558}],"asks":[],"checksum":2114181697,"timestamp":"2023-10-06T17:35:55.440295Z"}]}
  {"channel":"ticker","type":"update","data":[{"symbol":"ALGO/USD","bid":0.10025,"bid_qty":740.0,
   "ask":0.10035,"ask_qty":740.0,"last":0.10035,..}]}                (lately with a "timestamp")
A book has the levels that were asked for and no more; updates do not tell how many these are. A
side of a snapshot that is as long as one of the depths on offer tells; else nothing was cut yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Generic, Literal, Protocol, TypeVar

import msgspec
from msgspec import Raw, Struct

from engine.feeds import fields, kraken_forms
from engine.feeds.events import Depth, Event, Quote, Trade
from engine.feeds.fields import Id
from schemas.errors import Poison
from schemas.ticks import Level, Side

Events = tuple[Event, ...]
T = TypeVar("T")

UNUSED = frozenset(("ohlc", "instrument", "status", "heartbeat", "level3"))
"""Channels that are known and say nothing that we publish."""

HEAD = '{"channel":"'
"""How data begin; where they do not, the channel is looked for."""

_channel = re.compile(r'"channel"\s*:\s*"([^"]*)"').search
_symbols = re.compile(r'"symbol"\s*:\s*"([^"]*)"').findall


def number(raw: Raw) -> str:
    """The text of a JSON number, without an exponent."""
    return fields.plain(str(raw, "utf-8"))


class _Level(Struct, gc=False):
    price: Raw
    qty: Raw


class _Book(Struct, gc=False):
    symbol: str
    bids: list[_Level]
    asks: list[_Level]
    checksum: Id | None = None
    timestamp: str | None = None

    def event(self, snapshot: bool) -> Depth:
        """A snapshot says how many levels a side are told of (see the module's text)."""
        time = None if self.timestamp is None else fields.rfc3339(self.timestamp)
        bids, asks = _levels(self.bids), _levels(self.asks)
        depth = kraken_forms.told(len(bids), len(asks)) if snapshot else None
        return Depth(time, snapshot, None, None, None, bids, asks, self.checksum, depth)


class _Trade(Struct, gc=False):
    symbol: str
    side: Side
    price: Raw
    qty: Raw
    trade_id: Id
    timestamp: str

    def event(self, snapshot: bool) -> Trade:
        """Ids count up by one in each book ("a sequence number, unique per book")."""
        price, quantity = fields.price(number(self.price)), fields.traded(number(self.qty))
        numbers = (self.trade_id, self.trade_id)
        time = fields.rfc3339(self.timestamp)
        return Trade(time, price, quantity, self.side, str(self.trade_id), numbers)


class _Ticker(Struct, gc=False):
    symbol: str
    bid: Raw
    bid_qty: Raw
    ask: Raw
    ask_qty: Raw
    timestamp: str | None = None

    def event(self, snapshot: bool) -> Quote:
        """A side without an order has price 0."""
        bid, bids, ask, asks = [
            fields.quantity(number(raw)) for raw in (self.bid, self.bid_qty, self.ask, self.ask_qty)
        ]
        time = None if self.timestamp is None else fields.rfc3339(self.timestamp)
        return Quote(time, bid, bids, ask, asks, None)


class _Frame(Struct, Generic[T], gc=False):
    channel: str
    data: list[T]
    type: Literal["snapshot", "update"]


class _Control(Struct, gc=False):
    """An answer: to a subscription, or a pong."""

    method: str
    success: bool = True
    error: str = ""


class _Datum(Protocol):
    def event(self, snapshot: bool) -> Event: ...


def _levels(rows: list[_Level]) -> tuple[Level, ...]:
    return fields.levels([(number(row.price), number(row.qty)) for row in rows])


def _rows(row: type[_Datum]) -> Callable[[str], Events]:
    decode: Callable[[str], _Frame[_Datum]] = msgspec.json.Decoder(_Frame[row]).decode  # type: ignore[valid-type]

    def read(text: str) -> Events:
        frame = decode(text)
        snapshot = frame.type == "snapshot"
        return tuple([datum.event(snapshot) for datum in frame.data])

    return read


READERS: dict[str, Callable[[str], Events]] = {
    "trade": kraken_forms.trades(_rows(_Trade)),
    "book": kraken_forms.books(_rows(_Book)),
    "ticker": _rows(_Ticker),
}
"""By channel."""

_control = msgspec.json.Decoder(_Control).decode


def named(text: str) -> str | None:
    """The one symbol of a frame of data, as "BTC/USD"; an answer is not about the one it has."""
    if '"method"' in text:
        return None
    names = set(_symbols(text))
    return names.pop() if len(names) == 1 else None


def read(text: str) -> Events:
    """The events of an object with a channel or a method; raises Poison or what msgspec raises."""
    if text.startswith(HEAD):
        channel = text[len(HEAD) : text.index('"', len(HEAD))]
    elif (match := _channel(text)) is not None:
        channel = match.group(1)
    else:
        return answered(text)
    if '"method"' in text:
        return answered(text)
    reader = READERS.get(channel)
    if reader is not None:
        return reader(text)
    if channel in UNUSED:
        msgspec.json.decode(text)
        return ()
    raise Poison(f"unknown channel {channel[:40]!r}")


def answered(text: str) -> Events:
    """What is said of a request."""
    control = _control(text)
    if not control.success:
        raise Poison(f"{control.method[:40]} refused: {control.error[:200]}")
    return ()
