"""Coinbase Exchange's (once Pro's) frames to events, no IO.

Sources: Coinbase's "Exchange WebSocket Channels" (https://docs.cdp.coinbase.com/exchange/websocket-
feed/channels), cryptofeed's recording of 2021 (the same but for the sizes of tickers), ccxt 4.5.64
(pro/coinbaseexchange.py). Prices and quantities are texts, times RFC 3339:
  {"type":"snapshot","product_id":"BTC-USD","bids":[["10101.10","0.45054140"]],"asks":[[..]]}
  {"type":"l2update","product_id":"BTC-USD","time":"2019-08-14T20:42:27.265Z",
   "changes":[["buy","10101.80000000","0.162567"]]}
  {"type":"match","trade_id":10,"sequence":50,"maker_order_id":"..","taker_order_id":"..",
   "time":"2014-11-07T08:19:27.028459Z","product_id":"BTC-USD","size":"5.23512","price":"400.23",
   "side":"sell"}               (side of the maker; last_match: the latest before the subscription)
  {"type":"ticker","sequence":37475248783,"product_id":"ETH-USD","price":"1285.22",..,"best_bid":
   "1285.04","best_bid_size":"0.46688654","best_ask":"1285.27","best_ask_size":"1.56637040",
   "side":"buy","time":"2022-10-19T23:28:22.061769Z",..}          (2021: without sizes)
  {"type":"subscriptions","channels":[..]} {"type":"heartbeat",..} {"type":"error","message":".."}
GET /products/BTC-USD/trades, the newest first, side of the maker too:
  [{"trade_id":15035219,"side":"sell","size":"0.27426731","price":"25820.42000000",
    "time":"2023-09-10T13:47:41.447577Z"}]
A book has no ids; level2 "guarantees delivery of all updates".
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
from msgspec import Struct

from engine.feeds import coinbase_forms, fields
from engine.feeds.events import Depth, Event, Quote, Trade
from engine.feeds.fields import Id
from schemas.errors import Poison
from schemas.ticks import Side

Events = tuple[Event, ...]

TAKER: dict[Side, Side] = {"buy": "sell", "sell": "buy"}
"""The aggressor's side by the maker's."""
UNUSED = frozenset(
    (
        "subscriptions", "heartbeat", "status", "received", "open", "done", "change", "activate",
        "auction",
    )
)  # fmt: skip
"""Types that are known and say nothing that we publish; those of the full channel among them."""

_type = re.compile(r'"type"\s*:\s*"([^"]*)"').search


class _Snapshot(Struct, gc=False):
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    time: str | None = None


class _Changes(Struct, gc=False):
    changes: list[tuple[Side, str, str]]
    time: str


class _Match(Struct, gc=False):
    trade_id: Id
    side: Side
    size: str
    price: str
    time: str


class _Ticker(Struct, gc=False):
    best_bid: str
    best_ask: str
    best_bid_size: str = "0"
    best_ask_size: str = "0"
    sequence: Id | None = None
    time: str | None = None


class _Error(Struct, gc=False):
    message: str = ""
    reason: str = ""


_snapshots = msgspec.json.Decoder(_Snapshot).decode
_changes = msgspec.json.Decoder(_Changes).decode
_matches = msgspec.json.Decoder(_Match).decode
_tickers = msgspec.json.Decoder(_Ticker).decode
_trades = msgspec.json.Decoder(list[_Match], strict=False).decode
_errors = msgspec.json.Decoder(_Error).decode


def _snapshot(text: str) -> Events:
    book = _snapshots(text)
    time = None if book.time is None else fields.rfc3339(book.time)
    bids, asks = fields.levels(book.bids), fields.levels(book.asks)
    return (Depth(time, True, None, None, None, bids, asks),)


def _update(text: str) -> Events:
    update = _changes(text)
    bids = fields.levels([(p, q) for side, p, q in update.changes if side == "buy"])
    asks = fields.levels([(p, q) for side, p, q in update.changes if side == "sell"])
    return (Depth(fields.rfc3339(update.time), False, None, None, None, bids, asks),)


def _matched(text: str) -> Events:
    return (_trade(_matches(text)),)


def answered(text: str) -> Events:
    """The trades of REST, oldest first."""
    return fields.oldest_first([_trade(match) for match in _trades(text)])


def _trade(match: _Match) -> Trade:
    """Ids count up by one in each product."""
    time, number = fields.rfc3339(match.time), match.trade_id
    price, quantity = fields.price(match.price), fields.traded(match.size)
    return Trade(time, price, quantity, TAKER[match.side], str(number), (number, number))


def _ticked(text: str) -> Events:
    """The best bid and ask at a trade; a quantity that is not told is 0."""
    ticker = _tickers(text)
    bid, bids, ask, asks = [
        fields.quantity(each or "0")
        for each in (
            ticker.best_bid, ticker.best_bid_size, ticker.best_ask, ticker.best_ask_size,
        )
    ]  # fmt: skip
    time = None if ticker.time is None else fields.rfc3339(ticker.time)
    return (Quote(time, bid, bids, ask, asks, ticker.sequence),)


READERS: dict[str, Callable[[str], Events]] = {
    "snapshot": _snapshot,
    "l2update": _update,
    "match": _matched,
    "last_match": _matched,
    "ticker": _ticked,
}
"""By type."""


def in_full(text: str) -> Events:
    """As `read`, whatever the object is."""
    reader = READERS.get(text[9 : text.find('"', 9)]) if text.startswith('{"type":"') else None
    if reader is not None:
        return reader(text)
    match = _type(text)
    kind = match.group(1) if match else ""
    reader = READERS.get(kind)
    if reader is not None:
        return reader(text)
    if kind in UNUSED:
        msgspec.json.decode(text)
        return ()
    if kind == "error":
        error = _errors(text)
        raise Poison(f"error: {error.message} {error.reason}"[:200])
    raise Poison(f"unknown type {kind[:40]!r}")


read = coinbase_forms.exchange(in_full)
"""The events of an object with a type; raises Poison or what msgspec raises."""
