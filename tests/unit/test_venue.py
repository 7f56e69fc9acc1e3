"""The simulated venue: which levels an order takes, when, at what fee, and why not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book import Book
from engine.costs import ProportionalFees
from engine.venue.commands import Order
from engine.venue.events import Cancelled, Event, Filled, Rejected
from engine.venue.market import Market
from engine.venue.parts import ConstantLatency, DisplayedBook, taking
from engine.venue.simulation import Venue
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.ticks import BookState, BookUpdates, Level, Side, Ticks

PRICE = 10**20
ONE = 10**18
ASKS = (("101", "1"), ("102", "2"), ("103", "3"))
BIDS = (("99", "1"), ("98", "2"))

VENUE = Venue(ConstantLatency(nanoseconds=5), DisplayedBook(), ProportionalFees())


def ticks(
    seq: int,
    seen_time: int,
    bids: tuple[Level, ...] = BIDS,
    asks: tuple[Level, ...] = ASKS,
    book: BookState = BookState.OK,
) -> Ticks:
    """A ticks record with one snapshot of the book."""
    updates = BookUpdates(
        index=(0,), event_time=(None,), seen_time=(seen_time,), snapshot=(True,), applied=(True,),
        first_id=(None,), last_id=(None,), previous_id=(None,), bridged=(0,),
        bids=(bids,), asks=(asks,),
    )  # fmt: skip
    return Ticks(
        key="binance:BTC/USDT:USDT", venue="binance", symbol="BTC/USDT:USDT",
        seq=seq, seen_time=seen_time, books=updates, book=book,
    )  # fmt: skip


def order(
    side: Side = "buy",
    quantity: int = ONE,
    *,
    order_id: str = "a",
    due: int = 15,
    type: OrderType = OrderType.MARKET,
    time_in_force: TimeInForce = TimeInForce.IOC,
    limit: int | None = None,
    reduce_only: bool = False,
) -> Order:
    return Order(order_id, due, side, type, time_in_force, quantity, limit, reduce_only)


def market(*first: Ticks) -> Market[Book]:
    made = Market(Book())
    for record in first or (ticks(0, 10),):
        VENUE.follow(made, record)
    return made


def execute(one: Order, on: Market[Book] | None = None) -> list[Event]:
    """Everything that becomes of one order by a ticks record after it is due."""
    on = market() if on is None else on
    VENUE.place(on, one)
    return VENUE.follow(on, ticks(on.followed + 1, 10**6))


def takes(events: list[Event]) -> list[tuple[int, int]]:
    return [(event.price, event.quantity) for event in events if isinstance(event, Filled)]


def test_a_market_order_walks_the_book_level_by_level() -> None:
    events = execute(order(quantity=2 * ONE))
    assert takes(events) == [(101 * PRICE, ONE), (102 * PRICE, ONE)]
    first, second = events
    assert isinstance(first, Filled)
    assert isinstance(second, Filled)
    assert (first.filled, first.rest, second.filled, second.rest) == (ONE, ONE, 2 * ONE, 0)
    assert (first.fee, first.liquidity) == (Decimal("0.0505"), "taker")
    assert (first.book_seq, first.mid) == (0, "100")


def test_a_sell_takes_the_bids() -> None:
    assert takes(execute(order("sell", 2 * ONE))) == [(99 * PRICE, ONE), (98 * PRICE, ONE)]


def test_a_thin_book_fills_in_part_and_the_rest_is_cancelled() -> None:
    on = market()
    *fills, end = execute(order(quantity=10 * ONE), on)
    assert sum(quantity for _, quantity in takes(fills)) == 6 * ONE
    assert end == Cancelled("a", 15, 0, "100", 6 * ONE, Reason.NO_LIQUIDITY)
    assert on.position == 6 * ONE


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (ticks(0, 10, (), (), BookState.NONE), Reason.NO_LIQUIDITY),
        (ticks(0, 10, BIDS, ()), Reason.NO_LIQUIDITY),
        (ticks(0, 10, book=BookState.GAPPED), Reason.GAPPED_BOOK),
        (ticks(0, 10, book=BookState.STALE), Reason.STALE_BOOK),
        (ticks(0, 10, book=BookState.CROSSED), Reason.CROSSED_BOOK),
    ],
)
def test_nothing_is_filled_on_a_book_that_is_not_there(first: Ticks, reason: Reason) -> None:
    (event,) = execute(order(), market(first))
    assert isinstance(event, Rejected)
    assert event.reason is reason


def test_before_the_first_ticks_record_there_is_no_book() -> None:
    assert execute(order(), Market(Book())) == [Rejected("a", 15, -1, None, Reason.NO_LIQUIDITY)]


@pytest.mark.parametrize(
    ("seen_time", "price"), [(14, 201), (15, 201), (16, 101)], ids=["before", "at due", "after"]
)
def test_an_order_meets_the_book_as_of_due(seen_time: int, price: int) -> None:
    on = market()
    VENUE.place(on, order(due=15))
    events = VENUE.follow(on, ticks(1, seen_time, asks=(("201", "9"),)))
    events += VENUE.follow(on, ticks(2, 99, asks=(("301", "9"),)))
    assert takes(events) == [(price * PRICE, ONE)]


def test_orders_are_executed_in_the_order_in_which_they_are_due() -> None:
    on = market()
    for name, due in (("late", 30), ("early", 20), ("early too", 20)):
        VENUE.place(on, order(order_id=name, due=due))
    assert VENUE.follow(on, ticks(1, 20)) == []
    early = [event.order_id for event in VENUE.follow(on, ticks(2, 21))]
    late = [event.order_id for event in VENUE.follow(on, ticks(3, 99))]
    assert (early, late) == (["early", "early too"], ["late"])


def test_own_fills_may_leave_the_recorded_book_alone() -> None:
    on = market()
    VENUE.place(on, order(order_id="a"))
    VENUE.place(on, order(order_id="b"))
    assert takes(VENUE.follow(on, ticks(1, 99))) == [(101 * PRICE, ONE)] * 2


@pytest.mark.parametrize(
    ("position", "side", "traded"),
    [(3, "sell", 2), (1, "sell", 1), (-1, "buy", 1), (-5, "buy", 2)],
)
def test_a_reducing_order_stops_at_a_flat_position(position: int, side: Side, traded: int) -> None:
    on = market()
    on.position = position * ONE
    events = execute(order(side, 2 * ONE, reduce_only=True), on)
    assert sum(quantity for _, quantity in takes(events)) == traded * ONE
    if traded < 2:
        assert events[-1] == Cancelled("a", 15, 0, "100", traded * ONE, None)


@pytest.mark.parametrize(("position", "side"), [(0, "sell"), (0, "buy"), (2, "buy"), (-2, "sell")])
def test_a_reducing_order_never_opens(position: int, side: Side) -> None:
    on = market()
    on.position = position * ONE
    events = execute(order(side, reduce_only=True), on)
    assert events == [Rejected("a", 15, 0, "100", Reason.POSITION_CHANGED)]
    assert on.position == position * ONE


def test_a_limit_order_takes_what_its_price_allows() -> None:
    limit = order(quantity=4 * ONE, type=OrderType.LIMIT, limit=102 * PRICE)
    events = execute(limit)
    assert takes(events) == [(101 * PRICE, ONE), (102 * PRICE, 2 * ONE)]
    assert events[-1] == Cancelled("a", 15, 0, "100", 3 * ONE, Reason.NO_LIQUIDITY)
    sell = order("sell", 2 * ONE, type=OrderType.LIMIT, limit=99 * PRICE)
    assert takes(execute(sell)) == [(99 * PRICE, ONE)]


def test_fill_or_kill_fills_all_or_nothing() -> None:
    kill = order(quantity=7 * ONE, time_in_force=TimeInForce.FOK)
    assert execute(kill) == [Cancelled("a", 15, 0, "100", 0, Reason.NO_LIQUIDITY)]
    fill = order(quantity=6 * ONE, time_in_force=TimeInForce.FOK)
    assert len(takes(execute(fill))) == 3


@pytest.mark.parametrize(
    "one",
    [
        order(type=OrderType.LIMIT),
        order(type=OrderType.STOP),
        order(type=OrderType.STOP_LIMIT, limit=PRICE),
        order(quantity=0),
    ],
)
def test_an_order_that_lacks_what_its_type_needs_is_rejected(one: Order) -> None:
    assert execute(one) == [Rejected("a", 15, 0, "100", Reason.BAD_COMMAND)]


def test_a_market_that_lacks_a_record_has_no_book_until_the_next_snapshot() -> None:
    on = market()
    VENUE.place(on, order())
    assert VENUE.follow(on, ticks(0, 99)) == []
    assert VENUE.follow(on, ticks(0, 99)) == [], "a double"
    (event,) = VENUE.follow(on, ticks(2, 101).model_copy(update={"books": BookUpdates()}))
    assert isinstance(event, Rejected)
    assert event.reason is Reason.NO_LIQUIDITY
    assert (on.book, on.followed) == (BookState.NONE, 2)
    VENUE.follow(on, ticks(3, 102))
    assert on.book is BookState.OK


levels = st.lists(st.integers(1, 10**20), max_size=6)


@given(levels, st.integers(1, 10**21))
def test_fills_are_the_displayed_levels_and_no_more_than_was_asked(
    displayed: list[int], quantity: int
) -> None:
    book = list(enumerate(displayed, start=1))
    taken = list(taking(book, quantity))
    assert sum(size for _, size in taken) == min(quantity, sum(displayed))
    assert all(0 < size <= displayed[price - 1] for price, size in taken)
    assert taken[:-1] == book[: max(0, len(taken) - 1)]
