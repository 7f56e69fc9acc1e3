"""What a process tells of itself over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError

from schemas import metrics as m
from schemas.errors import TapelineError
from schemas.metrics import Reading
from topics.metrics import targets
from topics.metrics.exposure import Exposure
from topics.metrics.settings import MetricsSettings
from topics.pids import Pid
from topics.settings import Settings

TOKEN = "a token of some length"


@pytest.fixture
def exposure(tmp_path: Path) -> Iterator[Exposure]:
    made = Exposure(Settings(home=tmp_path), "ticks")
    made.begin()
    yield made
    made.end()


def ask(exposure: Exposure, path: str, **headers: str) -> tuple[int, str]:
    """Status and body."""
    request = Request(f"http://{exposure.address}{path}", headers=headers)
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def values(exposure: Exposure) -> dict[tuple[str, ...], float]:
    """By sample name and label values."""
    status, body = ask(exposure, "/metrics")
    assert status == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }


def test_what_is_counted_is_told(exposure: Exposure) -> None:
    tally = exposure.tally("ticks")
    tally.given["market.ticks"] += 3
    exposure.tally("ticks").given["market.ticks"] += 4  # two of one stage are one counter
    tally.took(m.FRAME_TO_ORDER, 0.0015, "paper")
    exposure.reads(lambda: [Reading(m.LAG, ("ticks", "market.raw"), 5)])
    found = values(exposure)
    assert found["tapeline_records_out_total", "ticks", "market.ticks"] == 7
    assert found["tapeline_lag_records", "ticks", "market.raw"] == 5
    assert found["tapeline_frame_to_order_seconds_bucket", "paper", "0.001"] == 0
    assert found["tapeline_frame_to_order_seconds_bucket", "paper", "0.002"] == 1
    assert found["tapeline_frame_to_order_seconds_count", "paper"] == 1
    assert found["tapeline_ready",] == 1


def test_a_reader_that_fails_is_counted_and_hides_nobody(exposure: Exposure) -> None:
    def broken() -> list[Reading]:
        raise KeyError("gone")

    exposure.reads(broken)
    exposure.reads(lambda: [Reading(m.CELLS, ("ticks",), 2)])
    found = values(exposure)
    assert found["tapeline_cells", "ticks"] == 2
    assert found["tapeline_unread_readings_total",] == 1


def test_a_dictionary_that_grows_while_it_is_read_is_read_again(exposure: Exposure) -> None:
    tries = []

    def growing() -> list[Reading]:
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("dictionary changed size during iteration")
        return [Reading(m.CELLS, ("ticks",), 2)]

    exposure.reads(growing)
    assert values(exposure)["tapeline_cells", "ticks"] == 2
    assert values(exposure)["tapeline_unread_readings_total",] == 0


def test_ready_names_what_is_wrong(exposure: Exposure) -> None:
    wrong = {"lease": "instance 1 holds it"}
    exposure.checks["broker"] = lambda: ""
    exposure.checks["lease"] = lambda: wrong["lease"]
    status, body = ask(exposure, "/ready")
    told = {"ready": False, "parts": {"broker": "ok", "lease": "instance 1 holds it"}}
    assert (status, json.loads(body)) == (503, told)
    found = values(exposure)
    assert found["tapeline_check_passed", "broker"] == 1
    assert found["tapeline_check_passed", "lease"] == found["tapeline_ready",] == 0
    wrong["lease"] = ""
    assert ask(exposure, "/ready")[0] == 200


def test_a_check_that_fails_is_not_passed(exposure: Exposure) -> None:
    def broken() -> str:
        raise KeyError("gone")

    exposure.checks["broker"] = broken
    assert ask(exposure, "/ready")[0] == 503


async def test_health_waits_for_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topics.metrics.exposure.LATE", 0.2)
    exposure = Exposure(Settings(home=tmp_path), "ticks")
    exposure.begin(asyncio.get_running_loop())
    try:
        found: list[int] = []
        asked = threading.Thread(target=lambda: found.append(ask(exposure, "/health")[0]))
        asked.start()
        asked.join(60)  # the loop does nothing else
        assert found == [503]
        monkeypatch.setattr("topics.metrics.exposure.LATE", 60.0)
        assert (await asyncio.to_thread(ask, exposure, "/health"))[0] == 200
    finally:
        exposure.end()


def test_other_paths_and_names_of_others_are_turned_away(exposure: Exposure) -> None:
    assert ask(exposure, "/")[0] == 404
    assert ask(exposure, "/metrics", Host="evil.example")[0] == 403
    assert ask(exposure, "/metrics", Host="localhost:1")[0] == 200


def test_a_token_must_be_shown(tmp_path: Path) -> None:
    exposure = Exposure(Settings(home=tmp_path, metrics={"token": TOKEN}), "ticks")
    exposure.begin()
    try:
        for path in ("/metrics", "/ready", "/health"):
            assert ask(exposure, path)[0] == 401
            assert ask(exposure, path, Authorization="Bearer another")[0] == 401
            assert ask(exposure, path, Authorization=f"Bearer {TOKEN}")[0] == 200
    finally:
        exposure.end()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "desk.example"])
def test_a_listener_that_others_reach_needs_a_token(host: str) -> None:
    with pytest.raises(ValidationError, match="set a token"):
        MetricsSettings(host=host)
    with pytest.raises(ValidationError, match="at least 16"):
        MetricsSettings.model_validate({"host": host, "token": "short"})
    assert MetricsSettings.model_validate({"host": host, "token": TOKEN}).host == host


def test_where_it_listens_is_written_down_and_struck_out(tmp_path: Path) -> None:
    exposure = Exposure(Settings(home=tmp_path), "executor-main")
    exposure.begin()
    address = exposure.address
    (row,) = json.loads((tmp_path / "metrics" / "executor-main.json").read_bytes())
    assert row["targets"] == [address]
    assert row["labels"]["worker"] == "executor-main"
    (told,) = targets.read(tmp_path)
    assert told.alive
    exposure.end()
    assert not list(targets.read(tmp_path))


def test_processes_that_are_gone_are_swept_out(tmp_path: Path, zombie: Pid) -> None:
    targets.write(tmp_path, "ticks", "127.0.0.1:1")
    file = tmp_path / "metrics" / "ticks.json"
    others = {"dead": Pid(os.getpid(), 1.0), "zombie": zombie}  # another has the number by now
    for name, pid in others.items():
        rows = json.loads(file.read_text())
        labels = {targets.PID: str(pid.pid), targets.BORN: f"{pid.created:.2f}"}
        rows[0]["labels"] |= {"worker": name, **labels}
        file.with_stem(name).write_text(json.dumps(rows))
    file.with_stem("torn").write_text("{")
    targets.sweep(tmp_path)
    assert [each.worker for each in targets.read(tmp_path)] == ["ticks"]


def test_off_is_off(tmp_path: Path) -> None:
    exposure = Exposure(Settings(home=tmp_path, metrics={"on": False}), "ticks")
    exposure.begin()
    assert not exposure.address
    assert not (tmp_path / "metrics").exists()


def test_processes_share_a_range_of_ports(tmp_path: Path, exposure: Exposure) -> None:
    taken = int(exposure.address.rpartition(":")[2])
    other = Exposure(Settings(home=tmp_path, metrics={"port": taken}), "signals")
    other.begin()
    try:
        assert taken < int(other.address.rpartition(":")[2]) < taken + 64
    finally:
        other.end()


def test_a_port_is_had_again_at_once_after_a_restart(tmp_path: Path) -> None:
    port, found = 23_117, []  # below those that clients are given
    for _ in range(2):
        exposure = Exposure(Settings(home=tmp_path, metrics={"port": port}), "ticks")
        exposure.begin()
        host, _, told = exposure.address.rpartition(":")
        port = int(told)
        found.append(port)
        with socket.create_connection((host, port), timeout=60) as asking:
            asking.sendall(b"GET /ready HTTP/1.0\r\nHost: localhost\r\n\r\n")
            while asking.recv(4096):  # until it closes, before us: its own port lingers
                pass
        exposure.end()
    assert found[0] == found[1]


def test_an_address_of_no_machine_is_told(tmp_path: Path) -> None:
    told = {"host": "192.0.2.1", "token": TOKEN}
    with pytest.raises(TapelineError, match=r"192\.0\.2\.1:0 cannot be listened on"):
        Exposure(Settings(home=tmp_path, metrics=told), "ticks").begin()
