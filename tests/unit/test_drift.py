"""A model whose inputs drift, or that is worse than none, is not asked; that is told once."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from engine.decisions import DecisionsStage
from engine.learning.drift import FLOOR, DriftSettings, Watch, Watched, psi
from engine.learning.model import parsed
from engine.learning.reference import Bins
from engine.stage import Cell
from engine.strategies.ensemble import DecisionSettings
from engine.strategies.rule import RuleAdvisor, RuleSettings
from engine.strategies.strategy import Strategy
from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.signals import Action
from schemas.system import Severity, SystemEvent
from tests.unit.learning import form
from tests.unit.test_model_strategy import advisor, bar
from tests.unit.trading import BTC
from topics.models.store import SHIPPED

TENTHS = Bins(bounds=tuple(n / 10 for n in range(1, 10)), shares=(*(0.1,) * 10, 0.0))
SHORT = DriftSettings(window=100)
STATES = TypeAdapter(Watched)


def test_the_index_by_hand() -> None:
    """ln 3 * (0.75 - 0.25) for one bin, the same for the other: Siddiqi's formula."""
    assert psi([75, 25], (0.25, 0.75)) == pytest.approx(1.09861228867)
    empty = (0.5 - FLOOR) * 8.517193191416238  # ln(0.5 / 0.0001)
    assert psi([2, 2, 0], (0.5, 0.5 - FLOOR, FLOOR)) == pytest.approx(0.0001 * 0.0002, abs=1e-6)
    assert psi([4, 0], (0.5, 0.5)) == pytest.approx(0.5 * 0.69314718056 + empty, rel=1e-6)


SHARES = st.lists(st.integers(1, 100), min_size=2, max_size=12)


@given(SHARES, st.data())
def test_the_index_is_never_negative_and_zero_for_the_same(counts: list[int], data: Any) -> None:
    shares = tuple(each / sum(counts) for each in counts)
    assert abs(psi(counts, shares)) < 1e-9
    size = len(counts)
    other = data.draw(st.lists(st.integers(0, 100), min_size=size, max_size=size))
    assert psi(other, shares) >= -1e-9


def walked(watch: Watch, bars: list[tuple[float, float, float]], state: Watched) -> list[str]:
    said = []
    for value, close, up in bars:
        watch.take(state, (value,), close, up)
        said.append(state.failing)
    return said


BARS = st.lists(
    st.tuples(st.floats(0, 1) | st.just(float("nan")), st.floats(99, 101), st.floats(0, 1)),
    min_size=100, max_size=260,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(BARS, st.data())
def test_a_restart_at_any_bar_changes_nothing(bars: Any, data: Any) -> None:
    watch, whole, cut = Watch({"x": TENTHS}, 0.5, 2, SHORT), Watched(), Watched()
    at = data.draw(st.integers(0, len(bars)))
    said = walked(watch, bars, whole)
    before = walked(watch, bars[:at], cut)
    again = STATES.validate_python(json.loads(json.dumps(STATES.dump_python(cut, mode="json"))))
    assert before + walked(watch, bars[at:], again) == said
    assert asdict(again) == asdict(whole)


def test_a_drift_is_found_and_its_end_too() -> None:
    watch, chance = Watch({"x": TENTHS}, 0.5, 0, SHORT), random.Random(4)
    usual = [(chance.random(), 100.0, 0.5) for _ in range(300)]
    far = [(0.7 + 0.3 * chance.random(), 100.0, 0.5) for _ in range(100)]
    back = [((n % 10 + 0.5) / 10, 100.0, 0.5) for n in range(120)]
    state = Watched()
    assert not any(walked(watch, usual, state))
    said = walked(watch, far, state)
    assert said[-1].startswith("its inputs have drifted: stability index ")
    assert "on 100 bars (x " in said[-1]
    assert "" in said[:20], "one block is no window"
    told = walked(watch, back, state)
    assert told[0]
    assert not told[-1]


def test_what_was_trained_on_is_no_drift() -> None:
    """Windows of values drawn from the shipped model's own bins: none of 300 is called drifted."""
    model = parsed((SHIPPED / "hourly" / "model.json").read_bytes())
    chance, alarms = random.Random(1), 0
    for bins in model.reference.values():
        drawn = chance.choices(range(len(bins.shares)), bins.shares, k=16 * 1000)
        for first in range(0, 16 * 1000, 1000):
            counts = [0] * len(bins.shares)
            for place in drawn[first : first + 1000]:
                counts[place] += 1
            alarms += psi(counts, bins.shares) >= DriftSettings().limit
    assert alarms == 0


@pytest.mark.parametrize(("honest", "fails"), [(True, False), (False, True)])
def test_one_that_is_worse_than_its_base_rate_fails(honest: bool, fails: bool) -> None:
    """A sure one that is as often right as wrong, and one that says what is so."""
    watch, chance, state = Watch({}, 0.5, 1, SHORT), random.Random(2), Watched()
    close = 100.0
    for _ in range(200):
        up = chance.random() < 0.5
        watch.take(state, (), close, 0.5 if honest else 0.9)
        close += 1 if up else -1
    assert bool(state.failing) is fails
    if fails:
        assert "worse than its base rate by" in state.failing


def story(fall_back: bool) -> list[Decision | SystemEvent]:
    """A rule and a model of a quorum that both must make, while the model's input goes far away."""
    near = {"bounds": [-1.0, 1.0], "shares": [0.1, 0.8, 0.1, 0.0]}
    loose = DriftSettings(window=100, limit=2.0, again=1.0, losing=1e9)
    model = advisor(form(reference={"return_z_1": near}), drift=loose)
    model.weight = 3.0
    panel = (model, RuleAdvisor(RuleSettings(kind="rule"), "rule"))
    settings_ = DecisionSettings(quorum=0.5, fall_back=fall_back)
    cell = Cell.fresh(DecisionsStage([Strategy("panel", panel, settings_)]), BTC)
    found: list[Decision | SystemEvent] = []
    for n in range(230):
        context = bar(n, 0.0 if n < 100 else 9.0)
        signal = context.signal.model_copy(
            update={"seq": n, "key": BTC, "id": str(n), "action": Action.BUY, "strength": 0.9,
                    "seen_time": n}
        )  # fmt: skip
        if n == 150:
            stage = cell.stage
            cell = Cell.restore(stage, cell.snapshot())
        found += [each.record for each in cell.take(names.SIGNALS, signal)]  # type: ignore[misc]
    return found


def test_the_strategy_falls_back_to_its_rules_and_says_so_once() -> None:
    found = story(True)
    events = [each for each in found if isinstance(each, SystemEvent)]
    first, second, third = events
    assert (first.severity, first.facts["why"]) == (
        Severity.WARNING, "trained on bars of 1h, and this is not the next one",
    )  # fmt: skip
    assert (second.severity, second.facts["state"]) == (Severity.INFO, "back")
    assert third.kind == "fallback"
    assert "its inputs have drifted" in third.text
    assert "strategy panel goes on without it" in third.text
    last = [each for each in found if isinstance(each, Decision)][-1]
    assert last.verdict is Verdict.LONG, "the rule alone"
    assert "drifted" in last.votes[0].reasons[0]


def test_a_strategy_that_does_not_fall_back_holds() -> None:
    last = [each for each in story(False) if isinstance(each, Decision)][-1]
    assert last.verdict is Verdict.HOLD
