"""The judge of `tapeline chaos advice` finds what is planted."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from engine.risk import RiskLimits
from schemas.decisions import Decision, Verdict
from schemas.orders import OrderDecision
from tests.chaos.advice.judge import RISK, by_chance, latencies, outside
from tests.chaos.advice.run import Result, found
from tests.chaos.advice.spec import BAD, WEATHER, Spec, asked, lies, script
from tests.unit.ordering import account, ask
from tests.unit.trading import decision, worth

GOOD: dict[str, Any] = {
    "answers": {"lying": {"ungrounded": 3}, "slow": {"timeout": 2}, "failing": {"not_json": 1},
                "sound": {"sound": 4}},
    "heard": {"sound": 9},
    "fallbacks": {**{weather: {"silent": 2} for weather in WEATHER.values()},
                  "sound": {"silent": 1, "back": 1}},
    "orders": dict.fromkeys(WEATHER.values(), 3),
    "latency": {"without p50": 30, "ratio": 1.02},
    "verified": {"trading.decisions": 40},
}  # fmt: skip


def judged(**changed: Any) -> list[str]:
    """What is said of an opening order of which the command has these fields."""
    decided = Decision.model_validate(decision(0, Verdict.LONG).model_dump())
    order = ask(account(limits=RiskLimits.model_validate(RISK)), Verdict.LONG)
    assert order.command is not None
    moved = order.command.model_copy(update=changed)
    told = OrderDecision.model_validate(order.model_dump() | {"command": moved.model_dump()})
    return [each.partition(":")[0] for each in outside([told], [decided], [worth(0, "10000")])]


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({}, []),
        ({"symbol": "ETH/USDT:USDT"}, ["another market"]),
        ({"side": "sell"}, ["another side than decided", "no stop on its side"]),
        ({"quantity": "11"}, ["too large"]),
        ({"quantity": "0"}, ["too large"]),
        ({"quantity": "40"}, ["too large", "too much at risk"]),
        ({"stop": "101"}, ["no stop on its side"]),
        ({"stop": None}, ["no stop on its side"]),
        ({"stop": "80"}, ["no stop on its side"]),
        ({"target": "99"}, ["no target on its side"]),
    ],
)
def test_an_order_outside_limits_is_found(changed: dict[str, Any], what: list[str]) -> None:
    assert [each for each in judged(**changed) if each in what] == what
    assert bool(judged(**changed)) is bool(what)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({}, None),
        ({"faults": ["too large: paper:BTC/USDT 3"]}, "too large"),
        ({"restarts": {"orders": 1}}, "restarted"),
        ({"answers": {**GOOD["answers"], "slow": {"sound": 1}}}, "believed"),
        ({"answers": {**GOOD["answers"], "lying": {}}}, "untried"),
        ({"answers": {**GOOD["answers"], "lying": {"timeout": 3}}}, "untried"),
        ({"fallbacks": {**GOOD["fallbacks"], "slow": {}}}, "untold"),
        ({"fallbacks": {**GOOD["fallbacks"], "sound": {"silent": 1}}}, "untold"),
        ({"orders": {**GOOD["orders"], "failing": 0}}, "halted"),
        ({"heard": {}}, "unheard"),
        ({"verified": {"market.ticks": 40}}, "unproved"),
        ({"latency": {}}, "unmeasured"),
        ({"latency": {"without p50": 30, "ratio": 1.3}}, "slower"),
        ({"latency": {"without p50": 900, "ratio": 0.9}}, "unmeasured"),
    ],
)
def test_a_trial_that_went_wrong_is_told_by_its_name(
    changed: dict[str, Any], what: str | None
) -> None:
    result = replace(Result({"window": 5}), **{**GOOD, **changed})
    assert [each.partition(":")[0] for each in found(result)] == ([what] if what else [])


def test_latencies_are_medians_of_windows_of_both_kinds() -> None:
    key = "k"
    began = {(key, n): n * 10.0 for n in range(1000)}
    done = [((key, n), n * 10.0 + (6.0 if n < 500 else 3.0)) for n in range(1000)]
    windows = [(0.0, 2500.0, True), (2500.0, 5000.0, True), (5000.0, 10_000.0, False)]
    told = latencies(began, done, windows, Spec(settle=1.0))
    assert (told["with p50"], told["without p50"], told["ratio"]) == (6.0, 3.0, 2.0)
    assert (told["with count"], told["without count"]) == (300, 400)
    assert latencies(began, done, windows[:2], Spec()) == {}


def test_the_script_has_weather_for_each_market() -> None:
    made = script()
    assert len(made.rules) == len(WEATHER) == len(BAD) + 1
    assert len(lies()) > 100
    assert len(asked(1)["advisors"]) == 2 * len(BAD) + 1


def test_chance_is_told_from_a_slower_desk() -> None:
    dice = random.Random(3)
    quiet = [30 + dice.gauss(0, 3) for _ in range(18)]
    same = by_chance([30 + dice.gauss(0, 3) for _ in range(18)], quiet)
    assert same["chance"] > 0.05
    assert same["low"] < 1 < same["high"]
    slower = by_chance([each * 1.25 for each in quiet], quiet)
    assert slower["chance"] < 0.01
    assert slower["low"] > 1
    assert by_chance(quiet, quiet)["chance"] > 0.4
