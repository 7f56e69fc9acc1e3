"""All heads in one product or one walk: each is to the bit what it is by hand, head by head."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.learning.logistic import Linear
from engine.learning.model import Head, Model, parsed
from engine.learning.scoring import Scorer, largest
from engine.learning.trees import Trees
from topics.models.store import Store

Parts = list[list[float]]


def models() -> list[Model]:
    """Both that are shipped, and one with heads of either kind."""
    trees, lines = (
        parsed(Store(Path()).load(name, "shipped").model) for name in ("hourly", "hourly-logistic")
    )
    mixed = {**lines.heads, "regime": trees.heads["regime"], "drawdown": trees.heads["drawdown"]}
    return [trees, lines, lines.model_copy(update={"heads": mixed})]


SCORERS = [Scorer(each) for each in models()]
INPUTS = st.lists(st.one_of(st.just(float("nan")), st.floats(-10, 10)), min_size=19, max_size=19)


def of_line(linear: Linear, x: list[float]) -> tuple[list[float], Parts]:
    parts, scores = [], []
    for row in linear.coefficients:
        scaled = zip(x, linear.mean, linear.deviation, strict=True)
        at = [0.0 if isnan(value) else (value - mean) / wide for value, mean, wide in scaled]
        parts.append([one * other for one, other in zip(row, at, strict=True)])
        total = parts[-1][0]
        for part in parts[-1][1:]:
            total += part
        scores.append(total)
    return scores, parts


def of_trees(trees: Trees, count: int, x: list[float]) -> tuple[list[float], Parts]:
    scores, parts = [0.0] * count, [[0.0] * len(x) for _ in range(count)]
    for root, output in zip(trees.roots, trees.outputs, strict=True):
        node = root
        while trees.left[node] >= 0:
            asked = trees.feature[node]
            value = x[asked]
            left = trees.unknown_left[node] if isnan(value) else value <= trees.threshold[node]
            child = (trees.left if left else trees.right)[node]
            parts[output][asked] += trees.value[child] - trees.value[node]
            node = child
        scores[output] += trees.value[node]
    return scores, parts


def by_hand(head: Head, x: list[float]) -> tuple[list[float], Parts]:
    if head.trees is not None:
        scores, parts = of_trees(head.trees, len(head.base), x)
    else:
        assert head.linear is not None
        scores, parts = of_line(head.linear, x)
    return [base + score for base, score in zip(head.base, scores, strict=True)], parts


@pytest.mark.parametrize("scorer", SCORERS, ids=["trees", "lines", "both"])
@settings(max_examples=25)
@given(values=INPUTS)
def test_heads_scored_together_are_each_its_own(scorer: Scorer, values: list[float]) -> None:
    x = np.array(values)
    for name, head in scorer.model.heads.items():
        together, parts = scorer.joint.scores(x, name)
        scores, want = by_hand(head, values)
        assert together[name] == scores
        assert parts.tolist() == want
        alone: Any = scorer.raw(name, x)
        assert (alone[0], alone[1].tolist()) == (scores, want)


def test_the_largest_parts_are_told_first_and_ties_in_order() -> None:
    parts = np.array([0.0, -2.0, 1.0, 2.0, -0.0])
    assert largest("abcde", parts, 3) == (("b", -2.0), ("d", 2.0), ("c", 1.0))
    assert largest("abcde", parts, 5) == (("b", -2.0), ("d", 2.0), ("c", 1.0))
