"""Candles as trades, so that a backtest of candles is a backtest.

A candle tells four prices and no order between high and low. Its trades go from one to the next in
STEPS equal steps, so that a stop on the way is met at most a step too late:

    rising or level (close >= open)    open, low, high, close
    falling                            open, high, low, close

So what goes the candle's way meets its stop before its target where both lie within the candle.
What goes against it meets its target first: no one order is the worse for both sides. The times are
equal steps too, the last just before the candle's end, and each trade has a part of the volume, as
good as equal; a candle without volume has seen no trade and gives none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter, eq
from typing import Literal, NamedTuple

import numpy as np

from engine.columns.decimals import numbers
from engine.columns.trades import ROOM
from schemas.ticks import Trades

STEPS = 4
"""Trades from one of the four prices to the next."""

PARTS = 3 * STEPS + 1
"""Trades of a candle."""


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


PRICES = ("open", "high", "low", "close")


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
        ordered = sorted(given, key=attrgetter("time"))
        rows, doubles = (tuple(ordered), 0) if _sound(ordered) else _once(ordered)
        length, missing = _length(rows)
        traded = tuple(each for each in rows if Decimal(each.volume) > 0)
        return cls(traded, length, doubles, len(rows) - len(traded), missing)

    def within(self, since: int, until: int) -> Candles:
        """Those that begin at `since` or later and have ended before `until`, ns."""
        kept = [each for each in self.rows if since <= each.time < until - self.length]
        return replace(self, rows=tuple(kept))

    def trades(self) -> Trades:
        """PARTS trades a candle, received as they happened."""
        times = [time for each in self.rows for time in self.times(each)]
        prices = [price for each in self.rows for price in path(each)]
        sizes = [size for each in self.rows for size in parts(each.volume)]
        return Trades.whole({
            "index": tuple(range(len(times))), "event_time": tuple(times),
            "seen_time": tuple(times), "price": tuple(prices), "quantity": tuple(sizes),
            "side": tuple(sides(prices)), "trade_id": ("",) * len(times),
        })  # fmt: skip

    def times(self, of: Candle) -> list[int]:
        """When its trades are, ns."""
        last = self.length - 1
        return [of.time + last * part // (PARTS - 1) for part in range(PARTS)]


def at(time: int) -> str:
    """A time in ns as people write it, UTC."""
    return str(np.datetime64(time // 10**9, "s"))


def _once(ordered: Sequence[Candle]) -> tuple[tuple[Candle, ...], int]:
    """Each time's candle, and how many more there were; BadCandles for the first that is wrong."""
    kept: dict[int, Candle] = {}
    doubles = 0
    for each in ordered:
        before = kept.setdefault(each.time, each)
        if before != each:
            raise BadCandles(f"two candles of {at(each.time)} differ")
        doubles += before is not each
        _check(each)
    return tuple(kept.values()), doubles


def _sound(ordered: Sequence[Candle]) -> bool:
    """Whether each has a time of its own and is as `_check` wants it, all looked at together; False
    also where that is not to be told so."""
    times = [each.time for each in ordered]
    if any(map(eq, times, times[1:])):
        return False
    found = numbers([text for name in PRICES for text in map(attrgetter(name), ordered)])
    if found is None or numbers([each.volume for each in ordered]) is None:
        return False
    values, decimals = found
    if int(values.max()) * 10 ** int(decimals.max()) >= ROOM:
        return False
    first, high, low, last = np.split(values * 10 ** (decimals.max() - decimals), 4)
    inside = (low <= np.minimum(first, last)) & (np.maximum(first, last) <= high) & (low > 0)
    return bool(inside.all())


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


def path(of: Candle) -> list[str]:
    """The prices of its trades."""
    four = [Decimal(each) for each in of[1:5]]
    digits = max(0, *(-int(each.as_tuple().exponent) for each in four))
    first, high, low, last = (int(each.scaleb(digits)) for each in four)
    turns = (first, low, high, last) if last >= first else (first, high, low, last)
    found = [first]
    for before, after in pairwise(turns):
        found += [before + (after - before) * step // STEPS for step in range(1, STEPS + 1)]
    return [format(Decimal(each).scaleb(-digits), "f") for each in found]


def parts(volume: str) -> list[str]:
    """PARTS of it that add up to it, the first ones larger by a unit of two digits more."""
    whole = Decimal(volume)
    digits = max(0, -int(whole.as_tuple().exponent)) + 2
    units = int(whole.scaleb(digits))
    sizes = [units // PARTS + (part < units % PARTS) for part in range(PARTS)]
    return [format(Decimal(size).scaleb(-digits), "f") for size in sizes]


def sides(prices: Iterable[str]) -> Iterator[Literal["buy", "sell"]]:
    """A price above the one before it was bought."""
    before = Decimal(0)
    for price in map(Decimal, prices):
        yield "buy" if price >= before else "sell"
        before = price
