"""`tapeline optimize`: trials are backtests, kept as they end, and gone on with after a kill."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from engine.analytics import Span
from engine.research.splits import Window
from gateway.backtests.backtest import run
from gateway.cli import app
from gateway.reports.optimization_page import page
from gateway.research.market import SharedMarket
from gateway.research.parameters import varied
from gateway.research.source import Recordings
from gateway.research.study import NoStudy, Study, study
from gateway.research.trial import traded
from gateway.terminal.output import Output
from schemas.codec import encode
from schemas.statuses import Status
from tests.unit.small_desk import SECOND, SETTINGS

KNOWN = SETTINGS.model_copy(
    update={"strategies": {"quick": {"advisors": {"momentum": {}}}}, "optimize": {}}
)
CONFIG = """
[signals.indicators]
ema_fast = 2
ema_slow = 4
atr = 3
[strategies.quick]
advisors = { momentum = { entry_bars = 5, exit_bars = 3, filter_atr = 0.0 } }
[risk]
minimum_strength = 0
minimum_confidence = 0
[risk.strategies.quick]
stop_percent = "0.02"
target_percent = "0.02"
"""
GIVEN = (
    "--set", "strategies.quick.advisors.momentum.entry_bars=2,5",
    "--set", "strategies.quick.advisors.momentum.exit_bars=2:6:2",
    "--train", "14s", "--test", "10s", "--embargo", "1s", "--min-trips", "0",
)  # fmt: skip


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("set") / "tapeline.toml"
    found.write_text(CONFIG)
    return found


def command(config: Path, *given: str) -> list[str]:
    return [sys.executable, "-m", "gateway.cli", "optimize", *given]


def environment(config: Path) -> dict[str, str]:
    return {**os.environ, "TAPELINE_CONFIG": str(config)}


def searched(
    config: Path, recording: Path, into: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    given = command(config, str(recording), "--into", str(into), *GIVEN, "--json", *more)
    return subprocess.run(given, env=environment(config), capture_output=True, text=True)


@pytest.fixture(scope="module")
def whole(config: Path, recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search that nothing has interrupted, in one process."""
    into = tmp_path_factory.mktemp("whole") / "study"
    ended = searched(config, recording, into, "--jobs", "1")
    assert ended.returncode == 0, ended.stderr
    told = orjson.loads(ended.stdout)["optimization"]
    assert len(told["splits"]) == 2
    assert told["trials_count"] == 12
    return into


def report(into: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in into.glob("optimization*")}


def test_a_trial_is_the_backtest_of_its_settings_to_the_byte(
    recording: Path, tmp_path: Path
) -> None:
    momentum = "strategies.quick.advisors.momentum"
    known = varied(KNOWN, {f"{momentum}.entry_bars": 4, f"{momentum}.exit_bars": 2,
                           f"{momentum}.filter_atr": 0, "risk.minimum_strength": 0,
                           "risk.minimum_confidence": 0, "backtest.raw": 3_000_000})  # fmt: skip
    first = 1_723_161_255 * SECOND
    window = Window(first + 10 * SECOND, first + 30 * SECOND)
    market = SharedMarket(Recordings((recording,), None), tmp_path, "data")
    market.make(known)
    found = [row for row in traded(market, known, window, None) if isinstance(row, Status)]
    whole = run((recording,), known, None, Output(True), Span(*window)).statuses
    assert [encode(each) for each in found] == [encode(each) for each in whole]
    assert any(each.type == "fill" for each in found)


def test_strategies_share_a_market_and_the_settings_that_make_it_do_not(tmp_path: Path) -> None:
    market = SharedMarket(Recordings((), None), tmp_path, "data")
    alike = varied(KNOWN, {"strategies.quick.quorum": 0.1, "risk.leverage": 2})
    assert market.path(alike) == market.path(KNOWN)
    other = varied(KNOWN, {"signals.indicators.rsi": 7})
    assert market.path(other) != market.path(KNOWN)


def test_a_search_that_was_killed_goes_on_and_ends_as_one_that_was_not(
    config: Path, recording: Path, whole: Path, tmp_path: Path
) -> None:
    """By two processes, where the other one was run by one."""
    into = tmp_path / "killed"
    given = command(config, str(recording), "--into", str(into), *GIVEN, "--json", "--jobs", "2")
    child = subprocess.Popen(given, env=environment(config), stderr=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    kept = into / "trials.jsonl"
    until = time.monotonic() + 120
    while time.monotonic() < until and (not kept.exists() or kept.read_bytes().count(b"\n") < 8):
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    lines = kept.read_bytes().count(b"\n")
    assert 8 <= lines < 14
    with kept.open("ab") as log:
        log.write(b'{"split":0,"number":')
    assert _gone(child.pid)
    ended = searched(config, recording, into, "--jobs", "2")
    assert ended.returncode == 0, ended.stderr
    assert f"{lines} of 14 trials are there already" in ended.stderr
    assert len(Study(into).trials) == 14
    assert report(into) == report(whole)


def _gone(group: int) -> bool:
    """Whether every process of the session has ended, with its parent."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_a_search_that_has_ended_is_told_again_without_a_trial(
    config: Path, recording: Path, whole: Path
) -> None:
    before = (whole / "trials.jsonl").read_bytes()
    began = report(whole)
    ended = searched(config, recording, whole)
    assert ended.returncode == 0
    assert (whole / "trials.jsonl").read_bytes() == before
    assert report(whole) == began


def test_another_search_has_another_directory(config: Path, recording: Path, whole: Path) -> None:
    ended = searched(config, recording, whole, "--objective", "return")
    assert ended.returncode == 1
    assert "holds another search: its objective is another (sharpe, here return)" in ended.stderr


def test_the_report_tells_in_sample_from_out_of_it(whole: Path) -> None:
    told = orjson.loads((whole / "optimization.json").read_bytes())
    for split in told["splits"]:
        assert split["train"]["to"] < split["test"]["from"]
        trained = [row for row in told["trials"] if row["role"] == "train"]
        mine = [row for row in trained if row["split"] == told["splits"].index(split)]
        assert split["trials"] == len(mine) == 6
        assert split["not_run"] == sum(bool(row["problem"]) for row in mine) == 3
        best = max((row for row in mine if row["value"] is not None), key=lambda row: row["value"])
        assert split["value"] == best["value"]
        assert split["deflated_sharpe"]["tries"] == 3
    assert told["out_of_sample"]["periods"] == 2 * 11
    assert "Out of sample" in (whole / "optimization.html").read_text()
    hostile = "</title><script>alert(1)</script>"
    told["files"], told["trials"][0]["problem"], told["account"] = [hostile], hostile, hostile
    assert "<script" not in page(told, [(0, Decimal(1)), (1, Decimal(2))])
    rows = (whole / "optimization-trials.csv").read_text().splitlines()
    assert len(rows) == 1 + len(told["trials"])


def invoked(*given: str) -> Any:
    return CliRunner().invoke(app, ["optimize", *given])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "nothing to choose"),
        (("--set", "rule.wieght=1,2"), "there is no wieght here: known are .*weight"),
        (("--set", "rule.weight=1,2", "--objective", "luck"), "known are sharpe"),
        (("--set", "rule.weight=1,2", "--method", "guess"), "known are grid"),
        (("--set", "rule.weight=1,2", "--train", "10s"), "go together"),
        (("--set", "rule.weight=1,2", "--train", "1h", "--test", "1h"), "longer than the data"),
        (
            (
                "--set",
                "rule.weight=1:2",
            ),
            "no steps",
        ),
        (("--set", "rule.weight=1,2", "--account", "nobody"), "there is no account nobody"),
        (("--set", "rule.weight=1,2", "--from", "2030-01-01"), "leave nothing"),
        (("--set", "rule.weight=1,2", "--objective", "calmar"), "a day or more"),
    ],
)
def test_what_cannot_be_searched_is_one_line(
    recording: Path, tmp_path: Path, more: tuple[str, ...], said: str
) -> None:
    told = invoked(str(recording), "--into", str(tmp_path / "x"), *more)
    assert told.exit_code == 1
    assert told.stderr.count("\n") == 1, told.stderr
    assert re.search(said, told.stderr), told.stderr
    assert not list(tmp_path.glob("x/trials.jsonl"))


def test_two_searches_do_not_write_into_one_directory(tmp_path: Path) -> None:
    with (
        study(tmp_path, {"a": 1}),
        pytest.raises(NoStudy, match="runs in"),
        study(tmp_path, {"a": 1}),
    ):
        pass


def test_a_broken_line_within_is_told(tmp_path: Path) -> None:
    (tmp_path / "trials.jsonl").write_bytes(b"{}\n")
    with pytest.raises(NoStudy, match="line 1, is no trial"):
        Study(tmp_path)
