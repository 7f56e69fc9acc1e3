"""The backtest as an environment of Gymnasium: its API, its money, and no look-ahead."""

from __future__ import annotations

import gzip
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from engine.learning.vector import BARS, BOUND
from gateway.backtests.candles import candles
from gateway.models.fitting import NoLibrary
from gateway.research.environment import BacktestEnv, NoEpisode, Observation
from gateway.research.source import CandleFiles
from gateway.research.steered import FLAT, LONG, SHORT
from schemas.signals import Signal
from tests.unit.learning import write_candles
from topics.settings import Settings

KEY = "binance:BTC/USDT:USDT"
COUNT, CHANGED = 40, 25


def made(file: Path, length: int | None = None, kind: type[BacktestEnv] = BacktestEnv) -> Any:
    return kind(CandleFiles((file,), KEY), KEY, Settings(), length)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_candles(tmp_path_factory.mktemp("candles") / "one_1h.csv.gz", COUNT)


@pytest.fixture(scope="module")
def env(file: Path) -> BacktestEnv:
    found: BacktestEnv = made(file)
    return found


@pytest.fixture(scope="module")
def part(file: Path) -> BacktestEnv:
    """Episodes of ten bars."""
    found: BacktestEnv = made(file, 10)
    return found


def played(env: BacktestEnv, actions: list[int], seed: int = 1) -> list[Any]:
    """By bar: observation, reward, whether it is over, what is told."""
    seen, told = env.reset(seed=seed)
    rows: list[Any] = [(seen.tolist(), 0.0, False, told)]
    for action in actions:
        seen, reward, ruined, cut, told = env.step(action)
        rows.append((seen.tolist(), reward, ruined or cut, told))
    return rows


def actions(count: int) -> list[int]:
    drawn = np.random.Generator(np.random.PCG64(7)).integers(3, size=count)
    return [int(each) for each in drawn]


@pytest.mark.filterwarnings("error")
def test_it_is_an_environment_of_gymnasium(part: BacktestEnv) -> None:
    check_env(part, skip_render_check=True)
    assert part.observation_space.shape == (2 * len(BARS) + 1,)


def test_the_rewards_are_what_the_account_won(env: BacktestEnv) -> None:
    rows = played(env, actions(env.bars - 1))
    won = sum(reward for _, reward, _, _ in rows)
    assert won == pytest.approx(rows[-1][3]["equity"] / float(env.start) - 1, abs=1e-12)
    assert won != 0
    assert [over for _, _, over, _ in rows] == [False] * (env.bars - 1) + [True]
    assert all(max(map(abs, seen)) <= BOUND for seen, _, _, _ in rows)
    with pytest.raises(NoEpisode, match="reset the environment"):
        env.step(FLAT)


def test_an_order_is_filled_at_the_next_bar_s_first_price(env: BacktestEnv, file: Path) -> None:
    """Bought at the open, or a tick above it; what it then earns is the way to the close."""
    for action, way in ((LONG, 1), (SHORT, -1)):
        rows = played(env, [FLAT, FLAT, action])
        assert [row[3]["entry"] for row in rows[:3]] == [None] * 3
        assert rows[2][0][-1] == 0
        (_, reward, _, told), bar = rows[3], candles([file]).rows[3]
        assert told["bar_time"] == bar.time + 3600 * 10**9
        assert float(told["entry"]) == pytest.approx(float(bar.open), abs=0.1001)
        share = rows[3][0][-1]
        assert share * way > 0
        gone = 1 - float(told["entry"]) / float(bar.close)
        half_a_tick = abs(share) * 0.05 / float(bar.close)  # it is marked at the mid of the book
        fee = abs(share) * 0.0005
        assert reward == pytest.approx(share * gone - fee, abs=1.02 * half_a_tick)


def test_a_side_is_changed_in_two_bars(env: BacktestEnv) -> None:
    """Closed, then entered: each fill is known at the next bar's close."""
    rows = played(env, [FLAT, LONG, SHORT, SHORT, LONG, LONG])
    ways = [int(np.sign(seen[-1])) for seen, *_ in rows]
    assert ways == [0, 0, 1, 0, -1, 0, 1]


def test_a_seed_draws_where_an_episode_begins(part: BacktestEnv) -> None:
    first, again = (played(part, actions(10), seed=3) for _ in range(2))
    assert first == again
    assert first[-1][2]
    starts = {part.reset(seed=seed)[1]["bar_time"] for seed in range(5)}
    assert len(starts) > 1


class Leaking(BacktestEnv):
    """It shows each bar before it has been."""

    def _observation(self) -> Observation:
        rows = [row for _, (_, row) in self._rows]
        bars = [row for row in rows if isinstance(row, Signal) and row.fresh]
        now = bars.index(self._signal)
        self._signal, kept = bars[min(now + 1, len(bars) - 1)], self._signal
        seen = super()._observation()
        self._signal = kept
        return seen


def changed(file: Path, into: Path) -> Path:
    """The same candles up to one, and others from it on."""
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    other = gzip.decompress(write_candles(into, COUNT, seed=2).read_bytes()).decode().splitlines()
    text = "\n".join(lines[: CHANGED + 1] + other[CHANGED + 1 :])
    into.write_bytes(gzip.compress(text.encode()))
    return into


@pytest.mark.parametrize(("kind", "blind"), [(BacktestEnv, True), (Leaking, False)])
def test_what_comes_later_changes_nothing_that_was_seen(
    file: Path, tmp_path: Path, kind: type[BacktestEnv], blind: bool
) -> None:
    """Bars up to the change are seen alike, whatever follows; a leak that is planted is found."""
    told = actions(CHANGED - 1)
    one, two = (
        played(made(each, kind=kind), told)
        for each in (file, changed(file, tmp_path / "two_1h.csv.gz"))
    )
    assert ([row[0] for row in one] == [row[0] for row in two]) is blind
    assert [row[1] for row in one] == [row[1] for row in two]


def test_what_is_no_episode_is_told_in_a_line(file: Path, env: BacktestEnv) -> None:
    with pytest.raises(NoEpisode, match="39 bars: an episode needs more than 39"):
        made(file, 39)
    env.reset()
    with pytest.raises(ValueError, match="3 is no action"):
        env.step(3)


def test_without_the_library_it_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    monkeypatch.delitem(sys.modules, "gateway.research.environment")
    with pytest.raises(NoLibrary, match=r"pip install 'tapeline\[research\]'"):
        import_module("gateway.research.environment")
