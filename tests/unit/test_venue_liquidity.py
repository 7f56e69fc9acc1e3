"""What our fills take from the recorded book is not there again, and how long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.execution import ExecutionSettings
from engine.venue.events import Cancelled, Filled, Rejected
from engine.venue.parts import ConsumedBook, DisplayedBook
from engine.venue.snapshot import dump_market, load_market
from schemas.orders import TimeInForce
from schemas.refusals import Reason
from schemas.ticks import Level
from tests.unit.market_tape import Row, depth, trade, whole
from tests.unit.resting import CALM, VENUE, Place, cancel, order, place, stop

ONE = 10**18
BOUGHT = ("101.0", "1.0", "taker")


def asks(*levels: Level) -> Row:
    return depth(asks=levels)


def bought(*rows: Row, quantity: str = "1") -> Place:
    """One has bought 1 at 101, which is all of that level; then rows have passed."""
    at = place(order("a", quantity="1"))
    at.pass_(*rows)
    at.give(order("b", quantity=quantity))
    return at


def test_the_next_order_takes_what_is_left() -> None:
    at = place(order("a", quantity="0.4"), order("b", quantity="1"))
    assert at.fills("a") == [("101.0", "0.4", "taker")]
    assert at.fills("b") == [("101.0", "0.6", "taker"), ("102.0", "0.4", "taker")]


def test_each_side_is_its_own() -> None:
    at = place(order("a"), order("b", "sell"))
    assert at.fills("b") == [("99.0", "1.0", "taker")]


@pytest.mark.parametrize(
    ("rows", "price"),
    [
        ((), "102.0"),
        ((CALM,), "102.0"),
        ((asks(("101", "1")),), "102.0"),
        ((asks(("101", "0.5")),), "102.0"),
        ((asks(("102", "5")),), "102.0"),
        ((asks(("101", "2")),), "101.0"),
        ((asks(("101", "0")), asks(("101", "1"))), "101.0"),
        ((asks(("101", "0.2")), asks(("101", "1.2"))), "101.0"),
        ((depth(asks=(("102", "1"),), bids=(("99", "1"),), snapshot=True), CALM), "101.0"),
    ],
)
def test_a_level_is_there_again_by_what_comes_on_top_of_the_rest(
    rows: tuple[Row, ...], price: str
) -> None:
    assert bought(*rows).fills("b") == [(price, "1.0", "taker")]


def test_the_updates_of_a_record_are_looked_at_one_by_one() -> None:
    """Also without an order at the venue, and whatever the last of them says."""
    at = bought(asks(("101", "0.3")), asks(("101", "1.3")), quantity="1.3")
    assert at.fills("b") == [BOUGHT, ("102.0", "0.3", "taker")]
    at = place(order("a"), order("z", limit="90"))
    at.pass_(asks(("101", "0.3")), asks(("101", "1.3")))
    at.give(order("b", quantity="1.3"))
    assert at.fills("b") == [BOUGHT, ("102.0", "0.3", "taker")]


def test_a_book_that_is_taken_whole_has_nothing_left() -> None:
    at = place(order("a", quantity="2"), order("b"))
    assert at.of(Rejected)[0].reason is Reason.NO_LIQUIDITY
    at.give(order("c", limit="105", quantity="2", time_in_force=TimeInForce.IOC))
    assert at.of(Rejected)[1].reason is Reason.NO_LIQUIDITY


def test_fill_or_kill_counts_what_is_left() -> None:
    kill = order("b", quantity="2", limit="102", time_in_force=TimeInForce.FOK)
    at = place(order("a", quantity="0.5"), kill)
    assert at.of(Cancelled, "b")[0].filled == 0


def test_a_post_only_order_may_rest_where_we_have_taken_all() -> None:
    """It is the best bid then: others may sell to it, and the old level does not reach it."""
    at = place(order("a"), order("b", limit="101", post_only=True))
    assert list(at.market.resting) == ["b"]
    assert at.pass_(CALM, trade("101", "1", "buy")) == []
    at.pass_(trade("101", "0.5"))
    assert at.fills("b") == [("101.0", "0.5", "maker")]


def test_a_stop_in_a_thin_book_is_not_filled_by_the_same_level_again() -> None:
    at = place(order("o", quantity="2"), stop(quantity="2", trigger="99"))
    at.pass_(whole((("99", "0.5"),), (("101", "1"),)), trade("99", "1"))
    assert at.fills("s") == [("99.0", "0.5", "taker")]
    at.pass_(depth((("99", "0.5"),)))
    assert len(at.fills("s")) == 1
    at.pass_(depth((("99", "0.7"),)))
    assert at.fills("s")[1:] == [("99.0", "0.2", "taker")]


def test_what_others_trade_with_a_resting_order_takes_nothing_from_the_book() -> None:
    at = place(order("r", "sell", limit="101"))
    at.pass_(trade("101", "2", "buy"))
    assert at.fills("r") == [("101.0", "1.0", "maker")]
    at.give(order("a"))
    assert at.fills("a") == [BOUGHT]


def test_a_displayed_book_forgets_what_was_taken() -> None:
    at = Place(venue=replace(VENUE, liquidity=DisplayedBook()))
    at.pass_(CALM)
    at.give(order("a"), order("b"))
    assert at.fills() == [BOUGHT, BOUGHT]
    assert not any(at.market.taken.values())


steps = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.integers(1, 6)),
        st.tuples(st.just("show"), st.integers(0, 6)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=12,
)


@given(steps)
def test_no_more_is_taken_of_a_level_than_was_ever_brought_to_it(
    happens: list[tuple[str, int]],
) -> None:
    """Brought: displayed at first, and by what the display has risen since."""
    at, shown, brought = place(), 1, 1
    for n, (what, quantity) in enumerate(happens):
        if what == "take":
            fields: dict[str, Any] = {"limit": "101", "time_in_force": TimeInForce.IOC}
            before = len(at.of(Filled))
            at.give(order(f"o{n}", quantity=str(quantity), **fields))
            now = sum(fill.quantity for fill in at.of(Filled)[before:])
            assert now <= shown * ONE
        elif what == "show":
            brought, shown = brought + max(0, quantity - shown), quantity
            at.pass_(asks(("101", str(quantity))))
        else:
            dumped = orjson.dumps(dump_market(at.market))
            at.market = load_market(orjson.loads(dumped), lambda order_id: cancel(order_id))
            assert orjson.dumps(dump_market(at.market)) == dumped
    assert sum(fill.quantity for fill in at.of(Filled)) <= brought * ONE


@pytest.mark.parametrize(
    ("given", "model"),
    [("consumed", ConsumedBook()), ({}, ConsumedBook()), ("displayed", DisplayedBook())],
)
def test_settings_name_a_model(given: Any, model: Any) -> None:
    assert ExecutionSettings.model_validate({"liquidity": given}).liquidity == model


def test_a_model_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError):
        ExecutionSettings.model_validate({"liquidity": "endless"})
