"""A weak verdict against a position halves it once, until one is for it again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.account import AccountState
from engine.stage import Cell
from schemas import names
from schemas.decisions import Verdict
from schemas.orders import Intent, OrderDecision
from schemas.refusals import Reason
from tests.unit.ordering import account, ask, held, restarted, strategy

LONG, SHORT, EXIT, HOLD = Verdict.LONG, Verdict.SHORT, Verdict.EXIT, Verdict.HOLD
WEAK, STRONG = 0.3, 0.8


class Story:
    """An account that halves, with a position of strategy "main"; its orders are filled at once."""

    def __init__(self, quantity: str = "8") -> None:
        self.cell: Cell[Any] = account(limits=strategy(reduce=True))
        self.seq = self.told = 0
        self.done: list[str] = []
        self.holds(quantity)

    def holds(self, quantity: str) -> None:
        """What the portfolio says of the symbol from now on."""
        self.told += 1
        self.cell.take(*held(quantity, self.told, finished=tuple(self.done)))

    def meets(self, verdict: Verdict, strength: float = WEAK, **fields: Any) -> OrderDecision:
        """The answer to a verdict, and the fill of what it asks for."""
        order = ask(self.cell, verdict, self.seq, **{"strength": strength, **fields})
        self.seq += 1
        if order.command is not None and order.command.intent is Intent.REDUCE:
            rows: Any = self.cell.tables[names.PORTFOLIO]["main:BTC/USDT:USDT"]
            left = Decimal(rows.quantity) - Decimal(order.command.quantity)
            self.done.append(order.command.client_order_id)
            self.holds(str(left))
        return order

    def halves(self, verdict: Verdict, strength: float = WEAK, **fields: Any) -> bool:
        command = self.meets(verdict, strength, **fields).command
        return command is not None and command.intent is Intent.REDUCE


@pytest.mark.parametrize("again", [1, 5])
def test_it_halves_once_however_often_it_is_said(again: int) -> None:
    story = Story()
    assert story.halves(SHORT)
    for _ in range(again):
        order = story.meets(SHORT)
        assert (order.outcome, order.reason) == ("refused", Reason.WEAK_SIGNAL)
        (found,) = order.checks
        assert (found.name, found.value, found.limit, found.passed) == (
            "strength", "0.3", "0.65", False,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("between", "fields", "again"),
    [
        (LONG, {}, True),
        (LONG, {"strategy": "other"}, False),
        (HOLD, {}, False),
        (LONG, {"strength": STRONG}, True),
    ],
)
def test_a_verdict_for_it_begins_anew(
    between: Verdict, fields: dict[str, Any], again: bool
) -> None:
    story = Story()
    assert story.halves(SHORT)
    story.meets(between, **fields)
    assert story.halves(SHORT) is again


def test_a_strong_one_closes_what_was_halved_and_so_does_an_exit() -> None:
    for verdict, strength in ((SHORT, STRONG), (EXIT, WEAK)):
        story = Story()
        assert story.halves(SHORT)
        order = story.meets(verdict, strength)
        assert order.command is not None
        assert (order.command.intent, order.command.quantity) == (Intent.CLOSE, "4.000")


def test_another_position_is_halved_anew() -> None:
    story = Story()
    assert story.halves(SHORT)
    story.holds("0")
    story.meets(HOLD)
    story.holds("2")
    assert story.halves(SHORT)


def test_it_outlives_a_restart_and_an_older_state_has_halved_nothing() -> None:
    story = Story()
    assert story.halves(SHORT)
    story.cell = restarted(story.cell)
    assert not story.halves(SHORT)
    data = story.cell.state.dump()
    assert data.pop("reduced") == ["BTC/USDT:USDT"]
    assert AccountState.load(data).reduced == set()
