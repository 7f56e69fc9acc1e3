"""Stops that follow the price, and positions whose time is over."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.protection.events import Protect, Refused, Trailing
from engine.protection.machine import wakes
from engine.protection.state import SECOND, ProtectionSettings
from tests.unit.protecting import SPOT, Guard, protected, terms, told


@pytest.mark.parametrize(
    ("text", "kind"), [("150", Trailing(Decimal(150))), ("1.5%", Trailing(Decimal("0.015"), True))]
)
def test_a_distance_is_quote_or_a_share(text: str, kind: Trailing) -> None:
    assert Trailing.of(text) == kind
    assert Trailing.of(kind.text()) == kind


def test_it_begins_at_its_distance_and_moves_in_favour_only() -> None:
    guard = protected(named=terms(trailing="2"))
    assert guard.state.halves["stop"].price == 98
    assert guard.price("99", after=SECOND) == []
    moved = guard.price("103", after=SECOND)
    assert told(moved) == ["replace stop 1 @ 101"]
    guard.accept(moved)
    assert guard.price("101.5", after=SECOND) == []
    assert guard.state.stop == 101


def test_a_short_one_follows_downward_by_a_share_in_ticks_away_from_the_price() -> None:
    guard = Guard()
    placed = guard.enters("1", terms(trailing="1%"), side="sell")
    assert told(placed) == ["place stop buy 1 @ 101"]
    guard.accept(placed)
    assert told(guard.price("95.5", after=SECOND)) == ["replace stop 1 @ 96.5"]


def test_it_waits_for_its_activation() -> None:
    guard = protected(named=terms("95", trailing="2", activation="104"))
    assert guard.price("103.9", after=SECOND) == []
    assert told(guard.price("104", after=SECOND)) == ["replace stop 1 @ 102"]


def test_at_the_venue_it_moves_not_too_often_and_not_by_too_little() -> None:
    settings = ProtectionSettings(move_least=Decimal("0.01"))
    guard = protected(named=terms(trailing="2"), settings=settings)
    guard.accept(guard.price("101", after=SECOND))
    assert guard.price("102", after=SECOND // 2) == []
    assert wakes(guard.state) == guard.now + SECOND // 2
    moved = guard.tick(SECOND // 2)
    assert told(moved) == ["replace stop 1 @ 100"]
    guard.accept(moved)
    assert guard.price("102.9", after=2 * SECOND) == []
    assert wakes(guard.state, settings) is None


def test_where_it_is_watched_it_moves_with_every_price() -> None:
    guard = Guard(SPOT)
    guard.enters("1", terms(trailing="2"))
    for price in ("100.5", "101", "101.00000001", "99.1"):
        assert guard.price(price) == []
    assert told(guard.price("99")) == ["close sell 1: stop"]


def test_a_move_that_is_refused_is_tried_again_with_the_next_price() -> None:
    guard = protected(named=terms(trailing="2"))
    guard.price("105", after=SECOND)
    change = guard.state.halves["stop"].change
    assert change is not None
    assert told(guard.hear(Refused(change.name, guard.now))) == ["alarm"]
    assert guard.state.halves["stop"].price == 98
    assert told(guard.price("104", after=SECOND)) == ["replace stop 1 @ 103"]


def test_a_person_s_stop_is_a_fixed_one() -> None:
    guard = protected(named=terms(trailing="2"))
    guard.accept(guard.hear(Protect("p", terms("97"), guard.now)))
    assert guard.price("110", after=SECOND) == []
    assert guard.state.trailing is None
    again = guard.hear(Protect("p", terms(trailing="5"), guard.now))
    assert told(again) == ["replace stop 1 @ 105"]


def test_a_trailing_stop_needs_a_price_to_begin_at() -> None:
    guard = Guard()
    guard.position("1")
    assert told(guard.hear(Protect("p", terms(trailing="5"), guard.now))) == ["alarm"]
    guard.price("100")
    begun = guard.hear(Protect("p", terms(trailing="5"), guard.now))
    assert told(begun) == ["place stop sell 1 @ 95"]


def test_a_position_is_closed_when_its_time_is_over() -> None:
    guard = protected(named=terms("97", "106", lasts=60 * SECOND))
    assert wakes(guard.state) == guard.now + 60 * SECOND
    assert guard.tick(60 * SECOND - 1) == []
    assert told(guard.tick(1)) == ["cancel", "close sell 1: time"]
    guard = Guard()
    guard.enters(named=terms(lasts=60 * SECOND))
    guard.enters(named=terms(lasts=60 * SECOND), late=-30 * SECOND)
    assert told(guard.tick(60 * SECOND)) == ["close sell 2: time"], "as its first fill has set it"
