"""What KuCoin's frames share: levels, sides of quotes, decoders that keep numbers as given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from engine.feeds import fields
from engine.feeds.fields import number
from engine.feeds.rows import levels as in_columns
from engine.numbers import price_units
from schemas.ticks import Level

VENUE = "kucoin"

Rows = list[list[Any]]
"""Price, quantity, and of changes the sequence; of contracts the quantity is a number."""


def levels(rows: Rows) -> tuple[Level, ...]:
    """Price and quantity of each row; a price that is there twice is as its last sequence says."""
    if not rows:
        return ()
    prices = [row[0] for row in rows]
    if "0" in prices or (len(rows) > 1 and len({*prices}) < len(rows)):
        rows = [row for row in rows if row[0] != "0"]
        if len({row[0] for row in rows}) < len(rows):
            rows.sort(key=lambda row: fields.whole(row[2]))
        prices = [row[0] for row in rows]
    return in_columns(prices, [row[1] for row in rows])


def best(price: object, quantity: object) -> tuple[str, str]:
    """One side of a quote; zeros where there is no order."""
    found = number(price or "0")
    price_units(found)
    return found, fields.quantity(number(quantity or "0"))


def decoder(of: Any) -> Callable[[str], Any]:
    """Of a struct; its integers may come as texts, numbers of type Any stay texts."""
    return msgspec.json.Decoder(of, strict=False, float_hook=str).decode
