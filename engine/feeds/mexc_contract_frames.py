"""MEXC's frames of contracts to events: JSON from the socket and from REST.

Sources: MEXC's documents "Futures / WebSocket API" (and "Incremental Order Book Maintenance
Mechanism"), ccxt 4.5.64 (mexc.py, pro/mexc.py). Numbers are JSON's, as exact as they are written;
quantities are contracts:
  {"symbol":"BTC_USDT","data":[{"p":114350.4,"v":4,"T":2,"O":3,"M":2,"t":1760368563597,
   "i":"16270106116"}],"channel":"push.deal","ts":1760368563597}      (T: 1 buy, 2 sell; until 2025
                                                    data was one object; i only since 2026)
  {"channel":"push.depth","data":{"asks":[[6859.5,3251,1]],"bids":[],"version":96801927},
   "symbol":"BTC_USDT","ts":1587442022003}          (price, contracts, orders; merged updates have
                                                    "begin" and "end", the versions they span)
  {"channel":"push.depth.full",..}                  the best 5, 10 or 20 levels, at that version
  {"channel":"push.ticker","data":{"fairPrice":6867.4,"indexPrice":6861.6,"fundingRate":0.0008,
   "holdVol":2284742,"timestamp":1587442022003,"bid1":6865,"ask1":6866.5,..},..}
                                                    (no quantities at bid1 and ask1: no quote)
  {"channel":"push.funding.rate","data":{"rate":0.001,"symbol":"BTC_USDT","nextSettleTime":..},..}
                                                    (the documents' table: "fundingRate")
  {"channel":"push.fair.price","data":{"symbol":..,"price":0.001},"ts":..} (push.index.price alike)
  {"channel":"rs.sub.deal","data":"success","ts":..} {"channel":"rs.error","data":"Contract ..."}
  {"channel":"pong","data":1587453241453}           many symbols, candles: push.tickers, push.kline
REST /api/v1/contract/depth/BTC_USDT: {"success":true,"code":0,"data":{"asks":[[..]],"bids":[[..]],
   "version":96801927,"timestamp":1587442022003}}
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Generic, Literal, TypeVar

import msgspec
from msgspec import Raw, Struct

from engine.feeds import fields, mexc_forms
from engine.feeds.events import Depth, Event, Funding, OpenInterest, Trade
from engine.feeds.fields import MILLISECOND
from engine.numbers import price_units, quantity_units
from schemas.errors import Poison
from schemas.ticks import Level, Side

T = TypeVar("T")

Events = tuple[Event, ...]
Row = list[Raw]
"""Price, contracts, and sometimes orders."""

UNTOLD = "null"
NULL = Raw(UNTOLD.encode())
SIDES: dict[int, Side] = {1: "buy", 2: "sell"}

HEAD = '"channel":"'
"""As MEXC writes it; where it does not, it is looked for."""
_channel = re.compile(r'"channel"\s*:\s*"([^"]*)"').search


def number(raw: Raw) -> str:
    """The digits of a JSON number, or of a text of them; without an exponent."""
    text = str(raw, "ascii")
    if text.isdecimal():
        return text
    text = text.strip('"')
    if "e" not in text and "E" not in text:
        return text
    sign = "-" if text.startswith("-") else ""
    return sign + fields.plain(text.removeprefix("-"))


def levels(rows: list[Row]) -> tuple[Level, ...]:
    """Price and quantity of each row; digits are tried first, for there are many."""
    try:
        return fields.levels([(str(row[0], "ascii"), str(row[1], "ascii")) for row in rows])
    except Poison:
        return fields.levels([(number(row[0]), number(row[1])) for row in rows])


class _Deal(Struct, gc=False):
    p: Raw
    v: Raw
    T: int
    t: fields.Milliseconds
    i: str | int = ""

    def event(self) -> Trade:
        price, quantity, side = number(self.p), number(self.v), SIDES.get(self.T)
        if not price_units(price) or not quantity_units(quantity):
            raise Poison(f"a trade of {quantity} at {price}")
        if side is None:
            raise Poison(f"a trade of the direction {self.T}")
        return Trade(self.t * MILLISECOND, price, quantity, side, str(self.i))


class _Book(Struct, gc=False):
    asks: list[Row]
    bids: list[Row]
    version: fields.Id | None = None
    begin: fields.Id | None = None
    end: fields.Id | None = None
    timestamp: fields.Milliseconds | None = None

    def changes(self, time: int) -> Depth:
        """From one version to another where they were merged, else of one."""
        first = self.version if self.begin is None else self.begin
        last = self.version if self.end is None else self.end
        if first is None or last is None or first > last:
            raise Poison(f"changes from version {first} to {last}")
        return Depth(time, False, first, last, None, *self.sides())

    def best(self, time: int) -> Depth:
        """As many levels as were asked for: the book has no fewer than its longer side."""
        depth = max(len(self.bids), len(self.asks)) or None
        return Depth(time, True, None, self.version, None, *self.sides(), None, depth)

    def snapshot(self) -> Depth:
        """All levels that REST gives."""
        if self.version is None:
            raise Poison("a snapshot without a version")
        time = None if self.timestamp is None else self.timestamp * MILLISECOND
        return Depth(time, True, None, self.version, None, *self.sides())

    def sides(self) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Bids and asks."""
        return levels(self.bids), levels(self.asks)


class _Ticker(Struct, gc=False):
    """What it tells differs: what is not there, or a price of zero, is unknown."""

    fairPrice: Raw = NULL
    indexPrice: Raw = NULL
    fundingRate: Raw = NULL
    holdVol: Raw = NULL
    timestamp: fields.Milliseconds | None = None

    def events(self, sent: int) -> Events:
        time = sent if self.timestamp is None else self.timestamp * MILLISECOND
        rate, held = number(self.fundingRate), number(self.holdVol)
        parts = _price(self.fairPrice), _price(self.indexPrice), _share(rate)
        told: list[Event] = []
        if parts != (None, None, None):
            told.append(Funding(time, *parts))
        if held != UNTOLD:
            told.append(OpenInterest(time, fields.quantity(held)))
        return tuple(told)


class _Rate(Struct, gc=False):
    rate: Raw = NULL
    fundingRate: Raw = NULL
    nextSettleTime: fields.Milliseconds | None = None

    def event(self, time: int) -> Funding:
        rate = _share(number(self.rate)) or _share(number(self.fundingRate))
        if rate is None:
            raise Poison("a funding rate without a rate")
        due = self.nextSettleTime * MILLISECOND if self.nextSettleTime else None
        return Funding(time, None, None, rate, due)


class _Price(Struct, gc=False):
    price: Raw

    def text(self) -> str:
        return fields.mark(number(self.price))


class _Push(Struct, Generic[T], gc=False):
    data: T
    ts: fields.Milliseconds = 0


class _Control(Struct, gc=False):
    channel: str
    data: str | int = ""


class _Answer(Struct, Generic[T], gc=False):
    """Of REST."""

    success: Literal[True]
    data: T


def _price(raw: Raw) -> str | None:
    """A price that is told beside others; zero is none."""
    text = number(raw)
    return fields.worth(text) if text != UNTOLD and text.strip("0.") else None


def _share(text: str) -> str | None:
    """A rate, if it is told."""
    return None if text == UNTOLD else fields.rate(text)


_deal_list = msgspec.json.Decoder(_Push[list[_Deal]]).decode
_deal_one = msgspec.json.Decoder(_Push[_Deal]).decode
_book = msgspec.json.Decoder(_Push[_Book]).decode
_ticker = msgspec.json.Decoder(_Push[_Ticker]).decode
_rate = msgspec.json.Decoder(_Push[_Rate]).decode
_tell = msgspec.json.Decoder(_Push[_Price]).decode
_control = msgspec.json.Decoder(_Control).decode


_traded = msgspec.json.Decoder(_Answer[list[_Deal]]).decode
_answer = msgspec.json.Decoder(_Answer[_Book]).decode


def _time(push: _Push[T]) -> int:
    """When it was sent; each frame says so."""
    if not push.ts:
        raise Poison("a frame without a time")
    return push.ts * MILLISECOND


def _deals(text: str) -> Events:
    try:
        return tuple([deal.event() for deal in _deal_list(text).data])
    except msgspec.ValidationError:
        return (_deal_one(text).data.event(),)


def _changes(text: str) -> Events:
    push = _book(text)
    return (push.data.changes(_time(push)),)


def _best(text: str) -> Events:
    push = _book(text)
    return (push.data.best(_time(push)),)


def _tickers(text: str) -> Events:
    push = _ticker(text)
    return push.data.events(_time(push))


def _funding(text: str) -> Events:
    push = _rate(text)
    return (push.data.event(_time(push)),)


def _mark(text: str) -> Events:
    push = _tell(text)
    return (Funding(_time(push), push.data.text()),)


def _index(text: str) -> Events:
    push = _tell(text)
    return (Funding(_time(push), None, push.data.text()),)


READERS: dict[str, Callable[[str], Events]] = {
    "push.deal": _deals,
    "push.depth": _changes,
    "push.depth.full": _best,
    "push.ticker": _tickers,
    "push.funding.rate": _funding,
    "push.fair.price": _mark,
    "push.index.price": _index,
}
"""By channel."""
UNUSED = ("push.tickers", "push.kline", "push.depth.step", "push.contract", "push.event.contract")
"""How channels begin that are known and say nothing that we publish."""


def in_full(text: str) -> Events | None:
    """As `pushed`, whatever the frame is."""
    if (at := text.find(HEAD)) >= 0:
        at += len(HEAD)
        channel = text[at : text.index('"', at)]
    elif (match := _channel(text)) is not None:
        channel = match.group(1)
    else:
        return None
    reader = READERS.get(channel)
    if reader is not None:
        return reader(text)
    if channel.startswith(UNUSED) or channel == "pong":
        return ()
    if channel.startswith("rs."):
        return _said(text)
    raise Poison(f"unknown channel {channel[:40]!r}")


pushed = mexc_forms.pushed(in_full)
"""The events of a frame of the socket; None where it is none of a channel."""


def _said(text: str) -> Events:
    """An acknowledgement, or a refusal."""
    control = _control(text)
    if control.channel != "rs.error" and control.data == "success":
        return ()
    raise Poison(f"{control.channel[:40]}: {str(control.data)[:200]}")


def answered(text: str) -> Events:
    """A snapshot, or trades (/contract/deals/BTC_USDT: the data of push.deal), from REST."""
    if '"asks"' not in text:
        return fields.oldest_first([deal.event() for deal in _traded(text).data])
    return (_answer(text).data.snapshot(),)
