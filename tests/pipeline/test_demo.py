"""`tapeline demo` as a person runs it, and what can be done with its desk afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.control.asking import KEY
from gateway.recorded.expectation import expected
from gateway.server.door import operator_of
from infra.local.process import Child
from infra.recordings import DEMO_SETTINGS
from schemas import names
from topics.reading import read_all
from topics.settings import CONFIG_FILE, settings

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Played:
    """A demo that has ended: its report, and the environment that it says its desk is found in."""

    report: dict[str, Any]
    env: dict[str, str]
    home: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command, with no more flags than the demo names."""
        return python(*words, env={**self.env, **self.report["environment"]}, cwd=self.home)


def python(*words: str, env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """`python -m ...` in a directory that is not the repository."""
    command = (sys.executable, "-m", *words)
    return subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def played(bootstrap: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The demo on a broker that is there; at twice its pace a busy machine is too slow."""
    home = tmp_path_factory.mktemp("demo")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAPELINE_")}
    env = {**kept, "BROKER_URL": bootstrap, "REDIS_URL": redis_url, "PYTHONPATH": str(ROOT)}
    ended = python("gateway.cli", "demo", "--json", env=env, cwd=home)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    return Played(json.loads(ended.stdout), env, home)


def test_all_that_the_recordings_hold_comes_out(played: Played) -> None:
    report, wanted = played.report, expected()
    assert report["holds"] is True
    assert {kind: report["events"][kind] for kind in wanted.events} == wanted.events
    assert report["events"]["trades"] == 51_252
    assert report["dead_letters"] == 0
    assert report["portfolio"] == {"paper": "agrees"}


def test_every_strategy_trades_and_is_protected(played: Played) -> None:
    rows = {row["strategy"]: row for row in played.report["trading"]}
    assert set(rows) == {"breakout", "contrary", "panel", "pressure", None}
    assert all(row["orders"] and row["fills"] for row in rows.values())
    assert 20 <= rows[None]["orders"] < 150
    assert (rows[None]["stops"], rows[None]["targets"]) == (
        sum(row["stops"] for name, row in rows.items() if name is not None),
        sum(row["targets"] for name, row in rows.items() if name is not None),
    )
    assert rows[None]["stops"] >= 3
    assert rows[None]["targets"] >= 3


def test_its_pnl_recomputes_to_the_last_unit(played: Played) -> None:
    ended = played.run("tests.pipeline.recompute_pnl")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{played.report['fills']} fills: the portfolio is what they come to" in ended.stdout
    (whole,) = [row for row in played.report["trading"] if row["strategy"] is None]
    assert f"paper:*: realised {whole['realised']}, " in ended.stdout


def test_its_settings_stay_with_its_records(played: Played) -> None:
    file = played.home / played.report["home"] / "tapeline.toml"
    assert file.read_bytes() == DEMO_SETTINGS.read_bytes()
    assert CONFIG_FILE not in played.report["environment"]
    ended = played.run("gateway.cli", "pnl", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = json.loads(ended.stdout)
    assert told["portfolio"] == "agrees"


@pytest.fixture
def door(played: Played, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """A gateway of the demo's desk, and this process as a terminal there."""
    env = {**played.env, **played.report["environment"]}
    home = played.home / env["TAPELINE_HOME"]
    command = (sys.executable, "-m", "gateway.cli", "gateway", "--port", "0")
    process = Child(command, home / "logs" / "gateway.log", env={**env, "TAPELINE_HOME": str(home)})
    process.start()
    until = time.monotonic() + 120
    while not operator_of(home):
        assert process.poll() is None, process.tail()
        assert time.monotonic() < until, process.tail()
        time.sleep(0.05)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TAPELINE_HOME", str(home))
    monkeypatch.setenv(KEY, "one-halt-by-two-roads")
    settings.cache_clear()
    yield process
    process.kill()
    settings.cache_clear()


def typed(*words: str, code: int = 0) -> Result:
    ended = CliRunner().invoke(app, list(words))
    assert ended.exit_code == code, ended.output
    return ended


def test_the_terminal_tells_the_same_by_the_gateway_and_counts_once(door: Child) -> None:
    for words in (("portfolio",), ("order", "list", "--limit", "10000"), ("limits",)):
        straight = typed("--direct", *words, "--json").stdout
        until = time.monotonic() + 120
        while (told := typed("-v", *words, "--json")).stdout != straight:  # until all is read
            assert time.monotonic() < until, (words, told.output[-2000:])
        assert told.stderr.endswith("as the local operator\n")
        assert len(straight.splitlines()) > 1
    given = ("halt", "--wait", "0", "--json")  # nobody answers: the desk's workers have ended
    first = json.loads(typed(*given, code=1).stdout)
    door.kill()
    again = json.loads(typed(*given, code=1).stdout)
    assert (first["road"], again["road"]) == ("api", "direct")
    assert (again["id"], again["seq"]) == (first["id"], first["seq"])
    found = [message.value() or b"" for message in read_all(settings(), names.COMMANDS)]
    assert sum(first["id"].encode() in value for value in found) == 1
