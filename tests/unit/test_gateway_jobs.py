"""Jobs: so many at once, cancelled with all their processes, told to their owner alone."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from gateway.api.app import make_api
from gateway.api.problems import Problem
from gateway.api.routes.jobs import working
from gateway.api.services import Services
from gateway.jobs.asking import SHIPPED, Backtest, Replay, Why, command_of, recordings
from gateway.jobs.job import Job, result
from gateway.jobs.room import EACH, Room
from tests.unit.gateway_api import client
from tests.unit.gateway_desk import desk

SCRIPT = """
import os, pathlib, sys, time
what, folder = sys.argv[1], pathlib.Path(os.environ["TAPELINE_PROGRESS"]).parent
(folder / "progress").write_text("0.5")
(folder / "pid").write_text(str(os.getpid()))
(folder / "pid").rename(folder / "begun")
if what == "hang":
    time.sleep(600)
if what == "wait":
    while not (folder.parent / "go").exists():
        time.sleep(0.02)
if what == "fail":
    sys.exit("tapeline: no such market: name another")
(folder / "report").mkdir()
(folder / "report" / "report.html").write_text("<script>steal()</script>")
print("a note", file=sys.stderr)
print('{"told": "%s"}' % what, flush=True)
sys.exit(what == "bad")
"""
BACKTEST = {"recordings": [f"{SHIPPED}/usdm/btcusdt_20240808.gz"]}


def room(folder: Path, most: int = 1) -> Room:
    made = Room(folder, most, command=(sys.executable, "-c", SCRIPT))
    made.open()
    return made


def job(id: str, what: str = "go", owner: str = "ann") -> Job:
    return Job(id=id, kind="why", owner=owner, asked={"what": what}, command=(what,),
               created=time.time_ns())  # fmt: skip


async def until(there: Any) -> None:
    async with asyncio.timeout(60):
        while not there():
            await asyncio.sleep(0.02)


def state(of: Room, id: str) -> str:
    found = of.one("ann", id)
    return found.state if found else "none"


async def test_a_job_runs_to_its_end_and_is_remembered(tmp_path: Path) -> None:
    here = room(tmp_path, 3)
    for what in ("go", "bad", "fail"):
        here.start(job(what, what))
    await until(lambda: not here._runs)
    for again in (here, room(tmp_path)):
        found = {each.id: each for each in again.of("ann")}
        assert [(each.state, each.good) for each in found.values()] == [
            ("done", True), ("done", False), ("failed", None),
        ]  # fmt: skip
        assert found["fail"].error == "no such market: name another"
        assert result(again.folder(found["go"])) == {"told": "go"}


async def test_so_many_run_at_once_and_the_rest_wait(tmp_path: Path) -> None:
    here = room(tmp_path, 2)
    for id in "abc":
        here.start(job(id, "wait"))
    await until(lambda: all((tmp_path / id / "begun").exists() for id in "ab"))
    assert [state(here, id) for id in "abc"] == ["running", "running", "waiting"]
    found = here.one("ann", "a")
    assert found is not None
    assert found.progress == 0.5
    (tmp_path / "go").touch()
    await until(lambda: [state(here, id) for id in "abc"] == ["done"] * 3)


async def test_a_job_is_cancelled_with_its_process_and_so_are_all_at_the_end(
    tmp_path: Path,
) -> None:
    here = room(tmp_path, 2)
    for id in "abc":
        here.start(job(id, "hang"))
    await until(lambda: all((tmp_path / id / "begun").exists() for id in "ab"))
    pids = {id: int((tmp_path / id / "begun").read_text()) for id in "ab"}
    assert (await here.cancel(job("a"))).state == "cancelled"
    assert not psutil.pid_exists(pids["a"])
    await until(lambda: state(here, "c") == "running")
    await here.close()
    assert not psutil.pid_exists(pids["b"])
    assert {state(here, id) for id in "bc"} == {"failed"}
    assert (await here.cancel(job("b"))).state == "failed"


async def test_what_was_running_when_the_process_died_has_failed(tmp_path: Path) -> None:
    here = room(tmp_path)
    here.start(job("a", "hang"))
    await until(lambda: state(here, "a") == "running")
    found = room(tmp_path).one("ann", "a")
    assert found is not None
    assert (found.state, "start it again" in found.error) == ("failed", True)
    await here.close()


async def test_a_job_is_started_once_and_not_too_many_are(tmp_path: Path) -> None:
    here = room(tmp_path)
    first = here.start(job("0", "hang"))
    assert here.start(job("0", "hang")) == first
    with pytest.raises(Problem) as other:
        here.start(job("0", "go"))
    assert other.value.status == 422
    for id in range(1, EACH):
        here.start(job(str(id), "hang"))
    with pytest.raises(Problem) as many:
        here.start(job("more"))
    assert many.value.status == 429
    here.start(job("bobs", owner="bob"))
    await here.close()


def served(tmp_path: Path, **settings: Any) -> Services:
    given = desk()
    given.settings = given.settings.model_copy(update={"home": tmp_path, **settings})
    given.parts.append(working)
    return given


async def test_a_job_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.routes.jobs.Room", lambda *_: room(tmp_path))
    key = {"Idempotency-Key": "0123456789"}
    given = served(tmp_path)
    order = next(iter(given.live.hub.items("orders", "paper")))
    monkeypatch.setattr("gateway.api.routes.jobs.command_of", lambda *_: ("go",))
    async with client(make_api(given), "ann:trader@paper") as web:
        told = await web.post("/v1/why", headers=key, json={"order": order})
        assert told.status_code == 202
        at = f"/v1/jobs/{told.json()['id']}"
        again = await web.post("/v1/why", headers=key, json={"order": order})
        assert again.json()["id"] == told.json()["id"]
        while (await web.get(at)).json()["state"] != "done":
            await asyncio.sleep(0.02)
        assert (await web.get(at)).json()["report"] == ["report.html"]
        assert (await web.get(f"{at}/result")).json() == {"told": "go"}
        page = await web.get(f"{at}/report/report.html")
        assert page.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        for name in ("..%2Fjob.json", "%2e%2e", "log", "job.json"):
            assert (await web.get(f"{at}/report/{name}")).status_code == 404
        bob = {"Authorization": "Bearer bob:trader@paper"}
        assert (await web.get("/v1/jobs", headers=bob)).json() == []
        for path in (at, f"{at}/result", f"{at}/report/report.html"):
            assert (await web.get(path, headers=bob)).status_code == 404
        assert (await web.delete(at, headers=bob)).status_code == 404
        eve = {"Authorization": "Bearer eve:trader@b", **key}
        told = await web.post("/v1/why", headers=eve, json={"order": order})
        assert told.status_code == 404


@pytest.mark.parametrize(
    "names",
    [["/etc/passwd"], ["../a.gz"], ["own/../../a"], ["--help"], ["shipped/none.gz"], []],
)
async def test_only_recordings_that_are_there_are_played(tmp_path: Path, names: list[str]) -> None:
    async with client(make_api(served(tmp_path)), "trader") as web:
        assert BACKTEST["recordings"][0] in (await web.get("/v1/recordings")).json()
        key = {"Idempotency-Key": "0123456789"}
        for path in ("backtests", "replays"):
            told = await web.post(f"/v1/{path}", headers=key, json={"recordings": names})
            assert told.status_code in (404, 422), path
        assert (await web.get("/v1/jobs")).json() == []


async def test_nothing_is_played_into_a_desk_that_hears_a_real_market(tmp_path: Path) -> None:
    given = served(tmp_path, feeds={"binance": {}})
    async with client(make_api(given), "trader") as web:
        key = {"Idempotency-Key": "0123456789"}
        told = await web.post("/v1/replays", headers=key, json=BACKTEST)
    assert told.status_code == 409


def test_commands_are_those_of_the_terminal(tmp_path: Path) -> None:
    file = str(recordings(tmp_path)[BACKTEST["recordings"][0]])
    asked = Backtest.model_validate({**BACKTEST, "since": "2024-08-08T23:55:00Z"})
    assert command_of(asked, tmp_path, tmp_path / "r") == (
        "backtest", file, "--from", "2024-08-08T23:55:00.000000000Z", "--report",
        str(tmp_path / "r"), "--format", "html,json",
    )  # fmt: skip
    played = Replay.model_validate({**BACKTEST, "speed": 2.5})
    assert command_of(played, tmp_path, tmp_path) == ("replay", file, "--speed", "2.5")
    files = ("--page", str(tmp_path / "why.html"), "--text", str(tmp_path / "why.txt"))
    told = command_of(Why(order="abc"), tmp_path, tmp_path)
    assert told == ("why", *files, "--", "abc")
    told = command_of(Why(order="--json", full=True), tmp_path, tmp_path)
    assert told == ("why", *files, "--full", "--", "--json")
