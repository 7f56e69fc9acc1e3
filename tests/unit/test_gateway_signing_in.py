"""Signing in over HTTP, on a real store and Redis: OWASP API2:2023, broken authentication."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pyotp
import pytest

from gateway.auth.cookies import CSRF
from gateway.auth.rights import Role
from gateway.store.engine import reading_async
from gateway.store.tables.users import User
from tests.unit.gateway_people import FAST, PASSWORD, Desk, gateway, running

ALICE = {"name": "alice", "password": PASSWORD}
WRONG = {"name": "alice", "password": "wrong horse battery"}


@pytest.fixture
async def desk(tmp_path: Path, redis_url: str) -> AsyncIterator[Desk]:
    async with running(gateway(tmp_path, redis_url)) as desk:
        await desk.user("alice", Role.TRADER, accounts=["paper"])
        yield desk


async def opened(web: httpx2.AsyncClient, **more: object) -> dict[str, str]:
    told = await web.post("/v1/sessions", json={**ALICE, **more})
    assert told.status_code == 201, told.text
    found: dict[str, str] = told.json()
    return found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_who_signs_in_is_known_by_the_token_until_they_sign_out(desk: Desk) -> None:
    async with desk.web() as web:
        given = await opened(web)
        mine = await web.get("/v1/profile", headers=bearer(given["access"]))
        assert mine.json()["name"] == "alice"
        assert mine.json()["roles"] == ["trader"]
        assert "trade" in mine.json()["rights"]
        assert (await web.get("/v1/profile")).status_code == 401
        out = await web.delete("/v1/sessions/current", headers=bearer(given["access"]))
        assert out.status_code == 204
        after = await web.get("/v1/profile", headers=bearer(given["access"]))
        assert after.status_code == 401
        again = await web.post("/v1/sessions/refresh", json={"refresh": given["refresh"]})
        assert again.status_code == 401


async def test_unknown_wrong_and_shut_out_get_one_answer(desk: Desk) -> None:
    id = await desk.user("mallory", Role.VIEWER)
    async with await desk.signed_in("root", Role.ADMIN) as admin:
        assert (await admin.patch(f"/v1/users/{id}", json={"active": False})).status_code == 200
    async with desk.web() as web:
        answers = [
            await web.post("/v1/sessions", json=body)
            for body in (
                WRONG, {"name": "nobody", "password": PASSWORD},
                {"name": "mallory", "password": PASSWORD},
            )
        ]  # fmt: skip
    assert {each.status_code for each in answers} == {401}
    assert len({each.text for each in answers}) == 1


async def test_an_unknown_user_costs_the_same_hash_as_a_known_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    fits = desk.auth.passwords._fits

    def noted(known: str, word: str) -> bool:
        looked.append(known)
        return fits(known, word)

    monkeypatch.setattr(desk.auth.passwords, "_fits", noted)
    async with desk.web() as web:
        await web.post("/v1/sessions", json=WRONG)
        await web.post("/v1/sessions", json={**WRONG, "name": "nobody"})
    assert len(looked) == 2
    parameters = {known.rsplit("$", 2)[0] for known in looked}
    assert len(parameters) == 1


async def test_brute_force_waits_but_the_owner_elsewhere_does_not(desk: Desk) -> None:
    async with desk.web("192.0.2.66") as thief, desk.web("192.0.2.1") as owner:
        await opened(owner)
        told = [(await thief.post("/v1/sessions", json=WRONG)).status_code for _ in range(5)]
        assert told == [401] * 5
        late = await thief.post("/v1/sessions", json=ALICE)
        assert late.status_code == 429
        assert int(late.headers["Retry-After"]) >= 1
        await opened(owner)


async def test_a_refresh_token_used_twice_signs_its_thief_and_its_owner_out(desk: Desk) -> None:
    async with desk.web() as web:
        first = await opened(web)
        told = await web.post("/v1/sessions/refresh", json={"refresh": first["refresh"]})
        second = told.json()
        assert told.status_code == 200
        thief = await web.post("/v1/sessions/refresh", json={"refresh": first["refresh"]})
        assert thief.status_code == 401
        for token in (first["access"], second["access"]):
            assert (await web.get("/v1/profile", headers=bearer(token))).status_code == 401
        owner = await web.post("/v1/sessions/refresh", json={"refresh": second["refresh"]})
        assert owner.status_code == 401
    async with await desk.signed_in("root", Role.ADMIN) as admin:
        log = (await admin.get("/v1/audit")).json()["items"]
    assert ("refresh", "refused") in [(each["action"], each["outcome"]) for each in log]


async def test_an_access_token_is_no_refresh_token_nor_the_other_way_round(desk: Desk) -> None:
    async with desk.web() as web:
        given = await opened(web)
        told = await web.post("/v1/sessions/refresh", json={"refresh": given["access"]})
        assert told.status_code == 401
        mine = await web.get("/v1/profile", headers=bearer(given["refresh"]))
        assert mine.status_code == 401


async def test_signed_out_everywhere_is_every_token(desk: Desk) -> None:
    async with desk.web() as web:
        one, two = await opened(web), await opened(web)
        listed = (await web.get("/v1/sessions", headers=bearer(one["access"]))).json()
        assert sorted(each["current"] for each in listed) == [False, True]
        await web.delete("/v1/sessions", headers=bearer(one["access"]))
        for each in (one, two):
            assert (await web.get("/v1/profile", headers=bearer(each["access"]))).status_code == 401
            told = await web.post("/v1/sessions/refresh", json={"refresh": each["refresh"]})
            assert told.status_code == 401


async def test_nobody_ends_another_users_session(desk: Desk) -> None:
    async with desk.web() as web, await desk.signed_in("bob", Role.ADMIN) as bob:
        mine = await opened(web)
        assert (await bob.delete(f"/v1/sessions/{mine['session']}")).status_code == 404
        assert (await web.get("/v1/profile", headers=bearer(mine["access"]))).status_code == 200


async def test_a_new_password_ends_all_sessions_but_gives_one(desk: Desk) -> None:
    async with desk.web() as web:
        old, other = await opened(web), await opened(web)
        said = {"current": PASSWORD, "password": "another horse battery"}
        weak = {**said, "password": "short"}
        wrong = {**said, "current": "not my password"}
        mine = bearer(old["access"])
        assert (await web.put("/v1/profile/password", json=weak, headers=mine)).status_code == 422
        assert (await web.put("/v1/profile/password", json=wrong, headers=mine)).status_code == 403
        told = await web.put("/v1/profile/password", json=said, headers=mine)
        assert told.status_code == 200
        for token, status in ((old, 401), (other, 401), (told.json(), 200)):
            got = await web.get("/v1/profile", headers=bearer(token["access"]))
            assert got.status_code == status
        assert (await web.post("/v1/sessions", json=ALICE)).status_code == 401


async def test_a_hash_of_older_parameters_is_made_anew_at_sign_in(
    tmp_path: Path, redis_url: str
) -> None:
    async with running(gateway(tmp_path, redis_url)) as desk:
        id = await desk.user("alice", Role.VIEWER)
    stronger = {"passwords": {**FAST, "memory": 16}}
    async with running(gateway(tmp_path, redis_url, auth=stronger)) as desk:
        await desk.token("alice")
        async with reading_async(desk.auth.store) as session:
            user = await session.get(User, id)
            assert user is not None
            assert "m=16" in (user.password or "")
        await desk.token("alice")


async def test_codes_are_asked_for_once_confirmed_and_none_is_taken_twice(desk: Desk) -> None:
    async with desk.web() as web:
        given = await opened(web)
        mine = bearer(given["access"])
        made = (
            await web.post("/v1/profile/totp", json={"password": PASSWORD}, headers=mine)
        ).json()
        app = pyotp.TOTP(made["secret"])
        await opened(web)  # not asked for before it is confirmed
        now = desk.auth.clock() // 10**9
        first, second = app.at(now), app.at(now + 30)
        told = await web.post("/v1/profile/totp/confirm", json={"code": first}, headers=mine)
        assert told.status_code == 204
        needed = await web.post("/v1/sessions", json=ALICE)
        assert needed.status_code == 401
        assert needed.json()["type"].endswith("/code-needed")
        replayed = await web.post("/v1/sessions", json={**ALICE, "code": first})
        assert replayed.status_code == 401
        await opened(web, code=second)
        assert (await web.post("/v1/sessions", json={**ALICE, "code": second})).status_code == 401
        off = await web.post("/v1/profile/totp/remove", json={"password": PASSWORD}, headers=mine)
        assert off.status_code == 204
        await opened(web)


async def test_a_page_has_its_tokens_in_cookies_that_scripts_cannot_read(desk: Desk) -> None:
    async with desk.web() as web:
        told = await web.post("/v1/sessions", json={**ALICE, "cookie": True})
        assert told.json()["access"] is None
        assert told.json()["refresh"] is None
        set_ = {each.split("=")[0]: each.lower() for each in told.headers.get_list("set-cookie")}
        assert set(set_) == {"tapeline", "tapeline-refresh", "tapeline-csrf"}
        for name, text in set_.items():
            assert "samesite=strict" in text
            assert ("httponly" in text) is (name != "tapeline-csrf")
        assert "path=/v1/sessions" in set_["tapeline-refresh"]
        assert (await web.get("/v1/profile")).status_code == 200


async def test_with_tls_cookies_are_secure_and_bound_to_the_host(
    tmp_path: Path, redis_url: str
) -> None:
    async with running(gateway(tmp_path, redis_url, plain=True)) as desk:
        await desk.user("alice", Role.VIEWER)
        async with desk.web() as web:
            told = await web.post("/v1/sessions", json={**ALICE, "cookie": True})
            texts = told.headers.get_list("set-cookie")
            assert all("secure" in text.lower() for text in texts)
            assert [text.split("tapeline")[0] for text in texts] == [
                "__Host-", "__Secure-", "__Host-",
            ]  # fmt: skip
            assert "max-age" in told.headers["Strict-Transport-Security"]


async def test_a_change_by_cookie_comes_from_the_page_or_not_at_all(desk: Desk) -> None:
    """Cross-site request forgery: another site's script has the cookie sent, but not our word."""
    async with desk.web() as web:
        word = (await opened(web, cookie=True))["csrf"]
        ours = {"Origin": "http://desk", CSRF: word}
        for headers in (
            {}, {"Origin": "http://desk"}, {CSRF: "x"}, {**ours, "Origin": "https://evil.example"},
            {**ours, "Origin": "null"}, {**ours, CSRF: ""},
            {CSRF: word, "Sec-Fetch-Site": "cross-site"},
        ):  # fmt: skip
            told = await web.patch("/v1/profile", json={"theme": "dark"}, headers=headers)
            assert told.status_code == 403, headers
            assert (
                await web.post("/v1/sessions/refresh", json={}, headers=headers)
            ).status_code == 403
        told = await web.patch("/v1/profile", json={"theme": "dark"}, headers=ours)
        assert told.json()["theme"] == "dark"
        again = await web.post("/v1/sessions/refresh", json={}, headers=ours)
        assert again.status_code == 200
        assert (await web.get("/v1/profile")).status_code == 200


async def test_without_redis_nobody_is_let_in_and_it_is_said_plainly(tmp_path: Path) -> None:
    async with running(gateway(tmp_path, "redis://127.0.0.1:1/0")) as desk:
        await desk.user("alice", Role.VIEWER)
        token = desk.auth.tokens
        async with desk.web() as web:
            assert (await web.get("/v1/health")).status_code == 200
            told = await web.post("/v1/sessions", json=ALICE)
            assert told.status_code == 503
            assert "Redis does not answer" in told.json()["detail"]
            assert told.headers["Retry-After"]
            from gateway.auth.tokens import Kind

            access = token.made(Kind.ACCESS, desk.ids["alice"], "s", 0, desk.auth.clock())
            assert (await web.get("/v1/profile", headers=bearer(access))).status_code == 503
            ready = await web.get("/v1/ready")
            assert ready.status_code == 503
            assert "Redis" in ready.json()["parts"]["redis"]


async def test_no_secret_is_in_an_answer_a_log_or_the_store(
    desk: Desk, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    secret = "hunter2-hunter2-hunter2"
    bad = (
        {"name": "alice", "password": [secret]}, {"name": "alice", "password": secret, "x": 1},
        {"name": secret * 50, "password": secret}, {"name": "alice", "password": secret * 100},
        {"name": "alice", "password": secret},
    )  # fmt: skip
    async with desk.web() as web:
        for body in bad:
            told = await web.post("/v1/sessions", json=body)
            assert told.status_code in (401, 422)
            assert "hunter2" not in told.text
    assert "hunter2" not in caplog.text
    for file in tmp_path.glob("store.db*"):
        assert b"hunter2" not in file.read_bytes()
