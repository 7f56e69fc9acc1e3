"""Levels of rows of JSON numbers, or of texts, checked by whole columns: books repeat their values.

Each value is looked up by what was decoded (with float_hook=str), so that a price that came before
costs a lookup and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.feeds import fields
from engine.numbers import KNOWN
from schemas.errors import Poison
from schemas.ticks import Level


class _Checked(dict[object, str]):
    """Texts of values that have passed the check; at most KNOWN of them are kept."""

    def __init__(self, check: Callable[[str], str]) -> None:
        self.check = check

    def __missing__(self, value: object) -> str:
        text = self.check(fields.number(value))
        if len(self) >= KNOWN:
            self.clear()
        self[value] = text
        return text


_price = _Checked(fields.price).__getitem__
_quantity = _Checked(fields.quantity).__getitem__


def levels(prices: Sequence[object], quantities: Sequence[object]) -> tuple[Level, ...]:
    """Levels of two columns; raises Poison, or TypeError for what is no number or text."""
    if bool in {*map(type, prices), *map(type, quantities)}:
        raise Poison("a level of true or false")  # equal to 1 and 0 where values are looked up
    return tuple(zip(map(_price, prices), map(_quantity, quantities), strict=True))
