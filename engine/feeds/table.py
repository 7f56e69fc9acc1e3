"""Trades of a table (a venue's dump, a file of one's own), as `tapeline import` writes them. Pure.

A frame is a row, whatever the venue of its key: time in ns, price, quantity, the aggressor's side,
id ("" for none), the first and last number of the executions that it stands for, its own number
where it stands for several; the last two null where there are none.

    [1723161253123000000,"61800.1","0.005","sell","5282131",[5282131,5282131],null]
"""

from __future__ import annotations

import msgspec

from engine.feeds import fields
from engine.feeds.events import Event, Trade
from engine.feeds.fields import Id
from schemas.ticks import Side

CHANNEL = "table.trades"
"""The channel of raw records that hold such frames."""

Row = tuple[Id, str, str, Side, str, tuple[Id, Id] | None, Id | None]

_row = msgspec.json.Decoder(Row).decode


@fields.reading("table")
def parse(frame: str | bytes) -> tuple[Event, ...]:
    """The trade of a row; raises Poison if it is none."""
    time, price, quantity, side, number, numbers, own = _row(frame)
    return (Trade(time, fields.price(price), fields.traded(quantity), side, number, numbers, own),)
