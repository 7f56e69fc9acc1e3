"""Where the gateway of a home is, told only while it serves."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import orjson

from gateway.server.door import FILE, LOG, address_of, announced, first_link
from topics.pids import Pid

HERE = "http://127.0.0.1:8765"


def test_the_address_is_told_while_it_serves(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert address_of(home) == ""
    with announced(home, HERE):
        assert address_of(home) == HERE
    assert address_of(home) == ""
    assert not (home / FILE).exists()


def test_what_a_killed_gateway_has_left_is_no_address(tmp_path: Path, zombie: Pid) -> None:
    rows: tuple[object, ...] = (
        {"address": HERE, "pid": 1 << 22, "created": 0.0},
        {"address": HERE, "pid": 1, "created": 1.0},
        {"address": HERE, **asdict(zombie)},
        {"address": HERE, "pid": -1, "created": "long ago"},
        {"address": HERE},
        [],
    )
    for left in rows:
        (tmp_path / FILE).write_bytes(orjson.dumps(left))
        assert address_of(tmp_path) == ""
    (tmp_path / FILE).write_text("half a fi")
    assert address_of(tmp_path) == ""


def test_a_gateway_that_took_over_stays_told(tmp_path: Path) -> None:
    with announced(tmp_path, HERE):
        other = orjson.dumps({"address": "http://127.0.0.1:9", "pid": 1, "created": 1.0})
        (tmp_path / FILE).write_bytes(other)
    assert (tmp_path / FILE).read_bytes() == other


def test_the_last_link_that_was_printed_is_the_one(tmp_path: Path) -> None:
    assert first_link(tmp_path) == ""
    (tmp_path / LOG).parent.mkdir()
    lines = [f"nobody can sign in yet; the first admin's link: {HERE}/#/join/{n}" for n in "ab"]
    (tmp_path / LOG).write_text("\n".join([lines[0], "{}", lines[1]]))
    assert first_link(tmp_path) == f"{HERE}/#/join/b"
