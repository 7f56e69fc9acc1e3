"""What asking the embedded model costs, beside the library that it was trained by.

Whole: the shipped model asked on each closed bar of the recorded market, from signal to judgment:
inputs, five heads, calibration, attribution, levels and reasons. Its probability alone: one row of
inputs, scored by our arrays and by scikit-learn's own predict_proba of the very same fit, row by
row in turns, on one thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import Any

import numpy as np

from engine.indicators import rounded
from engine.learning.scoring import Scorer
from engine.learning.vector import BARS
from engine.strategies.judgment import SILENT, Context
from engine.strategies.model import ModelAdvisor, ModelSettings
from gateway.models.fitting import Recipe, fitted
from gateway.models.samples import Aim
from gateway.models.training import model_of
from schemas.signals import Signal
from topics.models.store import Store

SAMPLES, ROWS = 4000, 300
MOST = 200.0
"""Microseconds, p50, that a decision may cost the embedded model."""

Case = tuple[str, float, dict[str, float], dict[str, Any]]


def cases(signals: Sequence[Signal], rounds: int) -> Iterator[Case]:
    """Name, microseconds, those of the peer, and what a row has beside."""
    warm = [each for each in signals if each.features.get("momentum_z") is not None]
    closed = [each for each in warm if each.fresh]
    for name in ("hourly", "hourly-logistic"):
        took = median(_asked(name, closed) for _ in range(rounds))
        yield (
            f"the shipped model {name} asked at a bar, p50",
            took,
            {},
            {"level": {"at_most": MOST}},
        )
    try:
        import sklearn  # noqa: F401
    except ImportError:
        missing = {"scikit-learn": "not installed: pip install 'tapeline[research]'"}
        yield "a probability of one row, p50", 0.0, {}, {"missing": missing}
        return
    for kind in ("boosting", "logistic"):
        found = [_beside(kind) for _ in range(rounds)]
        ours, theirs = (median(each[n] for each in found) for n in (0, 1))
        case = f"a probability of one row, {kind}, p50"
        yield case, ours, {"scikit-learn predict_proba": theirs}, {}


def _asked(name: str, signals: Sequence[Signal]) -> float:
    stored = Store(Path()).load(name, "shipped")
    settings = ModelSettings(kind="model", any_interval=True, enter=0.5, sure=0.6)
    advisor = ModelAdvisor(settings.asking(stored), "model")
    state = advisor.initial()
    contexts = [Context(each.key, each.seen_time, each) for each in signals]
    spent = [_timed(partial(advisor.judge, state, each)) for each in contexts]
    state = advisor.initial()
    assert any(advisor.judge(state, each) is not SILENT for each in contexts)
    return median(spent) / 1e3


def _beside(kind: str) -> tuple[float, float]:
    """Microseconds of ours and of the library, p50, of the same fit on the same rows."""
    from threadpoolctl import threadpool_limits

    random = np.random.Generator(np.random.PCG64(1))
    x = np.vectorize(rounded)(random.normal(size=(SAMPLES, len(BARS))))
    y = (x[:, 0] - x[:, 1] * x[:, 2] + random.normal(size=SAMPLES) > 0).astype(float)
    recipe = Recipe(kind=kind)
    scorer = Scorer(model_of(
        {"direction": fitted("direction", x, y, recipe)}, BARS, Aim(), recipe, 1, 1
    ))  # fmt: skip
    theirs, scale = _library(kind, x, y, recipe)
    spent: tuple[list[int], list[int]] = ([], [])
    with threadpool_limits(limits=1):
        for n, row in enumerate(x[:ROWS]):
            works = (
                partial(scorer.probability, "direction", row),
                partial(theirs.predict_proba, scale(row[None, :])),
            )
            for which in (0, 1) if n % 2 else (1, 0):
                spent[which].append(_timed(works[which]))
            said = scorer.probability("direction", row)
            assert said is not None
            assert abs(said - theirs.predict_proba(scale(row[None, :]))[0, 1]) < 1e-6
    return median(spent[0]) / 1e3, median(spent[1]) / 1e3


def _library(kind: str, x: Any, y: Any, recipe: Recipe) -> tuple[Any, Any]:
    """The library's own model of the same fit, and what its rows are scaled by."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        if kind == "boosting":
            model = HistGradientBoostingClassifier(
                learning_rate=recipe.rate, max_iter=recipe.rounds, max_leaf_nodes=recipe.leaves,
                min_samples_leaf=recipe.least, l2_regularization=recipe.penalty, max_bins=63,
                early_stopping=False, random_state=recipe.seed,
            )  # fmt: skip
            return model.fit(x, y), lambda rows: rows
        mean, deviation = x.mean(axis=0), x.std(axis=0)
        linear = LogisticRegression(C=recipe.strength, max_iter=1000).fit((x - mean) / deviation, y)
        return linear, lambda rows: (rows - mean) / deviation


def _timed(work: Any) -> int:
    """Nanoseconds."""
    began = perf_counter_ns()
    work()
    return perf_counter_ns() - began
