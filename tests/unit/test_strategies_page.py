"""The examples of docs/strategies.md, run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from engine.decisions import DecisionsStage
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from schemas import names
from schemas.codec import encode
from schemas.signals import Signal
from tests.unit.judging import decisions, reborn, signal
from tests.unit.trading import BTC, ETH
from topics.settings import CONFIG_FILE, Settings

PAGE = Path(__file__).parents[2] / "docs" / "strategies.md"


def block(language: str) -> str:
    (text,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return str(text)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DecisionsStage:
    """The page's strategies, with the page's own one as a file beside the settings."""
    (tmp_path / "stride.py").write_text(block("python"))
    file = tmp_path / "tapeline.toml"
    file.write_text(block("toml"))
    monkeypatch.setenv(CONFIG_FILE, str(file))
    return DecisionsStage(Settings().sections(StrategySections).build())


def bars(key: str, *closes: float) -> list[Signal]:
    return [
        signal(n, key=key, indicators={"close": close, "atr": 0.5})
        for n, close in enumerate(closes)
    ]


def test_the_page_s_strategies_decide(stage: DecisionsStage) -> None:
    names_ = {each.name: [advisor.name for advisor in each.advisors] for each in stage.strategies}
    assert names_ == {
        "contrary": ["reversion", "stride"],
        "swing": ["fast", "momentum", "slow"],
    }
    made = [
        [each.strategy for each in decisions(Cell.fresh(stage, key).take(names.SIGNALS, one))]
        for key in (BTC, ETH, "okx:ETH/USDT:USDT")
        for one in bars(key, 100)
    ]
    assert made == [["contrary", "swing"], ["contrary", "swing"], ["contrary"]]


def test_the_page_s_own_strategy_judges_and_outlives_a_restart(stage: DecisionsStage) -> None:
    stream = bars(BTC, 100, 101, 102, 103, 104, 103, 102)
    cell, again = Cell.fresh(stage, BTC), Cell.fresh(stage, BTC)
    found: list[Any] = []
    for each in stream:
        again = reborn(again)
        made, others = cell.take(names.SIGNALS, each), again.take(names.SIGNALS, each)
        assert [encode(one.record) for one in made] == [encode(one.record) for one in others]
        found += [one for one in decisions(made) if one.strategy == "contrary"]
    assert [each.verdict.value for each in found] == [
        "hold", "hold", "hold", "long", "long", "exit", "hold",
    ]  # fmt: skip
    assert found[3].votes[1].reasons[1] == "3 bars in a row closed higher"
    assert (found[3].entry, found[3].stop, found[3].confidence) == ("100.10", "97.09", 0.6)
