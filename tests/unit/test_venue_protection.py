"""Stop and target of a position: as large as it is, one ends the other, and both end with it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.numbers import price_units, quantity_units
from engine.venue.events import Cancelled, Created, Done, Filled, Rejected, Replaced, Triggered
from engine.venue.market import Live
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.ticks import BookState
from tests.unit.market_tape import depth, trade, whole
from tests.unit.resting import CALM, Place, cancel, modify, order, place, protect

Role = Any


def held(quantity: str = "1", **fields: str) -> Place:
    """A long position, bought at the market, with stop 97 and target 106."""
    at = place(order("o", quantity=quantity, **{"stop": "97", "target": "106", **fields}))
    at.pass_(CALM)
    return at


def half(at: Place, role: Role) -> Live:
    return at.market.resting[at.market.protection[role]]


def sizes(at: Place) -> dict[str, str]:
    """Open quantity of each half."""
    return {role: str(half(at, role).rest / 10**18) for role in at.market.protection}


def test_a_fill_brings_a_pair_that_reduces_only() -> None:
    at = held()
    stop, target = (half(at, role).order for role in ("stop", "target"))
    assert (stop.type, stop.trigger, stop.limit) == (OrderType.STOP, price_units("97"), None)
    assert (target.type, target.limit, target.trigger) == (
        OrderType.LIMIT, price_units("106"), None,
    )  # fmt: skip
    for one in (stop, target):
        assert (one.side, one.quantity, one.reduce_only) == ("sell", quantity_units("1"), True)
        assert (one.parent, one.time_in_force) == ("o", TimeInForce.GTC)
        assert len(one.order_id) == 28
        assert one.order_id.isalnum()
    assert [event.order for event in at.of(Created)] == [stop, target]


def test_the_stop_takes_and_ends_the_target() -> None:
    at = held()
    at.pass_(whole((("96", "9"),), (("97", "9"),)), trade("97"))
    stop, target = at.of(Created)
    assert at.fills(stop.order_id) == [("96.0", "1.0", "taker")]
    assert at.of(Cancelled, target.order_id)[0].reason is Reason.OTHER_FILLED
    assert (at.market.position, at.market.resting, at.market.protection) == (0, {}, {})


def test_the_target_is_a_maker_and_ends_the_stop() -> None:
    at = held()
    at.pass_(trade("106.5", "1", "buy"))
    stop, target = at.of(Created)
    (fill,) = at.of(Filled, target.order_id)
    assert (fill.price, fill.liquidity, fill.fee) == (
        price_units("106"), "maker", Decimal("0.0212"),
    )  # fmt: skip
    assert at.of(Cancelled, stop.order_id)[0].reason is Reason.OTHER_FILLED
    at.pass_(trade("90"))
    assert at.market.position == 0


def test_a_short_position_is_protected_the_other_way_round() -> None:
    at = place(order("o", "sell", stop="103", target="94"))
    assert (half(at, "stop").order.side, half(at, "target").order.side) == ("buy", "buy")
    at.pass_(trade("104", "1", "buy"))
    assert at.market.position == 0
    assert at.fills()[-1] == ("101.0", "1.0", "taker")


def test_a_part_of_one_half_shrinks_the_other() -> None:
    at = held("2")
    at.pass_(depth(asks=(("106", "1"),)))
    at.pass_(trade("106", "2", "buy"))
    assert sizes(at) == {"stop": "1.0", "target": "1.0"}
    assert half(at, "target").filled == quantity_units("1")
    (told,) = at.of(Replaced)
    assert (told.order_id, told.quantity) == (at.market.protection["stop"], quantity_units("1"))


def test_a_stop_in_a_thin_book_goes_on_until_the_position_is_closed() -> None:
    at = held("2")
    at.pass_(whole((("96", "0.5"),), (("97", "9"),)), trade("96"))
    assert sizes(at) == {"stop": "1.5", "target": "1.5"}
    at.pass_(whole((("95", "9"),), (("96", "9"),)))
    assert at.fills(at.of(Created)[0].order_id)[-1] == ("95.0", "1.5", "taker")
    assert at.market.position == 0


def test_as_fills_come_the_pair_grows() -> None:
    at = place(order("o", quantity="3", limit="99", stop="97", target="106"))
    assert at.market.protection == {}
    at.pass_(trade("99", "2"))
    assert sizes(at) == {"stop": "1.0", "target": "1.0"}
    at.pass_(trade("99", "1"))
    assert sizes(at) == {"stop": "2.0", "target": "2.0"}
    assert len(at.of(Created)) == 2


def test_an_order_that_adds_makes_the_pair_larger_and_brings_its_prices() -> None:
    at = held()
    at.give(order("more", stop="98", target=None))
    assert sizes(at) == {"stop": "2.0", "target": "2.0"}
    assert half(at, "stop").order.trigger == price_units("98")
    assert half(at, "target").order.limit == price_units("106")


def test_a_target_that_grows_goes_to_the_end_of_its_queue_one_that_shrinks_stays() -> None:
    at = held("2")
    at.pass_(depth(asks=(("106", "3"),)), trade("106", "3", "buy"))
    assert half(at, "target").place.ahead == 0
    at.give(order("c", "sell", "1", reduce_only=True))
    assert half(at, "target").place.ahead == 0
    at.give(order("more"))
    assert half(at, "target").place.ahead == quantity_units("3")


def test_a_price_that_was_changed_by_hand_stays_when_the_rest_is_filled() -> None:
    at = place(order("o", quantity="3", limit="99", stop="97", target="106"))
    at.pass_(trade("99", "2"))
    at.give(protect(stop="95"))
    at.pass_(trade("99", "1"))
    assert half(at, "stop").order.trigger == price_units("95")


def test_a_position_that_is_closed_takes_its_pair_along() -> None:
    at = held()
    at.give(order("c", "sell", reduce_only=True))
    assert {event.reason for event in at.of(Cancelled)} == {Reason.POSITION_CLOSED}
    assert (at.market.resting, at.market.protection) == ({}, {})


def test_a_position_that_is_closed_in_part_shrinks_its_pair() -> None:
    at = held("2")
    at.give(order("c", "sell", "1", reduce_only=True))
    assert sizes(at) == {"stop": "1.0", "target": "1.0"}


def test_a_position_that_turns_gets_the_pair_of_the_order_that_turned_it() -> None:
    at = held()
    at.give(order("t", "sell", "2", stop="104", target="90"))
    assert sizes(at) == {"stop": "1.0", "target": "1.0"}
    assert half(at, "stop").order.side == "buy"
    assert [event.reason for event in at.of(Cancelled)] == [Reason.POSITION_CLOSED] * 2
    assert len({event.order_id for event in at.of(Created)}) == 4


def test_only_one_half_is_asked_for() -> None:
    at = place(order("o", stop="97"))
    assert list(at.market.protection) == ["stop"]


def test_a_stop_beyond_the_market_closes_at_once() -> None:
    at = place()
    at.pass_(trade("100"))
    at.give(order("o", stop="100.5", target="106"))
    assert at.market.position == 0
    assert at.fills()[-1] == ("99.0", "1.0", "taker")
    assert at.of(Cancelled)[0].reason is Reason.OTHER_FILLED


def test_a_target_that_the_book_has_reached_takes_at_once() -> None:
    at = place(order("o", stop="90", target="98.5"))
    assert at.fills()[-1] == ("99.0", "1.0", "taker")
    assert at.market.position == 0


def test_protection_is_set_and_changed_by_a_command() -> None:
    at = place(order("o"))
    at.give(protect(stop="95"))
    assert half(at, "stop").order.parent == "protect"
    at.give(protect(stop="96", target="110"))
    assert (half(at, "stop").order.trigger, half(at, "target").order.limit) == (
        price_units("96"), price_units("110"),
    )  # fmt: skip
    assert len(at.of(Created)) == 2
    assert [event.reason for event in at.of(Done)] == [None, None]


def test_without_a_position_there_is_nothing_to_protect() -> None:
    at = place()
    at.give(protect(stop="95"))
    assert at.of(Rejected)[0].reason is Reason.NO_POSITION


def test_a_stop_that_is_being_executed_is_not_changed_any_more() -> None:
    at = held("2")
    at.pass_(whole((("96", "0.5"),), (("97", "9"),)), trade("96"))
    at.pass_(book=BookState.GAPPED)
    at.give(protect(stop="90", target="120"))
    assert at.of(Done)[0].reason is Reason.POSITION_CHANGED
    assert half(at, "target").order.limit == price_units("120")
    assert len(at.of(Triggered)) == 1


def test_a_half_can_be_moved_or_withdrawn_but_not_resized() -> None:
    at = held()
    stop, target = at.market.protection["stop"], at.market.protection["target"]
    at.give(modify(stop, trigger="95"), modify(target, quantity="9"), cancel(target))
    assert half(at, "stop").order.trigger == price_units("95")
    assert at.of(Rejected)[0].reason is Reason.BAD_COMMAND
    assert list(at.market.protection) == ["stop"]


def test_two_orders_that_open_at_once_share_one_pair() -> None:
    at = place(
        order("a", limit="99", stop="97", target="106"),
        order("b", limit="98.5", stop="96", target="107"),
    )
    at.pass_(trade("98"))
    assert at.market.position == quantity_units("2")
    assert sizes(at) == {"stop": "2.0", "target": "2.0"}
    assert half(at, "stop").order.trigger == price_units("96")


@pytest.mark.parametrize("price", ["97", "106"])
def test_one_trade_cannot_fill_both_halves(price: str) -> None:
    at = held()
    at.pass_(trade(price, "9", "buy" if price == "106" else "sell"), trade("107"), trade("90"))
    assert at.market.position == 0
    assert len(at.of(Filled)) == 2


def test_an_addition_whose_stop_is_reached_already_closes_all_of_it() -> None:
    at = held(stop="90")
    at.pass_(whole((("99", "9"),), (("101", "9"),)), trade("96"))
    at.give(order("more", stop="97"))
    at.pass_(whole((("99", "9"),), (("101", "9"),)))
    assert (at.market.position, at.market.resting) == (0, {})
