"""A search for strategies: the same for the same seed, always valid, and it climbs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.research.breeding import Chance, half_of, mirrored, mutated, paired
from engine.research.course import Course, Proposer
from engine.research.evolution import Evolution, best, declared
from engine.research.selection import Goal
from engine.research.splits import Split, Window
from engine.research.templates import ADDED, TEMPLATES
from engine.research.trials import Trial
from engine.spans import SECOND
from engine.strategies.conditions import read, written
from engine.strategies.declaration import of_values
from tests.unit.searching import outcome

GOAL = Goal("return", 0)
WINDOW = Window(0, 40 * SECOND)


def climbed(proposer: Proposer, cut: int = 10**9) -> list[Trial]:
    """Trials whose return is higher the nearer the stop is to 5 ATR; the search is begun anew by
    another proposer after so many."""
    course = Course(0, Split(WINDOW, None), proposer, GOAL)
    while tasks := course.ready():
        for task in tasks:
            stop = declared(task.parameters).stop_atr or 0.0
            result = outcome([-abs(stop - 5) / 100 - task.number / 1e9])
            course.take(Trial(0, task.number, "train", task.parameters, result))
    return course.trials[:cut]


def evolution(seed: int = 1) -> Evolution:
    return Evolution(GOAL, seed, size=12, generations=5)


def test_a_search_is_the_same_again_and_another_seed_is_another() -> None:
    first = climbed(evolution())
    assert [each.parameters for each in climbed(evolution())] == [each.parameters for each in first]
    assert climbed(evolution(2))[-1].parameters != first[-1].parameters
    assert evolution().propose(first[:12]) == [each.parameters for each in first[12:24]]


def test_it_climbs_and_tries_nothing_twice() -> None:
    trials = climbed(evolution())
    assert len(trials) == 60
    assert len({declared(each.parameters).digest for each in trials}) == 60
    first, last = (best(part, GOAL, 1)[0] for part in (trials[:12], trials))
    assert (GOAL.value(last) or 0) > (GOAL.value(first) or 0)


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_templates_and_their_mirrors_are_declarations(name: str) -> None:
    whole = of_values(paired(TEMPLATES[name], True))
    assert whole.short is not None
    assert mirrored(whole.short) == whole.long
    assert half_of(whole.declared) == of_values(TEMPLATES[name]).declared


def test_mirrors_by_hand() -> None:
    table = {
        "close > highest(close, 20)": "close < lowest(close, 20)",
        "close < ema_slow - 1 atr": "close > ema_slow + 1 atr",
        "rsi crosses above 40": "rsi crosses below 60",
        "features.bollinger_position < 0.2": "features.bollinger_position > 0.8",
        "features.volume_z > 1": "features.volume_z > 1",
        "close < bollinger_lower": "close > bollinger_upper",
        "macd_histogram > 0": "macd_histogram < 0",
    }
    assert {text: written(mirrored(read(text))) for text in table} == table


@pytest.mark.parametrize("text", ADDED)
def test_what_may_be_added_is_a_condition(text: str) -> None:
    assert mirrored(mirrored(read(text))) == read(text)


@given(st.integers(0, 2**32), st.sampled_from(sorted(TEMPLATES)))
def test_changes_upon_changes_stay_readable(seed: int, name: str) -> None:
    half: dict[str, Any] = dict(TEMPLATES[name])
    chance = Chance(seed, "test")
    for _ in range(12):
        half = mutated(half, chance)
        for each in ("long", "leave_long"):
            if each in half:
                assert written(read(half[each])) == half[each]


def test_those_that_trade_alike_are_one() -> None:
    trials = climbed(evolution())
    alike = [Trial(0, n, "train", each.parameters, outcome([0.1])) for n, each in enumerate(trials)]
    assert len(best(alike, GOAL, 5)) == 1
