"""The operator's door: open to the home's owner and to nobody else, also while Redis is away."""

from __future__ import annotations

import asyncio
import socket
import stat
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from sqlalchemy import select

from gateway.api import commander
from gateway.api.app import make_api
from gateway.auth.letting_in import letting_in
from gateway.auth.operator import OPERATOR
from gateway.auth.rights import LOCAL, Right
from gateway.server.operator_door import FILE, LONGEST, Server, own_socket
from gateway.store.engine import reading_async
from gateway.store.part import stored
from gateway.store.tables.audit import Audited
from tests.unit.gateway_desk import desk
from tests.unit.gateway_people import FAST

HALT = {"account": "paper", "why": "news"}
KEY = {"Idempotency-Key": "0123456789"}
AWAY = "redis://127.0.0.1:9"


async def test_who_opens_the_socket_steers_the_desk_and_is_on_record(tmp_path: Path) -> None:
    given = desk(auth={"passwords": FAST})
    given.settings = given.settings.model_copy(update={"home": tmp_path, "redis_url": AWAY})
    given.parts = [stored, letting_in, *given.parts]
    given.commander._noted = partial(commander._noted, given)
    with own_socket(tmp_path) as door:
        assert door is not None
        given.door = path = door.getsockname()
        config = uvicorn.Config(make_api(given), port=0, log_level="error", http="httptools")
        server = Server(config, door)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            await asked(server, path)
            assert given.store is not None
            async with reading_async(given.store) as session:
                rows = list(await session.scalars(select(Audited).order_by(Audited.seq)))
            row = rows[-1]
            assert (row.actor, row.by, row.address) == (LOCAL, LOCAL, "local")
            assert (row.action, row.target) == ("command halt", "paper")
        finally:
            server.should_exit = True
            await serving
    assert not Path(path).exists()


async def asked(server: Server, path: str) -> None:
    """By the socket, then by the network with all that a client can say of itself."""
    port = server.servers[0].sockets[0].getsockname()[1]
    by_door = httpx2.AsyncHTTPTransport(uds=path)
    async with httpx2.AsyncClient(base_url="http://operator", transport=by_door) as web:
        told = await web.post("/v1/commands/halt", json=HALT, headers=KEY)
        assert told.status_code == 202, told.text
        statuses = {
            route: (await web.get(f"/v1/{route}")).status_code
            for route in ("accounts", "profile", "users", "audit", "exchange-keys/paper/public")
        }
        assert statuses == dict.fromkeys(statuses, 403) | {"accounts": 200}
        named = await web.get("/v1/accounts", headers={"Authorization": "Bearer nobody"})
        assert named.status_code == 503, "who names somebody is asked for that one"
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as web:
        for headers in ({"Host": path}, {"Host": "operator"}, {"X-Forwarded-Host": path}, {}):
            for route in ("accounts", path):
                told = await web.get(f"/v1/{route.lstrip('/')}", headers=headers)
                assert told.status_code in (401, 404, 503), headers


def test_the_operator_has_no_right_that_lasts() -> None:
    lasting = {Right.SELF, Right.USERS, Right.KEYS, Right.AUDIT}
    assert OPERATOR.rights == frozenset(Right) - lasting


def test_the_socket_is_its_owners_alone(tmp_path: Path) -> None:
    (tmp_path / "gateway").mkdir(mode=0o777)
    with own_socket(tmp_path) as door:
        assert door is not None
        file = Path(door.getsockname())
        assert file.parent == tmp_path / "gateway"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        with own_socket(tmp_path) as other:
            assert other is not None, "one that was killed leaves its file"
    assert not file.exists()


def test_a_home_with_a_long_path_has_a_door_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * LONGEST)
    with own_socket(deep) as door:
        assert door is not None
        file = Path(door.getsockname())
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not file.parent.exists()


def test_where_no_socket_can_be_there_is_no_door(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "gateway").write_text("a file is in the way")
    with own_socket(tmp_path) as door:
        assert door is None
    assert "no socket for the local operator" in caplog.text


class Second(socket.socket):
    """Of a gateway that starts at once with another one, which is first with the file."""

    def bind(self, address: Any) -> None:
        Path(address).touch()
        super().bind(address)


def test_who_is_second_has_no_door_and_leaves_the_firsts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(socket, "socket", Second)
    with own_socket(tmp_path) as door:
        assert door is None
    assert "Address already in use" in caplog.text
    assert (tmp_path / "gateway" / FILE).exists()


def test_a_door_that_cannot_be_closed_to_others_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chmod(self: Path, mode: int) -> None:
        if self.name == FILE:
            raise PermissionError("not on this disk")

    monkeypatch.setattr(Path, "chmod", chmod)
    with own_socket(tmp_path) as door:
        assert door is None
    assert not (tmp_path / "gateway" / FILE).exists()
