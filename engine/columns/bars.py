"""Bars of columns of trades by a compiled kernel: those of engine.bars and the ticks stage.

Trade by trade it does what the ticks stage does with a record of one trade: the trade goes into the
bar of its event time, closes those before it, or is late; then the venue's time, as the desk
reckons it (engine.venue_time), closes what is `grace` past its end. The state is one row of
integers, so batches of any size give the same bars. About 15 ns a trade.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.bars import MOST, Sums, interval_name
from engine.columns.compiled import compiled, part
from engine.columns.trades import ROOM, Grain, Integers, TradeColumns
from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS
from engine.spans import SECOND
from engine.venue_time import ORDINARY, WINDOW
from schemas.signals import Prices
from schemas.ticks import BarFields

NONE = -(1 << 63)
"""No bar is open; no delay is known."""

(
    OPEN_TIME, OPEN, HIGH, LOW, CLOSE, VOLUME, BOUGHT, NOTIONAL, CARRY, TRADES,
    CLOCK, SINCE, LEAST, BEFORE,
) = range(14)  # fmt: skip
"""Places of the state. Notional is CARRY * ROOM + NOTIONAL."""

AT = 10
WORDS = 11
"""A closed bar is the first ten words of the state, and the place of the trade that closed it."""

FULL = 2 * (MOST + 2)
"""Bars that one trade may close, at most."""

SIGNATURE = (
    "UniTuple(int64, 2)(int64[::1], int64[::1], int64[::1], int64[::1], boolean[::1], int64,"
    " int64, int64, int64[::1], int64[:, ::1])"
)


@part
def hear(state: Any, event_time: int, seen_time: int) -> int:
    """Take in a trade's times; the venue's time as the desk reckons it (VenueTime)."""
    clock = max(state[CLOCK], seen_time)
    state[CLOCK] = clock
    if state[LEAST] == NONE or clock - event_time < state[LEAST]:
        state[LEAST] = clock - event_time
    if clock - state[SINCE] >= WINDOW:
        state[SINCE], state[BEFORE], state[LEAST] = clock, state[LEAST], NONE
    least = state[BEFORE]
    if state[LEAST] != NONE and (least == NONE or state[LEAST] < least):
        least = state[LEAST]
    return int(clock - max(0, least - ORDINARY))


@part
def close_until(state: Any, start: int, interval: int, out: Any, made: int, at: int) -> int:
    """Close the open bar and the empty ones up to `start`; gives how many are written now."""
    opened = state[OPEN_TIME]
    if opened == NONE:
        state[OPEN_TIME] = start
    while state[OPEN_TIME] < start:
        out[made, :AT] = state[:AT]
        out[made, AT] = at
        made += 1
        state[OPEN:CLOSE] = state[CLOSE]
        state[VOLUME:CLOCK] = 0
        jumps = start - opened > MOST * interval
        state[OPEN_TIME] = start if jumps else state[OPEN_TIME] + interval
    return made


@part
def count(state: Any, price: int, quantity: int, bought: bool) -> None:
    """Put a trade into the open bar."""
    if state[TRADES] == 0:
        state[OPEN:CLOSE] = price
    state[HIGH], state[LOW] = max(state[HIGH], price), min(state[LOW], price)
    state[CLOSE] = price
    state[VOLUME] += quantity
    state[BOUGHT] += quantity if bought else 0
    state[TRADES] += 1
    state[NOTIONAL] += price * quantity
    if state[NOTIONAL] >= ROOM:
        state[NOTIONAL] -= ROOM
        state[CARRY] += 1


def close_bars(
    event_time: Any, seen_time: Any, price: Any, quantity: Any, buys: Any, start: int,
    interval: int, grace: int, state: Any, out: Any,
) -> tuple[int, int]:  # fmt: skip
    """Count trades from `start` on; gives the bars written to `out` and the next trade's place.

    It stops before the end where `out` might not hold what the next trade closes.
    """
    made = 0
    for at in range(start, len(price)):
        if made + FULL > len(out):
            return made, at
        due = hear(state, event_time[at], seen_time[at]) - grace
        time, opened = event_time[at], state[OPEN_TIME]
        if opened == NONE or time >= opened:
            if opened == NONE or time - opened >= interval:
                made = close_until(state, time - time % interval, interval, out, made, at)
            count(state, price[at], quantity[at], buys[at])
        if state[OPEN_TIME] != NONE and due - state[OPEN_TIME] >= interval:
            made = close_until(state, due - due % interval, interval, out, made, at)
    return made, len(price)


def fresh() -> Integers:
    """The state before the first trade."""
    state = np.zeros(BEFORE + 1, dtype=np.int64)
    state[[OPEN_TIME, LEAST, BEFORE]] = NONE
    return state


@dataclass(slots=True)
class BarKernel:
    """Bars of one interval (ns) as trades come in, in batches of any size."""

    interval: int
    grace: int = 2 * SECOND
    state: Integers = field(default_factory=fresh)

    def take(self, trades: TradeColumns) -> NDArray[np.int64]:
        """The bars that these trades close, shape (n, WORDS); O(trades + bars)."""
        run = compiled(close_bars, SIGNATURE)
        parts, start = [], 0
        out = np.empty((FULL + len(trades) // 16, WORDS), dtype=np.int64)
        while start < len(trades):
            made, start = run(
                trades.event_time, trades.seen_time, trades.price, trades.quantity, trades.buys,
                start, self.interval, self.grace, self.state, out,
            )  # fmt: skip
            parts.append(out[:made].copy())
        return np.concatenate(parts) if parts else out[:0].copy()


@dataclass(frozen=True, slots=True)
class BarColumns:
    """The closed bars of a market's trades. rows: shape (n, WORDS); at: place of the trade that
    closed each, ascending, as a row of its own: it is searched in again and again.
    """

    rows: NDArray[np.int64]
    interval: int
    price_grain: Grain
    quantity_grain: Grain
    at: Integers = field(init=False)
    _places: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", np.ascontiguousarray(self.rows[:, AT]))
        object.__setattr__(self, "_places", self.at.tolist())

    @classmethod
    def of(cls, trades: TradeColumns, interval: int, grace: int = 2 * SECOND) -> BarColumns:
        """All bars that the trades close; the one that is open at the end is none of them."""
        rows = BarKernel(interval, grace).take(trades)
        return cls(rows, interval, trades.price_grain, trades.quantity_grain)

    def __len__(self) -> int:
        return len(self.rows)

    def floats(self) -> NDArray[np.float64]:
        """High, low, close and volume of each, as the floats of their texts: shape (4, n)."""
        prices = [_floats(self.rows[:, each], self.price_grain) for each in (HIGH, LOW, CLOSE)]
        return np.stack([*prices, _floats(self.rows[:, VOLUME], self.quantity_grain)])

    def closed_by(self, at: int) -> tuple[BarFields, ...]:
        """The bars that one trade closed, in order. O(log n)."""
        places = self._places
        first = last = bisect_left(places, at)
        while last < len(places) and places[last] == at:
            last += 1
        return tuple([self.bar(place) for place in range(first, last)])

    def prices(self, place: int) -> Prices:
        """Open, high, low and close of one bar, as they are published."""
        text = self.price_grain.text
        opened, high, low, close = self.rows[place, OPEN : CLOSE + 1].tolist()
        return text(opened), text(high), text(low), text(close)

    def bar(self, place: int) -> BarFields:
        """One bar as it is published."""
        row = self.rows[place].tolist()
        opened, high, low, close = self.prices(place)
        paid = self.price_grain.units(PRICE_DECIMALS)
        grain = self.quantity_grain.units(QUANTITY_DECIMALS)
        notional = (row[CARRY] * ROOM + row[NOTIONAL]) * grain * paid
        sums = Sums(
            opened, high, low, close,
            row[VOLUME] * grain, row[BOUGHT] * grain, notional, row[TRADES],
        )  # fmt: skip
        name, begins = interval_name(self.interval), row[OPEN_TIME]
        return sums.bar(name, begins, begins + self.interval)


EXACT, DECIMALS = 1 << 53, 22
"""Integers and powers of ten up to here are exact floats, so that one divided by the other is
rounded once, as a text is that is read."""


def _floats(column: Integers, grain: Grain) -> NDArray[np.float64]:
    decimals, step = grain
    if decimals <= DECIMALS and int(column.max(initial=0)) * step <= EXACT:
        return column * step / 10.0**decimals
    return np.array([float(grain.text(each)) for each in column.tolist()])
