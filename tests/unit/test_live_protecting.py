"""Protective orders of a live account: prices in the venue's steps."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.protection.actions import Cancel, CloseNow, Place
from engine.protection.events import EntryFilled, Terms, Tick, VenueHas
from engine.protection.machine import step, wakes
from engine.protection.state import State
from executor.live import story
from executor.live.desk import Desk
from executor.live.executor import PROTECTION
from executor.live.orders import Orders
from executor.live.protecting import LOOK, Protecting, stepped
from schemas.orders import OrderCommand, OrderType
from schemas.statuses import JournalEntry, OrderState, Status
from tests.unit.test_live_desk import BTC, decision


@pytest.mark.parametrize(
    ("price", "tick", "found"),
    [
        ("59946.29", "0.1", "59946.3"),
        ("59946.24", "0.1", "59946.2"),
        ("0.123456", "0.00005", "0.12345"),
        ("61000", "0.1", "61000"),
        ("59946.29", "0", "59946.29"),
        (None, "0.1", None),
    ],
)
def test_a_price_is_the_nearest_that_the_venue_takes(
    price: str | None, tick: str, found: str | None
) -> None:
    assert stepped(price, tick) == found


def protecting() -> Protecting:
    """Of a desk that knows no order."""
    able = SimpleNamespace(types=frozenset(OrderType), reduce_only=True)
    venue = SimpleNamespace(able=able, steps=lambda _: ("0.001", "0.1"))
    desk = SimpleNamespace(account="main", venue=venue, orders=Orders(), clock=lambda: 7)
    return Protecting(cast(Desk, desk))


def filled(command: OrderCommand, seq: int) -> tuple[JournalEntry, Status]:
    """An order of the account, and an execution of it."""
    entry = story.begun(decision(seq)).model_copy(update={"command": command})
    status = Status(
        type="fill", account="main", venue="binance", symbol=BTC, seq=seq, state=OrderState.FILLED,
        client_order_id=command.client_order_id, side=command.side, quantity=command.quantity,
        price="60000",
    )  # fmt: skip
    return entry, status


def test_what_is_left_of_a_position_is_withdrawn_after_a_restart_that_found_it_flat() -> None:
    """Nothing of the journal says any more whose order it was."""
    enters = decision(1).command
    assert enters is not None
    leaves = enters.model_copy(update={"client_order_id": "tl2", "side": "sell"})
    before = protecting()
    for number, command in enumerate((enters.model_copy(update={"stop": "59000"}), leaves)):
        entry, status = filled(command, number)
        before.hear(entry, (status,))
    saved: dict[str, Any] = json.loads(json.dumps(before.dump()))
    assert float(saved["states"][BTC]["held"]) == 0
    after = protecting()
    after.load(saved, ())
    found = after._entry(BTC, Cancel("tl9", "tl8"))
    assert found is not None
    command = found.command
    assert (command.action, command.account, command.symbol) == ("cancel", "main", BTC)
    assert (command.orders, command.contract) == (("tl9",), enters.contract)


def test_a_position_whose_stop_does_not_come_is_closed_before_its_second_is_over() -> None:
    """What is left of it is for the close to be journalled, sent and filled."""
    able = VenueHas(frozenset(OrderType), True, 0, Decimal("0.001"), Decimal("0.1"))
    state = State("main", BTC)
    step(state, able, PROTECTION)
    terms = Terms(stop=Decimal(59000))
    fill = EntryFilled("entry", "buy", Decimal(1), Decimal(60000), terms, 0)
    assert any(isinstance(each, Place) for each in step(state, fill, PROTECTION))
    due = wakes(state, PROTECTION)
    assert due is not None
    assert due + LOOK * 1e9 <= 0.75e9
    assert any(isinstance(each, CloseNow) for each in step(state, Tick(due), PROTECTION))
