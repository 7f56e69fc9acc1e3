"""An archived run with advice: backtests and replays take it from there, and ask nobody."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from engine.framing import closing
from gateway.cli import app
from schemas import names
from schemas.codec import encode
from schemas.errors import TapelineError
from tests.unit.small_desk import Topics
from tests.unit.test_advice_again import ADVICE
from tests.unit.test_advice_recorded import advice, played, settings
from tests.unit.test_archive_verify import archived
from topics.archive import playing

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kept")
    archived(Topics.holding(played(advice())), root, "old.")
    return root


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Any:
    """A command on the archive, with a network that nobody may use."""

    def refuse(*given: Any, **more: Any) -> None:
        raise AssertionError(f"somebody asked the network: {given}")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    known = settings()
    monkeypatch.setenv("TAPELINE_STRATEGIES", json.dumps(known.strategies))
    monkeypatch.setenv("TAPELINE_RISK", json.dumps(known.risk))

    def run(*given: object) -> Any:
        found = CliRunner().invoke(app, [*map(str, given)])
        assert found.exit_code == 0, found.output
        return found

    return run


def archive(folder: Path, *more: str) -> tuple[object, ...]:
    return ("backtest", "--archive", folder, "--run", "old.", *more)


def test_a_backtest_of_an_archive_has_its_advice_and_tells_what_is_tainted(
    told: Any, folder: Path, tmp_path: Path
) -> None:
    found = told(*archive(folder, "--json", "--report", str(tmp_path)))
    again = told(*archive(folder, "--json"))
    one, other = (orjson.loads(each.stdout.splitlines()[0]) for each in (found, again))
    judge = one["advice"]["judge"]
    assert one["advice"] == other["advice"]
    assert one["records"] == other["records"]
    assert (judge["answers"], judge["heard"]) == (len(advice()), judge["tainted"])
    assert judge["tainted"] > 0
    assert "judge: heard in" in found.stderr
    assert "tainted, before its model's knowledge cut-off of" in " ".join(found.stderr.split())
    report = orjson.loads((tmp_path / "paper.json").read_bytes())
    (row,) = report["advisors"]
    assert (row["advisor"], row["tainted"], row["models"]) == (
        "judge", judge["tainted"], "house/small",
    )  # fmt: skip
    html = (tmp_path / "paper.html").read_text()
    assert "<h2>Advisors</h2>" in html
    assert "2027-01-15" in html
    assert (tmp_path / "paper-advisors.csv").exists()


def test_a_run_without_advice_has_silent_seats_and_says_so(
    told: Any, folder: Path, tmp_path: Path
) -> None:
    run = Topics.holding(played(())).where(lambda at, row: at != names.ADVICE)
    archived(run, tmp_path, "none.")
    found = told("backtest", "--archive", tmp_path, "--run", "none.")
    assert "judge has no recorded answer: silent throughout, for panel" in " ".join(
        found.stderr.split()
    )
    file = tmp_path / "advice.jsonl"
    file.write_bytes(b"\n".join(encode(each) for each in advice()))
    given = ("backtest", "--archive", tmp_path, "--run", "none.", "--json", "--advice", file)
    by_file, by_run = (
        orjson.loads(told(*each).stdout.splitlines()[0])
        for each in (given, archive(folder, "--json"))
    )
    assert by_file["advice"] == by_run["advice"]


def test_verify_needs_no_network(told: Any, folder: Path) -> None:
    found = told("verify", "old.", "--archive", folder, "--json", "--look-ahead")
    assert orjson.loads(found.stdout.splitlines()[0])["identical"] is True


def test_a_replay_of_an_archive_puts_both_in_again_in_order_of_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playing, "latest", lambda *_: {})
    known = settings(replayed=folder, replayed_run="old.")
    rows = [*playing.again(known, closing)]
    said = [each.row.value for each in rows if each.topic == names.ADVICE]
    assert said == [encode(each) for each in advice()]
    assert {each.topic for each in rows} == {names.RAW, names.ADVICE}
    now = 0
    for each in rows:
        if each.topic == names.ADVICE:
            assert (each.seen_time or 0) >= now
        now = max(now, each.seen_time or 0)


def test_a_desk_that_asks_for_itself_does_not_replay_what_others_were_told(folder: Path) -> None:
    known = settings(replayed=folder, replayed_run="old.", advice=ADVICE)
    with pytest.raises(TapelineError, match="asks advisors of its own: take"):
        playing.again(known, closing)
