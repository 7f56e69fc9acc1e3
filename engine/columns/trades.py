"""One market's trades as columns: times in ns, prices and quantities as 64-bit integers.

A number is an integer times its column's grain: a step (the largest that all are whole multiples
of) of 10^-decimals, the digits behind the point that the longest text has. So texts become integers
exactly, and an integer becomes text with that many digits: where a venue writes all its prices with
as many, as most do, the text that was received, else one of the same value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from schemas.ticks import Trades

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

COLUMNS = ("event_time", "seen_time", "price", "quantity", "buys")

KNOWN = 1 << 12
"""Numbers whose texts are kept: those of one trade are told several times."""

ROOM = 1 << 62
"""What a product of price and quantity, and the sum of all quantities, must be below."""

WIDE = "a price or quantity is too wide for 64 bits: play the recording without columns"


class BadTrades(ValueError):
    """Trades that cannot be columns; the first row that is wrong is named."""


class Grain(NamedTuple):
    """What an integer of a column is worth: step * 10^-decimals."""

    decimals: int
    step: int = 1

    def units(self, decimals: int) -> int:
        """That many units of 10^-decimals."""
        return int(self.step * 10 ** (decimals - self.decimals))

    def text(self, value: int) -> str:
        """An integer of the column as decimal text."""
        return decimal_text(value * self.step, self.decimals)


@dataclass(frozen=True, slots=True)
class TradeColumns:
    """Columns of equal length n, in the order in which the trades were received.

    event_time: ns of the venue; seen_time: ns of the receipt, never falling; price, quantity: in
    their grains; buys: the aggressor bought.
    """

    event_time: Integers
    seen_time: Integers
    price: Integers
    quantity: Integers
    buys: Flags
    price_grain: Grain
    quantity_grain: Grain

    def __post_init__(self) -> None:
        lengths = {len(each) for each in self._columns()}
        if len(lengths) > 1:
            raise BadTrades("columns of trades differ in length")
        if not len(self):
            return
        _refuse(np.diff(self.seen_time, prepend=self.seen_time[0]) < 0, "is received before")
        _refuse(self.price <= 0, "has no price above zero")
        _refuse(self.quantity <= 0, "has no quantity above zero")
        most = int(self.quantity.max())
        if int(self.price.max()) * most >= ROOM or most * len(self) >= ROOM:
            raise BadTrades(WIDE)

    def __len__(self) -> int:
        return len(self.price)

    def before(self, time: int) -> TradeColumns:
        """Those that are received before a time, ns."""
        count = int(self.seen_time.searchsorted(time))
        return replace(self, **{name: getattr(self, name)[:count] for name in COLUMNS})

    def finer(self, decimals: int) -> TradeColumns:
        """The same, with so many digits behind the point of the prices or more."""
        more = max(0, decimals - self.price_grain.decimals)
        grain = Grain(self.price_grain.decimals + more, self.price_grain.step * 10**more)
        return replace(self, price_grain=grain)

    @classmethod
    def of(cls, groups: Iterable[Trades]) -> Self:
        """The columns of market.ticks' trades, in sequence; BadTrades names what cannot be one."""
        rows: list[list[Any]] = [[], [], [], [], []]
        for trades in groups:
            told = (
                trades.event_time, trades.seen_time, trades.price, trades.quantity, trades.side
            )  # fmt: skip
            for row, values in zip(rows, told, strict=True):
                row.extend(values)
        event_time, seen_time, prices, quantities, sides = rows
        price, price_grain = integers(prices)
        quantity, quantity_grain = integers(quantities)
        received = np.maximum.accumulate(np.array(seen_time, dtype=np.int64))
        times = [seen if at is None else at for at, seen in zip(event_time, seen_time, strict=True)]
        return cls(
            np.array(times, dtype=np.int64), received, price, quantity,
            np.array([side == "buy" for side in sides], dtype=np.bool_),
            price_grain, quantity_grain,
        )  # fmt: skip

    def repeated(self, times: int, pause: int) -> Self:
        """The same trades so many times, each time later by their span and a pause in ns."""
        if not len(self):
            return self
        first = min(int(self.event_time.min()), int(self.seen_time[0]))
        last = max(int(self.event_time.max()), int(self.seen_time[-1]))
        return self.shifted(np.arange(times, dtype=np.int64) * (last - first + pause))

    def shifted(self, shifts: Integers) -> Self:
        """The same trades once a shift (ns), one after the other."""
        later = np.repeat(shifts, len(self))
        many = len(shifts)
        return type(self)(
            np.tile(self.event_time, many) + later,
            np.tile(self.seen_time, many) + later,
            np.tile(self.price, many),
            np.tile(self.quantity, many),
            np.tile(self.buys, many),
            self.price_grain,
            self.quantity_grain,
        )

    def _columns(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in COLUMNS)


def integers(texts: Sequence[str]) -> tuple[Integers, Grain]:
    """Decimal texts as integers, with their grain."""
    decimals = max((len(text.partition(".")[2]) for text in texts), default=0)
    whole = [_integer(row, text, decimals) for row, text in enumerate(texts)]
    try:
        found = np.array(whole, dtype=np.int64)
    except OverflowError as error:
        raise BadTrades(WIDE) from error
    step = max(1, int(np.gcd.reduce(found))) if len(found) else 1
    return found // step, Grain(decimals, step)


def _integer(row: int, text: str, decimals: int) -> int:
    before, _, after = text.partition(".")
    digits = before + after.ljust(decimals, "0")
    if not (digits.isascii() and digits.isdecimal()):
        raise BadTrades(f"trade {row}: {text!r} is no decimal number")
    return int(digits)


@lru_cache(KNOWN)
def decimal_text(value: int, decimals: int) -> str:
    """An integer of 10^-decimals, not negative, as text with that many digits behind the point."""
    if not decimals:
        return str(value)
    digits = str(value).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}"


def _refuse(wrong: Flags, what: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise BadTrades(f"trade {row} {what}" + (" the one before it" if "before" in what else ""))
