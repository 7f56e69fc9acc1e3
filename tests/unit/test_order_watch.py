"""What stops an account by itself: the day's loss, the drawdown, liquidation near."""

from __future__ import annotations

from typing import Any

import pytest

from engine.risk import RiskLimits
from engine.stage import Cell
from schemas import names
from schemas.commands import ControlState
from schemas.decisions import Verdict
from schemas.orders import Intent, OrderDecision
from schemas.refusals import Reason
from tests.unit.ordering import (
    account,
    ask,
    figures,
    held,
    money,
    outputs,
    restarted,
    state,
    strategy,
)  # fmt: skip
from tests.unit.trading import ACCOUNT, Input

DAY = 86_400 * 10**9


@pytest.mark.parametrize(
    ("equity", "reason"), [("9500.01", None), ("9500", Reason.DAILY_LOSS), ("1", Reason.DAILY_LOSS)]
)
def test_a_day_s_loss_of_five_percent_stops_entries(equity: str, reason: Reason | None) -> None:
    limits = RiskLimits(drawdown=1)
    day = money(1, equity, day=0, day_start="10000")
    assert ask(account(day, limits=limits), Verdict.LONG).reason is reason
    assert ask(account(day, held("5"), limits=limits), Verdict.EXIT).outcome == "approved"


def test_a_lost_day_stays_lost_until_the_next_one() -> None:
    cell = account(money(1, "9500", day=0, day_start="10000"))
    order = ask(cell, Verdict.LONG, 0)
    assert figures(order) == {"daily_loss": ("0.05", "0.05", False)}
    cell = restarted(cell)
    cell.take(*money(2, "9900", day=0, day_start="10000"))
    assert ask(cell, Verdict.LONG, 1, seen_time=DAY - 1).reason is Reason.DAILY_LOSS
    assert ask(cell, Verdict.LONG, 2, seen_time=DAY).outcome == "approved"


def test_yesterday_s_start_is_no_measure_for_today() -> None:
    cell = account(money(1, "9000", day=0, day_start="10000"), limits=RiskLimits(drawdown=1))
    assert ask(cell, Verdict.LONG, 0, seen_time=DAY).outcome == "approved"


def drawdowns(cell: Cell[Any], verdict: Verdict, seq: int) -> tuple[OrderDecision, list[str]]:
    """The answer to one decision, and what control.state is told of the drawdown with it."""
    first, *rest = outputs(cell, verdict, seq)
    assert isinstance(first.record, OrderDecision)
    told: list[str] = []
    for output in rest:
        assert isinstance(output.record, ControlState)
        assert (output.topic, output.key) == (names.STATE, f"{ACCOUNT}:drawdown")
        assert output.record.seq == len(told) + (0 if output.record.value == "true" else 1)
        told.append(output.record.value)
    return first.record, told


def test_a_drawdown_halts_until_a_person_resumes() -> None:
    cell = account(money(1, "8000.01", peak="10000"))
    assert drawdowns(cell, Verdict.HOLD, 0)[1] == []
    cell.take(*money(2, "8000", peak="10000"))
    assert drawdowns(cell, Verdict.HOLD, 1)[1] == ["true"]
    cell.take(*money(3, "9900", peak="10000"))
    cell = restarted(cell)
    order, told = drawdowns(cell, Verdict.LONG, 2)
    assert (order.reason, told) == (Reason.DRAWDOWN, [])
    cell.take(*state("resumed", "any", 0))
    order, told = drawdowns(cell, Verdict.LONG, 3)
    assert (order.outcome, told) == ("approved", ["false"])


def test_after_a_resume_the_drawdown_counts_from_the_highest_equity_since() -> None:
    cell = account(money(1, "7000", peak="10000"), state("resumed", "any", 4))
    assert drawdowns(cell, Verdict.HOLD, 0)[1] == ["true"]
    cell.take(*state("resumed", "any", 5))
    assert outputs(cell, Verdict.HOLD, 1)[1].record.model_dump()["value"] == "false"
    cell.take(*money(2, "7500", peak="10000"))
    assert len(outputs(cell, Verdict.HOLD, 2)) == 1
    cell = restarted(cell)
    cell.take(*money(3, "6000.01", peak="10000"))
    assert len(outputs(cell, Verdict.HOLD, 3)) == 1
    cell.take(*money(4, "6000", peak="10000"))
    assert outputs(cell, Verdict.HOLD, 4)[1].record.model_dump()["value"] == "true"


def near(watch: str, **fields: Any) -> Input:
    return held("5", watch=watch, liquidation="91", **fields)


@pytest.mark.parametrize("watch", ["near", "breached"])
def test_a_position_near_its_liquidation_is_closed_where_the_limits_say_so(watch: str) -> None:
    cell = account(near(watch), limits=RiskLimits(close_near_liquidation=True))
    own, risk = outputs(cell, Verdict.HOLD, clock=True)
    assert isinstance(own.record, OrderDecision)
    assert own.record.outcome == "held"
    order = risk.record
    assert isinstance(order, OrderDecision)
    assert (order.outcome, order.origin, order.strategy) == ("approved", "risk", "main")
    assert order.command is not None
    assert (order.command.intent, order.command.quantity) == (Intent.CLOSE, "5")
    assert figures(order) == {
        "watch": (watch, "ok", False), "liquidation": ("100", "91", False),
    }  # fmt: skip
    assert len(outputs(cell, Verdict.HOLD, 1)) == 1  # it is under way


def test_it_is_left_alone_where_they_do_not_and_when_it_is_safe() -> None:
    assert len(outputs(account(near("breached")), Verdict.HOLD)) == 1
    safe = account(near("ok"), limits=RiskLimits(close_near_liquidation=True))
    assert len(outputs(safe, Verdict.HOLD)) == 1


def test_a_strategy_that_leaves_by_itself_is_not_helped() -> None:
    cell = account(near("near"), limits=RiskLimits(close_near_liquidation=True))
    (only,) = outputs(cell, Verdict.EXIT)
    assert isinstance(only.record, OrderDecision)
    assert only.record.origin == "strategy"


def test_nothing_is_added_near_the_liquidation() -> None:
    order = ask(account(near("near"), limits=strategy(pyramiding=True)), Verdict.LONG)
    assert order.reason is Reason.LIQUIDATION_NEAR


def test_a_rescue_needs_no_person_in_semi_automatic_mode() -> None:
    cell = account(
        near("near"),
        state("mode", "semi_automatic"),
        limits=RiskLimits(close_near_liquidation=True),
    )
    own, risk = outputs(cell, Verdict.EXIT)
    assert isinstance(own.record, OrderDecision)
    assert isinstance(risk.record, OrderDecision)
    assert (own.record.outcome, risk.record.outcome) == ("awaiting", "approved")
