"""Whose is it, and how much of it: OWASP API1, API3, API4 and API8:2023."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import APIRouter

from gateway.api.app import ROUTERS
from gateway.api.moments import told as moment
from gateway.auth.rights import Role
from tests.unit.gateway_people import PASSWORD, Desk, gateway, running
from topics.keypairs import KeyPair
from topics.sealed import Credentials, Sealed, public_of, seal

HERE, THERE = "192.0.2.1", "198.51.100.7"
SECRET = {"exchange": "okx", "key": "the-key-id-0123", "secret": "the-secret-of-the-exchange"}


@pytest.fixture
async def desk(tmp_path: Path, redis_url: str) -> AsyncIterator[Desk]:
    async with running(gateway(tmp_path, redis_url)) as desk:
        await desk.user("root", Role.ADMIN)
        await desk.user("alice", Role.TRADER, accounts=["paper"])
        yield desk


async def key_of(desk: Desk, name: str, **more: object) -> dict[str, str]:
    async with await desk.signed_in(name) as web:
        body = {"name": "bot", "scopes": ["read"], **more}
        told = await web.post("/v1/api-keys", json=body)
    assert told.status_code == 201, told.text
    found: dict[str, str] = told.json()
    return found


async def status(desk: Desk, key: str, path: str = "/v1/audit", address: str = HERE) -> int:
    async with desk.web(address, authorization=f"Bearer {key}") as web:
        return (await web.get(path)).status_code


async def test_a_key_may_what_it_is_scoped_to_until_it_is_revoked(desk: Desk) -> None:
    made = await key_of(desk, "root", scopes=["audit"])
    assert await status(desk, made["key"]) == 200
    assert await status(desk, made["key"], "/v1/users") == 403
    assert await status(desk, made["key"][:-1] + "x") == 401
    async with await desk.signed_in("root") as web:
        listed = (await web.get("/v1/api-keys")).json()["items"]
        assert [each["id"] for each in listed] == [made["id"]]
        assert listed[0]["used"] is not None
        assert "key" not in listed[0]
        assert (await web.delete(f"/v1/api-keys/{made['id']}")).status_code == 204
        assert (await web.get("/v1/api-keys")).json()["items"] == []
    assert await status(desk, made["key"]) == 401


async def test_a_key_has_never_more_than_its_owner_has_now(desk: Desk) -> None:
    made = await key_of(desk, "alice", scopes=["read", "trade"])
    async with await desk.signed_in("alice") as web:
        for scopes in (["users"], ["read", "resume"], ["self"]):
            told = await web.post("/v1/api-keys", json={"name": "x", "scopes": scopes})
            assert told.status_code == 403
        theirs = {"name": "x", "scopes": ["read"], "accounts": ["live"]}
        assert (await web.post("/v1/api-keys", json=theirs)).status_code == 404
    from gateway.auth.known import by_key

    principal = await by_key(desk.auth, made["key"], HERE)
    assert principal.rights == {"read", "trade"}
    assert principal.accounts == {"paper"}
    async with await desk.signed_in("root") as admin:
        change = {"roles": ["viewer"], "accounts": []}
        await admin.patch(f"/v1/users/{desk.ids['alice']}", json=change)
        principal = await by_key(desk.auth, made["key"], HERE)
        assert principal.rights == {"read"}
        assert principal.accounts == frozenset()
        await admin.patch(f"/v1/users/{desk.ids['alice']}", json={"active": False})
    assert await status(desk, made["key"]) == 401


async def test_a_key_is_good_from_its_addresses_and_until_it_expires(desk: Desk) -> None:
    made = await key_of(desk, "root", scopes=["audit"], addresses=["192.0.2.0/24"])
    assert await status(desk, made["key"]) == 200
    assert await status(desk, made["key"], address=THERE) == 401
    soon = desk.auth.clock() + 3600 * 10**9
    short = await key_of(desk, "root", scopes=["audit"], expires=moment(soon))
    assert await status(desk, short["key"]) == 200
    object.__setattr__(desk.auth, "clock", lambda: soon)
    assert await status(desk, short["key"]) == 401
    async with desk.web(authorization=f"Bearer {short['key']}") as web:
        assert (await web.get("/v1/profile")).status_code == 401


async def test_a_key_does_not_manage_its_owner(desk: Desk) -> None:
    made = await key_of(desk, "root", scopes=["users", "audit"])
    async with desk.web(authorization=f"Bearer {made['key']}") as web:
        assert (await web.get("/v1/users")).status_code == 200
        for method, path in (
            ("GET", "/v1/profile"), ("POST", "/v1/api-keys"), ("DELETE", "/v1/sessions"),
            ("PUT", "/v1/profile/password"),
        ):  # fmt: skip
            assert (await web.request(method, path)).status_code == 403


async def test_anothers_keys_are_as_if_they_were_not(desk: Desk) -> None:
    """API1:2023, broken object level authorization."""
    made = await key_of(desk, "alice")
    await desk.user("mallory", Role.TRADER)
    async with await desk.signed_in("mallory") as web:
        theirs = await web.delete(f"/v1/api-keys/{made['id']}")
        none = await web.delete("/v1/api-keys/0000000000000000")
        assert (
            (theirs.status_code, theirs.text) == (none.status_code, none.text) == (404, none.text)
        )
        assert (await web.get("/v1/api-keys")).json()["items"] == []
        assert (await web.get(f"/v1/users/{desk.ids['alice']}")).status_code == 403
    async with await desk.signed_in("root") as admin:
        assert (await admin.delete(f"/v1/api-keys/{made['id']}")).status_code == 204


async def test_nobody_gives_themselves_a_role(desk: Desk) -> None:
    """API3:2023, mass assignment: fields that are not declared are refused, whole."""
    async with await desk.signed_in("alice") as web:
        given = {"roles": ["admin"], "role": "admin", "accounts": ["*"], "active": True}
        for name, value in given.items():
            told = await web.patch("/v1/profile", json={"theme": "dark", name: value})
            assert told.status_code == 422
        mine = (await web.get("/v1/profile")).json()
        assert (mine["roles"], mine["accounts"], mine["theme"]) == (["trader"], ["paper"], None)
        bodies: tuple[object, ...] = ({"theme": 1}, {"theme": "neon"}, [], "dark")
        for wrong in bodies:
            assert (await web.patch("/v1/profile", json=wrong)).status_code == 422


async def test_changed_roles_hold_at_once(desk: Desk) -> None:
    async with await desk.signed_in("alice") as web, await desk.signed_in("root") as admin:
        path = f"/v1/users/{desk.ids['alice']}"
        told = await admin.patch(path, json={"roles": ["risk", "trader"]})
        assert told.json()["roles"] == ["risk", "trader"]
        assert (await web.get("/v1/profile")).status_code == 401
    async with await desk.signed_in("alice") as web:
        assert "resume" in (await web.get("/v1/profile")).json()["rights"]


async def test_the_last_admin_stays_one(desk: Desk) -> None:
    async with await desk.signed_in("root") as admin:
        path = f"/v1/users/{desk.ids['root']}"
        for change in ({"active": False}, {"roles": ["viewer"]}):
            assert (await admin.patch(path, json=change)).status_code == 409
        await desk.user("second", Role.ADMIN)
        assert (await admin.patch(path, json={"roles": ["viewer"]})).status_code == 200


async def test_a_storm_of_calls_is_told_to_wait(tmp_path: Path, redis_url: str) -> None:
    """API4:2023, unrestricted resource consumption: per user and route, not per client."""
    slow = {"rate": 0.001, "burst": 5}
    rates = {"rates": {"writes": slow, "reads": {"rate": 0.001, "burst": 9}}}
    async with running(gateway(tmp_path, redis_url, auth=rates)) as desk:
        await desk.user("alice", Role.TRADER)
        await desk.user("bob", Role.TRADER)
        async with await desk.signed_in("alice") as web, await desk.signed_in("bob") as bob:
            change = {"theme": "dark"}
            told = [await web.patch("/v1/profile", json=change) for _ in range(8)]
            assert [each.status_code for each in told] == [200] * 5 + [429] * 3
            assert 900 < int(told[-1].headers["Retry-After"]) <= 1001
            assert told[-1].headers["content-type"] == "application/problem+json"
            assert (await web.get("/v1/profile")).status_code == 200
            assert (await bob.patch("/v1/profile", json=change)).status_code == 200


async def test_an_address_that_knocks_too_often_waits(tmp_path: Path, redis_url: str) -> None:
    few = {"rates": {"address": {"rate": 0.001, "burst": 5}}}
    async with running(gateway(tmp_path, redis_url, auth=few)) as desk:
        async with desk.web(HERE) as web:
            told = [(await web.get("/v1/profile")).status_code for _ in range(7)]
            assert told == [401] * 5 + [429] * 2
            assert (await web.get("/v1/health")).status_code == 200
        async with desk.web(THERE) as web:
            assert (await web.get("/v1/profile")).status_code == 401


async def test_pages_are_small_and_go_on_where_they_ended(desk: Desk) -> None:
    for name in ("bea", "carl", "dora"):
        await desk.user(name, Role.VIEWER)
    async with await desk.signed_in("root") as web:
        for wrong in ("limit=1000000", "limit=0", "limit=x", "cursor=junk", f"cursor={'x' * 999}"):
            assert (await web.get(f"/v1/users?{wrong}")).status_code == 422, wrong
        names, cursor = [], ""
        while cursor is not None:
            more = f"&cursor={cursor}" if cursor else ""
            page = (await web.get(f"/v1/users?limit=2{more}")).json()
            names += [each["name"] for each in page["items"]]
            cursor = page["next"]
        assert names == ["dora", "carl", "bea", "alice", "root", "admin"]


async def test_headers_are_safe_and_nothing_tells_of_the_inside(
    tmp_path: Path, redis_url: str
) -> None:
    """API8:2023, security misconfiguration."""
    router = APIRouter()

    @router.get("/broken")
    async def broken() -> None:
        raise RuntimeError(PASSWORD)

    async with running(gateway(tmp_path, redis_url, routers=(*ROUTERS, router))) as desk:
        async with desk.web(origin="https://evil.example") as web:
            for path in ("/v1/health", "/v1/profile", "/v1/nothing", "/v1/broken", "/v1/docs"):
                told = await web.get(path)
                assert "default-src 'self'" in told.headers["content-security-policy"], path
                assert told.headers["x-content-type-options"] == "nosniff"
                assert told.headers["x-frame-options"] == "DENY"
                assert "access-control-allow-origin" not in told.headers
                assert "server" not in told.headers
                for inside in ("Traceback", "RuntimeError", PASSWORD, "File "):
                    assert inside not in told.text
            assert (await web.get("/v1/docs")).status_code == 404
            asked = {"Access-Control-Request-Method": "POST"}
            told = await web.options("/v1/sessions", headers=asked)
            assert "access-control-allow-origin" not in told.headers
        assert desk.api.debug is False


def pair(home: Path, account: str = "main") -> KeyPair:
    return KeyPair.of(home, account)


async def test_an_exchange_key_is_sealed_to_the_executor_as_it_is_entered(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with await desk.signed_in("root") as web:
        path = "/v1/exchange-keys/main"
        assert (await web.put(path, json=SECRET)).status_code == 409
        own = pair(tmp_path)
        told = await web.put(path, json=SECRET)
        assert told.status_code == 200, told.text
        assert told.json()["fits"] is True
        sealed = Sealed.read(tmp_path / "keys" / "main.sealed")
        assert own.open(sealed, "okx").secret == SECRET["secret"]
        assert (await web.get(path)).json() == told.json()
        wrong = await web.put(path, json={**SECRET, "secret": [SECRET["secret"]]})
        assert wrong.status_code == 422
        log = (await web.get("/v1/audit")).text
        for text in (told.text, wrong.text, log, caplog.text):
            assert SECRET["secret"] not in text
        assert (await web.delete(path)).status_code == 204
        assert (await web.get(path)).status_code == 404
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert SECRET["secret"].encode() not in file.read_bytes(), file


async def test_a_key_that_was_sealed_before_it_came_is_taken_if_it_is_ours(
    desk: Desk, tmp_path: Path
) -> None:
    own, other = pair(tmp_path), pair(tmp_path, "other")
    given = Credentials(SECRET["key"], SECRET["secret"])
    async with await desk.signed_in("root") as web:
        path = "/v1/exchange-keys/main/sealed"
        public = (await web.get("/v1/exchange-keys/main/public")).json()["public"]
        box = seal(public_of(public), "main", "okx", given, 1)
        told = await web.put(path, content=box.dump(), headers={"Content-Type": "application/json"})
        assert told.status_code == 200, told.text
        assert own.open(Sealed.read(tmp_path / "keys" / "main.sealed"), "okx") == given
        strange = seal(public_of(other.public), "main", "okx", given, 1)
        told = await web.put(
            path, content=strange.dump(), headers={"Content-Type": "application/json"}
        )
        assert told.status_code == 409
        for name in ("..%2F..%2Fetc", "a%2Fb", "%00", "x" * 99):
            told = await web.put(f"/v1/exchange-keys/{name}", json=SECRET)
            assert told.status_code in (404, 422), name
