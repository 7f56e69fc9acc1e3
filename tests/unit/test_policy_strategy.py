"""The kind "policy": what it says, what it knows of itself, and that it knows nothing of later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.learning.model import BadModel
from engine.learning.policy import Actor, policy
from engine.learning.vector import BARS
from engine.strategies import Context, Judgment, Verdict
from engine.strategies.model import ModelSettings
from engine.strategies.policy import PolicyAdvisor, PolicySettings
from engine.strategies.trial import trial
from gateway.models.series import signals
from tests.unit.learning import HOUR, changed_from, form, policy_form, write_candles
from tests.unit.test_model_strategy import bar
from tests.unit.trading import BTC
from topics.models.store import Stored
from topics.settings import Settings

CHANGED, COUNT = 100, 140
MIXED = {"coefficients": [[0.7, -0.4, 0.3, 0.2, -0.5, *(0.3,) * (len(BARS) - 5)]]}


def stored(**changed: Any) -> Stored:
    text = orjson.dumps(policy_form(**changed))
    return Stored("hand", "0001-00000000", "d" * 32, text, {})


def advisor(**changed: Any) -> PolicyAdvisor:
    known = PolicySettings(kind="policy", **changed.pop("settings", {}))
    return PolicyAdvisor(known.asking(stored(**changed)), "policy")


def moody() -> PolicyAdvisor:
    """One that looks at every input."""
    linear = policy_form()["linear"] | MIXED
    return advisor(linear=linear, stay=0.4, settings={"any_interval": True})


def said(one: PolicyAdvisor, *contexts: Context) -> list[Judgment]:
    state = one.initial()
    return [one.judge(state, each) for each in contexts]


def verdicts(one: PolicyAdvisor, *contexts: Context) -> str:
    return " ".join(each.verdict.value for each in said(one, *contexts))


def test_it_says_its_side_at_every_bar_and_leaves_once_it_has_entered() -> None:
    story = [bar(n, way) for n, way in enumerate((0, 0.5, 2, 0, -0.5, -0.5, -3, -0.1, 0.1))]
    assert verdicts(advisor(), *story) == "hold hold long long exit exit short short exit"


def test_what_it_holds_counts_for_staying() -> None:
    story = [bar(0, 0), bar(1, 1), bar(2, 0.5), bar(3, 0.5)]
    assert verdicts(advisor(stay=0.5), *story) == "hold long long long"
    assert verdicts(advisor(stay=0.4), *story) == "hold long exit exit"


def test_a_vote_tells_the_score_and_its_parts() -> None:
    (_, long) = said(advisor(), bar(0, 0), bar(1, 1.5))
    assert (long.verdict, long.confidence) == (Verdict.LONG, 0.75)
    assert long.reasons[1:3] == (
        "hand 0001-00000000 dddddddd: long by a score of +1.500, flat before",
        "score by return_z_1 +1.500",
    )
    assert long.levels.stop == "95.50"  # three ATR
    assert long.risk is not None


def test_it_falls_back_as_every_stored_model_does() -> None:
    one = advisor()
    state = one.initial()
    told = one.judge(state, bar(0, 2))
    assert (told.verdict, told.confidence) == (Verdict.HOLD, 0)
    assert "trained on bars of 1h, and this is not the next one" in told.reasons[0]
    assert one.failing(state)
    assert one.turned(state)
    assert one.judge(state, bar(1, 2)).verdict is Verdict.LONG
    assert (one.failing(state), one.turned(state)) == ("", "")
    few: dict[str, Any] = dict.fromkeys(("rsi", "volume_z", "ema_gap_atr", "bollinger_position",
                         "macd_histogram_atr", "time_of_day_sin"))  # fmt: skip
    assert "too few inputs are known" in one.judge(state, bar(2, 2, **few)).reasons[0]


def test_inputs_that_drift_silence_it() -> None:
    of = {"return_z_1": {"bounds": [0.0], "shares": [0.9, 0.1, 0.0]}}
    one = advisor(reference=of, settings={"drift": {"window": 100}})
    told = said(one, *[bar(n, 2) for n in range(102)])
    assert [each.verdict for each in told[1:100]] == [Verdict.LONG] * 99
    assert "inputs have drifted" in told[100].reasons[0]


def test_a_loaded_one_passes_the_trial() -> None:
    trial(moody, BTC)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Candles, and the same with another future."""
    folder = tmp_path_factory.mktemp("candles")
    one = write_candles(folder / "one_1h.csv.gz", COUNT)
    return [one, changed_from(one, folder / "two_1h.csv.gz", CHANGED, seed=2)]


def contexts(file: Path) -> list[Context]:
    """The signals of the desk at each close."""
    found = signals(file, HOUR, Settings())
    return [Context(each.key, each.seen_time, each) for each in found]


def test_what_comes_later_changes_no_action_before_it(files: list[Path]) -> None:
    """At the close before the change too, though its prices are of the quotes by then."""
    one, two = (said(moody(), *contexts(file)) for file in files)
    assert one[: CHANGED - 1] == two[: CHANGED - 1]
    assert one[CHANGED - 1][:2] == two[CHANGED - 1][:2]
    assert one[CHANGED + 1 :] != two[CHANGED + 1 :]
    assert {each.verdict for each in one[:CHANGED]} >= {Verdict.LONG, Verdict.SHORT, Verdict.EXIT}


def test_a_restart_from_a_snapshot_gives_the_same_actions(files: list[Path]) -> None:
    """At any bar: the state that was kept there goes on as the one that was never let go."""
    one, story = moody(), contexts(files[0])
    state, kept = one.initial(), list[str]()
    told = []
    for context in story:
        kept.append(json.dumps(one.dump(state)))
        told.append(one.judge(state, context))
    for at in range(0, len(story), 7):
        again = moody()
        state = again.load(json.loads(kept[at]))
        assert [again.judge(state, each) for each in story[at:]] == told[at:]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"stay": -0.1}, "stay: Input should be greater"),
        ({"inputs": ["a", "a"]}, "an input is there twice"),
        ({"inputs": ["a"]}, "it has 19 inputs, not 1"),
        ({"reference": {"x": {"bounds": [], "shares": [1.0, 0.0]}}}, "x is in the reference"),
        ({"heads": {}}, "heads: Extra inputs"),
    ],
)
def test_a_file_that_is_no_policy_is_refused_in_a_line(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(BadModel, match=why) as refused:
        policy(orjson.dumps(policy_form(**changed)))
    assert "\n" not in str(refused.value)


def test_each_kind_of_seat_names_the_other_s() -> None:
    foretelling = Stored("m", "-", "d" * 32, orjson.dumps(form()), {})
    with pytest.raises(ValueError, match="it is no policy: name one by `model`"):
        PolicySettings.model_validate({}, context={"models": lambda *_: foretelling})
    with pytest.raises(ValueError, match="a seat of kind policy asks it"):
        ModelSettings.model_validate({}, context={"models": lambda *_: stored()})


def test_it_acts_on_rounded_scores() -> None:
    """A score within a rounding of the bound is at it."""
    actor = Actor(policy(orjson.dumps(policy_form())))
    x = actor.inputs(bar(0, 0).signal) * 0
    x[0] = 1 - 1e-14
    assert actor.act(x, 0).way == 1
