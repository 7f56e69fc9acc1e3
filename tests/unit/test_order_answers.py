"""The gate for what people ask: the same caps, any kind of order, changes and cancels."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any

import pytest

from engine.account import Account
from engine.answers import Approved, Turned
from engine.asks import PERSON, Ask, intent_of
from engine.ledger import let_go, turn_down
from engine.risk import MONEY, RiskLimits
from engine.stage import Cell, Context
from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.orders import Check, Intent, OrderType, Style, TimeInForce
from schemas.refusals import Reason
from tests.unit.ordering import account, ask, held, restarted, state
from tests.unit.trading import ETH, SECOND, decision

D = Decimal
BUY = Ask(Intent.OPEN, "buy", PERSON, origin="person", request="r1", quantity=D(2))
RESTING: dict[str, Any] = {"type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}


def meeting(cell: Cell[Any], now: int = 0, **fields: Any) -> Account:
    """The account as it meets a decision that asks for nothing."""
    record: Decision = decision(9, Verdict.HOLD, **fields)
    return Account(cell.state, record, Context(record.key, now, cell.tables, ()))


def answered(cell: Cell[Any], asked: Ask, now: int = 0, **fields: Any) -> Approved | Turned:
    """What the gate makes of it, as within a step."""
    with localcontext(MONEY):
        meets = meeting(cell, now, **fields)
        meets.settle()
        found: Approved | Turned = cell.stage.answer(meets, asked)  # type: ignore[attr-defined]
        return found


def approved(cell: Cell[Any], asked: Ask, **fields: Any) -> Approved:
    found = answered(cell, asked, **fields)
    assert isinstance(found, Approved), found
    return found


def refused(cell: Cell[Any], asked: Ask, **fields: Any) -> Reason:
    found = answered(cell, asked, **fields)
    assert isinstance(found, Turned), found
    return found.reason


def test_a_person_s_market_order_is_valued_at_the_touch_and_protected() -> None:
    found = approved(account(), replace(BUY, identity="tl-mine"))
    command = found.command
    assert (command.client_order_id, command.quantity, command.strategy) == (
        "tl-mine", "2.000", PERSON,
    )  # fmt: skip
    assert (command.stop, command.target, command.type) == ("97", "106", OrderType.MARKET)
    assert not found.awaiting
    assert found.assessment is not None
    assert found.assessment.suggested == "2.000"


def test_it_passes_the_same_caps_as_any_other() -> None:
    found = approved(account(), replace(BUY, quantity=D(500)))
    assert found.command.quantity == "10.000"
    assert refused(account(state("stopped", "true")), BUY) is Reason.HALTED
    assert refused(account(), replace(BUY, stop=D(101))) is Reason.STOP_REVERSED
    assert refused(account(), replace(BUY, quantity=D("0.0004"))) is Reason.BELOW_LOT
    assert refused(account(), BUY, bid=None) is Reason.NO_BOOK


def test_a_person_needs_no_strength_and_waits_for_nobody() -> None:
    found = approved(account(state("mode", "semi_automatic")), BUY)
    assert not found.awaiting
    assert {check.name for check in found.checks} >= {"stop", "price_far", "asked", "risk"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"type": OrderType.LIMIT, "price": D("104.9")}, None),
        ({"type": OrderType.LIMIT, "price": D("105.1")}, Reason.PRICE_FAR),
        ({**RESTING, "price": D(81)}, None),
        ({**RESTING, "price": D(79)}, Reason.PRICE_FAR),
        ({"type": OrderType.STOP, "trigger": D(110)}, None),
        ({"type": OrderType.STOP, "trigger": D(130)}, Reason.PRICE_FAR),
        ({"type": OrderType.STOP_LIMIT, "trigger": D(110), "price": D(130)}, Reason.PRICE_FAR),
    ],
)
def test_a_price_far_from_the_book_is_intercepted(
    fields: dict[str, Any], reason: Reason | None
) -> None:
    asked = replace(BUY, **fields)
    if reason is None:
        command = approved(account(), asked).command
        assert (command.price, command.trigger) == tuple(
            None if fields.get(name) is None else str(fields[name]) for name in ("price", "trigger")
        )
    else:
        assert refused(account(), asked) is reason


def test_a_sell_far_below_the_book_is_intercepted_though_it_fills_at_the_touch() -> None:
    asked = replace(BUY, side="sell", type=OrderType.LIMIT, price=D(50))
    assert refused(account(), asked) is Reason.PRICE_FAR


def test_resting_orders_count_against_the_caps_until_the_venue_has_none_of_them() -> None:
    cell = account()
    first = approved(cell, replace(BUY, identity="a", quantity=D(6), price=D(90), **RESTING))
    assert first.command.quantity == "6.000"
    second = approved(cell, replace(BUY, identity="b", quantity=D(6), price=D(90), **RESTING))
    assert second.command.quantity == "5.111"  # (1000 - 540) / 90
    assert refused(cell, replace(BUY, identity="c")) is Reason.SYMBOL_CAP  # 0.01 is left
    late = 40 * SECOND
    cell.take(names.PORTFOLIO, held("0", 0, open_orders=("a",), seen_time=late)[1])
    assert approved(cell, replace(BUY, identity="c", quantity=D(1)), now=late)
    assert set(cell.state.pending) == {"a", "c"}
    cell.take(names.PORTFOLIO, held("6", 1, finished=("a", "c"))[1])
    answered(cell, replace(BUY, action="cancel", orders=("z",), identity="d"), now=late)
    assert set(cell.state.pending) == {"d"}


def test_a_strategy_does_not_enter_beside_a_resting_order() -> None:
    cell = account()
    approved(cell, replace(BUY, price=D(90), **RESTING))
    assert ask(cell, Verdict.LONG).reason is Reason.ORDER_PENDING


def test_a_change_counts_as_the_larger_of_the_two_and_not_twice() -> None:
    cell = account()
    approved(cell, replace(BUY, identity="a", quantity=D(9), price=D(100), **RESTING))
    change = replace(BUY, action="modify", orders=("a",), price=D(100), **RESTING)
    found = approved(cell, replace(change, identity="m1", quantity=D(12)))
    assert (found.command.action, found.command.quantity) == ("modify", "10.000")
    assert cell.state.pending["a"].notional == 1000
    approved(cell, replace(change, identity="m2", quantity=D(1)))
    assert cell.state.pending["a"].notional == 1000
    assert set(cell.state.pending) == {"a"}


@pytest.mark.parametrize(
    ("visible", "reason"),
    [
        ("0.3005", None), ("0.0009", Reason.BELOW_LOT),
        ("0.055", Reason.BELOW_MINIMUM_NOTIONAL), ("0.056", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("leaves", [False, True])
def test_a_visible_part_is_an_order_that_the_venue_takes(
    visible: str, reason: Reason | None, leaves: bool
) -> None:
    """5 are worth enough; a part of 0.055 at 90 is worth 4.95, one of 0.056 5.04."""
    cell = account(held("2")) if leaves else account()
    asked = replace(
        BUY, side="sell" if leaves else "buy", intent=Intent.CLOSE if leaves else Intent.OPEN,
        price=D(90), style=Style(visible=visible), **RESTING,
    )  # fmt: skip
    if reason is None:
        style = approved(cell, asked).command.style
        assert style == Style(visible=visible[:5], lot="0.001")
    else:
        assert refused(cell, asked) is reason


def test_a_change_leaves_as_it_is_what_it_does_not_name() -> None:
    cell = account()
    approved(cell, replace(BUY, identity="a", price=D(90), stop=D(80), post_only=True, **RESTING))
    change = Ask(Intent.ADJUST, "sell", "", "person", "modify", ("a",), identity="m")
    cell = restarted(cell)
    command = approved(cell, replace(change, price=D(95))).command
    assert (command.price, command.quantity, command.stop) == ("95", "2.000", "80")
    assert command.target == "100.7"  # 6 % from the new price
    assert (command.side, command.type, command.post_only) == ("buy", OrderType.LIMIT, True)
    command = approved(cell, replace(change, identity="n", quantity=D(1))).command
    assert (command.price, command.quantity, command.orders) == ("95", "1.000", ("a",))
    assert refused(cell, replace(change, orders=("z",))) is Reason.UNKNOWN_ORDER
    assert refused(cell, replace(change, price=D(121))) is Reason.PRICE_FAR


def test_a_person_s_own_stop_is_not_moved_by_the_profile() -> None:
    cell = account(limits=RiskLimits(profile="safe"))
    assert approved(cell, replace(BUY, identity="a", stop=D(90))).command.stop == "90"
    assert approved(account(limits=RiskLimits(profile="safe")), BUY).command.stop == "98"


def test_leaving_is_cut_to_the_position_and_allowed_while_halted() -> None:
    cell = account(held("5"), state("stopped", "true"))
    sell = replace(BUY, intent=Intent.CLOSE, side="sell", quantity=D(9), identity="x")
    command = approved(cell, sell).command
    assert (command.quantity, command.reduce_only, command.stop) == ("5", True, None)
    assert refused(cell, replace(sell, identity="y")) is Reason.ORDER_PENDING
    part = replace(sell, intent=Intent.REDUCE, quantity=D("1.2345"))
    assert approved(account(held("5")), part).command.quantity == "1.234"
    assert refused(account(), sell) is Reason.NO_POSITION
    assert refused(account(held("-5")), sell) is Reason.NO_POSITION


def test_a_resting_exit_keeps_nobody_from_leaving_at_once() -> None:
    cell = account(held("5"))
    approved(cell, replace(BUY, intent=Intent.CLOSE, side="sell", price=D(110), **RESTING))
    assert ask(cell, Verdict.EXIT).outcome == "approved"


@pytest.mark.parametrize(
    ("quantity", "stop", "target", "reason"),
    [
        ("5", "99", None, None),
        ("5", None, "101", None),
        ("5", "100.5", None, Reason.STOP_REVERSED),
        ("5", None, "99", Reason.STOP_REVERSED),
        ("-5", "101", "99", None),
        ("-5", "99", None, Reason.STOP_REVERSED),
        ("-5", None, "101", Reason.STOP_REVERSED),
        ("0", "99", None, Reason.NO_POSITION),
    ],
)
def test_protection_lies_on_its_sides_of_the_market(
    quantity: str, stop: str | None, target: str | None, reason: Reason | None
) -> None:
    asked = replace(
        BUY, intent=Intent.ADJUST, action="protect", side="sell", quantity=None,
        stop=None if stop is None else D(stop), target=None if target is None else D(target),
    )  # fmt: skip
    cell = account(held(quantity))
    if reason is not None:
        assert refused(cell, asked) is reason
        return
    command = approved(cell, asked).command
    assert (command.stop, command.target, command.quantity) == (stop, target, quantity.strip("-"))


def test_a_cancel_always_passes_and_binds_nothing() -> None:
    cell = account(state("stopped", "true"))
    cancel = replace(BUY, intent=Intent.ADJUST, action="cancel", orders=("a", "b"), quantity=None)
    assert approved(cell, cancel).command.orders == ("a", "b")
    assert ask(cell, Verdict.HOLD, 1).outcome == "held"


def test_what_waits_is_let_go_through_the_gate_again() -> None:
    cell = account(state("mode", "semi_automatic"))
    order = ask(cell, Verdict.LONG)
    assert order.command is not None
    name = order.command.client_order_id
    assert let_go(meeting(cell, key=ETH), name, "r2") == Turned(Reason.UNKNOWN_ORDER)
    again = let_go(meeting(cell), name, "r2")
    assert isinstance(again, Ask)
    assert not cell.state.pending
    found = approved(cell, again, now=200 * SECOND)
    assert not found.awaiting
    assert found.command == order.command.model_copy(update={"expires": 205 * SECOND})
    assert let_go(meeting(cell), name, "r3") == Turned(Reason.UNKNOWN_ORDER)


def test_what_waited_may_be_refused_by_then() -> None:
    cell = account(state("mode", "semi_automatic"))
    ask(cell, Verdict.LONG)
    (name,) = cell.state.awaiting
    again = let_go(meeting(cell), name, "r2")
    assert isinstance(again, Ask)
    assert refused(cell, again, bid=("90", "1"), ask=("90", "1")) is Reason.STOP_REVERSED


def test_what_is_declined_is_gone() -> None:
    cell = account(state("mode", "semi_automatic"))
    order = ask(cell, Verdict.LONG)
    assert order.command is not None
    name = order.command.client_order_id
    assert turn_down(meeting(cell), name).reason is Reason.DECLINED
    assert turn_down(meeting(cell), name).reason is Reason.UNKNOWN_ORDER
    assert ask(cell, Verdict.LONG, 1).outcome == "awaiting"


def test_an_exit_that_waits_keeps_no_person_from_leaving() -> None:
    cell = account(held("5"), state("mode", "semi_automatic"))
    assert ask(cell, Verdict.EXIT).outcome == "awaiting"
    assert ask(cell, Verdict.EXIT, 1).reason is Reason.ORDER_PENDING
    leave = replace(BUY, intent=Intent.CLOSE, side="sell", quantity=None)
    assert approved(cell, leave).command.quantity == "5"


def test_a_storm_of_orders_is_cut_off_and_passes() -> None:
    cell = account(limits=RiskLimits(storm_orders=3))
    cancel = replace(BUY, intent=Intent.ADJUST, action="cancel", orders=("a",), quantity=None)
    for n in range(3):
        approved(cell, replace(cancel, identity=str(n)))
    assert refused(cell, BUY, now=10 * SECOND - 1) is Reason.ORDER_STORM
    assert answered(cell, replace(cancel, identity="4"), now=10 * SECOND - 1).checks == ()
    assert approved(cell, BUY, now=20 * SECOND)


def test_a_size_far_from_the_usual_is_intercepted() -> None:
    cell = account(limits=RiskLimits(storm_orders=99, unusual_factor=10))
    for n in range(5):
        small = replace(BUY, identity=str(n), quantity=D("0.1"), price=D(100), **RESTING)
        approved(cell, small)
    assert refused(cell, replace(BUY, quantity=D("1.001")), now=60 * SECOND) is Reason.UNUSUAL_SIZE
    assert approved(cell, replace(BUY, quantity=D(1)), now=60 * SECOND)
    day = 86_400 * SECOND
    cell.take(*held("0", 0, seen_time=day))
    assert approved(cell, replace(BUY, identity="z", quantity=D(8)), now=day + 60 * SECOND)


def test_figures_that_come_with_the_question_come_first() -> None:
    said = Check(name="said", value="a", limit="b", passed=True)
    found = approved(account(), replace(BUY, checks=(said,)))
    assert found.checks[0] == said


@pytest.mark.parametrize(
    ("quantity", "side", "size", "reduce_only", "intent"),
    [
        ("0", "buy", "1", False, Intent.OPEN),
        ("5", "buy", "1", False, Intent.ADD),
        ("5", "sell", "1", False, Intent.REDUCE),
        ("5", "sell", "5", False, Intent.CLOSE),
        ("-5", "sell", "1", False, Intent.ADD),
        ("-5", "buy", "9", False, Intent.CLOSE),
        ("0", "buy", "1", True, Intent.CLOSE),
    ],
)
def test_what_a_person_s_order_is_for(
    quantity: str, side: Any, size: str, reduce_only: bool, intent: Intent
) -> None:
    assert intent_of(D(quantity), side, D(size), reduce_only) is intent


def test_every_cap_is_in_the_record_and_the_score_is_the_sum_of_its_parts() -> None:
    order = ask(account(equity="300"), Verdict.LONG)
    assert [check.name for check in order.checks] == [
        "status", "side", "stop", "target", "equity", "daily_loss", "drawdown", "strength",
        "confidence", "price_far", "order_storm", "positions", "free_margin", "risk", "symbol_cap",
        "notional", "margin", "concentration", "correlation", "quantity", "minimum_notional",
    ]  # fmt: skip
    assert order.assessment is not None
    # 2 of 100: risk 6 of 6, symbol 20 of 45, margin 20 of 300, base 20 of 90, group 20 of 150
    assert order.assessment.parts == {
        "risk": 20.0, "symbol_cap": 6.66666666667, "margin": 1.33333333333,
        "concentration": 2.22222222222, "correlation": 1.33333333333, "positions": 0.5,
        "daily_loss": 0.0, "drawdown": 0.0,
    }  # fmt: skip
    assert order.assessment.score == 32.0555555556
    assert order.assessment.suggested == "2.000"


def test_a_close_leaves_a_score_of_what_stays() -> None:
    other = held("9", key=ETH)
    order = ask(account(held("5"), other, equity="1000"), Verdict.EXIT)
    assert order.assessment is not None
    assert order.assessment.suggested == "5"
    # 90 of margin stay: 90 of 1000, 90 of 500 in the group; one of ten positions
    assert order.assessment.parts["margin"] == 1.8
    assert order.assessment.parts["correlation"] == 1.8
    assert order.assessment.parts["concentration"] == 0
    assert order.assessment.score == 4.1
