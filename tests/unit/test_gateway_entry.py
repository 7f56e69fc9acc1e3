"""The door with an access token: one question to Redis, and nothing taken of whom it keeps out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.auth import shared
from gateway.auth.rights import Role
from gateway.auth.shared import connected, present
from tests.unit.gateway_people import FREE, gateway, running

TWO = {"rate": 0.001, "burst": 2}


async def test_a_request_with_a_token_asks_redis_once(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    async with (
        running(gateway(tmp_path, redis_url)) as desk,
        await desk.signed_in("ann", Role.TRADER) as web,
    ):
        await web.get("/v1/profile")  # the script is sent once
        ask: Any = desk.auth.redis.execute_command

        async def counting(*words: Any, **more: Any) -> Any:
            asked.append(words[0])
            return await ask(*words, **more)

        monkeypatch.setattr(desk.auth.redis, "execute_command", counting)
        assert (await web.get("/v1/profile")).status_code == 200
    assert asked == ["EVALSHA"]


async def test_what_comes_at_once_is_not_told_that_redis_is_away(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "PATIENCE", 60.0)  # how quick the machine is, is not asked here
    async with connected(redis_url) as redis:
        with present():
            told = await asyncio.gather(*(redis.ping() for _ in range(500)))
    assert told == [True] * 500


async def test_a_session_that_has_ended_spends_nothing_of_its_users(
    tmp_path: Path, redis_url: str
) -> None:
    rates = FREE | {"reads": TWO}
    async with running(gateway(tmp_path, redis_url, auth={"rates": rates})) as desk:
        async with await desk.signed_in("ann", Role.TRADER) as web:
            await desk.auth.sessions.end_all(desk.ids["ann"])
            assert [(await web.get("/v1/profile")).status_code for _ in range(5)] == [401] * 5
        async with await desk.signed_in("ann") as web:
            codes = [(await web.get("/v1/profile")).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


async def test_an_address_that_asks_too_much_spends_nothing_of_users(
    tmp_path: Path, redis_url: str
) -> None:
    rates = FREE | {"address": TWO, "reads": TWO}
    async with running(gateway(tmp_path, redis_url, auth={"rates": rates})) as desk:
        async with await desk.signed_in("ann", Role.TRADER) as web:  # spends one
            codes = [(await web.get("/v1/profile")).status_code for _ in range(5)]
            token = web.headers["authorization"]
        async with desk.web("192.0.2.2", authorization=token) as web:
            codes += [(await web.get("/v1/profile")).status_code for _ in range(2)]
    assert codes == [200, 429, 429, 429, 429, 200, 429]
