"""Whether who hears streams may still: asked once a person and heartbeat, and never counted."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

from gateway.api.app import make_api
from gateway.api.problems import Problem
from gateway.auth.rights import Principal, Role
from gateway.auth.shared import RedisAwayError
from gateway.live import watch
from tests.unit.gateway_api import by_name, principal
from tests.unit.gateway_desk import Socket, desk


class Recognising:
    """In place of the sessions: counts what is asked; gone: whose session has ended."""

    def __init__(self, gone: str = "", away: bool = False) -> None:
        self.asked: list[str] = []
        self.gone, self.away = gone, away

    async def __call__(self, connection: Any) -> Principal:
        shown = connection.headers["authorization"].removeprefix("Bearer ")
        self.asked.append(shown)
        if self.away:
            raise RedisAwayError
        if shown == self.gone:
            raise Problem(401, "unauthenticated", "the token was revoked")
        return principal(Role.TRADER)


async def test_streams_of_one_person_are_looked_at_once_and_end_together() -> None:
    given, recognising = desk(), Recognising("ada:trader@paper")
    given.recognise = recognising
    async with AsyncExitStack() as stack:
        api = make_api(given)
        sockets = [
            await stack.enter_async_context(Socket(api, who))
            for who in ("ada:trader@paper", "bob:trader@paper")
            for _ in range(3)
        ]
        await watch.over(given.live.streams)
        assert sorted(recognising.asked) == ["ada:trader@paper", "bob:trader@paper"]
        for socket in sockets[:3]:
            assert await socket.closed() == (4401, "the token was revoked")
        assert len(given.live.streams) == 3


async def test_where_sessions_cannot_be_looked_up_all_come_later_and_one_is_asked() -> None:
    given, recognising = desk(), Recognising(away=True)
    given.recognise = recognising
    async with AsyncExitStack() as stack:
        api = make_api(given)
        sockets = [
            await stack.enter_async_context(Socket(api, f"{who}:trader@paper")) for who in "abc"
        ]
        await watch.over(given.live.streams)
        assert [(await socket.closed())[0] for socket in sockets] == [1013] * 3
        assert len(recognising.asked) == 1


async def test_a_heartbeat_is_not_counted_as_asked() -> None:
    given, counted = desk(), []

    async def counting(connection: Any) -> Principal:
        counted.append(connection)
        return await by_name(connection)

    given.authenticate, given.recognise = counting, Recognising()
    async with Socket(make_api(given), "ada:trader@paper"):
        await watch.over(given.live.streams)
    assert len(counted) == 1
