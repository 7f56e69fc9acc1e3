"""How advisors are judged: by windows that come after the training, on days that add up."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from engine.learning.model import parsed
from engine.learning.vector import BARS
from engine.performance.bootstrap import Bootstrap
from engine.research.splits import Window
from engine.spans import DAY
from engine.strategies import Judgment, Verdict
from gateway.models.contenders import SETS, Set, Succession, Waiting, decisions
from gateway.models.fitting import Recipe
from gateway.models.judge import HOLD, Bench
from gateway.models.series import Series, series
from gateway.models.trading import held, of_days, pooled
from gateway.models.walking import Said, Walk
from tests.unit.learning import HOUR, write_candles
from topics.settings import settings

KEY = "binance:BTC/USDT:USDT"
SMALL = Set("small", (("one_1h.csv.gz", KEY),), 25 * DAY, 8 * DAY)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Series:
    path = write_candles(tmp_path_factory.mktemp("candles") / "one_1h.csv.gz", 1000)
    return series(path, None, BARS, settings())


def test_windows_abut_and_the_last_reaches_to_the_end() -> None:
    splits = SETS[0].splits(Window(0, 840 * DAY))
    tests = [split.test for split in splits if split.test]
    assert len(splits) == 5
    assert tests[0].since == 365 * DAY
    assert all(a.until == b.since for a, b in itertools.pairwise(tests))
    assert tests[-1].until == 840 * DAY


def test_a_model_of_a_window_knows_nothing_of_it(one: Series) -> None:
    walk = Walk([one], SMALL)
    line = walk.line(Recipe(kind="logistic"))
    assert len(line) == len(walk.splits) == 2
    for since, stored in line:
        assert parsed(stored.model).cutoff < since - 24 * HOUR
    said = walk.said(line)
    quality, gain = said.quality(), said.gain(Bootstrap(draws=200))
    assert quality is not None
    assert gain is not None
    assert gain.value == pytest.approx(quality.base_log_loss - quality.log_loss)
    assert gain.value > 0  # the market of the test turns back, which can be learnt


def test_what_is_judged_is_kept_and_taken_from_there(
    one: Series, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = settings()
    row = Bench([one], SMALL, tmp_path, 1, desk).row("logistic")
    assert row["closed"] > 5
    assert row["days"] == 18
    assert row["probabilities"]["skill"] > 0
    assert float(row["fees"]) > 0
    monkeypatch.setattr(Bench, "_judged", lambda self, name: pytest.fail("judged again"))
    assert Bench([one], SMALL, tmp_path, 1, desk).row("logistic") == row
    dearer = desk.model_copy(update={"execution": {"fees": {"taker": "0.01"}}})
    for seed, other in ((2, desk), (1, dearer)):
        with pytest.raises(pytest.fail.Exception):
            Bench([one], SMALL, tmp_path, seed, other).row("logistic")


def test_nobody_is_heard_before_the_first_window(one: Series, home: Path) -> None:
    said = Judgment(Verdict.LONG, 1.0)
    inner: Any = SimpleNamespace(name="x", judge=lambda state, context: said, on_bars=True)
    waiting = Waiting(inner, 10)
    at = [cast(Any, SimpleNamespace(now=now)) for now in (9, 10)]
    assert [waiting.judge(None, each).verdict.value for each in at] == ["hold", "long"]
    assert waiting.on_bars
    line = Walk([one], SMALL).line(Recipe(kind="logistic"))
    stage = decisions("logistic", line[0][0], {"logistic": line})
    (seat,) = stage.strategies[0].advisors
    assert isinstance(seat, Waiting)
    assert isinstance(seat.inner, Succession)
    first, second = (each for _, each in seat.inner._line)
    assert first.voice is not second.voice


def test_buy_and_hold_is_the_price_less_two_fees(one: Series) -> None:
    since = int(one.close_time[600])
    found = held(one, KEY, since)
    close = one.bars.close
    want = close[-1] / close[600] * (1 - 0.0005) ** 2
    assert found.growth == pytest.approx(want)
    assert len(found.values) == 18
    row = Bench([one], SMALL, Path(), 1, settings())._judged(HOLD)
    assert row["no_edge_p"] is None


def test_days_of_several_accounts_are_pooled_in_equal_shares() -> None:
    a, b = of_days(np.array([0.1, -0.1]), 5), of_days(np.array([0.3]), 6)
    both = pooled([a, b])
    assert both.values.tolist() == pytest.approx([0.05, 0.1])
    assert both.first == 5
    assert both.growth == pytest.approx(1.05 * 1.1)
    assert of_days(np.array([0.1, -0.5, 0.2]), 0).fall == pytest.approx(0.5)


def test_a_model_that_knows_nothing_gains_nothing() -> None:
    random = np.random.Generator(np.random.PCG64(1))
    came = (random.random(500) < 0.5).astype(float)
    noise = np.clip(0.5 + random.normal(0, 0.1, 500), 0.05, 0.95)
    gain = Said(noise, np.full(500, 0.5), came).gain(Bootstrap(draws=200))
    assert gain is not None
    assert gain.value < 0
