"""An order does not trade through a resting one of its own account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.venue.events import Cancelled, Filled, Rejected
from engine.venue.simulation import Venue
from schemas.orders import TimeInForce
from schemas.refusals import Reason
from tests.unit.market_tape import trade
from tests.unit.resting import CALM, VENUE, Place, order, place, stop


def ended(at: Place) -> list[str]:
    return [each.order_id for each in at.of(Cancelled) if each.reason is Reason.SELF_TRADE]


@pytest.mark.parametrize(
    ("limit", "quantity", "ends"),
    [
        ("100", "0.5", True),
        ("99", "0.5", False),
        ("99", "1", False),
        ("99", "1.1", True),
        ("98", "1", False),
        ("98", "2", False),
        ("98", "2.5", True),
        ("90", "2.5", True),
    ],
)
def test_a_resting_order_ends_when_one_of_its_account_comes_to_it(
    limit: str, quantity: str, ends: bool
) -> None:
    """Bids are 1 at 99 and 1 at 98; all that is displayed is ahead of ours."""
    at = place(order("mine", limit=limit), order("sell", "sell", quantity))
    assert ended(at) == (["mine"] if ends else [])
    assert at.market.position == -sum(int(each.quantity) for each in at.of(Filled))


def test_sells_are_the_mirror_image() -> None:
    at = place(order("mine", "sell", limit="100"), order("buy", quantity="0.5"))
    assert ended(at) == ["mine"]


@pytest.mark.parametrize("fields", [{"limit": "100"}, {"limit": "100.5"}])
def test_an_order_that_rests_ends_those_that_its_limit_reaches(fields: dict[str, Any]) -> None:
    at = place(order("mine", limit="100.5"), order("sell", "sell", **fields))
    assert (ended(at), list(at.market.resting)) == (["mine"], ["sell"])
    beside = place(order("mine", limit="100"), order("sell", "sell", limit="100.5"))
    assert list(beside.market.resting) == ["mine", "sell"]


def test_a_post_only_order_is_refused_instead() -> None:
    at = place(order("mine", limit="100"), order("sell", "sell", limit="100", post_only=True))
    assert at.of(Rejected)[0].reason is Reason.WOULD_TAKE
    assert list(at.market.resting) == ["mine"]


def test_a_kill_that_does_not_fill_ends_nothing() -> None:
    kill = order("sell", "sell", "9", limit="90", time_in_force=TimeInForce.FOK)
    assert ended(place(order("mine", limit="100"), kill)) == []


def test_stops_and_targets_are_left_alone() -> None:
    at = place(order("o", stop="90", target="110"), stop("asleep", trigger="80"))
    at.give(order("sweep", quantity="5", limit="120"))
    assert ended(at) == []
    assert len(at.market.resting) == 4
    asleep = place(stop("asleep", "buy", trigger="110", limit="100"), order("s", "sell"))
    assert ended(asleep) == []


def test_its_place_in_the_queue_counts() -> None:
    at = place(order("mine", limit="99"))
    at.pass_(trade("99", "0.9"))
    at.give(order("sell", "sell", "1"))
    assert ended(at) == ["mine"]


def test_an_order_that_may_not_trade_ends_nothing() -> None:
    at = place(order("o", quantity="1"), order("mine", "sell", limit="101", reduce_only=True))
    at.give(order("flat", "sell", limit="99", reduce_only=True), order("up", limit="100"))
    assert ended(at) == []
    held = place(order("up", limit="100"), order("out", "sell", limit="99", reduce_only=True))
    assert (ended(held), held.of(Rejected)[0].reason) == ([], Reason.POSITION_CHANGED)


def test_it_can_be_left_out() -> None:
    at = Place(venue=replace(VENUE, prevention="none"))
    at.pass_(CALM)
    at.give(order("mine", limit="100"), order("sell", "sell"))
    assert isinstance(at.venue, Venue)
    assert list(at.market.resting) == ["mine"]
    assert at.fills("sell") == [("99.0", "1.0", "taker")]
