"""The kind "model": when it speaks, how sure it is, where it leaves, and when it must not speak."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.learning.calibration import logistic
from engine.learning.vector import BARS, MOMENT
from engine.strategies import Context, Judgment, Verdict
from engine.strategies.model import ModelAdvisor, ModelSettings
from engine.strategies.trial import trial
from schemas.signals import Signal
from tests.unit.judging import signal
from tests.unit.learning import HOUR, form, head, tree
from tests.unit.trading import BTC
from topics.models.store import Store, Stored

ODDS = logistic(0.4)
"""The probability of the model by hand: 0.5987 of a rise after one, of a fall after a fall."""


def advisor(model: dict[str, Any] | None = None, **settings: Any) -> ModelAdvisor:
    of = Stored("hand", "0001-00000000", "d" * 32, orjson.dumps(model or form()), {})
    return ModelAdvisor(ModelSettings(**settings).asking(of), "model")


def bar(n: int, way: float, fresh: bool = True, **features: Any) -> Context:
    """At the close of hour n; `way`: the return before it, in deviations."""
    known = dict.fromkeys(BARS, 0.1) | {
        "log_return_1": 0.01 * way, "log_return_5": 0.0, "log_return_15": 0.0,
        "log_return_60": 0.0, "realised_volatility": 0.01, "atr_bps": 150.0,
    }  # fmt: skip
    values = {"close": 100.0, "atr": 1.5, "macd": 0.0, "sma_fast": 100.0, "sma_slow": 100.0,
              "bollinger_upper": 102.0, "bollinger_lower": 98.0}  # fmt: skip
    one = signal(n, fresh=fresh, bar_time=n * HOUR, features=known | features, indicators=values)
    return Context(BTC, n, one)


def said(one: ModelAdvisor, *contexts: Context) -> list[Judgment]:
    state = one.initial()
    return [one.judge(state, each) for each in contexts]


def verdicts(one: ModelAdvisor, *contexts: Context) -> str:
    return " ".join(each.verdict.value for each in said(one, *contexts))


def test_it_goes_where_the_probability_is() -> None:
    _, long, short = said(advisor(), bar(0, 0), bar(1, 2), bar(2, -2))
    assert (long.verdict, short.verdict) == (Verdict.LONG, Verdict.SHORT)
    want = 0.5 + 0.5 * (ODDS - 0.55) / 0.1
    assert long.confidence == pytest.approx(want, abs=1e-9)
    assert short.confidence == pytest.approx(want, abs=1e-9)
    assert long.reasons[1] == "hand 0001-00000000 dddddddd: rise in 2 bars 0.599 (usual 0.500)"
    assert long.reasons[2] == "log odds by return_z_1 +0.400 (path attribution)"


def test_its_levels_are_of_the_volatility_and_the_reach() -> None:
    (_, long) = said(advisor(), bar(0, 0), bar(1, 2))
    away = 3.0 * 0.01 * 2**0.5 * 100  # stop_volatility deviations of two bars' return
    assert float(long.levels.stop or 0) == pytest.approx(100 - away, abs=0.011)
    assert long.levels.target == "104.50"  # three ATR
    calm = form(
        heads={
            "direction": head(),
            "volatility": head(link="identity", base=[-1.0], trees=tree(value=[0.0, 0.0, 0.0])),
        }
    )
    (_, long) = said(advisor(calm), bar(0, 0), bar(1, 2))
    assert float(long.levels.stop or 0) == pytest.approx(100 - away * 2.718281828**-1, abs=0.011)


def test_it_leaves_when_the_probability_has_turned_or_the_horizon_is_over() -> None:
    mild = form(heads={"direction": head(trees=tree(value=[0.0, -0.1, 0.4]))})
    assert verdicts(advisor(mild), bar(0, 0), bar(1, 2), bar(2, -2)) == "hold long exit"
    slow = form(heads={"direction": head(trees=tree(value=[0.0, 0.1, 0.4]))})
    story = [bar(0, 0), bar(1, 2), bar(2, -1), bar(3, -1), bar(4, -1), bar(5, 2), bar(6, -1)]
    assert verdicts(advisor(slow), *story) == "hold long hold exit exit long hold"
    assert verdicts(advisor(slow, horizon=1), *story[:3]) == "hold long exit"


def test_it_is_silent_between_bars_on_other_bars_and_without_inputs() -> None:
    assert verdicts(advisor(), bar(0, 0), bar(1, 2, fresh=False)) == "hold hold"
    story = [bar(0, 2), bar(1, 2), bar(3, 2), bar(4, 2)]
    assert verdicts(advisor(), *story) == "hold long hold long"
    told = said(advisor(), bar(0, 2))[0]
    assert told.confidence == 0
    assert "trained on bars of 1h, and this is not the next one" in told.reasons[0]
    assert verdicts(advisor(any_interval=True), bar(0, 2)) == "long"
    dark: dict[str, Any] = dict.fromkeys(("rsi", "volume_z", "ema_gap_atr", "bollinger_position",
                          "macd_histogram_atr", "time_of_day_sin"))  # fmt: skip
    told = said(advisor(), bar(0, 2), bar(1, 2, **dark))[1]
    assert (told.verdict, told.confidence) == (Verdict.HOLD, 0)
    assert "too few inputs are known" in told.reasons[0]


def test_it_asks_for_more_than_a_round_trip_costs() -> None:
    edge = (2 * ODDS - 1) * (2 / 3.141592653589793) ** 0.5 * 0.01 * 2**0.5 * 1e4
    assert verdicts(advisor(cost_bps=edge - 0.1), bar(0, 0), bar(1, 2)) == "hold long"
    assert verdicts(advisor(cost_bps=edge + 0.1), bar(0, 0), bar(1, 2)) == "hold hold"
    met = (2 * ODDS - 1) * 150
    of = form(target="barrier")
    assert verdicts(advisor(of, cost_bps=met - 0.1), bar(0, 0), bar(1, 2)) == "hold long"
    assert verdicts(advisor(of, cost_bps=met + 0.1), bar(0, 0), bar(1, 2)) == "hold hold"


def test_it_buys_nothing_into_a_panic_and_tells_the_risk_of_its_side() -> None:
    flat = tree(value=[0.0, 0.0, 0.0], outputs=[2])
    heads = {
        "direction": head(),
        "drawdown": head(base=[1.0], trees=tree(value=[0.0, 0.0, 0.0])),
        "runup": head(base=[-1.0], trees=tree(value=[0.0, 0.0, 0.0])),
        "regime": head(link="softmax", base=[0, 0, 0.5], rate=[0.3, 0.3, 0.4], trees=flat),
    }  # fmt: skip
    story = [bar(0, 0), bar(1, 2), bar(2, -2)]
    _, long, short = said(advisor(form(heads=heads)), *story)
    assert [long.risk, short.risk] == pytest.approx([logistic(1), logistic(-1)])
    assert "next trend 0.27, range 0.27, panic 0.45" in long.reasons
    assert verdicts(advisor(form(heads=heads), panic=0.4), *story) == "hold hold short"


def test_the_shipped_models_keep_the_contract(tmp_path: Any) -> None:
    for name in ("hourly", "hourly-logistic"):
        loaded = Store(tmp_path).load(name)
        settings = ModelSettings(kind="model", any_interval=True, enter=0.5, sure=0.6)
        trial(lambda: ModelAdvisor(settings.asking(loaded)), BTC)  # noqa: B023


def test_one_of_the_moment_says_that_it_is_not_of_bars() -> None:
    assert advisor().on_bars
    assert not advisor(form(inputs=[BARS[0], MOMENT[0]])).on_bars


def test_without_a_model_it_says_so() -> None:
    (told,) = said(ModelAdvisor(ModelSettings()), Context(BTC, 0, Signal(venue="a", symbol="b")))
    assert told.reasons == ("no model is loaded",)
