"""Decimal text to integer units and back, exactly: money never passes through a binary float.

A price is held in units of 10^-20 quote (meme coins trade at 10^-14), a quantity in units of 10^-18
base; Python's integers do not overflow. Text is what venues send: digits, maybe a point and more
digits, no sign, no exponent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

from schemas.errors import Poison

QUANTITY_DECIMALS = 18
SIGNIFICANT = 12
"""Digits that a derived figure keeps when it is published."""

MOST = 20
"""Digits before the point, and behind it."""
PRICE_DECIMALS = MOST
LADDER_DECIMALS = 8
"""Of prices at the local exchange, whose engine counts in 64 bits (engine.matching)."""

_POWERS = tuple(int(10**power) for power in range(MOST + 1))
"""Of ten."""
_DECIMAL = re.compile(rf"([0-9]{{1,{MOST}}})(?:\.([0-9]{{1,{MOST}}}))?").fullmatch
_ROUNDING = Context(prec=SIGNIFICANT, rounding=ROUND_HALF_EVEN)


def units(text: str, decimals: int) -> int:
    """The value of a decimal text in units of 10^-decimals; Poison if it is none, or finer."""
    if isinstance(text, str) and text.isascii():
        whole, _, fraction = text.partition(".")
        finer = decimals - len(fraction)
        if finer >= 0 and whole.isdecimal() and fraction.isdecimal() and len(whole) <= MOST:
            return int(whole + fraction) * _POWERS[finer]
    return _read(text, decimals)


def _read(text: str, decimals: int) -> int:
    """As `units`, whatever the text is."""
    match = _DECIMAL(text) if isinstance(text, str) else None
    if match is None:
        raise Poison(f"{text!r} is no decimal number of a price or quantity")
    whole, fraction = match.group(1), match.group(2) or ""
    if len(fraction) > decimals:
        if fraction[decimals:].strip("0"):
            raise Poison(f"{text} is finer than 10^-{decimals}")
        fraction = fraction[:decimals]
    return int(whole + fraction) * _POWERS[decimals - len(fraction)]


class _Known(dict[str, int]):
    """Units by text, as far as they were asked for: the same few thousand levels come again, and a
    dictionary of C finds one in two thirds of the time of `lru_cache`.
    """

    def __init__(self, decimals: int) -> None:
        self.decimals = decimals

    def __missing__(self, text: str) -> int:
        value = units(text, self.decimals)
        if len(self) >= KNOWN:
            self.clear()
        self[text] = value
        return value


KNOWN = 1 << 16
"""Texts that are kept; of more, all are forgotten."""
FEW = 1 << 12
"""Numbers whose texts are kept: those of one moment are told several times."""

price_units: Callable[[str], int] = _Known(PRICE_DECIMALS).__getitem__
"""A price in units of 10^-20; raises Poison."""
ladder_units: Callable[[str], int] = _Known(LADDER_DECIMALS).__getitem__
"""A price in units of 10^-8; raises Poison, for a finer one too."""
quantity_units: Callable[[str], int] = _Known(QUANTITY_DECIMALS).__getitem__
"""A quantity in units of 10^-18; raises Poison."""


@lru_cache(FEW)
def text_of(value: int, decimals: int) -> str:
    """Units of 10^-decimals as the shortest exact decimal text."""
    sign, digits = ("-", -value) if value < 0 else ("", value)
    whole, fraction = divmod(digits, 10**decimals)
    tail = str(fraction).rjust(decimals, "0").rstrip("0") if fraction else ""
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"


@lru_cache(FEW)
def ratio_text(numerator: int, denominator: int, decimals: int) -> str:
    """numerator / denominator * 10^-decimals, rounded once (half to even) to 12 digits, as text."""
    rounded = _ROUNDING.divide(Decimal(numerator), Decimal(denominator))
    return format(rounded.scaleb(-decimals).normalize(), "f")
