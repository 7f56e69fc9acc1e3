"""Binance's commonest frames read at speed: compiled decoders for trades, quotes and diffs.

A typed decoder makes no dictionary and takes half of the time of reading all and looking at each
field. What it does not take, and whatever is odd about what it takes, is no verdict: `known`
raises, and the caller reads the frame in full, which alone says what is right and what is wrong
with it (engine.feeds.binance; tests/unit/test_feeds_binance.py holds both against each other).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from engine.feeds.events import Depth, Event, Quote, Trade
from engine.feeds.fields import MILLISECOND, Id, Milliseconds
from engine.numbers import price_units, quantity_units
from schemas.ticks import Level, Side


class _Trade(Struct, gc=False, tag_field="e", tag="trade"):
    t: Id
    p: str
    q: str
    m: bool
    T: Milliseconds

    def event(self) -> Trade:
        if not price_units(self.p) or not quantity_units(self.q):
            raise ValueError
        side: Side = "sell" if self.m else "buy"
        number = self.t
        numbers = (number, number)
        return Trade(self.T * MILLISECOND, self.p, self.q, side, str(number), numbers)


class _Quote(Struct, gc=False, tag_field="e", tag="bookTicker"):
    u: Id
    b: str
    B: str
    a: str
    A: str
    T: Milliseconds | UnsetType = UNSET

    def event(self) -> Quote:
        time = None if self.T is UNSET else self.T * MILLISECOND
        return _quote(time, self.b, self.B, self.a, self.A, self.u)


class _SpotQuote(Struct, gc=False, forbid_unknown_fields=True):
    """Has no "e", so nothing else may be in it."""

    u: Id
    s: str
    b: str
    B: str
    a: str
    A: str

    def event(self) -> Quote:
        return _quote(None, self.b, self.B, self.a, self.A, self.u)


class _Depth(Struct, gc=False, tag_field="e", tag="depthUpdate"):
    U: Id
    u: Id
    b: tuple[Level, ...]
    a: tuple[Level, ...]
    E: Milliseconds | UnsetType = UNSET
    T: Milliseconds | UnsetType = UNSET
    pu: Id | UnsetType = UNSET

    def event(self) -> Depth:
        time = self.E if self.T is UNSET else self.T
        if time is UNSET or self.u < self.U:
            raise ValueError
        _check(self.b)
        _check(self.a)
        previous = None if self.pu is UNSET else self.pu
        return Depth(time * MILLISECOND, False, self.U, self.u, previous, self.b, self.a)


def _quote(time: int | None, bid: str, bids: str, ask: str, asks: str, number: int) -> Quote:
    price_units(bid)
    price_units(ask)
    quantity_units(bids)
    quantity_units(asks)
    return Quote(time, bid, bids, ask, asks, number)


def _check(levels: tuple[Level, ...]) -> None:
    """Raises for a price of zero or what is no decimal; by column, for there are many."""
    if levels:
        prices, quantities = zip(*levels, strict=True)
        if not all(map(price_units, prices)):
            raise ValueError
        deque(map(quantity_units, quantities), maxlen=0)


Data = _Trade | _Quote | _Depth


class _Stream(Struct, gc=False):
    stream: str
    data: Data


class _SpotStream(Struct, gc=False):
    stream: str
    data: _SpotQuote


_READ: dict[tuple[bool, bool], Callable[[str], Any]] = {
    (True, True): msgspec.json.Decoder(_Stream).decode,
    (True, False): msgspec.json.Decoder(_SpotStream).decode,
    (False, True): msgspec.json.Decoder(Data).decode,
    (False, False): msgspec.json.Decoder(_SpotQuote).decode,
}
"""By whether a frame comes wrapped, and whether it names its kind."""


def known(text: str) -> tuple[str, Event]:
    """The stream (empty: none) and the event of a trade, quote or diff; raises ValueError, Poison
    or RecursionError for all that is not plainly one."""
    wrapped = text.startswith('{"stream"')
    frame = _READ[wrapped, '"e":' in text](text)
    if wrapped:
        return frame.stream, frame.data.event()
    return "", frame.event()
