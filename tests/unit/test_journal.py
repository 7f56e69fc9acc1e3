"""The journal lets an order be done again after a crash, and refuses another story of it."""

from __future__ import annotations

import pytest

from executor.paper.journal import Journal
from schemas.errors import Fatal
from schemas.orders import Intent, OrderCommand
from schemas.statuses import JournalEntry, OrderState, Status


def command(quantity: str = "1") -> OrderCommand:
    return OrderCommand(
        client_order_id="tl1", account="paper", venue="v", symbol="S", intent=Intent.OPEN,
        side="buy", quantity=quantity, expires=10,
    )  # fmt: skip


def fill(price: str, seq: int = -1) -> Status:
    return Status(
        seq=seq, type="fill", account="paper", venue="v", symbol="S", client_order_id="tl1",
        state=OrderState.FILLED, price=price, quantity="1",
    )  # fmt: skip


def entry(state: OrderState, *statuses: Status, quantity: str = "1") -> JournalEntry:
    return JournalEntry(
        key="tl1", command=command(quantity), order_seq=1, tick=1, state=state, due=5,
        statuses=statuses,
    )  # fmt: skip


def test_each_step_is_news_once() -> None:
    journal = Journal()
    assert journal.admit(entry(OrderState.INTENDED))
    assert not journal.admit(entry(OrderState.INTENDED))
    assert journal.admit(entry(OrderState.FILLED, fill("10")))
    assert not journal.admit(entry(OrderState.FILLED, fill("10")))


def test_a_second_fill_in_the_same_state_is_news() -> None:
    journal = Journal()
    assert journal.admit(entry(OrderState.PARTIALLY_FILLED, fill("10")))
    assert journal.admit(entry(OrderState.PARTIALLY_FILLED, fill("10"), fill("11")))
    assert not journal.admit(entry(OrderState.PARTIALLY_FILLED, fill("10")))


def test_an_earlier_step_done_again_does_not_turn_it_back() -> None:
    journal = Journal()
    journal.admit(entry(OrderState.FILLED, fill("10")))
    assert not journal.admit(entry(OrderState.INTENDED))
    assert not journal.admit(entry(OrderState.FILLED, fill("10", seq=7)))


def test_a_second_effect_is_refused() -> None:
    journal = Journal()
    journal.admit(entry(OrderState.FILLED, fill("10")))
    with pytest.raises(Fatal, match="tl1"):
        journal.admit(entry(OrderState.FILLED, fill("11")))
    with pytest.raises(Fatal, match="tl1"):
        journal.admit(entry(OrderState.INTENDED, quantity="2"))
