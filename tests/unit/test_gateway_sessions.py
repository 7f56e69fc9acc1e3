"""Sessions, limits and lock-out, on a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from gateway.auth.addresses import network, source, subscriber, within
from gateway.auth.limits import Limit, Limits, Wish
from gateway.auth.lockout import Lockout, LockoutSettings
from gateway.auth.people import login_of
from gateway.auth.sessions import ReusedError, Sessions
from gateway.auth.shared import RedisAwayError, connected

TOLD: dict[str, object] = {"name": "alice", "roles": ["trader"], "accounts": ["paper"]}
HERE, THERE = "192.0.2.1", "198.51.100.7"
SLOW = Limit(rate=1e-4, burst=3)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connected(redis_url)
    yield client
    await client.aclose()


@dataclass
class Clock:
    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def sessions(redis: Redis) -> Sessions:
    return Sessions(redis, uuid4().hex, idle=3600, longest=7200, clock=Clock())


async def opened(sessions: Sessions, user: str = "u1") -> str:
    session = await sessions.open(user, await sessions.epoch(user), TOLD, HERE, "a browser")
    return session.id


async def test_a_session_lasts_until_it_is_ended(sessions: Sessions) -> None:
    id = await opened(sessions)
    found = await sessions.look(id)
    assert found is not None
    assert (found.user, found.told, found.generation, found.address) == ("u1", TOLD, 0, HERE)
    assert [each.id for each in await sessions.of("u1")] == [id]
    assert not await sessions.end("u2", id)
    assert await sessions.look(id)
    assert await sessions.end("u1", id)
    assert await sessions.look(id) is None
    assert await sessions.rotate(id, 0, TOLD) is None
    assert not await sessions.end("u1", id)


async def test_a_refresh_token_used_twice_ends_its_family_and_no_other(sessions: Sessions) -> None:
    stolen, other = await opened(sessions), await opened(sessions)
    assert await sessions.rotate(stolen, 0, TOLD) == 1
    assert await sessions.rotate(stolen, 1, TOLD) == 2
    with pytest.raises(ReusedError) as caught:
        await sessions.rotate(stolen, 0, TOLD)
    assert caught.value.user == "u1"
    assert await sessions.rotate(stolen, 2, TOLD) is None
    assert await sessions.look(stolen) is None
    assert await sessions.look(other)


async def test_of_two_that_refresh_at_once_one_is_a_thief(sessions: Sessions) -> None:
    id = await opened(sessions)
    tries = [sessions.rotate(id, 0, TOLD) for _ in range(2)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["ReusedError", "int"]
    assert await sessions.look(id) is None


async def test_a_refresh_tells_the_rights_anew_but_never_past_the_longest(redis: Redis) -> None:
    clock, base = Clock(), uuid4().hex
    sessions = Sessions(redis, base, idle=3600, longest=7200, clock=clock)
    id = await opened(sessions)
    clock.now += 7000
    await sessions.rotate(id, 0, {"roles": ["viewer"]})
    found = await sessions.look(id)
    assert found is not None
    assert found.told == {"roles": ["viewer"]}
    assert 0 < await redis.ttl(f"{base}:session:{id}") <= 200


async def test_signed_out_everywhere_is_every_session_even_one_that_is_being_opened(
    sessions: Sessions,
) -> None:
    ids = [await opened(sessions) for _ in range(3)]
    kept = await opened(sessions, "u2")
    epoch = await sessions.epoch("u1")
    await sessions.end_all("u1")
    late = await sessions.open("u1", epoch, TOLD, HERE, "")
    for id in (*ids, late.id):
        assert await sessions.look(id) is None
        assert await sessions.rotate(id, 0, TOLD) is None
    assert await sessions.of("u1") == []
    assert await sessions.look(kept)
    assert await sessions.look(await opened(sessions))


async def test_a_limit_gives_its_burst_and_then_says_how_long_to_wait(redis: Redis) -> None:
    limits = Limits(redis, uuid4().hex)
    wish = Wish("user:u1", SLOW)
    assert [await limits.take([wish]) for _ in range(3)] == [0, 0, 0]
    assert 9000 < await limits.take([wish]) <= 10_000
    assert await limits.take([Wish("user:u2", SLOW)]) == 0
    assert await limits.take([]) == 0


async def test_what_one_limit_refuses_is_taken_of_none(redis: Redis) -> None:
    limits = Limits(redis, uuid4().hex)
    user, route = Wish("user", SLOW), Wish("route", Limit(rate=1e-4, burst=1))
    assert await limits.take([user, route]) == 0
    for _ in range(5):
        assert await limits.take([user, route]) > 0
    assert [await limits.take([user]) for _ in range(2)] == [0, 0]


async def test_a_limit_that_is_earned_again_is_given_again(redis: Redis) -> None:
    limits = Limits(redis, uuid4().hex)
    wish = Wish("user", Limit(rate=50, burst=1))
    assert await limits.take([wish]) == 0
    while wait := await limits.take([wish]):
        assert wait <= 0.021
        await asyncio.sleep(wait)


async def test_many_at_once_get_no_more_than_the_burst(redis: Redis) -> None:
    limits = Limits(redis, uuid4().hex)
    waits = await asyncio.gather(*(limits.take([Wish("user", SLOW)]) for _ in range(20)))
    assert sum(wait == 0 for wait in waits) == SLOW.burst


def locked(redis: Redis, **changed: object) -> Lockout:
    base = uuid4().hex
    rules = LockoutSettings.model_validate({"free": 3, "first": 100, "longest": 350} | changed)
    return Lockout(redis, Limits(redis, base), base, rules)


async def test_after_the_free_tries_an_address_waits_for_that_user_alone(redis: Redis) -> None:
    lockout = locked(redis)
    assert [await lockout.tried("alice", HERE) for _ in range(3)] == [0, 0, 0]
    assert 99 < await lockout.tried("Alice", HERE) <= 100
    assert await lockout.tried("bob", HERE) == 0
    assert await lockout.tried("alice", THERE) == 0


async def test_a_name_written_otherwise_has_no_tries_of_its_own(redis: Redis) -> None:
    """All of these sign the same user in."""
    lockout = locked(redis)
    forms = ("alice", "Alice", " alice", "alice\t", "\u2003ALICE\u3000")
    assert {login_of(each) for each in forms} == {"alice"}
    waits = [await lockout.tried(each, HERE) for each in forms]
    assert sum(wait == 0 for wait in waits) == 3


async def test_the_wait_doubles_up_to_the_longest_and_ends(redis: Redis) -> None:
    lockout = locked(redis)
    for _ in range(3):
        await lockout.tried("alice", HERE)
    for expected in (100, 200, 350, 350):
        assert expected - 1 < await lockout.tried("alice", HERE) <= expected
        (wait,) = [key async for key in redis.scan_iter(f"{lockout._base}:wait:*")]
        await redis.delete(wait)  # it has passed
        assert await lockout.tried("alice", HERE) == 0


async def test_a_hundred_guesses_at_once_are_counted_before_they_are_looked_at(
    redis: Redis,
) -> None:
    lockout = locked(redis, strangers={"rate": 100, "burst": 1000})
    waits = await asyncio.gather(*(lockout.tried("alice", HERE) for _ in range(100)))
    assert sum(wait == 0 for wait in waits) == 3


async def test_who_signs_in_is_forgiven(redis: Redis) -> None:
    lockout = locked(redis)
    for _ in range(3):
        assert await lockout.tried("alice", HERE) == 0
        assert await lockout.tried("alice", HERE) == 0
        await lockout.passed("alice", HERE)


async def test_strangers_from_many_addresses_do_not_keep_a_user_out(redis: Redis) -> None:
    lockout = locked(redis, strangers={"rate": 1e-4, "burst": 10})
    assert await lockout.tried("alice", HERE) == 0
    await lockout.passed("alice", HERE)
    waits = [await lockout.tried("alice", f"203.0.113.{n}") for n in range(20)]
    assert sum(wait == 0 for wait in waits) == 9
    assert await lockout.tried("alice", HERE) == 0


async def test_without_redis_nobody_is_let_in(free_port: int) -> None:
    redis = connected(f"redis://127.0.0.1:{free_port}/0")
    limits, base = Limits(redis, "x"), "x"
    sessions = Sessions(redis, base, idle=1, longest=1)
    lockout = Lockout(redis, limits, base, LockoutSettings())
    for asked in (
        sessions.look("s"), sessions.epoch("u"), sessions.rotate("s", 0, {}),
        sessions.end("u", "s"), sessions.end_all("u"), sessions.of("u"),
        sessions.open("u", "0", {}, "", ""),
        limits.take([Wish("w", SLOW)]), lockout.tried("u", HERE), lockout.passed("u", HERE),
    ):  # fmt: skip
        with pytest.raises(RedisAwayError, match="Redis does not answer"):
            await asked
    await redis.aclose()


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    from infra.local.ports import free_port as any_port

    return any_port()


def test_the_address_is_the_peers_unless_a_proxy_of_ours_says_another() -> None:
    assert source(HERE, [THERE], []) == HERE
    assert source("10.0.0.1", ["1.2.3.4", THERE], ["10.0.0.0/8"]) == THERE
    assert source("10.0.0.1", [THERE, "10.0.0.2"], ["10.0.0.0/8"]) == THERE
    assert source("10.0.0.1", ["junk"], ["10.0.0.0/8"]) == "10.0.0.1"
    assert source("::ffff:192.0.2.1", [], []) == HERE
    assert source(None, [THERE], ["10.0.0.0/8"]) == "nowhere"


def test_an_allow_list_is_of_networks_and_a_subscriber_of_ipv6_is_one_address() -> None:
    assert within(HERE, ["192.0.2.0/24"])
    assert within("::ffff:192.0.2.1", ["192.0.2.0/24"])
    assert not within(HERE, ["192.0.3.0/24", "2001:db8::/32"])
    assert not within("nowhere", ["0.0.0.0/0", "::/0"])
    assert network(" 192.0.2.9/24 ") == "192.0.2.0/24"
    with pytest.raises(ValueError, match="no address or network, as"):
        network("example.com")
    assert subscriber("2001:db8::1") == subscriber("2001:db8::2") != subscriber("2001:db8:0:1::1")
    assert subscriber(HERE) == HERE
