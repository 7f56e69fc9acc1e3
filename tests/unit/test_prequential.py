"""`tapeline models prequential`: the learner on a file of candles, as its seat would be asked."""

from __future__ import annotations

import json
from itertools import pairwise
from math import sin
from pathlib import Path

import pytest

from engine.learning.learner import LearnerSettings
from engine.learning.vector import BARS
from engine.strategies import Context
from engine.strategies.online import OnlineAdvisor, OnlineSettings
from gateway.models.prequential import learnt, prequential, told
from gateway.models.series import series, signals
from gateway.terminal.output import Output
from topics.settings import Settings

START, HOUR = 1_600_000_000_000, 3_600_000
BY = LearnerSettings(horizon=2, cost_bps=5)
USUAL = Settings(broker_url="nowhere:9")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hours of a market in waves of unlike lengths."""
    closes = [100 + 4 * sin(n / 6) + sin(n * n / 7) for n in range(260)]
    rows = [
        f"{START + n * HOUR},{a:.2f},{max(a, b) + 0.3:.2f},{min(a, b) - 0.3:.2f},{b:.2f},5"
        for n, (a, b) in enumerate(pairwise(closes))
    ]
    path = tmp_path_factory.mktemp("candles") / "waves.csv"
    path.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]) + "\n")
    return path


def test_it_is_asked_as_its_seat_asks_it(file: Path) -> None:
    found = series(file, None, BARS, USUAL)
    advisor = OnlineAdvisor(OnlineSettings(learner=BY))
    state = advisor.initial()
    for one in signals(file, found.interval, USUAL):
        advisor.judge(state, Context(one.key, one.seen_time, one))
    rows = learnt(found, BY).rows
    assert len(rows) == state.learner.known > 100
    assert rows[:, :4].sum(axis=0).tolist() == pytest.approx([*state.learner.losses.told])


def test_it_tells_means_and_an_interval_about_the_difference(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prequential([file], None, BY, Output(json=True)) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert row["better_by"] == pytest.approx(row["base_log_loss"] - row["log_loss"])
    assert row["low"] < row["better_by"] < row["high"]
    assert 0 < row["hit_rate"] < 1
    assert row["us_a_bar"] > 0


def test_of_nothing_nothing_is_told(file: Path) -> None:
    never = LearnerSettings(horizon=2, cost_bps=1e6)
    found = series(file, None, BARS, USUAL)
    row = told(found, learnt(found, never))
    assert (row["outcomes"], "log_loss" in row, row["bars"]) == (0, False, len(found.bars))
