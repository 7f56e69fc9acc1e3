"""What Gate's frames hold but for books, as events (engine.feeds.gate_frames has the frames)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from msgspec import Struct

from engine.feeds import fields
from engine.feeds.events import Event, Funding, Liquidation, OpenInterest, Quote, Trade
from engine.feeds.fields import MILLISECOND, Id, Milliseconds
from engine.numbers import price_units, quantity_units
from schemas.errors import Poison
from schemas.ticks import Side

T = TypeVar("T")
Events = tuple[Event, ...]
Number = int | str
"""Integers are texts where the connection asked for them ("X-Gate-Size-Decimal")."""


class Frame(Struct, Generic[T], gc=False):
    """What all frames of data share."""

    result: T


class Timed(Struct, Generic[T], gc=False):
    """A frame whose own time counts, because its data have none."""

    result: T
    time: Id = 0
    time_ms: Milliseconds = 0

    def said(self) -> int:
        """When it was sent, in ns; time_ms is 0 in some."""
        return self.time_ms * MILLISECOND if self.time_ms else fields.seconds(self.time)


def decoder(result: Any) -> Callable[[str], Frame[Any]]:
    """Of frames with such a result; fractions of no type are kept as text."""
    return msgspec.json.Decoder(Frame[result], float_hook=str).decode


def milliseconds_of(value: Number) -> int:
    """ns of a time in ms with a fraction: "1606292218213.4578"."""
    if isinstance(value, int):
        return fields.milliseconds(value)
    head, point, fraction = value.partition(".")
    if point and not (fraction.isascii() and fraction.isdecimal()):
        raise Poison(f"{value!r} is no time")
    rest = int(fraction[:6].ljust(6, "0")) if fraction else 0
    return fields.whole(fields.milliseconds(head) + rest)


def _time(milliseconds: Number | None, seconds: int) -> int:
    return fields.seconds(seconds) if milliseconds is None else milliseconds_of(milliseconds)


def signed(size: Number) -> tuple[Side, str]:
    """Below 0 is sold."""
    text = str(size)
    quantity = fields.traded(text.removeprefix("-"))
    return ("buy", quantity) if quantity == text else ("sell", quantity)


def _range(text: str) -> tuple[int, int]:
    """ "2390902-2390903": the first and last of the pair's own consecutive numbers."""
    first, _, last = text.partition("-")
    found = fields.whole(first), fields.whole(last)
    if found[0] > found[1]:
        raise Poison(f"trades {text[:40]}")
    return found


class SpotTrade(Struct, gc=False):
    """A trade; side is the taker's."""

    id: Id
    create_time: Id
    side: Side
    amount: str
    price: str
    create_time_ms: Number | None = None
    range: str = ""

    def event(self) -> Trade:
        """The trade; its id counts over all pairs, its range over the pair."""
        time, price, quantity = (
            _time(self.create_time_ms, self.create_time),
            self.price,
            self.amount,
        )
        if not price_units(price) or not quantity_units(quantity):
            raise Poison(f"a trade of {quantity} at {price}")
        numbers = _range(self.range) if self.range else None
        return Trade(time, price, quantity, self.side, str(self.id), numbers)


class Top(Struct, gc=False):
    """Best bid and ask of spot and of futures."""

    t: Milliseconds
    u: Id | str
    b: str
    B: Number
    a: str
    A: Number

    def event(self) -> Quote:
        """An empty text is a side without an order."""
        bid, ask = self.b or "0", self.a or "0"
        bids, asks = str(self.B) or "0", str(self.A) or "0"
        price_units(bid), quantity_units(bids)
        price_units(ask), quantity_units(asks)
        number = self.u if isinstance(self.u, int) else fields.whole(self.u)
        return Quote(self.t * MILLISECOND, bid, bids, ask, asks, number)


class FutureTrade(Struct, gc=False):
    """A trade of contracts; internal ones (ADL, insurance fund) are among them."""

    contract: str
    id: Id
    create_time: Id
    size: Number
    price: str
    create_time_ms: Number | None = None

    def events(self, said: int) -> Events:
        """A size below 0 was sold by the taker."""
        side, quantity = signed(self.size)
        time = _time(self.create_time_ms, self.create_time)
        return (Trade(time, fields.price(self.price), quantity, side, str(self.id)),)


class Ticker(Struct, gc=False):
    """Of a contract; a dated one has no funding rate."""

    contract: str
    mark_price: str
    total_size: str
    funding_rate: str = ""
    index_price: str = ""

    def events(self, said: int) -> Events:
        """It has no time of its own but the frame's."""
        mark = fields.mark(self.mark_price)
        rate = fields.rate(self.funding_rate) if self.funding_rate else None
        index = fields.mark(self.index_price) if self.index_price else None
        interest = OpenInterest(said, fields.quantity(self.total_size))
        return Funding(said, mark, index, rate), interest


class Closing(Struct, gc=False):
    """An order by which the venue closes a position."""

    contract: str
    price: msgspec.Raw
    size: Number
    time_ms: Milliseconds

    def events(self, said: int) -> Events:
        """A size below 0 is an order to sell; the price is a number or the text of one."""
        side, quantity = signed(self.size)
        price = fields.mark(fields.plain(bytes(self.price).decode().strip('"')))
        return (Liquidation(self.time_ms * MILLISECOND, price, quantity, side),)


class _One(Protocol):
    def event(self) -> Event: ...


class _Rows(Protocol):
    @property
    def contract(self) -> str: ...

    def events(self, said: int) -> Events: ...


def one(row: type[_One]) -> Callable[[str], Events]:
    """Reads a channel whose result is one event."""
    decode = decoder(row)
    return lambda text: (decode(text).result.event(),)


def rows(row: type[_Rows]) -> Callable[[str], Events]:
    """Reads a channel whose result is a list, of one contract."""
    decoder: Any = msgspec.json.Decoder(Timed[list[row]])  # type: ignore[valid-type]
    decode: Callable[[str], Timed[list[_Rows]]] = decoder.decode

    def read(text: str) -> Events:
        frame = decode(text)
        if len({each.contract for each in frame.result}) > 1:
            raise Poison("several contracts in a frame")
        said = frame.said()
        return tuple([event for each in frame.result for event in each.events(said)])

    return read
