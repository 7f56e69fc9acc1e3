"""The lease on real Redis: one process at a time, renewed, and relied on for less than its term."""

from __future__ import annotations

import asyncio
import time
import uuid

import pytest
from redis.asyncio import Redis

from infra.local.ports import free_port
from schemas.errors import Fatal
from topics.lease import GOOD, RENEWAL, TERM, Lease, elapsed

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


async def test_each_holding_has_a_higher_epoch(redis_url: str) -> None:
    """A renewal is the same holding; so is taking it again before it was let go."""
    one, other, third = two(redis_url, "0", "1", "2")
    assert one.epoch == 0
    await one.acquire()
    first = one.epoch
    assert first > 0
    keeper = asyncio.create_task(one.keep())
    await asyncio.sleep(RENEWAL * 1.5)
    keeper.cancel()
    await one.acquire()
    assert one.epoch == first
    await one.release()
    epochs = [first]
    for lease in (other, one, third):
        await lease.acquire()
        epochs.append(lease.epoch)
        await lease.release()
    assert epochs == sorted(set(epochs))


async def test_many_that_want_it_at_once_never_share_an_epoch(redis_url: str) -> None:
    leases = two(redis_url, *map(str, range(12)))
    held: list[int] = []

    async def hold(lease: Lease) -> None:
        await lease.acquire()
        held.append(lease.epoch)
        await lease.release()

    await asyncio.gather(*map(hold, leases))
    assert len(held) == 12
    assert held == sorted(set(held))


async def test_an_epoch_after_a_term_that_ran_out_is_higher(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = two(redis_url, "0", "1")
    monkeypatch.setattr("topics.lease.TERM", 0.2)
    await one.acquire()
    await other.acquire(patience=5)
    assert other.epoch > one.epoch


async def test_a_redis_that_has_forgotten_all_does_not_give_an_epoch_again(redis_url: str) -> None:
    one, other = two(redis_url, "0", "1")
    await one.acquire()
    await Redis.from_url(redis_url).flushall()
    await other.acquire()
    assert other.epoch > one.epoch


async def test_an_epoch_counts_on_where_a_clock_was_ahead(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = two(redis_url, "0", "1")
    ahead = time.time() + 3600
    with monkeypatch.context() as patched:
        patched.setattr("topics.lease.time.time", lambda: ahead)
        await one.acquire()
    await one.release()
    await other.acquire()
    assert (one.epoch, other.epoch) == (int(ahead * 1000), int(ahead * 1000) + 1)


async def test_each_account_has_its_own_epoch(redis_url: str) -> None:
    prefix = uuid.uuid4().hex
    both = Lease(redis_url, prefix, "executor", "0", ["a", "b"])
    await both.acquire()
    assert both.epoch == both.epochs["a"] > 0
    await both.release()
    only = Lease(redis_url, prefix, "executor", "1", ["b"])
    await only.acquire()
    assert only.epoch > both.epochs["b"]


async def test_what_is_gone_is_not_renewed(redis_url: str) -> None:
    """Another may have had it, and have given it back, since it was looked at."""
    (one,) = two(redis_url, "0")
    await one.acquire()
    await Redis.from_url(redis_url).flushall()
    with pytest.raises(Fatal, match="lost and nobody has it"):
        await asyncio.wait_for(one.keep(), 5)


async def test_the_margin_is_what_is_left_of_the_term(redis_url: str) -> None:
    now = [100.0]
    lease = Lease(redis_url, uuid.uuid4().hex, "orders", "0", ["paper"], lambda: now[0])
    await lease.acquire()
    now[0] += TERM - lease.margin - 0.001
    lease.check()
    now[0] += 0.001
    with pytest.raises(Fatal):
        lease.check()
    assert lease.margin == pytest.approx(1.5)


def test_the_clock_goes_on() -> None:
    before = elapsed()
    time.sleep(0.01)
    assert elapsed() >= before + 0.01


async def test_no_redis_is_one_clear_line() -> None:
    lease = Lease(f"redis://:secret@127.0.0.1:{free_port()}", "", "executor", "0", ["paper"])
    with pytest.raises(Fatal, match="tapeline up") as raised:
        await lease.acquire(patience=0.5)
    assert "secret" not in str(raised.value)


async def test_a_spare_says_who_has_it_and_takes_it_once_it_is_free(redis_url: str) -> None:
    one, other = two(redis_url, "0", "1")
    await one.acquire()
    told: list[str] = []
    spare = asyncio.create_task(other.stand_by(told.append))
    await asyncio.sleep(0.8)
    assert not spare.done()
    await one.release()
    await asyncio.wait_for(spare, 2)
    assert len(told) == 1
    assert told[0].startswith("instance 0 ")
    assert other.epoch > one.epoch > 0


async def test_a_spare_without_redis_says_so_and_gives_up() -> None:
    lease = Lease(f"redis://127.0.0.1:{free_port()}/0", "", "raw", "0", ["binance"])
    told: list[str] = []
    with pytest.raises(Fatal, match="raw has no lease: no Redis answers on"):
        await lease.stand_by(told.append, patience=0.5)
    assert [text.partition(":")[2].partition(": ")[2] for text in told] == [
        "start one with `tapeline up`, or set REDIS_URL"
    ]
