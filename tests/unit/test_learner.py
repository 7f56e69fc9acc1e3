"""What learns from the stream: its arithmetic, its order in time, its state."""

from __future__ import annotations

import json
import math
from decimal import Context as Precision
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from engine.learning.exact import exp, ln, log_loss, logistic
from engine.learning.ftrl import Ftrl, FtrlSettings
from engine.learning.learner import Learner, LearnerSettings
from engine.learning.scaling import Scaling

RIVER = json.loads((Path(__file__).parent / "vectors" / "ftrl_river.json").read_text())
PRECISE = Precision(prec=30)
FINITE = st.floats(-50, 50)
BITS = [
    "0x1.ece20bb6d8791p-2",
    "0x1.a99f867326b67p+45",
    "-0x1.4094f7349253fp-2",
    "0x1.ba6895c281a23p+1",
    "0x1.0fc672a6d0391p-1",
]


@given(st.floats(-600, 600))
def test_exp_is_within_two_bits_of_the_true_one(x: float) -> None:
    assert abs(float(Decimal(exp(x)) / PRECISE.exp(Decimal(x)) - 1)) < 4.5e-16


@given(st.floats(1e-300, 1e300))
def test_ln_is_within_two_bits_of_the_true_one(x: float) -> None:
    true = PRECISE.ln(Decimal(x))
    assert abs(float(Decimal(ln(x)) - true)) <= 4.5e-16 * max(abs(float(true)), 1e-16)


def test_the_bits_are_these_on_every_machine() -> None:
    bits = [x.hex() for x in (exp(-0.7312), exp(31.7), ln(0.7312), ln(31.7), logistic(0.1234))]
    assert bits == BITS


def test_a_probability_is_never_certain() -> None:
    assert 0 < logistic(-1e9) < logistic(1e9) < 1
    assert log_loss(logistic(1e9), False) == pytest.approx(36, abs=0.1)


@pytest.mark.parametrize("run", RIVER["runs"])
def test_ftrl_is_river_s(run: dict[str, Any]) -> None:
    by = FtrlSettings(**{name: run[name] for name in ("alpha", "beta", "l1", "l2")})
    ftrl = Ftrl.of(4)
    for place, (error, *x) in enumerate(run["steps"]):
        if place == len(run["steps"]) - 1:
            weights = [by.weight(*each) for each in zip(ftrl.z, ftrl.n, strict=True)]
            assert weights == pytest.approx(run["w_before_last"], rel=1e-12)
        ftrl.learn(x, error, by)
    assert ftrl.z == pytest.approx(run["z"], rel=1e-12)
    assert ftrl.n == pytest.approx(run["n"], rel=1e-12)


@given(st.lists(st.tuples(FINITE, FINITE), min_size=2, max_size=40))
def test_scaling_is_by_the_mean_and_deviation_of_all_so_far(
    rows: list[tuple[float, float]],
) -> None:
    scaling = Scaling.of(2)
    for row in rows:
        scaling.take(row)
    for place, column in enumerate(zip(*rows, strict=True)):
        mean = math.fsum(column) / len(column)
        squares = math.fsum((x - mean) ** 2 for x in column)
        assert scaling.mean[place] == pytest.approx(mean, abs=1e-9)
        assert scaling.squares[place] == pytest.approx(squares, abs=1e-7)
    assert all(abs(x) <= 5 for x in scaling.scaled((1e9, -1e9)))


def test_an_input_that_never_moved_says_nothing() -> None:
    scaling = Scaling.of(1)
    scaling.take((3.0,))
    assert scaling.scaled((3.0,)) == [0.0]


def test_an_input_that_is_not_known_is_not_counted_and_told_as_its_mean() -> None:
    scaling = Scaling.of(2)
    for row in ((1.0, math.nan), (3.0, 5.0), (math.nan, 7.0)):
        scaling.take(row)
    assert (scaling.count, scaling.mean) == ([2, 2], [2.0, 6.0])
    assert scaling.scaled((math.nan, 7.0)) == [0.0, 1.0]


LEARNER = TypeAdapter(Learner)
MOVES = st.lists(st.tuples(st.floats(-300, 300), FINITE), min_size=1, max_size=60)


def learnt(rows: list[tuple[float, float]], by: LearnerSettings, cut: int = -1) -> Learner:
    learner, close = Learner(), 100.0
    for n, (moved, x) in enumerate(rows):
        if n == cut:
            learner = LEARNER.validate_json(LEARNER.dump_json(learner))
        close *= 1 + moved / 1e4
        learner.closed(close, by)
        learner.foretell((x,), close, by)
    return learner


@given(MOVES, st.data())
def test_a_state_through_json_learns_on_to_the_same_bits(
    rows: list[tuple[float, float]], data: st.DataObject
) -> None:
    by = LearnerSettings(horizon=3)
    cut = data.draw(st.integers(0, len(rows) - 1))
    assert LEARNER.dump_json(learnt(rows, by, cut)) == LEARNER.dump_json(learnt(rows, by))


def test_a_sample_is_learnt_only_when_its_horizon_has_passed() -> None:
    """By hand: bars of +20, +20, -50, +1 bps, two bars to an outcome, 10 bps a move."""
    by, learner, close = LearnerSettings(horizon=2, cost_bps=10), Learner(), 100.0
    seen = []
    for moved in (0, 20, 20, -50, 1, 44):
        close *= 1 + moved / 1e4
        learner.closed(close, by)
        learner.foretell((float(moved),), close, by)
        seen.append((learner.known, learner.up, len(learner.waiting)))
    # Due: bar 0 at bar 2 (+40, up), bar 1 at bar 3 (-30, down), bar 2 at bar 4 (-49, down), bar 3
    # at bar 5 (+45, up).
    assert seen == [(0, 0, 1), (0, 0, 2), (1, 1, 2), (2, 1, 2), (3, 1, 2), (4, 2, 2)]


def test_another_horizon_judges_each_sample_at_its_own() -> None:
    """Foretold at bar 1 for bar 5; then, with settings of one bar, at bar 2 for bar 3."""
    far, near = (LearnerSettings(horizon=horizon, cost_bps=10) for horizon in (4, 1))
    learner = Learner()
    for close, by in ((100.0, far), (100.0, near), (101.0, near)):
        learner.closed(close, by)
        learner.foretell((1.0,), close, by)
    assert (learner.known, learner.up) == (1, 1)
    assert [sample.due for sample in learner.waiting] == [4, 5]


def test_a_move_within_the_costs_is_no_outcome() -> None:
    by = LearnerSettings(horizon=1, cost_bps=50)
    learner = learnt([(49.0, 1.0), (-49.0, 2.0), (49.0, 3.0)], by)
    assert (learner.known, len(learner.waiting)) == (0, 1)


def test_what_is_foretold_rests_on_nothing_that_comes_later() -> None:
    by = LearnerSettings(horizon=2)
    rows = [(math.sin(n) * 100, math.cos(n) * 3) for n in range(40)]
    short, long_ = learnt(rows[:30], by), learnt(rows[:30] + [(-m, x) for m, x in rows[30:]], by)
    assert short.waiting[0].probability == learnt(rows[:29], by).waiting[-1].probability
    assert short.known < long_.known


def test_it_learns_what_is_there_to_learn_and_beats_the_base_rate() -> None:
    """The input tells the next move's sign three times in four."""
    by, rows, x = LearnerSettings(horizon=1), [], 0.0
    for n in range(3000):
        right = (n * 2654435761) % 2**32 < 0.75 * 2**32
        rows.append((30.0 * (x if right else -x), 1.0 if (n * 40503 >> 4) % 2 else -1.0))
        x = rows[-1][1]
    learner = learnt(rows, by)
    ours, base = learner.losses.log / learner.known, learner.losses.base_log / learner.known
    assert base > 0.69
    assert ours < base - 0.08, "0.562 is the entropy of three in four, 0.693 that of the base rate"
    assert learner.losses.squared < learner.losses.base_squared


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_where_there_is_nothing_it_stays_near_the_base_rate(seed: int) -> None:
    rows, value = [], seed
    for _ in range(400):
        value = (value * 6364136223846793005 + 1442695040888963407) % 2**64
        rows.append((30.0 if value >> 63 else -30.0, ((value >> 32) % 1000 - 500) / 100))
    learner = learnt(rows, LearnerSettings(horizon=1))
    assert learner.losses.log / learner.known < learner.losses.base_log / learner.known + 0.03
