"""Candles as trades, so that a backtest of candles is a backtest.

A candle tells four prices and no order between high and low. It becomes four trades, a third of its
length apart, the last just before its end:

    rising or level (close >= open)    open, low, high, close
    falling                            open, high, low, close

So what goes the candle's way meets its stop before its target where both lie within the candle.
What goes against it meets its target first: no one order is the worse for both sides. A quarter of
the volume each; a candle without volume has seen no trade and gives none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from schemas.ticks import Trades

PARTS = 4


class BadCandles(ValueError):
    """Candles that cannot be played; the first that is wrong is named by its time."""


class Candle(NamedTuple):
    """time: of its beginning, ns; the rest as decimal text, volume in base."""

    time: int
    open: str
    high: str
    low: str
    close: str
    volume: str


@dataclass(frozen=True, slots=True)
class Candles:
    """In order of time, each time once. length: of one, ns. doubles, empty: how many were left out
    as the same once more, and for want of volume; missing: how many there are not."""

    rows: tuple[Candle, ...]
    length: int
    doubles: int
    empty: int
    missing: int

    @classmethod
    def of(cls, given: Iterable[Candle]) -> Candles:
        """Of candles in any order; BadCandles names what is none, two that differ at one time, and
        times that are not of one length."""
        kept: dict[int, Candle] = {}
        doubles = 0
        for each in sorted(given, key=lambda one: one.time):
            before = kept.setdefault(each.time, each)
            if before != each:
                raise BadCandles(f"two candles of {at(each.time)} differ")
            doubles += before is not each
            _check(each)
        rows = tuple(kept.values())
        length, missing = _length(rows)
        traded = tuple(each for each in rows if Decimal(each.volume) > 0)
        return cls(traded, length, doubles, len(rows) - len(traded), missing)

    def trades(self) -> Trades:
        """Four trades a candle, received as they happened."""
        times = [time for each in self.rows for time in self._times(each.time)]
        prices = [price for each in self.rows for price in _path(each)]
        sizes = [size for each in self.rows for size in _quarters(each.volume)]
        return Trades.whole({
            "index": tuple(range(len(times))), "event_time": tuple(times),
            "seen_time": tuple(times), "price": tuple(prices), "quantity": tuple(sizes),
            "side": tuple(_sides(prices)), "trade_id": ("",) * len(times),
        })  # fmt: skip

    def _times(self, time: int) -> tuple[int, int, int, int]:
        third = self.length // 3
        return time, time + third, time + 2 * third, time + self.length - 1


def at(time: int) -> str:
    """A time in ns as people write it, UTC."""
    return str(np.datetime64(time // 10**9, "s"))


def _check(of: Candle) -> None:
    low, high = Decimal(of.low), Decimal(of.high)
    inside = all(low <= Decimal(each) <= high for each in (of.open, of.close))
    if not inside or low <= 0 or Decimal(of.volume) < 0:
        raise BadCandles(f"the candle of {at(of.time)} is none: {', '.join(of[1:])}")


def _length(rows: Sequence[Candle]) -> tuple[int, int]:
    """The length of one candle, the commonest distance of two; and how many are missing between."""
    if len(rows) < 2:
        raise BadCandles("fewer than two candles: their length is not to be told")
    apart = [after.time - before.time for before, after in pairwise(rows)]
    counts = Counter(apart)
    length = max(counts, key=lambda each: (counts[each], -each))
    for before, step in zip(rows, apart, strict=False):
        if step % length:
            raise BadCandles(f"the candle after {at(before.time)} begins {step // 10**9} s later, "
                             f"which is no multiple of {length // 10**9} s")  # fmt: skip
    return length, sum(step // length - 1 for step in apart)


def _path(of: Candle) -> tuple[str, str, str, str]:
    rising = Decimal(of.close) >= Decimal(of.open)
    first, second = (of.low, of.high) if rising else (of.high, of.low)
    return of.open, first, second, of.close


def _quarters(volume: str) -> tuple[str, ...]:
    """Parts in the volume's own unit that add up to it, the first ones larger by a unit."""
    whole = Decimal(volume)
    digits = max(0, -int(whole.as_tuple().exponent)) + 1
    units = int(whole.scaleb(digits))
    sizes = [units // PARTS + (part < units % PARTS) for part in range(PARTS)]
    return tuple(format(Decimal(size).scaleb(-digits), "f") for size in sizes)


def _sides(prices: Sequence[str]) -> Iterable[str]:
    """A price above the one before it was bought."""
    before = Decimal(0)
    for price in prices:
        yield "buy" if Decimal(price) >= before else "sell"
        before = Decimal(price)
