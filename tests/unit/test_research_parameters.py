"""Settings with other values: names are those of the models, whatever is wrong is one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.research.spaces import NoSpace, space
from gateway.backtests.stages import Stages
from gateway.research.asked import Asked
from gateway.research.parameters import checked, lines, refusal, varied
from tests.unit.small_desk import SETTINGS
from tests.unit.test_own_strategy import GOOD
from topics.settings import CONFIG_FILE

KNOWN = SETTINGS.model_copy(
    update={
        "strategies": {
            "swing": {"quorum": 0.4, "advisors": {"momentum": {"weight": 2}, "rule": {}}},
        }
    }
)


def test_a_dotted_name_leads_to_its_setting_and_to_no_other() -> None:
    found = varied(KNOWN, {
        "strategies.swing.quorum": 0.3, "strategies.swing.advisors.momentum.entry_bars": 40,
        "risk.leverage": 3, "execution.queue.name": "prob_power",
    })  # fmt: skip
    strategy = Stages.of(found).decisions.strategies[0]
    assert strategy.settings.quorum == 0.3
    advisors: dict[str, Any] = {each.name: each for each in strategy.advisors}
    assert (advisors["momentum"].settings.entry_bars, advisors["momentum"].settings.weight) == (
        40,
        2,
    )
    assert found.risk["leverage"] == 3
    assert found.execution == {"queue": {"name": "prob_power"}}
    assert KNOWN.strategies["swing"]["quorum"] == 0.4
    assert "entry_bars" not in KNOWN.strategies["swing"]["advisors"]["momentum"]


@pytest.mark.parametrize(
    "given",
    [
        {"strategies.swing.quorum": "0.3:0.7:0.1"},
        {"strategies.swing.advisors.momentum.entry_bars": "5,10,20"},
        {"strategies.swing.stop_atr": "none,2,4"},
        {"risk.risk_per_trade": "0.01,0.02"},
        {"risk.strategies.swing.trailing": "true,false"},
        {"execution.queue": "risk_averse,prob_log"},
        {"execution.latency.nanoseconds": "0,5000000"},
        {"signals.indicators.rsi": "7,14"},
        {"rule.with_trend": "true,false"},
        {"backtest.feedback": "0:10000000"},
    ],
)
def test_what_the_models_know_is_taken(given: dict[str, str]) -> None:
    checked(KNOWN, space(given))


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("strategies.swing.quorom", "0.3,0.4", "no quorom here: known are .*quorum"),
        ("strategies.swung.quorum", "0.3,0.4", "no swung here: known are swing"),
        ("strategies.swing.advisors.momentum.entry", "1,2", "known are .*entry_bars"),
        ("strategies.swing.advisors.fast.entry_bars", "1,2", "known are momentum, rule"),
        ("riks.leverage", "1,2", "no riks here: known are .*risk"),
        ("risk", "1,2", "is a table"),
        ("strategies.swing.quorum", "0.3,1.7", "quorum=1.7: .*less than or equal to 1"),
        ("strategies.swing.quorum", "low,high", "quorum=low: .*valid number"),
        ("strategies.swing.advisors.momentum.entry_bars", "1,2", "greater than or equal to 2"),
        ("risk.strategies.swing.trailin", "true,false", "trailin=true: Extra inputs"),
        ("strategies.swing.quorum.more", "1,2", "no table"),
    ],
)
def test_what_they_do_not_know_is_told_in_a_line(name: str, values: str, said: str) -> None:
    with pytest.raises(NoSpace, match=said) as told:
        checked(KNOWN, space({name: values}))
    assert "\n" not in str(told.value)


def test_a_strategy_of_ones_own_is_searched_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(GOOD)
    monkeypatch.setenv(CONFIG_FILE, str(tmp_path / "tapeline.toml"))
    one = {"mine": {"advisors": {"a": {"kind": "mine.py:Mine"}}}}
    known = KNOWN.model_copy(update={"strategies": one})
    checked(known, space({"strategies.mine.advisors.a.every": "2,3"}))
    with pytest.raises(NoSpace, match=r"no eery here: known are .*every"):
        checked(known, space({"strategies.mine.advisors.a.eery": "2,3"}))
    assert refusal(varied(known, {"strategies.mine.advisors.a.every": 3})) == ""


def test_values_that_do_not_go_together_are_no_reason_to_refuse_the_space() -> None:
    given = {"entry_bars": "5,20", "exit_bars": "5,10"}
    momentum = "strategies.swing.advisors.momentum"
    checked(KNOWN, space({f"{momentum}.{name}": values for name, values in given.items()}))
    told = refusal(varied(KNOWN, {f"{momentum}.entry_bars": 5, f"{momentum}.exit_bars": 10}))
    assert "exit_bars must not be more than entry_bars" in told
    assert refusal(varied(KNOWN, {f"{momentum}.entry_bars": 20, f"{momentum}.exit_bars": 10})) == ""


def test_the_section_and_the_command_line_make_the_space() -> None:
    asked = Asked((), None, ("rule.weight=1,2",))  # type: ignore[arg-type]
    found = asked.space({"rule.weight": [3], "strategies": {"swing": {"quorum": "0.3,0.4"}}})
    assert {axis.name: axis.values for axis in found.axes} == {
        "rule.weight": (1, 2), "strategies.swing.quorum": (0.3, 0.4),
    }  # fmt: skip
    with pytest.raises(NoSpace, match="write NAME=VALUES"):
        Asked((), None, ("rule.weight",)).space({})  # type: ignore[arg-type]


def test_a_choice_is_written_as_settings() -> None:
    assert lines({"a.b": 1.5, "a.c": True, "d": "x", "e": None}) == (
        'a.b = 1.5\na.c = true\nd = "x"\ne = # none\n'
    )
