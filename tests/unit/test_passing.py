"""What trades may pass by: the venue says the same whether it sees each, or those that matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.book import Book
from engine.columns.bars import BarColumns
from engine.columns.tape import Shown, Tape
from engine.columns.touch import LEAST, MOST, touch
from engine.columns.trades import Grain, TradeColumns
from engine.costs import ProportionalFees
from engine.executions import Execution
from engine.numbers import PRICE_DECIMALS, price_units, quantity_units
from engine.replay.passing import reach
from engine.venue.commands import Cancel, Command, Follows, Protect
from engine.venue.events import Event, Filled
from engine.venue.market import Market
from engine.venue.parts import ConstantLatency, ConsumedBook, LiquidityModel
from engine.venue.queues import ProbableByLog, QueueModel, RiskAverse
from engine.venue.simulation import Venue
from tests.recorded import long
from tests.unit.resting import order, stop

UNIT = 10**PRICE_DECIMALS
SECOND = 10**9
CONSUMED = ConsumedBook()


@st.composite
def tapes(draw: st.DrawFn) -> Tape:
    """Prices that wander between 90 and 110, a few trades a second."""
    many = draw(st.integers(5, 40))
    steps = draw(st.lists(st.integers(-3, 3), min_size=many, max_size=many))
    price = np.clip(100 + np.cumsum(steps), 90, 110).astype(np.int64)
    pauses = draw(st.lists(st.sampled_from((0, 1, 400)), min_size=many, max_size=many))
    times = np.cumsum(pauses).astype(np.int64) * 10**6
    quantity = np.array(
        draw(st.lists(st.integers(1, 4), min_size=many, max_size=many)), dtype=np.int64
    )
    buys = np.array(draw(st.lists(st.booleans(), min_size=many, max_size=many)), dtype=np.bool_)
    trades = TradeColumns(times, times, price, quantity, buys, Grain(0), Grain(0))
    shown = Shown(draw(st.integers(1, 3)), draw(st.sampled_from(("2", "5"))))
    return Tape("x:A/B", trades, BarColumns.of(trades, SECOND), "run", shown)


@st.composite
def commands(draw: st.DrawFn) -> Command:
    """Orders that rest, take or sleep, near the market, and protection that may trail or end."""
    side, price = draw(st.sampled_from(("buy", "sell"))), str(draw(st.integers(93, 107)))
    name, quantity = f"o{draw(st.integers(0, 10**9))}", str(draw(st.integers(1, 6)))
    kind = draw(st.sampled_from(("limit", "take", "stop", "protect", "cancel")))
    follows = draw(st.sampled_from((None, Follows(2 * UNIT), Follows(0, lasts=SECOND // 2))))
    if kind == "limit":
        return order(name, side, quantity, limit=price, post_only=draw(st.booleans()))
    if kind == "stop":
        return stop(name, side, quantity, trigger=price)
    if kind == "protect":
        return Protect(name, 0, price_units(price), None, follows=follows)
    if kind == "cancel":
        return Cancel(name, 0, ())
    return order(name, side, quantity, stop="91" if side == "buy" else "109", follows=follows)


class Seat:
    """One account at the venue of one market."""

    def __init__(self, venue: Venue) -> None:
        self.venue, self.state = venue, Execution()
        self.market: Market[Book] = self.state.market("x:A/B")
        self.events: list[Event] = []

    def follow(self, tape: Tape, at: int) -> None:
        """One trade; those before it are taken for followed."""
        self.market.followed = max(self.market.followed, at - 1)
        self.events += self.venue.follow(self.market, tape.ticks(at, at))

    def place(self, command: Command, due: int) -> None:
        self.venue.place(self.market, replace(command, due=due))


def sparsely(seat: Seat, tape: Tape, at: int) -> bool:
    """Let one trade pass, or follow it and the one before it; whether it was followed."""
    spread = tape.shown.spread * UNIT
    asked = reach(seat.state, seat.market, seat.venue, spread)
    price, now = int(tape.trades.price[at]) * UNIT, int(tape.trades.seen_time[at])
    if not asked.meets(price, now, buys=bool(tape.trades.buys[at])):
        return False
    if at and seat.market.followed < at - 1:
        seat.follow(tape, at - 1)
    seat.follow(tape, at)
    return True


@settings(max_examples=long(150, 50), deadline=None)
@given(tapes(), st.lists(st.tuples(st.integers(0, 30), commands()), max_size=8), st.booleans())
def test_what_passes_moves_nothing(
    tape: Tape, sent: list[tuple[int, Command]], certain: bool
) -> None:
    both(tape, sent, RiskAverse() if certain else ProbableByLog())


def both(
    tape: Tape, sent: list[tuple[int, Command]], queue: QueueModel,
    liquidity: LiquidityModel = CONSUMED,
) -> list[Event]:  # fmt: skip
    """The events of the venue that sees each trade, which are those of the other."""
    parts = ConstantLatency(nanoseconds=3 * 10**6), liquidity, ProportionalFees()
    venue = Venue(*parts, queue=queue)
    each, some = Seat(venue), Seat(venue)
    for at in range(len(tape.trades)):
        each.follow(tape, at)
        followed = sparsely(some, tape, at)
        assert each.events == some.events, at
        due = int(tape.trades.seen_time[at]) + 3 * 10**6
        for _, command in (row for row in sent if row[0] == at):
            if not followed:
                some.follow(tape, at)
                followed = True
            each.place(command, due)
            some.place(command, due)
    return each.events


def walk(*prices: int, quantity: str = "5") -> Tape:
    """Trades of 1.1 s between two."""
    price = np.array(prices, dtype=np.int64)
    times, ones = np.arange(len(price)) * 11 * 10**8, np.ones(len(price), dtype=np.int64)
    trades = TradeColumns(times, times, price, ones, ones > 0, Grain(0), Grain(0))
    return Tape("x:A/B", trades, BarColumns.of(trades, SECOND), "run", Shown(1, quantity))


def test_a_stop_that_trails_sees_the_peak() -> None:
    bought = order("o", quantity="1", stop="91", follows=Follows(2 * UNIT))
    events = both(walk(100, 100, 101, 104, 108, 109, 107, 106), [(0, bought)], RiskAverse())
    assert [each.price for each in events if isinstance(each, Filled)] == [100 * UNIT, 108 * UNIT]


def test_a_level_that_went_and_came_again_is_whole() -> None:
    sent: list[tuple[int, Command]] = [
        (0, order("a", quantity="4")), (4, order("b", quantity="4"))
    ]  # fmt: skip
    events = both(walk(100, 100, 105, 105, 100, 100), sent, RiskAverse())
    assert [each.price for each in events if isinstance(each, Filled)] == [100 * UNIT] * 2


class Refilling(ConsumedBook):
    """Of what was taken, a half has come again by the next look."""

    def after(self, displayed: int, taken: int) -> int:
        return min(taken, displayed) // 2


def test_a_level_that_fills_up_again_is_followed_trade_by_trade() -> None:
    sent: list[tuple[int, Command]] = [
        (0, order("a", quantity="4")), (5, order("b", quantity="5"))
    ]  # fmt: skip
    events = both(walk(100, 100, 100, 100, 100, 100, 100), sent, RiskAverse(), Refilling())
    filled = [each.quantity for each in events if isinstance(each, Filled)]
    assert filled == [quantity_units("4"), quantity_units("4.9375")]


@given(
    st.lists(st.integers(-5, 5), max_size=12), st.integers(-6, 6), st.integers(-6, 6),
    st.integers(0, 13), st.integers(0, 13),
    st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1)), max_size=2),
)  # fmt: skip
def test_the_first_trade_outside_a_band_or_a_level(
    prices: list[int], low: int, high: int, start: int, end: int, shown: list[tuple[int, int]]
) -> None:
    column, end = np.array(prices, dtype=np.int64), min(end, len(prices))
    buys, levels = column % 2 == 0, np.array(shown, dtype=np.int64).reshape(-1, 2)

    def moves(at: int) -> bool:
        other = any(prices[at] != level[int(buys[at])] for level in shown)
        return prices[at] <= low or prices[at] >= high or other

    outside = filter(moves, range(start, end))
    assert touch(column, buys, start, end, low, high, levels) == next(outside, end)


def test_bounds_wider_than_64_bits_are_never_reached() -> None:
    column = np.array([LEAST + 1, MOST - 1, 7], dtype=np.int64)
    buys = column > 0
    assert touch(column, buys, 0, 3, -(1 << 200), 1 << 200) == 3
    assert touch(column, buys, 0, 3, -(1 << 200), MOST - 1) == 1
    assert touch(column, buys, 0, 3, -(1 << 200), 1 << 200, np.array([[LEAST + 1, 7]])) == 1
