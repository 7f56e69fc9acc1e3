"""Stop and target of a live position: as large as it is, in time, one ends the other."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.identity import client_order_id
from engine.protection import snapshot
from engine.protection.actions import Cancel, CloseNow, Place, Replace
from engine.protection.commands import command_of
from engine.protection.events import (
    Changed,
    Filled,
    Found,
    Lost,
    Protect,
    Refused,
    Started,
    VenueHas,
)
from engine.protection.machine import awaited, wakes
from engine.protection.state import SECOND, State
from schemas.orders import Intent, OrderType, TimeInForce
from tests.unit.executing import command
from tests.unit.protecting import PAIR, SPOT, Guard, protected, terms, told

MS = SECOND // 1000


def names(guard: Guard) -> tuple[str, str]:
    return guard.name("stop"), guard.name("target")


def test_a_fill_brings_a_pair_that_reduces_only() -> None:
    guard = Guard()
    stop, target = guard.enters()
    assert isinstance(stop, Place)
    assert isinstance(target, Place)
    for leg, one in enumerate((stop.order, target.order)):
        assert (one.side, one.quantity, one.reduce_only, one.parent) == (
            "sell",
            Decimal(1),
            True,
            "entry",
        )
        assert one.name == client_order_id("entry", "a", leg)
    assert (stop.order.type, target.order.type) == (OrderType.STOP, OrderType.LIMIT)
    assert (stop.order.trigger, stop.order.price) == (Decimal(97), None)
    assert (target.order.trigger, target.order.price) == (None, Decimal(106))
    assert guard.accept([stop, target]) == []
    assert wakes(guard.state) is None


def test_an_entry_filled_in_part_has_protection_in_part() -> None:
    guard = Guard()
    first = guard.enters("0.25")
    assert told(first) == ["place stop sell 0.25 @ 97", "place target sell 0.25 @ 106"]
    assert guard.enters("0.5") == []
    assert told(guard.accept(first)) == ["replace stop 0.75 @ 97", "replace target 0.75 @ 106"]


def test_a_later_fill_leaves_prices_and_another_order_brings_its_own() -> None:
    guard = protected()
    guard.accept(guard.hear(Protect("p", terms("98"), guard.now)))
    assert told(guard.enters("1")) == ["replace stop 2 @ 98", "replace target 2 @ 106"]
    guard = protected()
    added = guard.enters("1", terms("99"), "second")
    assert told(added) == ["replace stop 2 @ 99", "replace target 2 @ 106"]


def test_whichever_fills_ends_the_other() -> None:
    guard = protected()
    stop, target = names(guard)
    assert told(guard.fills(target, "1")) == ["cancel"]
    assert list(guard.state.leaving) == [stop]
    assert guard.gone(stop) == []
    guard = protected()
    stop, target = names(guard)
    assert told(guard.fills(stop, "1")) == ["cancel"]
    assert list(guard.state.leaving) == [target]


def test_a_half_filled_in_part_shrinks_the_other() -> None:
    guard = protected("2")
    stop, target = names(guard)
    assert told(guard.fills(target, "0.5")) == ["replace stop 1.5 @ 97"]
    guard.hear(Changed(guard.state.halves["stop"].change.name, stop, guard.now))  # type: ignore[union-attr]
    assert told(guard.fills(stop, "0.5")) == ["replace target 1.5 @ 106"]
    assert guard.state.halves["target"].rest == Decimal("1.5")


def test_a_replaced_order_has_another_name_and_a_new_whole() -> None:
    guard = protected("2")
    stop, target = names(guard)
    (change,) = guard.fills(target, "0.5")
    (half,) = [each for each in guard.state.halves.values() if each.change]
    assert half.change is not None
    new = half.change.name
    assert guard.gone(stop) == []
    assert guard.state.halves["stop"].phase == "sent"
    assert guard.hear(Changed(new, new, guard.now)) == []
    assert (guard.name("stop"), guard.state.halves["stop"].rest) == (new, Decimal("1.5"))
    assert told([change]) == ["replace stop 1.5 @ 97"]


def test_a_stop_that_was_changed_and_is_gone_all_the_same_is_placed_again_at_once() -> None:
    """Withdrawn at the venue while our change of it, made where it rests, was on its way."""
    guard = protected("2")
    stop, target = names(guard)
    (change,) = guard.fills(target, "0.5")
    assert isinstance(change, Replace)
    assert guard.gone(stop) == []
    again = guard.hear(Changed(change.change, stop, guard.now))
    assert told(again) == ["alarm", "place stop sell 1.5 @ 97"]
    assert guard.state.tries == {"stop": 1}


def test_a_stop_that_is_not_there_in_time_closes_the_position() -> None:
    guard = Guard()
    guard.enters()
    assert wakes(guard.state) == guard.now + SECOND
    assert guard.tick(SECOND - 1) == []
    late = guard.tick(1)
    assert told(late) == ["cancel", "close sell 1: unprotected"]
    assert isinstance(late[1], CloseNow)
    assert late[1].reduce_only
    assert guard.works(guard.name("stop")) == []
    assert told(guard.fills(late[1].name, "1")) == ["cancel"]
    assert guard.state.held == 0


def test_the_time_counts_from_the_fill_or_from_when_a_late_one_was_heard_of() -> None:
    guard = Guard()
    guard.enters(late=200 * MS)
    assert wakes(guard.state) == guard.now + 800 * MS
    guard = Guard()
    assert told(guard.enters(late=5 * SECOND))[0] == "place stop sell 1 @ 97"
    assert wakes(guard.state) == guard.now + SECOND


def test_the_time_of_what_is_added_counts_from_its_own_fill() -> None:
    guard = Guard()
    placed = guard.enters()
    guard.now += 600 * MS
    guard.enters()
    guard.accept(placed[:1])
    assert wakes(guard.state) == guard.now + SECOND
    assert told(guard.tick())[-1] == "close sell 2: unprotected"


def test_a_stop_that_the_venue_refuses_is_placed_once_more() -> None:
    guard = Guard()
    guard.enters()
    first = guard.name("stop")
    assert told(guard.hear(Refused(first, guard.now))) == ["alarm", "place stop sell 1 @ 97"]
    second = guard.name("stop")
    assert second == client_order_id("entry", "a", 2)
    refused = guard.hear(Refused(second, guard.now))
    assert told(refused) == ["alarm", "cancel", "close sell 1: lost"]


@pytest.mark.parametrize("kind", [Lost, None])
def test_a_stop_that_is_gone_is_placed_again_and_later_once_more(kind: type[Lost] | None) -> None:
    guard = protected()

    def loses() -> list[str]:
        name = guard.name("stop")
        actions = guard.hear(Lost(name, guard.now)) if kind else guard.gone(name)
        guard.accept(actions)
        return told(actions)

    assert loses() == ["alarm", "place stop sell 1 @ 97"]
    guard.now += 60 * SECOND
    assert loses() == ["alarm", "place stop sell 1 @ 97"]
    guard.now += 59 * SECOND
    assert loses() == ["alarm", "cancel", "close sell 1: lost"]


def test_a_triggered_stop_that_ends_with_a_rest_closes_it() -> None:
    guard = protected()
    guard.works(guard.name("stop"), awake=True)
    guard.fills(guard.name("stop"), "0.4")
    assert told(guard.gone(guard.name("stop")))[-1] == "close sell 0.6: stop"


def test_a_target_that_the_venue_will_not_have_is_watched() -> None:
    guard = protected()
    for _ in range(2):
        guard.hear(Refused(guard.name("target"), guard.now))
    assert list(guard.state.halves) == ["stop"]
    assert guard.price("105.9") == []
    assert told(guard.price("106")) == ["close sell 1: target"]


def test_a_change_of_price_that_is_refused_leaves_the_old_one() -> None:
    guard = protected()
    assert told(guard.hear(Protect("p", terms("99"), guard.now))) == ["replace stop 1 @ 99"]
    change = guard.state.halves["stop"].change
    assert change is not None
    assert told(guard.hear(Refused(change.name, guard.now))) == ["alarm"]
    assert guard.state.stop == 97
    assert guard.tick(5 * SECOND) == []


def test_a_change_of_size_that_is_refused_needs_another_order() -> None:
    guard = protected()
    stop = guard.name("stop")
    guard.enters()
    change = guard.state.halves["stop"].change
    assert change is not None
    assert told(guard.hear(Refused(change.name, guard.now))) == ["alarm", "cancel"]
    assert told(guard.gone(stop)) == ["place stop sell 2 @ 97"]


def test_a_close_is_given_until_the_position_is_flat() -> None:
    guard = protected(named=terms("97", lasts=60 * SECOND))
    (closing,) = guard.tick(60 * SECOND)
    assert isinstance(closing, CloseNow)
    guard.fills(closing.name, "0.3")
    assert guard.gone(closing.name) == []
    assert guard.tick(50 * MS - 1) == []
    (again,) = guard.tick(1)  # it may have met an order of our own, which is gone now, too
    assert told([again]) == ["close sell 0.7: time"]
    assert isinstance(again, CloseNow)
    assert told(guard.hear(Refused(again.name, guard.now))) == ["alarm"]
    assert guard.tick(SECOND - 1) == []
    (last,) = guard.tick(1)
    assert isinstance(last, CloseNow)
    assert len({closing.name, again.name, last.name}) == 3
    assert told(guard.fills(last.name, "0.7")) == ["cancel"]


def test_a_position_made_smaller_by_hand_has_smaller_protection() -> None:
    guard = protected("2")
    shrunk = guard.position("0.5")
    assert told(shrunk) == ["replace stop 0.5 @ 97", "replace target 0.5 @ 106"]
    guard.accept(shrunk)
    stop = guard.name("stop")
    assert told(guard.position("0")) == ["cancel", "cancel"]
    assert guard.state.halves == {}
    assert told(guard.tick()) == ["cancel", "cancel"], "an unanswered cancel is given again"
    guard.gone(stop)
    assert told(guard.tick()) == ["cancel"]


def test_a_position_and_its_fill_may_come_in_any_order() -> None:
    guard = Guard()
    guard.position("1")
    guard.enters("1", late=10 * MS)
    assert guard.state.held == 1
    guard.enters("1")
    assert guard.state.held == 2
    guard.position("1", after=100 * MS)
    assert guard.state.held == 2, "asked too soon after a fill"


def test_a_fill_told_late_is_counted_where_no_position_had_it() -> None:
    guard = Guard()
    guard.position("0")
    guard.enters("1", late=1)
    assert guard.state.held == 1


def test_a_position_turned_around_is_a_new_one() -> None:
    guard = protected()
    old = set(names(guard))
    turned = guard.enters("3", terms("103", "94"), "other", "sell")
    assert told(turned) == [
        "cancel", "cancel", "place stop buy 2 @ 103", "place target buy 2 @ 94",
    ]  # fmt: skip
    assert set(guard.state.leaving) == old
    assert guard.state.source == "other"
    guard.hear(Filled(guard.name("stop"), Decimal(2), guard.now))
    assert guard.state.held == 0


def test_an_order_that_reduces_brings_nothing() -> None:
    guard = protected("2")
    smaller = guard.enters("0.5", terms("1", "2"), "reduce", "sell")
    assert told(smaller) == ["replace stop 1.5 @ 97", "replace target 1.5 @ 106"]


def test_a_new_position_waits_for_the_end_of_the_old_stop() -> None:
    guard = protected()
    stop, target = names(guard)
    guard.fills(target, "1")
    assert told(guard.enters("2", order="next")) == ["place target sell 2 @ 106"]
    assert told(guard.gone(stop)) == ["place stop sell 2 @ 97"]


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_where_the_venue_has_no_stops_the_price_is_watched(side: str) -> None:
    guard = Guard(SPOT) if side == "buy" else Guard(VenueHas(frozenset(), True, 0))
    named = PAIR if side == "buy" else terms("103", "94")
    assert guard.enters("1", named, side=side) == []  # type: ignore[arg-type]
    beyond = "97" if side == "buy" else "103"
    assert guard.price("100.5") == []
    (closing,) = guard.price(beyond)
    assert isinstance(closing, CloseNow)
    assert (closing.side, closing.reduce_only) == (
        "sell" if side == "buy" else "buy",
        side != "buy",
    )
    assert guard.price(beyond) == []
    assert guard.fills(closing.name, "1") == []
    assert guard.state.held == 0


def test_a_watched_position_without_prices_is_an_alarm_once() -> None:
    guard = Guard(SPOT)
    guard.enters()
    assert wakes(guard.state) == guard.now + 10 * SECOND
    assert told(guard.tick(10 * SECOND)) == ["alarm"]
    assert guard.tick(10 * SECOND) == []
    guard.price("100")
    assert told(guard.tick(10 * SECOND)) == ["alarm"]


def test_less_than_a_lot_is_flat() -> None:
    guard = Guard(SPOT)
    guard.enters("1.0004")
    (closing,) = guard.price("90")
    assert told([closing]) == ["close sell 1: stop"]
    assert isinstance(closing, CloseNow)
    assert guard.fills(closing.name, "1") == []
    assert guard.tick(60 * SECOND) == []


def test_a_venue_that_learns_stops_is_given_them() -> None:
    guard = Guard(VenueHas(frozenset(), False, 0))
    assert guard.enters() == []
    able = VenueHas(frozenset(OrderType), True, guard.now)
    assert told(guard.hear(able)) == ["place stop sell 1 @ 97", "place target sell 1 @ 106"]


def test_an_order_found_after_a_start_is_adopted_or_withdrawn() -> None:
    before = protected()
    stop, target = names(before)
    guard = Guard()
    guard.position("1")
    for role, name, price in (("stop", stop, "97"), ("target", target, "106")):
        found = (Decimal(1), Decimal(0), Decimal(price), guard.now)
        assert guard.hear(Found(name, "entry", role, "sell", *found)) == []  # type: ignore[arg-type]
    assert names(guard) == (stop, target)
    assert guard.state.stop == 97
    guard.now += 2 * SECOND
    assert told(guard.enters("1", order="more"))[0] == "replace stop 2 @ 97"
    change = guard.state.halves["stop"].change
    assert change is not None
    assert change.name == client_order_id("entry", "a", 2), "no name is given twice"
    stray = Found("stray", "older", "stop", "sell", Decimal(1), Decimal(0), Decimal(9), guard.now)
    assert told(guard.hear(stray)) == ["cancel"]


def test_after_a_start_the_time_begins_anew() -> None:
    guard = Guard()
    guard.enters()
    guard.restart()
    guard.now += 60 * SECOND
    assert awaited(guard.state) == list(names(guard))
    assert guard.hear(Started(guard.now)) == []
    assert wakes(guard.state) == guard.now + SECOND
    assert guard.works(guard.name("stop")) == []
    guard.hear(Lost(guard.name("target"), guard.now))
    assert wakes(guard.state) is None


def test_all_that_is_on_its_way_is_awaited() -> None:
    guard = protected()
    guard.enters()
    changes = [half.change.name for half in guard.state.halves.values() if half.change]
    assert awaited(guard.state) == [*names(guard), *changes]
    stop = guard.name("stop")
    guard.tick(SECOND)
    closing = guard.state.closing
    assert closing is not None
    assert set(awaited(guard.state)) >= {stop, closing.name}
    guard.position("0")
    assert closing.name in awaited(guard.state)


def test_actions_stand_in_the_journal_as_commands() -> None:
    entry = command("entry", account="a", stop="97", target="106", strategy="main")
    guard = Guard()
    stop, target = guard.enters()
    assert isinstance(stop, Place)
    assert isinstance(target, Place)
    first, second = (command_of(each, entry, 5) for each in (stop, target))
    assert (first.client_order_id, first.parent, first.role) == (stop.order.name, "entry", "stop")
    assert (first.type, first.trigger, first.price) == (OrderType.STOP, "97", None)
    assert (second.type, second.trigger, second.price) == (OrderType.LIMIT, None, "106")
    for each in (first, second):
        assert (each.side, each.quantity, each.reduce_only) == ("sell", "1", True)
        assert (each.intent, each.time_in_force) == (Intent.CLOSE, TimeInForce.GTC)
        assert (each.account, each.strategy, each.expires) == ("a", "main", 5)
        assert (each.stop, each.target) == (None, None)
    guard.accept([stop, target])
    (replace, _) = guard.enters("0.5")
    assert isinstance(replace, Replace)
    changed = command_of(replace, first, 5)
    assert (changed.action, changed.orders) == ("modify", (stop.order.name,))
    assert (changed.client_order_id, changed.quantity, changed.trigger) == (
        replace.change, "1.5", "97",
    )  # fmt: skip
    cancel, _ = guard.tick()
    assert isinstance(cancel, Cancel)
    ended = command_of(cancel, second, 5)
    assert (ended.action, ended.orders, ended.quantity) == ("cancel", (target.order.name,), "0")


def test_each_cancel_has_a_name_of_its_own() -> None:
    guard = protected()
    cancels = [*guard.position("0"), *guard.tick(), *guard.tick()]
    assert len(cancels) == 6
    assert len({each.command for each in cancels if isinstance(each, Cancel)}) == 6


def test_a_close_is_the_half_that_it_does_the_work_of() -> None:
    for price, role in (("90", "stop"), ("110", "target")):
        guard = Guard(SPOT)
        guard.enters()
        (close,) = guard.price(price)
        assert isinstance(close, CloseNow)
        closing = command_of(close, command("entry"), 5)
        assert (closing.type, closing.role, closing.parent) == (OrderType.MARKET, role, "entry")
        assert (closing.time_in_force, closing.reduce_only) == (TimeInForce.IOC, False)


def test_a_fill_of_an_order_that_is_not_known_is_an_alarm() -> None:
    guard = protected()
    assert told(guard.fills("nobody", "1")) == ["alarm"]
    assert guard.state.held == 1


def test_the_state_survives_as_json_and_an_older_one_loads() -> None:
    guard = protected("2", terms("97", "106", "1.5%", "103", 60 * SECOND))
    guard.fills(guard.name("target"), "0.5")
    guard.restart()
    assert told(guard.fills(guard.name("target"), "1.5")) == ["cancel"]
    assert snapshot.load({"account": "a", "symbol": "s"}) == State("a", "s")
