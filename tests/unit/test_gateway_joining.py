"""The first admin, invitations and registration; and the audit log of all of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException
from sqlalchemy import Engine, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from gateway.auth.audit import Actor, Audit, entries
from gateway.auth.chain import Break, breaks
from gateway.auth.people import used_step
from gateway.auth.rights import Role
from gateway.auth.witness import Witness, heard
from gateway.cli import app
from gateway.store.engine import async_engine, engine, reading_async, writing, writing_async
from gateway.store.tables.audit import Audited
from gateway.store.tables.users import User
from schemas.codec import encode
from schemas.system import SystemEvent
from tests.unit.gateway_people import PASSWORD, Desk, gateway, running

ALICE = Actor("u1", "token", "192.0.2.1")
JOIN = "/v1/invitations/join"


@pytest.fixture
async def desk(tmp_path: Path, redis_url: str) -> AsyncIterator[Desk]:
    async with running(gateway(tmp_path, redis_url)) as desk:
        await desk.user("root", Role.ADMIN)
        yield desk


def told(caught: str) -> str:
    """The token of the link that a start has printed."""
    return caught.split("#/join/")[1].split()[0] if "#/join/" in caught else ""


async def test_the_first_start_prints_a_link_that_makes_the_first_admin_once(
    tmp_path: Path, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(gateway(tmp_path, redis_url)):
        earlier = told(capsys.readouterr().err)
    async with running(gateway(tmp_path, redis_url)) as desk:
        link = told(capsys.readouterr().err)
        assert link != earlier
        body = {"token": link, "password": PASSWORD}
        async with desk.web() as web:
            for name in ("admin", "tapeline", "password"):
                tried = {"name": "admin", "password": name}
                assert (await web.post("/v1/sessions", json=tried)).status_code == 401
            assert (await web.post(JOIN, json={**body, "token": earlier})).status_code == 404
            assert (await web.post(JOIN, json={**body, "password": "short"})).status_code == 422
            given = await web.post(JOIN, json=body)
            assert given.status_code == 201, given.text
            mine = {"Authorization": f"Bearer {given.json()['access']}"}
            assert (await web.get("/v1/users", headers=mine)).status_code == 200
            assert (await web.post(JOIN, json=body)).status_code == 404
            await web.post("/v1/sessions", json={"name": "Admin", "password": PASSWORD})
    async with running(gateway(tmp_path, redis_url)):
        assert not told(capsys.readouterr().err)
    store = (tmp_path / "store.db").read_bytes()
    assert link.encode() not in store


async def test_an_invitation_gives_its_roles_to_one(desk: Desk) -> None:
    async with await desk.signed_in("root") as admin, desk.web() as web:
        body = {"roles": ["trader"], "accounts": ["paper"]}
        made = (await admin.post("/v1/invitations", json=body)).json()
        assert made["path"].endswith(made["token"])
        listed = (await admin.get("/v1/invitations")).json()["items"]
        assert made["id"] in [each["id"] for each in listed]
        assert made["token"] not in json.dumps(listed)
        join = {"token": made["token"], "password": PASSWORD}
        assert (await web.post(JOIN, json=join)).status_code == 422
        taken = await web.post(JOIN, json={**join, "name": "ROOT"})
        assert taken.status_code == 409
        more = {**join, "name": "carol", "roles": ["admin"]}
        assert (await web.post(JOIN, json=more)).status_code == 422
        both = [web.post(JOIN, json={**join, "name": name}) for name in ("carol", "carla")]
        answers = await asyncio.gather(*both)
        assert sorted(each.status_code for each in answers) == [201, 404]
        users = (await admin.get("/v1/users")).json()["items"]
        (new,) = [user for user in users if user["name"] in ("carol", "carla")]
        assert (new["roles"], new["accounts"]) == (["trader"], ["paper"])


async def test_a_link_that_was_taken_back_or_has_expired_is_none(desk: Desk) -> None:
    async with await desk.signed_in("root") as admin, desk.web() as web:
        made = [
            (await admin.post("/v1/invitations", json={"roles": ["viewer"]})).json()
            for _ in range(2)
        ]
        path = f"/v1/invitations/{made[0]['id']}"
        assert (await admin.delete(path)).status_code == 204
        assert (await admin.delete(path)).status_code == 404
        now = desk.auth.clock()
        object.__setattr__(desk.auth, "clock", lambda: now + 86_401 * 10**9)
        for each in made:
            body = {"token": each["token"], "name": "dave", "password": PASSWORD}
            assert (await web.post(JOIN, json=body)).status_code == 404


async def test_a_new_password_by_link_ends_sessions_and_codes(desk: Desk) -> None:
    id = await desk.user("erin", Role.VIEWER)
    async with writing_async(desk.auth.store) as session:
        user = await session.get(User, id)
        assert user is not None
        user.totp_on, user.totp = True, "00"
    async with await desk.signed_in("root") as admin, desk.web() as web:
        link = (await admin.post(f"/v1/users/{id}/link")).json()
        body = {"token": link["token"], "password": "a new horse battery"}
        assert (await web.post(JOIN, json=body)).status_code == 201
    assert await desk.token("erin", "a new horse battery")


@pytest.mark.parametrize(("how", "expected"), [("open", 201), ("invitation", 403), ("closed", 403)])
async def test_who_may_register_is_a_setting(
    tmp_path: Path, redis_url: str, how: str, expected: int
) -> None:
    api = gateway(tmp_path, redis_url, registration=how)
    async with running(api) as desk, desk.web() as web:
        body = {"name": "frank", "password": PASSWORD}
        told = await web.post("/v1/registrations", json=body)
        assert told.status_code == expected
        if expected == 201:
            mine = {"Authorization": f"Bearer {told.json()['access']}"}
            profile = (await web.get("/v1/profile", headers=mine)).json()
            assert (profile["roles"], profile["accounts"]) == (["viewer"], [])
            assert (await web.post("/v1/registrations", json=body)).status_code == 409


async def test_what_people_do_is_in_the_log_and_the_log_is_whole(desk: Desk) -> None:
    async with await desk.signed_in("root") as admin:
        await admin.post("/v1/invitations", json={"roles": ["viewer"]})
        page = (await admin.get("/v1/audit?limit=2")).json()
        rest = (await admin.get(f"/v1/audit?limit=200&cursor={page['next']}")).json()
    log = page["items"] + rest["items"]
    assert [each["seq"] for each in log] == list(range(len(log)))[::-1]
    assert [each["action"] for each in log] == ["invite", "sign in", "make link"]
    assert log[0]["facts"]["roles"] == "viewer"


async def test_of_two_with_one_code_one_is_first(desk: Desk) -> None:
    async with writing_async(desk.auth.store) as session:
        for step, first in ((5, True), (5, False), (4, False), (6, True)):
            assert await used_step(session, desk.ids["root"], step) is first


async def filled(address: str, count: int = 5) -> AsyncEngine:
    store = async_engine(address)
    audit = Audit(store, lambda: 1)
    actions = (audit.alone(ALICE, "do", f"thing {n}\0", facts={"n": str(n)}) for n in range(count))
    await asyncio.gather(*actions)
    return store


def found(store: Engine, witnesses: dict[int, str] | None = None) -> list[Break]:
    with store.connect() as connection:
        return list(breaks(entries(connection), witnesses or {}))


async def test_entries_of_many_at_once_are_one_chain_in_either_database(store: Engine) -> None:
    address = store.url.render_as_string(hide_password=False)
    await (await filled(address, 20)).dispose()
    assert found(store) == []
    with store.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Audited)) == 20
    with writing(store) as connection:
        connection.execute(update(Audited).where(Audited.seq == 3).values(target="another"))
        connection.execute(delete(Audited).where(Audited.seq == 7))
    assert [each.seq for each in found(store)] == [3, 7]


class EventsInMemory:
    """system.events as a list; away: it does not answer."""

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self.away = False

    def tell(self, events: Sequence[SystemEvent]) -> None:
        if self.away:
            raise KafkaException(KafkaError(KafkaError._ALL_BROKERS_DOWN))
        self.values += [encode(event) for event in events]


async def test_system_events_shows_that_the_table_was_emptied(store: Engine) -> None:
    address = store.url.render_as_string(hide_password=False)
    opened, events = await filled(address), EventsInMemory()
    witness = Witness(opened, lambda: events)
    events.away = True
    with pytest.raises(KafkaException):
        await witness.tell()
    events.away = False
    assert await witness.tell() == 5
    assert await witness.tell() == 0
    seen = heard(events.values)
    assert sorted(seen) == [0, 1, 2, 3, 4]
    assert found(store, seen) == []
    with writing(store) as connection:
        connection.execute(delete(Audited).where(Audited.seq > 2))
    assert found(store) == []
    assert [each.seq for each in found(store, seen)] == [3]
    with writing(store) as connection:
        connection.execute(text("DELETE FROM audit"))
    await (await filled(address)).dispose()
    assert found(store) == []
    await opened.dispose()


async def test_verify_says_what_is_broken_and_ends_with_one(
    home: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    run = CliRunner().invoke
    made = await asyncio.to_thread(run, app, ["users", "link", "nobody"])
    assert made.exit_code == 1
    async with running(gateway(home, redis_url)) as desk:
        await desk.user("root", Role.ADMIN)
    linked = await asyncio.to_thread(run, app, ["users", "link", "root", "--json"])
    assert "#/join/" in json.loads(linked.stdout)["link"]
    whole = run(app, ["audit", "--verify", "--alone", "--json"])
    assert whole.exit_code == 0, whole.output
    said = json.loads(whole.stdout)
    assert said == {"entries": 2, "witnessed": None, "holds": True, "breaks": []}
    asked = run(app, ["audit", "--verify"])
    assert asked.exit_code == 1
    assert "no desk runs" in asked.output
    with writing(engine(f"sqlite:///{home}/store.db")) as connection:
        connection.execute(update(Audited).where(Audited.seq == 1).values(actor="another"))
    broken = run(app, ["audit", "--verify", "--alone", "--json"])
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["breaks"][0]["seq"] == 1
    async with running(gateway(home, redis_url)) as desk, reading_async(desk.auth.store) as session:
        assert await session.scalar(select(User.name).where(User.login == "root")) == "root"
