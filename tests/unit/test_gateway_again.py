"""A POST of people asked again under its Idempotency-Key: made once, told again for a while."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyotp
import pytest

from gateway.api.app import make_api
from gateway.auth.again import TOLD
from gateway.auth.rights import Role
from tests.unit.gateway_desk import desk as small_desk
from tests.unit.gateway_people import PASSWORD, Desk, gateway, running

KEY = {"Idempotency-Key": "a-key-of-mine"}
BOT: dict[str, Any] = {"name": "bot", "scopes": ["audit"]}
VIEWER: dict[str, Any] = {"roles": ["viewer"]}
MADE = ("/v1/api-keys", BOT), ("/v1/invitations", VIEWER), ("/v1/users/{id}/link", None)

WITHOUT = {
    "/v1/sessions": "a session that nobody has heard of ends by itself: sign in again",
    "/v1/sessions/refresh": "a refresh token that comes twice is what a thief brings",
    "/v1/invitations/join": "the password is set: sign in",
    "/v1/registrations": "the name is taken by oneself: sign in",
    "/v1/profile/totp": "the last secret counts",
    "/v1/profile/totp/confirm": "the code that has confirmed it does so again",
    "/v1/profile/totp/remove": "what is away stays away",
}


@pytest.fixture
async def desk(tmp_path: Path, redis_url: str) -> AsyncIterator[Desk]:
    async with running(gateway(tmp_path, redis_url)) as desk:
        await desk.user("root", Role.ADMIN)
        await desk.user("ann", Role.ADMIN)
        yield desk


def test_every_post_takes_a_key_or_says_here_why_not() -> None:
    paths = make_api(small_desk()).openapi()["paths"]
    posts = {path: each["post"] for path, each in paths.items() if "post" in each}
    for path, post in posts.items():
        names = [each["name"] for each in post.get("parameters", ())]
        assert ("Idempotency-Key" in names) is (path not in WITHOUT), path
    assert set(WITHOUT) < set(posts)


@pytest.mark.parametrize(("path", "body"), MADE)
async def test_asked_again_the_same_is_told_and_nothing_is_made(
    desk: Desk, path: str, body: dict[str, Any] | None
) -> None:
    path = path.format(id=desk.ids["ann"])
    async with await desk.signed_in("root") as web, await desk.signed_in("ann") as ann:
        first = await web.post(path, json=body, headers=KEY)
        assert first.status_code == 201, first.text
        log = len((await web.get("/v1/audit?limit=200")).json()["items"])
        again = await web.post(path, json=body, headers=KEY)
        assert (again.status_code, again.json()) == (201, first.json())
        assert len((await web.get("/v1/audit?limit=200")).json()["items"]) == log
        others = [
            await web.post(path, json=body),
            await web.post(path, json=body, headers={"Idempotency-Key": "another-key"}),
            await ann.post(path, json=body, headers=KEY),
        ]
        ids = [each.json()["id"] for each in (first, *others)]
        assert len(set(ids)) == 4
        bad = await web.post(path, json=body, headers={"Idempotency-Key": "short"})
        assert bad.status_code == 422


async def test_a_key_is_for_one_thing_and_tells_a_secret_no_longer_than_it_may(desk: Desk) -> None:
    async with await desk.signed_in("root") as web:
        made = (await web.post("/v1/api-keys", json=BOT, headers=KEY)).json()
        other = await web.post("/v1/api-keys", json={**BOT, "name": "x"}, headers=KEY)
        assert other.status_code == 422
        assert other.json()["type"].endswith("/idempotency-key")
        link = await web.post("/v1/invitations", json=VIEWER, headers=KEY)
        assert link.json()["id"] != made["id"], "of another kind of thing it is another one"
        await web.delete(f"/v1/invitations/{link.json()['id']}")
        gone = await web.post("/v1/invitations", json=VIEWER, headers=KEY)
        assert gone.status_code == 409
        late = desk.auth.clock() + (TOLD + 1) * 10**9
        object.__setattr__(desk.auth, "clock", lambda: late)
    async with await desk.signed_in("root") as web:
        told = await web.post("/v1/api-keys", json=BOT, headers=KEY)
        assert told.status_code == 409
        assert made["key"] not in told.text


async def test_what_is_told_again_is_what_works(desk: Desk) -> None:
    async with await desk.signed_in("root") as web:
        for _ in range(2):
            key = (await web.post("/v1/api-keys", json=BOT, headers=KEY)).json()["key"]
        for _ in range(2):
            token = (await web.post("/v1/invitations", json=VIEWER, headers=KEY)).json()["token"]
    async with desk.web(authorization=f"Bearer {key}") as web:
        assert (await web.get("/v1/audit")).status_code == 200
    async with desk.web() as web:
        body = {"token": token, "name": "newcomer", "password": PASSWORD}
        assert (await web.post("/v1/invitations/join", json=body)).status_code == 201
        assert (await web.post("/v1/invitations/join", json=body)).status_code == 404


async def test_a_code_that_has_confirmed_an_app_does_so_again(desk: Desk) -> None:
    async with await desk.signed_in("root") as web:
        for _ in range(2):
            made = await web.post("/v1/profile/totp", json={"password": PASSWORD})
        app, now = pyotp.TOTP(made.json()["secret"]), desk.auth.clock() // 10**9
        code = {"code": app.at(now)}
        told = [(await web.post("/v1/profile/totp/confirm", json=code)).status_code for _ in "ab"]
        assert told == [204, 204]
        other = {"code": app.at(now + 30)}
        assert (await web.post("/v1/profile/totp/confirm", json=other)).status_code == 409
        for _ in range(2):
            gone = await web.post("/v1/profile/totp/remove", json={"password": PASSWORD})
            assert gone.status_code == 204
