"""How strong a verdict is, and which are too weak for an account to enter on."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from engine.decisions import DecisionsStage
from engine.risk import RiskLimits, RiskSettings
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.orders import OrderDecision
from schemas.refusals import Reason
from schemas.signals import Action, Signal
from tests.unit.judging import decisions, signal
from tests.unit.ordering import account, ask, figures, state, strategy
from tests.unit.trading import BTC, Input

VALUES = {
    "close": 95.0, "rsi": 15.0, "atr": 1.0, "ema_fast": 101.0, "ema_slow": 100.0,
    "sma_fast": 101.0, "sma_slow": 100.0, "bollinger_upper": 104.0, "bollinger_middle": 100.0,
    "bollinger_lower": 96.0,
}  # fmt: skip
"""A close below the bands with an RSI half-way to its end: reversion buys, with confidence 0.75."""

WEAK = {**VALUES, "rsi": 29.0}
"""The same with an RSI that just about is extreme: confidence 0.517."""


def judged(one: Signal, **advisors: dict[str, Any]) -> Decision:
    """What a strategy of these advisors makes of one signal."""
    sections = StrategySections.model_validate({"strategies": {"main": {"advisors": advisors}}})
    (found,) = decisions(Cell.fresh(DecisionsStage(sections.build()), BTC).take(names.SIGNALS, one))
    return found


def bar(action: Action = Action.HOLD, values: dict[str, float] = VALUES, **fields: Any) -> Signal:
    """A signal with the indicators, on a book that is inside the bands."""
    return signal(0, action, indicators=values, bid=("94.90", "3"), ask=("95.10", "3"), **fields)


def test_a_verdict_of_the_scores_is_as_strong_as_they_are() -> None:
    found = judged(bar(Action.BUY), rule={})
    assert (found.verdict, found.strength, found.confidence) == (Verdict.LONG, 0.75, 0.75)


@pytest.mark.parametrize("action", [Action.HOLD, Action.SELL])
@pytest.mark.parametrize(("values", "sure"), [(VALUES, 0.75), (WEAK, 0.516666666667)])
def test_a_verdict_of_others_is_as_strong_as_they_are_sure(
    action: Action, values: dict[str, float], sure: float
) -> None:
    found = judged(bar(action, values), reversion={})
    assert (found.verdict, found.strength, found.confidence) == (Verdict.LONG, sure, sure)


def test_the_scores_count_where_the_rule_agrees() -> None:
    found = judged(bar(Action.BUY, strength=0.6), rule={}, reversion={"weight": 9})
    assert (found.verdict, found.strength) == (Verdict.LONG, 0.6)
    assert found.confidence > 0.7


def test_the_scores_do_not_count_where_the_rule_is_outvoted() -> None:
    found = judged(bar(Action.SELL, strength=0.9), rule={}, reversion={"weight": 9})
    assert found.verdict is Verdict.LONG
    assert found.strength == found.confidence == 0.675


def test_a_hold_tells_the_strength_of_the_scores() -> None:
    assert judged(signal(0, strength=0.6), reversion={}).strength == 0.6


def entered(found: Decision, *inputs: Input, **settings: Any) -> OrderDecision:
    """What an account makes of a decision."""
    cell = account(*inputs, limits=strategy(**settings) if settings else RiskLimits())
    (output,) = cell.take(names.DECISIONS, found)
    assert isinstance(output.record, OrderDecision)
    return output.record


def test_a_confident_verdict_without_scores_is_an_order() -> None:
    order = entered(judged(bar(strength=None), reversion={}))
    assert order.outcome == "approved"
    assert figures(order)["strength"] == ("0.75", "0.65", True)


def test_a_verdict_that_just_about_is_one_is_too_weak() -> None:
    order = entered(judged(bar(Action.BUY, WEAK), reversion={}))
    assert (order.outcome, order.reason) == ("refused", Reason.WEAK_SIGNAL)


@pytest.mark.parametrize(
    ("settings", "rows", "limit", "passes"),
    [
        ({"minimum_strength": "0.5"}, [], "0.5", True),
        ({"minimum_strength": "0.9"}, [], "0.9", False),
        ({}, [state("parameters/main", '{"minimum_strength":"0.5"}')], "0.5", True),
        ({}, [state("parameters/other", '{"minimum_strength":"0.5"}')], "0.65", False),
        ({}, [state("parameters/main", '{"minimum_strength":"2"}')], "0.65", False),
        ({"minimum_strength": "0.5"}, [state("limit/minimum_strength", "0.9")], "0.5", True),
    ],
)
def test_a_strategy_may_have_a_bound_of_its_own(
    settings: dict[str, Any], rows: list[Input], limit: str, passes: bool
) -> None:
    order = entered(judged(bar(values=WEAK), reversion={}), *rows, **settings)
    assert figures(order)["strength"] == ("0.516666666667", limit, passes)
    assert (order.reason is Reason.WEAK_SIGNAL) is not passes


def test_the_bound_of_one_strategy_is_not_another_s() -> None:
    limits = RiskSettings.model_validate({"strategies": {"other": {"minimum_strength": "0.1"}}})
    weak: Any = {"strength": 0.5, "confidence": 0.9}
    cell = account(limits=limits)
    assert ask(cell, Verdict.LONG, **weak).reason is Reason.WEAK_SIGNAL
    assert ask(cell, Verdict.LONG, 1, strategy="other", **weak).outcome == "approved"


def test_a_bound_beyond_one_is_refused_where_it_is_configured() -> None:
    with pytest.raises(ValidationError, match="minimum_strength"):
        strategy(minimum_strength="1.1")
