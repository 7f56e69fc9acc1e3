"""Gate's trades by REST as events (engine.feeds.gate_frames has the answers)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from engine.feeds import fields
from engine.feeds.events import Trade
from engine.feeds.gate_rows import Events, Number, milliseconds_of, signed
from schemas.ticks import Side


class _Spot(Struct, gc=False):
    id: str
    create_time_ms: str
    side: Side
    amount: str
    price: str
    sequence_id: str = ""

    def event(self) -> Trade:
        """sequence_id is the stream's id_market, of which `range` is made."""
        price, quantity = fields.price(self.price), fields.traded(self.amount)
        number = fields.whole(self.sequence_id) if self.sequence_id else None
        numbers = None if number is None else (number, number)
        time, name = milliseconds_of(self.create_time_ms), str(fields.whole(self.id))
        return Trade(time, price, quantity, self.side, name, numbers)


class _Future(Struct, gc=False):
    """Times are in seconds with a fraction, whatever their name."""

    id: Number
    create_time: Any
    size: Number
    price: str
    create_time_ms: Any = None

    def event(self) -> Trade:
        """A size below 0 was sold by the taker."""
        side, quantity = signed(self.size)
        seconds = self.create_time if self.create_time_ms is None else self.create_time_ms
        time, name = fields.seconds(seconds), str(fields.whole(self.id))
        return Trade(time, fields.price(self.price), quantity, side, name)


_spot = msgspec.json.Decoder(list[_Spot]).decode
_futures = msgspec.json.Decoder(list[_Future], float_hook=str).decode


def answered(text: str) -> Events:
    """Those of a list, oldest first; only spot's tell a side."""
    rows = _spot(text) if '"side"' in text else _futures(text)
    return fields.oldest_first([row.event() for row in rows])
