"""At the simulated venue: stops that trail, and positions whose time is over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.numbers import price_units
from engine.venue.commands import Follows
from engine.venue.events import Cancelled, Created, Done, Rejected, Replaced, Triggered
from schemas.refusals import Reason
from schemas.ticks import BookState
from tests.unit.executing import Input, by_place, command, decided, play, play_with_crashes, ticks
from tests.unit.market_tape import record, trade, whole
from tests.unit.resting import Place, order, place, protect

SECOND = 10**9
HOUR = 3600 * SECOND
DEEP = whole((("99", "9"), ("90", "9")), (("101", "9"),))


def follows(distance: str = "0", share: bool = False, activation: str | None = None,
            lasts: int | None = None) -> Follows:  # fmt: skip
    at = None if activation is None else price_units(activation)
    return Follows(price_units(distance), share, at, lasts)


def held(side: Any = "buy", **fields: Any) -> Place:
    """A position of one, with the venue's stop."""
    return place(order("o", side, **fields))


def runs(at: Place, *prices: str, pause: int = SECOND) -> list[str]:
    """The triggers of the stop after trades at these prices."""
    found = []
    for price in prices:
        at.now += pause
        at.pass_(trade(price))
        found.append(trigger(at))
    return found


def trigger(at: Place) -> str:
    name = at.market.protection.get("stop")
    return "none" if name is None else str((at.market.resting[name].order.trigger or 0) / 10**20)


def test_a_stop_follows_the_best_price_and_never_goes_back() -> None:
    at = held(stop="95", follows=follows("5"))
    assert runs(at, "101", "103", "102", "99.5") == ["96.0", "98.0", "98.0", "98.0"]
    assert [event.price for event in at.of(Replaced)] == [96 * 10**20, 98 * 10**20]
    assert runs(at, "98") == ["none"]
    assert at.market.position == 0


def test_a_short_one_follows_downward_by_a_share() -> None:
    at = held("sell", stop="110", follows=follows("1", share=True))
    assert runs(at, "100", "95", "95.9") == ["101.0", "95.95", "95.95"]
    assert runs(at, "95.95") == ["none"]


def test_without_a_stop_it_begins_at_its_distance() -> None:
    assert trigger(held(follows=follows("5"))) == "95.0"


def test_it_waits_for_its_activation() -> None:
    at = held(stop="90", follows=follows("5", activation="104"))
    assert runs(at, "103", "104", "103") == ["90.0", "99.0", "99.0"]


def test_it_moves_once_a_second_and_by_no_less_than_a_step() -> None:
    at = held(stop="90", follows=follows("5"))
    assert runs(at, "105", "106", pause=SECOND // 4) == ["100.0", "100.0"]
    assert runs(at, "105.5") == ["101.0"]
    assert runs(at, "106.05", "106.051") == ["101.0", "101.051"]


def test_protection_can_be_made_to_follow_and_to_stay() -> None:
    at = held(stop="90")
    at.give(protect_with(follows("4")))
    assert runs(at, "105") == ["101.0"]
    at.give(protect(stop="95"))
    assert runs(at, "110") == ["95.0"]


def protect_with(terms: Follows, **fields: str) -> Any:
    return replace(protect(**fields), follows=terms)


def test_a_later_fill_keeps_what_is_there_and_another_order_brings_its_own() -> None:
    at = held(stop="90", follows=follows("5"))
    runs(at, "105")
    at.pass_(DEEP)
    at.give(order("p", stop="92"))
    assert runs(at, "110") == ["92.0"]


def test_the_later_fills_of_an_order_bring_nothing_anew() -> None:
    at = place(order("o", quantity="2", limit="98", stop="90", follows=follows("4", lasts=HOUR)))
    at.pass_(trade("98", "2"))
    assert at.market.position == 10**18
    until = at.market.until
    at.give(protect(stop="91"))
    at.now += SECOND
    at.pass_(trade("98", "9"))
    assert at.market.position == 2 * 10**18
    assert (at.market.until, at.market.follows) == (until, None)
    assert runs(at, "110") == ["91.0"]


def test_a_share_of_the_price_is_rounded_away_from_it() -> None:
    at = held(stop="90", follows=follows("1", share=True))
    runs(at, "105.00000001")
    live = at.market.resting[at.market.protection["stop"]]
    assert live.order.trigger == (10500000001 - 105000001) * 10**12


def test_a_position_is_closed_by_its_stop_when_its_time_is_over() -> None:
    at = held(stop="90", target="120", follows=follows(lasts=60 * SECOND))
    began = at.market.until
    assert began is not None
    at.now = began - 20
    at.pass_(trade("100"))
    assert at.market.position > 0
    at.now = began
    at.pass_(trade("100"))
    (woken,) = at.of(Triggered)
    assert woken.at == began
    assert at.market.position == 0
    stop, target = at.of(Created)
    assert at.fills(stop.order_id) == [("99.0", "1.0", "taker")]
    ended = at.of(Cancelled, target.order_id)[0]
    assert (ended.reason, ended.at) == (Reason.OTHER_FILLED, began)
    assert (at.market.until, at.market.follows) == (None, None)


def test_while_the_book_is_away_it_waits_and_then_closes() -> None:
    at = held(stop="90", follows=follows(lasts=60 * SECOND))
    at.pass_(book=BookState.STALE)
    at.now += 61 * SECOND
    at.pass_(book=BookState.STALE)
    assert len(at.of(Triggered)) == 1
    assert at.market.position > 0
    at.pass_(DEEP)
    assert at.market.position == 0


def test_a_new_position_has_neither() -> None:
    at = held(stop="90", follows=follows("5", lasts=60 * SECOND))
    at.give(order("c", "sell", reduce_only=True))
    at.pass_(DEEP)
    at.give(order("n", stop="90"))
    at.now += 100 * SECOND
    assert runs(at, "110") == ["90.0"]
    assert at.market.position > 0


def test_a_time_needs_a_stop() -> None:
    at = place(order("o", follows=follows(lasts=SECOND)))
    assert at.of(Rejected)[0].reason is Reason.UNSUPPORTED
    at = held()
    at.give(protect_with(follows(lasts=SECOND), target="120"))
    assert at.of(Rejected, "protect")[0].reason is Reason.UNSUPPORTED
    at.give(protect_with(follows(lasts=SECOND), stop="90"))
    assert at.of(Done, "protect")


PRICES = st.lists(st.tuples(st.integers(90, 112), st.integers(0, 3)), min_size=1, max_size=12)
CRASHES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8)), max_size=3)


@settings(max_examples=40, deadline=None)
@given(PRICES, CRASHES)
def test_a_crash_changes_no_byte(
    prices: list[tuple[int, int]], crashes: list[tuple[int, int]]
) -> None:
    asked = command("o", stop="93", trailing="3%", activation="101", lasts=8 * SECOND)
    inputs: list[Input] = [ticks(0, 0), decided(0, 1, 0, asked)]
    now = 10 * 10**6
    for seq, (price, pause) in enumerate(prices, 1):
        now += pause * SECOND + 1
        inputs += [record(seq, now, trade(str(price))), decided(seq, now, seq)]
    assert by_place(play_with_crashes(inputs, crashes)) == by_place(play(inputs))


@pytest.mark.parametrize(("trailing", "stop"), [("2", "103"), ("2%", "102.9")])
def test_the_executor_tells_each_move(trailing: str, stop: str) -> None:
    asked = command("o", stop="93", trailing=trailing)
    rows: list[Input] = [ticks(0, 0), decided(0, 1, 0, asked)]
    rows += [record(1, SECOND, trade("105")), decided(1, SECOND, 1)]
    made = [out.record for out in play(rows) if out.topic == "trading.statuses"]
    moves = [getattr(each, "price", None) for each in made if getattr(each, "role", None)]
    assert moves == ["93", stop]
