"""Models as data: scored as the library scores, calibrated, and refused where they are none."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from engine.indicators import rounded
from engine.learning import metrics
from engine.learning.calibration import Isotonic, Platt, calibration_error, logistic, reliability
from engine.learning.logistic import Linear, Plane
from engine.learning.model import BadModel, parsed
from engine.learning.reference import Bins, placed
from engine.learning.scoring import Scorer
from engine.learning.vector import BARS, DERIVED, vector
from gateway.models.fitting import Recipe, fitted, platt
from gateway.models.training import raw
from tests.unit.judging import signal
from tests.unit.learning import form, head, model, tree


def table(count: int = 600) -> tuple[Any, Any]:
    random = np.random.Generator(np.random.PCG64(3))
    x = random.normal(size=(count, 5))
    x[random.random(x.shape) < 0.1] = np.nan
    x = np.vectorize(rounded)(x)
    score = np.nan_to_num(x[:, 0]) - np.nan_to_num(x[:, 1]) * np.nan_to_num(x[:, 2])
    return x, score + random.normal(size=count)


@pytest.mark.parametrize("name", ["direction", "volatility", "regime"])
def test_trees_score_as_the_library_that_made_them(name: str) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    x, score = table()
    regression = name == "volatility"
    y = score if regression else (np.digitize(score, (-1, 1)) if name == "regime" else score > 0)
    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    recipe = Recipe(least=20, rounds=15)
    theirs = kind(
        learning_rate=recipe.rate, max_iter=recipe.rounds, max_leaf_nodes=recipe.leaves,
        min_samples_leaf=20, l2_regularization=recipe.penalty, max_bins=63, early_stopping=False,
        random_state=1,
    )  # fmt: skip
    with threadpool_limits(1):
        theirs.fit(x, y)
    ours = raw(name, fitted(name, x, y.astype(float), recipe), list("abcde"), x)
    told = theirs.predict(x) if regression else theirs.decision_function(x)
    assert np.allclose(ours, np.asarray(told).reshape(len(x), -1), atol=1e-6)


def test_linear_scores_as_the_library_that_made_them() -> None:
    from sklearn.linear_model import LogisticRegression

    x, score = table()
    x = np.nan_to_num(x)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = LogisticRegression(C=0.01, max_iter=1000).fit(scaled, score > 0)
    made = fitted("direction", x, (score > 0).astype(float), Recipe(kind="logistic"))
    ours = raw("direction", made, list("abcde"), x)
    assert np.allclose(ours[:, 0], theirs.decision_function(scaled), atol=1e-6)


@given(st.lists(st.one_of(st.just(float("nan")), st.floats(-3, 3)), min_size=5, max_size=5))
def test_the_parts_of_the_inputs_sum_up_to_the_score(values: list[float]) -> None:
    scorer, linear = parted()
    x = np.array(values)
    scores, parts = scorer.raw("direction", x)
    roots = scores[0] - parts[0].sum()
    again, other = scorer.raw("direction", np.zeros(5))
    assert roots == pytest.approx(again[0] - other[0].sum(), abs=1e-9)
    sums, shares = linear.scores(x)
    assert sums[0] == pytest.approx(shares[0].sum())


@cache
def parted() -> tuple[Scorer, Plane]:
    x, score = table()
    boosted = fitted("direction", x, (score > 0).astype(float), Recipe(least=20))
    fields: dict[str, Any] = {"inputs": tuple("abcde"), "heads": {"direction": boosted}}
    scorer = Scorer(model().model_copy(update=fields))
    linear = fitted("direction", x, (score > 0).astype(float), Recipe(kind="logistic")).linear
    assert isinstance(linear, Linear)
    return scorer, Plane(linear)


def test_a_tree_by_hand() -> None:
    scorer = Scorer(model())
    x = np.full(len(BARS), np.nan)
    for at, want in ((-1.0, -0.4), (0.0, -0.4), (1.0, 0.4), (np.nan, -0.4)):
        x[0] = at
        reading = scorer.read(x)
        assert reading.up == pytest.approx(logistic(want), abs=1e-11)
        assert reading.parts == ((BARS[0], want),)
    assert reading.volatility is None
    assert reading.regimes == {}


def test_all_heads_are_read() -> None:
    line = {"name": "isotonic", "scores": [-1, 1], "probabilities": [0, 1]}
    heads = {
        "direction": head(calibration={"name": "platt", "slope": 2.0, "intercept": 0.1}),
        "volatility": head(link="identity"),
        "drawdown": head(calibration=line),
        "regime": head(
            link="softmax", base=[0.0, 0.5, -1.0], rate=[0.2, 0.7, 0.1],
            trees=tree(outputs=[1]),
        ),
    }  # fmt: skip
    reading = Scorer(model(heads=heads)).read(np.ones(len(BARS)))
    assert reading.up == pytest.approx(logistic(0.9))
    assert reading.volatility == pytest.approx(np.exp(0.4))
    assert reading.drawdown == pytest.approx(0.7)
    assert reading.runup is None
    grown = np.exp([0.0, 0.9, -1.0])
    assert list(reading.regimes.values()) == pytest.approx(list(grown / grown.sum()))
    level = Scorer(model(heads={**heads, "regime": {**heads["regime"], "lean": 0.0}}))
    told = level.read(np.ones(len(BARS))).regimes
    assert list(told.values()) == pytest.approx([0.2, 0.7, 0.1])


HOSTILE = [
    (form(format=2), "format"),
    (form(extra=1), "extra"),
    (form(inputs=[]), "inputs"),
    (form(inputs=["rsi", "rsi"], heads={"direction": head()}), "twice"),
    (form(heads={}), "direction"),
    (form(heads={"direction": head(link="softmax")}), "softmax"),
    (form(heads={"direction": head(), "soul": head()}), "soul"),
    (form(heads={"direction": head(trees=None)}), "one of them"),
    (form(heads={"direction": head(trees=tree(left=[0, -1, -1]))}), "nowhere"),
    (form(heads={"direction": head(trees=tree(right=[9, -1, -1]))}), "nowhere"),
    (form(heads={"direction": head(trees=tree(feature=[500, -1, -1]))}), "input"),
    (form(heads={"direction": head(trees=tree(outputs=[4]))}), "output"),
    (form(heads={"direction": head(trees=tree(roots=[7]))}), "no node"),
    (form(heads={"direction": head(trees=tree(value=[0.0, 1.0]))}), "one length"),
    (form(heads={"direction": head(trees=tree(value=[0.0, 1e300, 1.0]))}), "value"),
    (form(horizon=0), "horizon"),
    (form(reference={"rsi": {"bounds": [2, 1], "shares": [0, 0, 0, 1]}}), "ascending"),
]


@pytest.mark.parametrize(("given_", "said"), HOSTILE)
def test_what_is_no_model_is_refused_in_one_line(given_: dict[str, Any], said: str) -> None:
    with pytest.raises(BadModel, match=said) as refused:
        parsed(json.dumps(given_).encode())
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"null", b"\x80\x04\x95", b"NaN", b"[" * 100000]
)
def test_bytes_that_are_no_model_are_refused(text: bytes) -> None:
    with pytest.raises(BadModel):
        parsed(text)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_model_is_refused_or_still_reads_a_probability(place: int, byte: int) -> None:
    text = bytearray(model().model_dump_json(exclude_none=True).encode())
    text[place % len(text)] = byte
    try:
        found = parsed(bytes(text))
    except BadModel:
        return
    assert 0 <= Scorer(found).read(np.zeros(len(found.inputs))).up <= 1


def test_calibration_by_hand() -> None:
    assert Platt(slope=2, intercept=-1).probability(0.5) == 0.5
    steps = Isotonic(scores=(0.0, 1.0), probabilities=(0.2, 0.6))
    assert [steps.probability(each) for each in (-1, 0.5, 3)] == pytest.approx([0.2, 0.4, 0.6])
    assert logistic(-1e9) < 1e-300
    assert logistic(1e9) == 1.0
    said, came = np.array([0.1, 0.1, 0.9, 0.9]), np.array([0, 1, 1, 1.0])
    assert reliability(said, came) == [(0.1, 0.5, 2), (0.9, 1.0, 2)]
    assert calibration_error(said, came) == pytest.approx((0.4 + 0.1) / 2)


def test_scores_that_foretell_the_opposite_calibrate_to_the_base_rate() -> None:
    scores = np.linspace(-1, 1, 400)
    outcomes = (np.arange(400) % 4 == 0).astype(float)
    outcomes[scores > 0] = 0
    found = platt(scores, outcomes)
    assert found.slope == 0
    assert found.probability(1.0) == pytest.approx(outcomes.mean(), rel=1e-6)
    random = np.random.Generator(np.random.PCG64(1))
    true = (random.random(4000) < 1 / (1 + np.exp(-3 * np.linspace(-1, 1, 4000) - 0.5))).astype(
        float
    )
    found = platt(np.linspace(-1, 1, 4000), true)
    assert found.slope == pytest.approx(3, abs=0.3)
    assert found.intercept == pytest.approx(0.5, abs=0.15)


def test_metrics_by_hand() -> None:
    given_, base, came = np.array([0.8, 0.4]), np.array([0.5, 0.5]), np.array([1.0, 0.0])
    found = metrics.of_two(given_, base, came)
    assert found is not None
    assert found.log_loss == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)
    assert found.base_log_loss == pytest.approx(np.log(2))
    assert found.brier == pytest.approx((0.04 + 0.16) / 2)
    assert (found.base_brier, found.hit_rate, found.auc) == (0.25, 1.0, 1.0)
    assert found.skill == pytest.approx(1 - found.log_loss / found.base_log_loss)
    assert metrics.auc(np.array([0.5, 0.5, 0.2]), np.array([1, 0, 0])) == 0.75
    assert metrics.of_two(*(np.array([]),) * 3) is None


def test_bins_hold_a_tenth_each_and_what_is_not_known() -> None:
    values = np.concatenate([np.arange(90.0), np.full(10, np.nan)])
    bins = Bins.of(values)
    assert len(bins.bounds) == 9
    assert sum(bins.shares) == pytest.approx(1)
    assert bins.shares[-1] == 0.1
    assert max(bins.shares[:-1]) <= 0.11
    assert placed(bins.bounds, float("nan")) == 10
    assert placed(bins.bounds, -5.0) == 0
    assert placed(bins.bounds, 1e9) == 9
    assert Bins.of(np.full(5, 2.0)).shares == (1.0, 0.0, 0.0)


def test_the_inputs_of_a_signal_by_hand() -> None:
    features = {"realised_volatility": 0.01, "log_return_1": 0.02, "log_return_5": -0.5,
                "atr_bps": 200.0, "rsi": 0.3}  # fmt: skip
    indicators = {"close": 100.0, "sma_slow": 101.0, "sma_fast": 99.0, "atr": 2.0, "macd": -1.0,
                  "bollinger_upper": 104.0, "bollinger_lower": 98.0}  # fmt: skip
    one = signal(1, features=features, indicators=indicators, bar_time=0)
    told = dict(zip(BARS, vector(one, BARS).tolist(), strict=True))
    assert told["return_z_1"] == 2.0
    assert told["return_z_5"] == -10.0  # beyond the bound
    assert told["atr_ratio"] == pytest.approx(np.log(2))
    assert (told["band_width_atr"], told["sma_gap_atr"], told["close_gap_atr"]) == (3.0, -1.0, -0.5)
    assert (told["macd_atr"], told["rsi"]) == (-0.5, 0.3)
    assert (told["week_sin"], told["week_cos"]) == (0.0, 1.0)
    assert np.isnan(told["return_z_60"])
    assert np.isnan(told["volume_z"])
    assert set(DERIVED) <= set(BARS)
    assert np.isnan(vector(signal(2), ["pressure_5s"])).all()
