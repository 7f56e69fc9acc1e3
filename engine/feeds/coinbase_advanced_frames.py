"""Coinbase Advanced Trade's frames to events, no IO.

Sources: Coinbase's "Advanced Trade WebSocket Channels" and "Overview" (https://docs.cdp.coinbase.com/
coinbase-app/advanced-trade-apis/websocket/), ccxt 4.5.64 (pro/coinbase.py). All numbers are texts:
  {"channel":"l2_data","client_id":"","timestamp":"2023-02-09T20:32:50.714964855Z","sequence_num":0,
   "events":[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","event_time":
   "1970-01-01T00:00:00Z","price_level":"21921.73","new_quantity":"0.06317902"},{"side":"offer",..
  {"channel":"market_trades",..,"events":[{"type":"update","trades":[{"trade_id":"000000000",
   "product_id":"ETH-USD","price":"1260.01","size":"0.3","side":"BUY","time":"2019-08-14T20:42:27.265Z"
   }]}]}                           (of 250 ms; side: "refers to the makers side")
  {"channel":"ticker",..,"events":[{"type":"snapshot","tickers":[{"type":"ticker","product_id":
   "BTC-USD","price":"21932.98","best_bid":"21931.98","best_bid_quantity":"8000.21","best_ask":
   "21933.98","best_ask_quantity":"8038.07770938",..}]}]}             (also without best_..)
  {"channel":"subscriptions",..} {"channel":"heartbeats",..} {"type":"error","message":".."}
GET /market/products/BTC-USD/ticker, the newest first, side as there:
  {"trades":[{"trade_id":"10092327","product_id":"BTC-USDT","price":"17488.12","size":"0.0000623",
   "time":"2023-01-11T00:52:37.557001Z","side":"BUY","bid":"","ask":""}],"best_bid":"..","best_ask":".."}
sequence_num counts the messages of a connection up by one, whatever they are about: what is missing
is seen by the connection (engine.feeds.session), not by one product's book.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Generic, Literal, TypeVar

import msgspec
from msgspec import Struct

from engine.feeds import coinbase_forms, fields
from engine.feeds.events import Depth, Event, Quote, Trade
from engine.feeds.fields import Id
from schemas.errors import Poison
from schemas.ticks import Side

Events = tuple[Event, ...]
T = TypeVar("T")

TAKER: dict[str, Side] = {"BUY": "sell", "SELL": "buy"}
"""The aggressor's side by the maker's."""
UNUSED = frozenset(("subscriptions", "heartbeats", "candles", "status"))
"""Channels that are known and say nothing that we publish."""

HEAD = '{"channel":"'
"""How data begin; where they do not, the channel is looked for."""

_channel = re.compile(r'"channel"\s*:\s*"([^"]*)"').search
_number = re.compile(r'"sequence_num"\s*:\s*([0-9]{1,18})\b').search


class _Change(Struct, gc=False):
    side: Literal["bid", "offer"]
    price_level: str
    new_quantity: str


class _Update(Struct, gc=False):
    type: Literal["snapshot", "update"]
    product_id: str
    updates: list[_Change]

    def depth(self, time: int, number: int) -> Depth:
        """Of the message with that number and time."""
        rows = [(each.side, each.price_level, each.new_quantity) for each in self.updates]
        bids = fields.levels([(p, q) for side, p, q in rows if side == "bid"])
        asks = fields.levels([(p, q) for side, p, q in rows if side == "offer"])
        return Depth(time, self.type == "snapshot", None, number, None, bids, asks)


class _Trade(Struct, gc=False):
    trade_id: str
    product_id: str
    price: str
    size: str
    side: Literal["BUY", "SELL"]
    time: str

    def event(self) -> Trade:
        """Ids of spot count up by one in each product."""
        spot = self.product_id.count("-") == 1 and self.trade_id.isdecimal()
        number = fields.whole(self.trade_id) if spot else None
        numbers = None if number is None else (number, number)
        price, quantity = fields.price(self.price), fields.traded(self.size)
        time, side = fields.rfc3339(self.time), TAKER[self.side]
        return Trade(time, price, quantity, side, self.trade_id, numbers)


class _Trades(Struct, gc=False):
    trades: list[_Trade]


class _Ticker(Struct, gc=False):
    product_id: str
    best_bid: str = ""
    best_bid_quantity: str = ""
    best_ask: str = ""
    best_ask_quantity: str = ""

    def event(self, time: int, number: int) -> Quote:
        """Of the message with that number and time; an empty text is 0."""
        bid, bids, ask, asks = [
            fields.quantity(text or "0")
            for text in (
                self.best_bid, self.best_bid_quantity, self.best_ask, self.best_ask_quantity,
            )
        ]  # fmt: skip
        return Quote(time, bid, bids, ask, asks, number)


class _Tickers(Struct, gc=False):
    tickers: list[_Ticker]


class _Frame(Struct, Generic[T], gc=False):
    timestamp: str
    sequence_num: Id
    events: list[T]


_updates = msgspec.json.Decoder(_Frame[_Update]).decode
_answer = msgspec.json.Decoder(_Trades).decode
_trades = msgspec.json.Decoder(_Frame[_Trades]).decode
_tickers = msgspec.json.Decoder(_Frame[_Tickers]).decode


def _changed(text: str) -> Events:
    frame = _updates(text)
    time = fields.rfc3339(frame.timestamp)
    return tuple([event.depth(time, frame.sequence_num) for event in frame.events])


def _traded(text: str) -> Events:
    """Oldest first, though the venue may tell the newest first."""
    return _ordered([trade for event in _trades(text).events for trade in event.trades])


def answered(text: str) -> Events:
    """The trades of REST."""
    return _ordered(_answer(text).trades)


def _ordered(trades: list[_Trade]) -> Events:
    found = [trade.event() for trade in trades]
    return tuple(sorted(found, key=lambda trade: (trade.event_time, trade.numbers or (0, 0))))


def _ticked(text: str) -> Events:
    frame = _tickers(text)
    time, number = fields.rfc3339(frame.timestamp), frame.sequence_num
    found = [ticker for event in frame.events for ticker in event.tickers]
    return tuple([each.event(time, number) for each in found if each.best_bid or each.best_ask])


READERS: dict[str, Callable[[str], Events]] = {
    "l2_data": coinbase_forms.updates(_changed),
    "market_trades": coinbase_forms.executions(_traded),
    "ticker": _ticked,
    "ticker_batch": _ticked,
}
"""By channel."""


def numbered(frame: str | bytes) -> int | None:
    """The message's number on its connection, None where it has none."""
    text = frame if isinstance(frame, str) else frame.decode(errors="replace")
    match = _number(text)
    return int(match.group(1)) if match else None


def channel(text: str) -> str | None:
    """The channel of a frame, None if it is none of Advanced Trade's."""
    if text.startswith(HEAD):
        return text[len(HEAD) : text.index('"', len(HEAD))]
    match = _channel(text)
    return match.group(1) if match else None


def read(text: str, of: str) -> Events:
    """The events of a frame of a channel; raises Poison or what msgspec raises."""
    reader = READERS.get(of)
    if reader is not None:
        return reader(text)
    if of in UNUSED:
        msgspec.json.decode(text)
        return ()
    raise Poison(f"unknown channel {of[:40]!r}")
