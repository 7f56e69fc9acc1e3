"""The lease on real Redis: one process at a time, renewed, and relied on for less than its term."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from redis.asyncio import Redis

from infra.local.ports import free_port
from schemas.errors import Fatal
from topics.lease import GOOD, TERM, Lease

pytestmark = pytest.mark.broker


def two(redis_url: str, *instances: str) -> list[Lease]:
    prefix = uuid.uuid4().hex
    return [Lease(redis_url, prefix, "orders", instance, ["paper"]) for instance in instances]


@pytest.mark.parametrize("second", ["0", "1"])
async def test_only_one_process_holds_it(redis_url: str, second: str) -> None:
    """Another instance is refused, and so is another process of the same instance."""
    one, other = two(redis_url, "0", second)
    await one.acquire()
    with pytest.raises(Fatal, match=r"orders has no lease: instance 0 .* holds the lease"):
        await other.acquire(patience=0.5)


async def test_a_clean_stop_gives_it_to_the_next_at_once(redis_url: str) -> None:
    one, other = two(redis_url, "0", "1")
    await one.acquire()
    await one.release()
    await other.acquire(patience=0)
    await one.release()  # not its own any more
    with pytest.raises(Fatal, match="instance 1"):
        await one.acquire(patience=0)


async def test_each_stage_has_its_own(redis_url: str) -> None:
    prefix = uuid.uuid4().hex
    for stage in ("orders", "executor"):
        await Lease(redis_url, prefix, stage, "0", ["paper"]).acquire(patience=0)


async def test_losing_it_is_fatal(redis_url: str) -> None:
    """As when Redis has forgotten it."""
    one, other = two(redis_url, "0", "1")
    await one.acquire()
    await Redis.from_url(redis_url).flushall()
    await other.acquire()
    with pytest.raises(Fatal, match="lost to instance 1"):
        await asyncio.wait_for(one.keep(), 5)


async def test_one_that_ran_out_is_not_taken_again(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another may have had it, and have given it back."""
    monkeypatch.setattr("topics.lease.TERM", 0.2)
    (one,) = two(redis_url, "0")
    await one.acquire()
    with pytest.raises(Fatal, match="was not renewed"):
        await asyncio.wait_for(one.keep(), 5)


async def test_a_process_that_was_held_up_must_not_rely_on_it(redis_url: str) -> None:
    now = [100.0]
    lease = Lease(redis_url, uuid.uuid4().hex, "orders", "0", ["paper"], lambda: now[0])
    with pytest.raises(Fatal):
        lease.check()
    await lease.acquire()
    now[0] += TERM * GOOD - 0.1
    lease.check()
    now[0] += 0.1
    with pytest.raises(Fatal, match="was not renewed"):
        lease.check()


async def test_no_redis_is_one_clear_line() -> None:
    lease = Lease(f"redis://:secret@127.0.0.1:{free_port()}", "", "executor", "0", ["paper"])
    with pytest.raises(Fatal, match="tapeline up") as raised:
        await lease.acquire(patience=0.5)
    assert "secret" not in str(raised.value)
