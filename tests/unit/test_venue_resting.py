"""Limit orders that wait: their turn in the queue, what fills them, and how they are changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.venue.events import Cancelled, Done, Filled, Opened, Rejected, Replaced
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.ticks import BookState
from tests.unit.market_tape import Row, depth, quote, trade, whole
from tests.unit.resting import CALM, Place, cancel, modify, order, place

MAKER = ("99.0", "1.0", "maker")


def waiting(limit: str = "99", **fields: Any) -> Place:
    return place(order(limit=limit, **fields))


def test_an_order_that_rests_tells_its_price_and_quantity() -> None:
    (opened,) = waiting(quantity="3").events
    assert isinstance(opened, Opened)
    assert (opened.price, opened.quantity, opened.at) == (99 * 10**20, 3 * 10**18, 0)


def test_what_is_displayed_at_its_price_trades_first() -> None:
    at = waiting(quantity="2")
    assert at.pass_(trade("99", "0.6")) == []
    at.pass_(trade("99", "1.4"))
    assert at.fills() == [MAKER]
    at.pass_(trade("99", "5"))
    assert at.fills() == [MAKER, MAKER]
    first, second = at.of(Filled)
    assert (first.rest, second.rest, second.filled) == (10**18, 0, 2 * 10**18)
    assert (first.fee, first.book_seq, first.at) == (Decimal("0.0198"), 3, 40)
    assert at.market.position == 2 * 10**18
    assert at.market.resting == {}


@pytest.mark.parametrize("row", [trade("99", "9", "buy"), trade("100", "9"), trade("101", "9")])
def test_trades_of_its_own_side_or_before_its_price_leave_it(row: Row) -> None:
    assert waiting().pass_(row) == []


@pytest.mark.parametrize(
    "row",
    [
        trade("98.5", "0.001"),
        trade("98", "0.001", "buy"),
        quote("97", "98"),
        depth((("99", "0"), ("98", "0")), (("98.5", "1"),)),
    ],
)
def test_a_market_that_goes_through_its_price_fills_it_whole(row: Row) -> None:
    at = waiting(quantity="7")
    at.pass_(row)
    assert at.fills() == [("99.0", "7.0", "maker")]


@pytest.mark.parametrize(
    ("row", "price"), [(trade("101.5", "1", "buy"), "101.0"), (quote("102", "103"), "101.0")]
)
def test_sells_are_the_mirror_image(row: Row, price: str) -> None:
    at = waiting("101", side="sell")
    assert at.pass_(trade("101", "1", "buy"), trade("101", "1", "sell")) == []
    at.pass_(row)
    assert at.fills() == [(price, "1.0", "maker")]


def test_a_quote_at_its_price_does_not_fill_it() -> None:
    assert waiting().pass_(quote("98", "99")) == []


@pytest.mark.parametrize(
    ("rows", "filled"),
    [
        ((depth((("99", "0.5"),)), trade("99", "0.5")), False),
        ((depth((("99", "0.5"),)), trade("99", "1.5")), True),
        ((depth((("99", "0"),)), trade("99", "1")), True),
        ((depth((("99", "5"),)), trade("99", "2")), True),
        ((trade("99", "1"), depth((("99", "0.5"),)), trade("99", "1")), True),
        ((trade("99", "0.6"), trade("99", "0.4")), False),
        ((whole((("98", "1"),), (("101", "1"),)), trade("99", "1")), True),
    ],
)
def test_who_cancels_is_behind_it_but_no_more_than_is_displayed_is_ahead(
    rows: tuple[Row, ...], filled: bool
) -> None:
    at = waiting()
    at.pass_(*rows)
    assert at.fills() == ([MAKER] if filled else [])


def test_rows_pass_in_file_order() -> None:
    for rows, count in (
        ((trade("99", "2"), depth((("99", "0"),))), 1),
        ((depth((("99", "9"),)), trade("99", "1"), trade("99", "1")), 1),
    ):
        at = waiting()
        at.pass_(*rows)
        assert len(at.fills()) == count


def test_a_level_out_of_sight_has_an_unknown_queue_until_it_is_displayed() -> None:
    at = waiting("90")
    at.pass_(trade("90", "100"))
    assert at.fills() == []
    at.pass_(depth((("90", "3"),)), trade("90", "3"))
    assert at.fills() == []
    at.pass_(trade("90", "1"))
    assert at.fills() == [("90.0", "1.0", "maker")]


def test_a_level_within_sight_that_is_empty_has_no_queue() -> None:
    at = waiting("98.5")
    at.pass_(trade("98.5", "1"))
    assert at.fills() == [("98.5", "1.0", "maker")]


def test_two_orders_of_ours_at_one_price_share_a_trade() -> None:
    at = place(order("a", limit="99"), order("b", limit="99"))
    at.pass_(trade("99", "2"))
    assert [event.order_id for event in at.of(Filled)] == ["a"]
    at.pass_(trade("99", "1"))
    assert [event.order_id for event in at.of(Filled)] == ["a", "b"]


def test_a_limit_order_takes_what_it_reaches_and_the_rest_waits() -> None:
    at = place(order(quantity="3", limit="101"))
    assert at.fills() == [("101.0", "1.0", "taker")]
    assert isinstance(at.events[0], Opened)
    at.pass_(trade("101", "1"))
    assert at.fills()[1:] == [("101.0", "1.0", "maker")]


def test_an_order_that_has_taken_the_book_is_not_filled_by_the_same_book_again() -> None:
    at = place(order(quantity="5", limit="101.5"))
    assert at.fills() == [("101.0", "1.0", "taker")]
    assert at.pass_(CALM, quote("99", "101"), trade("101", "9", "buy")) == []
    at.pass_(trade("99", "1"))
    assert at.fills()[1:] == [("101.5", "1.0", "maker")]
    at.pass_(depth(asks=(("101", "0"),)), quote("99", "102"))
    at.pass_(quote("99", "101"))
    assert at.fills()[2:] == [("101.5", "3.0", "maker")]


@pytest.mark.parametrize("kind", list(TimeInForce))
def test_a_post_only_order_never_takes(kind: TimeInForce) -> None:
    at = place(order(limit="101", post_only=True, time_in_force=kind))
    assert at.of(Rejected)[0].reason is Reason.WOULD_TAKE
    at = place(order(limit="100", post_only=True, time_in_force=kind))
    assert list(at.market.resting) == ["a"]
    at.give(modify("a", limit="101"))
    assert at.of(Rejected)[0] == Rejected("modify", 0, 1, "100", Reason.WOULD_TAKE)
    assert at.market.resting["a"].order.limit == 100 * 10**20


def test_a_post_only_market_order_is_a_contradiction() -> None:
    assert place(order(post_only=True)).of(Rejected)[0].reason is Reason.BAD_COMMAND


@pytest.mark.parametrize("book", [BookState.GAPPED, BookState.STALE, BookState.CROSSED])
def test_a_limit_order_is_not_placed_on_a_book_that_is_not_there(book: BookState) -> None:
    at = place()
    at.pass_(book=book)
    at.give(order(limit="99"))
    assert at.market.resting == {}
    assert at.of(Rejected)


def test_an_order_that_rests_outlives_a_hole_and_is_filled_when_the_price_is_beyond() -> None:
    at = waiting()
    at.pass_(trade("99", "0.5"), missing=3)
    assert at.market.book is BookState.NONE
    at.pass_(whole((("95", "1"),), (("96", "1"),)))
    assert at.fills() == [MAKER]


def test_a_resting_order_that_reduces_stops_at_a_flat_position() -> None:
    at = place(order("o", quantity="1"), order("r", "sell", "3", limit="105", reduce_only=True))
    at.pass_(trade("106", "9", "buy"))
    assert at.fills("r") == [("105.0", "1.0", "maker")]
    assert at.of(Cancelled, "r")[0].reason is Reason.POSITION_CLOSED
    assert at.market.position == 0


def test_a_resting_order_that_reduces_goes_with_the_position() -> None:
    at = place(order("o"), order("r", "sell", limit="105", reduce_only=True), order("c", "sell"))
    assert at.of(Cancelled, "r")[0].reason is Reason.POSITION_CLOSED
    assert at.market.resting == {}


def test_an_order_that_shrinks_keeps_its_place_any_other_change_loses_it() -> None:
    for change, place_kept in (
        ({"quantity": "1"}, True), ({"quantity": "3"}, False), ({"limit": "98"}, False),
        ({}, True),
    ):  # fmt: skip
        at = waiting(quantity="2")
        at.pass_(trade("99", "1"))
        at.give(modify("a", **change))
        assert (at.market.resting["a"].place.ahead == 0) is place_kept, change
        assert at.of(Done, "modify")[0].reason is None


def test_a_change_tells_the_new_price_and_whole_quantity() -> None:
    at = waiting(quantity="2")
    at.pass_(trade("99", "2"))
    at.give(modify("a", quantity="5", limit="98"))
    (told,) = at.of(Replaced)
    assert (told.price, told.quantity) == (98 * 10**20, 5 * 10**18)
    at.pass_(trade("97", "1"))
    assert at.fills() == [MAKER, ("98.0", "4.0", "maker")]


def test_a_change_to_what_is_filled_ends_the_order() -> None:
    at = waiting(quantity="2")
    at.pass_(trade("99", "2"))
    at.give(modify("a", quantity="1"))
    assert at.of(Cancelled) == [Cancelled("a", 0, 2, "100", 10**18, None)]
    assert at.market.resting == {}


def test_a_change_that_reaches_the_book_takes() -> None:
    at = waiting(quantity="2")
    at.give(modify("a", limit="101"))
    assert at.fills() == [("101.0", "1.0", "taker")]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"trigger": "90"}, Reason.BAD_COMMAND), ({"limit": "0"}, Reason.BAD_COMMAND)],
)
def test_a_change_that_makes_no_sense_is_turned_away(
    fields: dict[str, str], reason: Reason
) -> None:
    at = waiting()
    at.give(modify("a", **fields))
    assert at.of(Rejected)[0].reason is reason
    assert at.of(Replaced) == []


def test_one_some_or_all_orders_are_withdrawn() -> None:
    for named, left in ((("a",), ["b", "c"]), (("a", "c"), ["b"]), ((), [])):
        at = place(*(order(name, limit="99") for name in "abc"))
        at.give(cancel(*named))
        assert list(at.market.resting) == left
        assert len(at.of(Cancelled)) == 3 - len(left)
        assert at.of(Done)[0].reason is None


def test_what_is_not_there_is_named() -> None:
    at = waiting()
    at.give(cancel("b"), modify("b", quantity="1"))
    assert [event.reason for event in at.of(Rejected)] == [Reason.UNKNOWN_ORDER] * 2
    at.give(cancel("a", "b"))
    assert at.of(Done)[0].reason is Reason.UNKNOWN_ORDER
    assert at.market.resting == {}


def test_nothing_to_withdraw_is_no_error() -> None:
    at = place()
    at.give(cancel())
    assert at.of(Done)[0].reason is None


@pytest.mark.parametrize("kind", [TimeInForce.IOC, TimeInForce.FOK])
def test_limit_orders_that_do_not_wait(kind: TimeInForce) -> None:
    at = place(order(quantity="3", limit="102", time_in_force=kind, type=OrderType.LIMIT))
    assert len(at.fills()) == (2 if kind is TimeInForce.IOC else 0)
    assert at.of(Cancelled)[0].reason is Reason.NO_LIQUIDITY
    assert at.market.resting == {}


def test_a_market_without_orders_is_only_followed() -> None:
    at = place()
    at.pass_(CALM, trade("100"), trade("90"))
    assert (at.events, at.market.last) == ([], 90 * 10**20)
