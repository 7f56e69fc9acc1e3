"""Heads fitted by scikit-learn, and turned into arrays: what is kept knows nothing of the library.

One thread, whatever the machine has: sums are made in one order, so the same samples and seed give
the same bytes. Numbers are kept with 9 significant digits, thresholds with the 12 of the inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.indicators import rounded
from engine.learning.calibration import Platt
from engine.learning.logistic import LEAST, Linear
from engine.learning.model import HEADS, Head
from engine.learning.trees import LEAF, Trees
from gateway.models.series import Matrix
from schemas.errors import TapelineError

DIGITS = 9
FAR = 1e12
"""Beyond every input."""


class NoLibrary(TapelineError):
    """scikit-learn is not installed."""


class NoTarget(TapelineError):
    """Samples of which nothing can be learnt."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How heads are fitted. kind: "boosting" or "logistic"; rounds: trees of a head (of a regime
    each); rate: of learning; leaves: of a tree; least: samples of a leaf; penalty: L2. strength:
    inverse of the linear forms' L2 penalty."""

    kind: str = "boosting"
    seed: int = 1
    rounds: int = 60
    rate: float = 0.05
    leaves: int = 8
    least: int = 200
    penalty: float = 1.0
    strength: float = 0.01


def short(value: float) -> float:
    """To 9 significant digits; a negative zero becomes zero."""
    return float(f"{value:.{DIGITS}g}") + 0.0


def require() -> None:
    """NoLibrary where training cannot be done."""
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise NoLibrary("training needs scikit-learn: pip install 'tapeline[research]'") from None


def fitted(name: str, inputs: Matrix, wanted: Matrix, recipe: Recipe) -> Head:
    """A head of some samples, those without its target left out; not calibrated."""
    from threadpoolctl import threadpool_limits

    known = np.isfinite(wanted)
    x, y = inputs[known], wanted[known]
    classes = {"softmax": 3, "logistic": 2}.get(HEADS[name], 0)
    there = set(y.astype(int)) if classes else set()
    if len(y) < 50 or len(there) < classes:
        raise NoTarget(f"{len(y)} samples are too few for the head {name}: it needs more candles")
    with threadpool_limits(limits=1):
        make = _boosted if recipe.kind == "boosting" else _linear
        return make(HEADS[name], x, y, recipe)


def _rate(link: str, y: Matrix) -> tuple[float, ...]:
    if link != "softmax":
        return (short(float(y.mean())),)
    return tuple(short(float((y == each).mean())) for each in range(3))


def _boosted(link: str, x: Matrix, y: Matrix, recipe: Recipe) -> Head:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if link == "identity" else HistGradientBoostingClassifier
    model = kind(
        learning_rate=recipe.rate, max_iter=recipe.rounds, max_leaf_nodes=recipe.leaves,
        min_samples_leaf=recipe.least, l2_regularization=recipe.penalty, max_bins=63,
        early_stopping=False, random_state=recipe.seed,
    ).fit(x, y)  # fmt: skip
    base = np.ravel(model._baseline_prediction)
    trees = trees_of([tree.nodes for each in model._predictors for tree in each], len(base))
    return Head(
        link=link, base=tuple(short(float(each)) for each in base), rate=_rate(link, y),
        trees=trees,
    )  # fmt: skip


def trees_of(found: Sequence[Any], outputs: int) -> Trees:
    """Trees of the library's nodes, output after output in turns. An inner node's value is the mean
    of its leaves, by samples."""
    columns: dict[str, list[Any]] = {name: [] for name in Trees.model_fields}
    for number, nodes in enumerate(found):
        first, value = len(columns["feature"]), nodes["value"].astype(float).copy()
        for place in range(len(nodes) - 1, -1, -1):
            if not nodes["is_leaf"][place]:
                children = [nodes["left"][place], nodes["right"][place]]
                value[place] = np.average(value[children], weights=nodes["count"][children])
        columns["roots"].append(first)
        columns["outputs"].append(number % outputs)
        for node, told in zip(nodes, value.tolist(), strict=True):
            leaf = bool(node["is_leaf"])
            columns["feature"].append(LEAF if leaf else int(node["feature_idx"]))
            threshold = min(float(node["num_threshold"]), FAR)  # inf: all that is known is left
            columns["threshold"].append(0.0 if leaf else rounded(threshold))
            columns["left"].append(LEAF if leaf else first + int(node["left"]))
            columns["right"].append(LEAF if leaf else first + int(node["right"]))
            columns["unknown_left"].append(not leaf and bool(node["missing_go_to_left"]))
            columns["value"].append(short(told))
    return Trees.model_validate(columns)


def _linear(link: str, x: Matrix, y: Matrix, recipe: Recipe) -> Head:
    from sklearn.linear_model import LogisticRegression, Ridge

    mean = np.nan_to_num(np.nanmean(x, axis=0))
    deviation = np.nan_to_num(np.nanstd(x, axis=0))
    deviation = np.where(deviation < LEAST, 1.0, deviation)
    scaled = np.nan_to_num((x - mean) / deviation)
    model = (
        Ridge(alpha=1 / recipe.strength)
        if link == "identity"
        else LogisticRegression(C=recipe.strength, max_iter=1000)
    ).fit(scaled, y)
    rows = np.atleast_2d(model.coef_)
    linear = Linear(
        mean=tuple(map(short, mean)), deviation=tuple(map(short, deviation)),
        coefficients=tuple(tuple(map(short, row)) for row in rows),
    )  # fmt: skip
    base = tuple(short(float(each)) for each in np.atleast_1d(model.intercept_))
    return Head(link=link, base=base, rate=_rate(link, y), linear=linear)


def platt(scores: Matrix, outcomes: Matrix) -> Platt:
    """Platt's calibration of raw scores. A slope below 0 would turn the model around: it is set to
    0, and the probability is the base rate's."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    rate = min(max(float(outcomes.mean()), 1e-6), 1 - 1e-6)
    level = Platt(slope=0.0, intercept=short(float(np.log(rate / (1 - rate)))))
    spread = float(scores.std())
    if spread < LEAST or len(set(outcomes.tolist())) < 2:
        return level
    with threadpool_limits(limits=1):
        model = LogisticRegression(C=1e6, max_iter=1000).fit(scores[:, None] / spread, outcomes)
    slope = float(model.coef_[0, 0]) / spread
    if slope <= 0:
        return level
    return Platt(slope=short(slope), intercept=short(float(model.intercept_[0])))
