"""Any market and any orders, for tests of the depth desk: a price around 100, sizes of a few."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from engine.depth import layout as at
from schemas.ticks import BookState, Ticks
from tests.unit.market_tape import Row, depth, quote, record, trade, whole

EVERY, FIRST = 10, 1_000
"""ns between acts, and where time begins; a record comes every 5."""

prices, sizes = st.integers(95, 105), st.integers(0, 6)
bids = st.lists(st.tuples(st.integers(96, 100), sizes), max_size=4)
asks = st.lists(st.tuples(st.integers(100, 104), sizes), max_size=4)
updates = st.tuples(st.just("depth"), bids, asks)
wholes = st.tuples(st.just("whole"), st.integers(96, 101), st.integers(1, 6))
trades = st.tuples(st.just("trade"), prices, st.integers(1, 8), st.sampled_from(("buy", "sell")))
quotes = st.tuples(st.just("quote"), st.integers(96, 103), st.integers(1, 3))
rows = st.lists(updates | updates | trades | trades | quotes | wholes, min_size=1, max_size=3)
states = st.sampled_from((BookState.OK,) * 12 + (BookState.GAPPED,))
markets = st.lists(st.tuples(rows, states), min_size=12, max_size=30)
orders = st.tuples(
    st.integers(0, 12), st.sampled_from((at.PLACE,) * 4 + (at.CANCEL,)), st.integers(0, 1),
    st.sampled_from((4, 3, 2, 2, 1, 1, 0, -1, -2)), st.integers(1, 5),
    st.sampled_from((at.POST_ONLY, at.POST_ONLY, at.GTC, at.GTC, at.IOC, at.FOK, at.MARKET)),
)  # fmt: skip
scripts = st.lists(orders, min_size=3, max_size=20)


def side(given: list[tuple[int, int]]) -> Any:
    return tuple((str(price), str(size)) for price, size in given)


def row(one: tuple[Any, ...]) -> Row:
    match one:
        case ("depth", bids, asks):
            return depth(side(bids), side(asks))
        case ("whole", price, size):
            low = [(price - n, size + n) for n in range(3)]
            return whole(side(low), side([(2 * price + 1 - p, n) for p, n in low]))
        case ("trade", price, size, aggressor):
            return trade(str(price), str(size), aggressor)
    _, bid, spread = one
    return quote(str(bid), str(bid + spread))


def asked(order: tuple[int, ...]) -> tuple[int, ...]:
    """An order at a distance from 100, into the book where it is negative."""
    when, op, side, away, *rest = order
    return when, op, side, 100 + away if side == at.SELL else 100 - away, *rest


def tape(market: list[tuple[list[tuple[Any, ...]], BookState]]) -> list[Ticks]:
    """The records; the first has both sides of a book, at 99 and 101."""
    calm = [whole(side([(99, 3), (98, 2), (97, 4)]), side([(101, 3), (102, 2), (103, 4)]))]
    told = [(calm, BookState.OK), *(([*map(row, rows)], state) for rows, state in market)]
    return [
        record(n, FIRST + EVERY * n // 2, *rows, book=state)
        for n, (rows, state) in enumerate(told)
    ]  # fmt: skip
