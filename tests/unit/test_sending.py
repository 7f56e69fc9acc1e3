"""The largest position that the gate has reckoned with, and the executor that holds it to that."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.account import AccountState
from engine.risk import Holding, recheck
from engine.stage import Cell
from schemas.decisions import Verdict
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.statuses import OrderState
from tests.unit.executing import MS, STAGE, Input, command, decided, feed, statuses, ticks
from tests.unit.ordering import account, ask, held, restarted, strategy
from tests.unit.trading import SECOND

D = Decimal
GTC: dict[str, Any] = {"type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, "price": "50"}


@pytest.mark.parametrize(
    ("side", "quantity", "resting", "reason"),
    [
        ("buy", "0", "0", None),
        ("buy", "2", "0", None),
        ("buy", "2.1", "0", Reason.POSITION_CHANGED),
        ("buy", "1", "1", None),
        ("buy", "1", "1.1", Reason.POSITION_CHANGED),
        ("buy", "1", "-9", None),
        ("sell", "-2", "0", None),
        ("sell", "-2.1", "0", Reason.POSITION_CHANGED),
        ("sell", "-1", "-1.1", Reason.POSITION_CHANGED),
    ],
)
def test_no_more_is_there_than_the_gate_reckoned_with(
    side: str, quantity: str, resting: str, reason: Reason | None
) -> None:
    """Three after an order of one: two may be there, whatever the price has become."""
    for price in ("1", "100000"):
        there = Holding(D(quantity), D(price), resting=D(resting))
        got = recheck(command(side=side, after="3"), 0, holding=there)
        assert (None if got is None else got.reason) is reason


def test_a_command_without_the_figure_is_as_before() -> None:
    assert recheck(command(), 0, holding=Holding(D(99), D(100))) is None


@pytest.mark.parametrize(
    ("asks_for", "there"),
    [
        ([command("first")], "position"),
        ([command("first", **GTC)], "an order that rests"),
    ],
)
@pytest.mark.parametrize(("after", "goes"), [("1", False), ("2", True)])
def test_the_executor_sends_nothing_on_top_of_what_the_gate_did_not_know(
    asks_for: Any, there: str, after: str, goes: bool
) -> None:
    cell = Cell.fresh(STAGE, "paper")
    (first,) = asks_for
    inputs: list[Input] = [
        ticks(0, 10), decided(0, 10, 0, first), ticks(1, 20 * MS), decided(1, 20 * MS, 1),
        decided(2, 20 * MS, 1, command("second", after=after)),
    ]  # fmt: skip
    outputs = [out for one in inputs for out in feed(cell, one)]
    (told,) = [one for one in statuses(outputs) if one.client_order_id == "second"]
    if goes:
        assert (told.state, told.reason) == (OrderState.SENT, None), there
    else:
        assert (told.state, told.reason) == (OrderState.REJECTED, Reason.POSITION_CHANGED), there


def test_what_is_on_its_way_counts_too() -> None:
    cell = Cell.fresh(STAGE, "paper")
    inputs: list[Input] = [
        ticks(0, 10), decided(0, 10, 0, command("first", after="1")),
        decided(1, 10, 0, command("second", after="1")),
        decided(2, 10, 0, command("third", after="2")),
        decided(3, 10, 0, command("down", side="sell", after="1")),
    ]  # fmt: skip
    outputs = [out for one in inputs for out in feed(cell, one)]
    assert [(one.client_order_id, one.state.value) for one in statuses(outputs) if one.state] == [
        ("first", "sent"), ("second", "rejected"), ("third", "sent"), ("down", "sent"),
    ]  # fmt: skip


def test_the_gate_reckons_with_what_is_held_and_under_way() -> None:
    limits = strategy(pyramiding=True, maximum_adds=9, risk={"risk_per_trade": "0.001"})
    cell = account(limits=limits)
    first = ask(cell, Verdict.LONG).command
    assert first is not None
    assert (first.quantity, first.after) == ("3.333", "3.333")
    cell = restarted(cell)
    assert [str(each.quantity) for each in cell.state.pending.values()] == ["3.333"]
    feed_ = held("3.333", stop="99", last_order=first.client_order_id)
    cell.take(*feed_)
    second = ask(cell, Verdict.LONG, 1, seen_time=2 * SECOND).command
    assert second is not None
    assert D(second.after or 0) == D("3.333") + D(second.quantity)
    assert ask(account(held("-2")), Verdict.SHORT).command is None
    closing = ask(account(held("2")), Verdict.EXIT).command
    assert closing is not None
    assert closing.after is None


def test_a_state_of_before_the_figure_loads() -> None:
    cell = account()
    ask(cell, Verdict.LONG)
    data = cell.state.dump()
    data["pending"] = [row[:12] for row in data["pending"]]
    (old,) = AccountState.load(data).pending.values()
    assert old.quantity == 0
    assert [old.margin, old.notional] == [
        each for row in data["pending"] for each in map(D, row[7:9])
    ]
