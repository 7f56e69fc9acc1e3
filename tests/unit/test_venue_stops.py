"""Stop orders: what wakes them up, and what they do then."""

from __future__ import annotations

from typing import Any

import pytest

from engine.venue.events import Cancelled, Opened, Rejected, Triggered
from schemas.orders import TimeInForce
from schemas.refusals import Reason
from schemas.ticks import BookState
from tests.unit.market_tape import Row, depth, funding, quote, trade, whole
from tests.unit.resting import cancel, modify, order, place, stop


@pytest.mark.parametrize(
    ("side", "price", "woken"),
    [
        ("sell", "95.1", False), ("sell", "95", True), ("sell", "90", True),
        ("buy", "94.9", False), ("buy", "95", True), ("buy", "99", True),
    ],
)  # fmt: skip
def test_a_trade_at_or_beyond_the_trigger_wakes_it(side: Any, price: str, woken: bool) -> None:
    at = place(stop(side=side, trigger="95"))
    (opened,) = at.events
    assert isinstance(opened, Opened)
    assert (opened.price, opened.quantity) == (95 * 10**20, 10**18)
    at.pass_(trade(price))
    assert [event.price for event in at.of(Triggered)] == ([None] if woken else [])
    best = "99.0" if side == "sell" else "101.0"
    assert at.fills() == ([(best, "1.0", "taker")] if woken else [])


@pytest.mark.parametrize(
    ("reference", "row", "woken"),
    [
        ("trade", quote("90", "91"), False),
        ("trade", funding("90", "0.0001", 10**9), False),
        ("mark", trade("90"), False),
        ("mark", funding("95.12345678901", "0.0001", 10**9), False),
        ("mark", funding("94.99999999999", None, None), True),
        ("mid", trade("90"), False),
        ("mid", quote("94", "97"), False),
        ("mid", quote("94", "96"), True),
        ("mid", depth((("99", "0"), ("98", "0"), ("89", "1"))), True),
    ],
)
def test_the_price_that_stops_look_at_is_a_setting(reference: Any, row: Row, woken: bool) -> None:
    at = place(stop(trigger="95"), reference=reference)
    at.pass_(row)
    assert bool(at.of(Triggered)) is woken


@pytest.mark.parametrize("reference", ["trade", "mark", "mid"])
def test_a_stop_whose_price_is_there_already_wakes_at_once(reference: Any) -> None:
    at = place(reference=reference)
    at.pass_(trade("94"), funding("94", "0.0001", 10**9), whole((("93", "1"),), (("95", "1"),)))
    at.give(stop(trigger="94.5"))
    assert at.fills() == [("93.0", "1.0", "taker")]


def test_before_any_price_it_waits() -> None:
    assert place(stop(trigger="500")).of(Triggered) == []


def test_it_takes_from_the_book_as_it_is_at_that_row() -> None:
    for rows, price in (
        ((trade("95"), depth((("99", "0"), ("98", "0"), ("94", "1")))), "99.0"),
        ((depth((("99", "0"), ("98", "0"), ("94", "1"))), trade("95")), "94.0"),
    ):
        at = place(stop(trigger="95"))
        at.pass_(*rows)
        assert at.fills() == [(price, "1.0", "taker")]


def test_a_stop_that_is_good_till_cancelled_goes_on_until_it_has_all() -> None:
    at = place(stop(quantity="5", trigger="95"))
    at.pass_(trade("95"))
    at.pass_(trade("94"))
    assert len(at.fills()) == 2
    at.pass_(depth((("97", "2"),)))
    at.pass_(depth((("99", "3"),)))
    assert at.fills()[2:] == [("97.0", "2.0", "taker"), ("99.0", "1.0", "taker")]
    assert at.market.resting == {}


@pytest.mark.parametrize(("kind", "fills"), [(TimeInForce.IOC, 2), (TimeInForce.FOK, 0)])
def test_its_time_in_force_counts_from_the_trigger(kind: TimeInForce, fills: int) -> None:
    at = place(stop(quantity="5", trigger="95", time_in_force=kind))
    assert list(at.market.resting) == ["s"]
    at.pass_(trade("95"))
    assert len(at.fills()) == fills
    assert at.of(Cancelled)[0].reason is Reason.NO_LIQUIDITY


@pytest.mark.parametrize("kind", list(TimeInForce))
def test_a_stop_waits_for_a_book_that_can_be_met(kind: TimeInForce) -> None:
    at = place(stop(trigger="95", time_in_force=kind))
    at.pass_(trade("95"), book=BookState.GAPPED)
    at.pass_(trade("94"), book=BookState.STALE)
    assert len(at.of(Triggered)) == 1
    assert at.fills() == []
    at.pass_(whole((("90", "1"),), (("91", "1"),)))
    assert at.fills() == [("90.0", "1.0", "taker")]


def test_a_stop_limit_order_becomes_a_limit_order() -> None:
    at = place(stop(quantity="3", trigger="95", limit="98.5"))
    at.pass_(trade("95"))
    assert at.of(Triggered)[0].price == 985 * 10**19
    assert at.fills() == [("99.0", "1.0", "taker")]
    at.pass_(depth((("99", "0"), ("98.5", "0"))), trade("98.6", "1", "buy"))
    assert at.fills()[1:] == [("98.5", "2.0", "maker")]


def test_a_stop_limit_order_that_does_not_wait_is_cancelled() -> None:
    at = place(stop(trigger="95", limit="100", time_in_force=TimeInForce.IOC))
    at.pass_(trade("95"))
    assert at.of(Cancelled)[0].reason is Reason.NO_LIQUIDITY


def test_a_post_only_stop_limit_order_never_takes() -> None:
    at = place(stop(trigger="95", limit="99", post_only=True))
    at.pass_(trade("95"))
    assert at.of(Cancelled)[0].reason is Reason.WOULD_TAKE


def test_a_trigger_can_be_changed_while_it_sleeps_and_not_after() -> None:
    at = place(stop(quantity="9", trigger="95"))
    at.give(modify("s", trigger="90"))
    at.pass_(trade("95"))
    assert at.of(Triggered) == []
    at.pass_(trade("90"))
    assert at.of(Triggered)
    at.give(modify("s", trigger="80"))
    assert at.of(Rejected)[0].reason is Reason.BAD_COMMAND


def test_a_change_to_a_trigger_that_is_reached_wakes_it() -> None:
    at = place(stop(trigger="95"))
    at.pass_(trade("97"))
    at.give(modify("s", trigger="98"))
    assert at.fills() == [("99.0", "1.0", "taker")]


def test_a_stop_can_be_withdrawn() -> None:
    at = place(stop(trigger="95"))
    at.give(cancel("s"))
    at.pass_(trade("90"))
    assert at.fills() == []


def test_a_stop_that_reduces_needs_a_position_and_goes_with_it() -> None:
    assert place(stop(trigger="95", reduce_only=True)).of(Rejected)[0].reason is (
        Reason.POSITION_CHANGED
    )
    at = place(order("o"), stop(trigger="95", reduce_only=True), order("c", "sell"))
    assert at.of(Cancelled)[0].reason is Reason.POSITION_CLOSED


def test_a_stop_can_open_with_its_own_protection() -> None:
    at = place(stop(side="buy", trigger="105", stop="103", target="110"))
    at.pass_(trade("105", "1", "buy"))
    assert set(at.market.protection) == {"stop", "target"}


@pytest.mark.parametrize(
    ("side", "price", "triggers", "woken"),
    [
        ("sell", "90", ("93", "95", "95", "94"), [1, 2, 3, 0]),
        ("buy", "110", ("107", "105", "105", "106"), [1, 2, 3, 0]),
    ],
)
def test_stops_wake_in_the_order_in_which_the_price_has_reached_them(
    side: Any, price: str, triggers: tuple[str, ...], woken: list[int]
) -> None:
    at = place(*(stop(str(n), side, trigger=each) for n, each in enumerate(triggers)))
    at.pass_(trade(price))
    assert [int(each.order_id) for each in at.of(Triggered)] == woken
