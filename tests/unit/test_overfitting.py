"""The probability of backtest overfitting: against a plain reading of the paper, and its limits."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.performance.overfitting import Overfitting, overfitting

Floats = NDArray[np.float64]


def plainly(returns: Floats, size: int) -> tuple[float, float]:
    """Probability and loss, way by way, as section 2.2 of the paper says it."""
    kept = returns[len(returns) % size :]
    blocks = np.split(kept, size)
    logits, lost = [], []
    for way in combinations(range(size), size // 2):
        inside = np.vstack([blocks[each] for each in way])
        outside = np.vstack([blocks[each] for each in range(size) if each not in way])
        best = int(np.argmax(ratios(inside)))
        there = ratios(outside)
        rank = sum(each < there[best] for each in there) + 1
        share = rank / (returns.shape[1] + 1)
        logits.append(math.log(share / (1 - share)))
        lost.append(there[best] < 0)
    return float(np.mean(np.array(logits) <= 0)), float(np.mean(lost))


def ratios(returns: Floats) -> list[float]:
    return [float(each.mean() / each.std(ddof=1)) for each in returns.T]


def noise(periods: int, trials: int, seed: int) -> Floats:
    return np.random.default_rng(seed).normal(0, 0.01, (periods, trials))


@settings(max_examples=30, deadline=None)
@given(st.integers(12, 60), st.integers(2, 7), st.integers(0, 99), st.sampled_from([2, 4, 6]))
def test_it_is_what_the_paper_says_way_by_way(
    periods: int, trials: int, seed: int, size: int
) -> None:
    returns = noise(periods, trials, seed)
    found = overfitting(returns, size)
    assert found is not None
    assert (found.probability, found.loss) == pytest.approx(plainly(returns, size))
    assert (found.ways, found.blocks, found.trials) == (math.comb(size, size // 2), size, trials)


def test_skill_is_not_overfitting_and_luck_is() -> None:
    skilled = noise(400, 20, 1)
    skilled[:, 7] += 0.01
    found = overfitting(skilled)
    assert found is not None
    assert (found.probability, found.loss) == (0, 0)
    lucky = [overfitting(noise(400, 20, seed)) for seed in range(20)]
    mean = np.mean([each.probability for each in lucky if each])
    assert 0.35 < mean < 0.65


def test_what_won_first_and_lost_later_is_overfitting() -> None:
    """Each trial wins in one block and loses in all others: its best half is its worst other."""
    size = 8
    returns = np.repeat(np.where(np.eye(size) > 0, 0.05, -0.01), 10, axis=0) + noise(80, size, 2)
    found = overfitting(returns, size)
    assert found is not None
    assert found.probability > 0.9
    assert found.slope is not None
    assert found.slope < 0


def test_trials_that_are_all_alike_are_no_better_than_each_other() -> None:
    column = noise(64, 1, 3)
    found = overfitting(np.hstack([column] * 5))
    assert found is not None
    assert found.probability == 1
    assert overfitting(np.zeros((64, 3))) == Overfitting(1.0, 0.0, None, 12870, 16, 3)


def test_too_little_is_none() -> None:
    assert overfitting(noise(64, 1, 1)) is None
    assert overfitting(noise(3, 4, 1)) is None
    few = overfitting(noise(9, 4, 1))
    assert few is not None
    assert few.blocks == 4
