"""The shared rate budget on real Redis: atomic over workers, bounded waits, and Redis away."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis as Client

from executor.guard.bucket import Buckets, Priority, Wish
from executor.guard.budget import TAKE, TIMEOUT, RateBudget
from executor.guard.limits import Limit, Limits, Scope, limits_of
from executor.venues.venue import Category, VenueError
from infra.local.ports import free_port
from infra.local.redis import Redis
from schemas.refusals import Reason

pytestmark = pytest.mark.broker

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
SMALL = Limits(
    (
        Limit("weight", 400, 4000, Scope.ADDRESS),
        Limit("orders", 40, 400),
        Limit("place", 8, 400, Scope.SYMBOL),
    ),
    {"place": {"weight": 1, "orders": 1, "place": 1}, "cancel": {"weight": 1, "orders": 1}},
    {"weight": 1},
)  # fmt: skip
QUICK = Limits((Limit("all", 8, 4),), other={"all": 1})
Made = Callable[..., RateBudget]


class Told:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, severity: Any, kind: str, text: str, facts: dict[str, str]) -> None:
        self.texts.append(text)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def made(redis_url: str, told: Told) -> AsyncIterator[Made]:
    """Make a worker's budget of a venue that nobody else has."""
    budgets: list[RateBudget] = []
    prefix = uuid.uuid4().hex

    def make(
        account: str = "main", limits: Limits = SMALL, url: str = redis_url, **more: Any
    ) -> RateBudget:
        budgets.append(RateBudget(url, prefix, "okx", account, limits, told, **more))
        return budgets[-1]

    yield make
    for budget in budgets:
        await budget.close()


async def count(budget: RateBudget, call: str, symbol: str = BTC, **more: Any) -> int:
    """How many can be had at once, without waiting."""
    taken, error = 0, None
    while error is None:
        try:
            await budget.take(call, symbol, patience=0, **more)
            taken += 1
        except VenueError as refused:
            error = refused
    assert (error.category, error.sent, error.unknown) == (Category.RATE_LIMIT, False, False)
    assert error.reason is Reason.RATE_LIMITED
    assert error.wait is not None
    assert error.wait > 0
    return taken


async def test_workers_share_an_address_and_not_an_account_or_a_symbol(made: Made) -> None:
    one, same, other = made("a"), made("a"), made("b")
    assert await count(one, "place", lessens=True) == 2  # a quarter of 8
    assert await count(same, "place", lessens=True) == 0
    assert await count(same, "place", ETH, lessens=True) == 2
    assert await count(other, "place", lessens=True) == 2
    assert await count(other, "find") == 44  # half of 100 is left, and 6 are gone
    assert await count(one, "find") == 0


async def test_what_lessens_risk_goes_before_sends_and_sends_before_reads(made: Made) -> None:
    budget = made(limits=Limits((Limit("all", 80, 6000),), other={"all": 1}))
    found = [await count(budget, "find"), await count(budget, "place")]
    found.append(await count(budget, "cancel", lessens=True))
    assert found == [10, 6, 4]


async def test_many_at_once_take_no_more_than_there_is(made: Made) -> None:
    """Eight workers with a hundred requests each: one script a take, nothing in between."""
    workers = [
        made(limits=Limits((Limit("all", 4000, 60000),), other={"all": 1})) for _ in range(8)
    ]
    taken: Counter[int] = Counter()

    async def run(number: int) -> None:
        for _ in range(200):
            try:
                await workers[number].take("cancel", BTC, lessens=True, patience=0)
                taken[number] += 1
            except VenueError:
                return

    await asyncio.gather(*map(run, range(8)))
    assert taken.total() == 1000
    assert len(taken) == 8


async def test_who_waits_gets_it_as_soon_as_it_is_there(made: Made) -> None:
    budget = made(limits=QUICK)
    await count(budget, "place", lessens=True)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await budget.take("place", BTC, lessens=True)
    assert 0.3 < loop.time() - began < 5  # 6 in 4 s come back


async def test_who_would_wait_too_long_is_told_at_once(made: Made) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    budget = made(sleep=sleep)
    await count(budget, "place", lessens=True)
    with pytest.raises(VenueError, match=r"nothing left for place within 6\d\.\d s"):
        await budget.take("place", BTC, lessens=True)
    assert waits == []


async def test_a_stop_of_one_worker_stops_all(made: Made) -> None:
    one, other = made("a"), made("b")
    one.limited(30.0)
    one.limited(0.1)
    await asyncio.sleep(0.2)
    for budget in (one, other):
        with pytest.raises(VenueError) as raised:
            await budget.take("cancel", BTC, lessens=True)
        assert 25 < (raised.value.wait or 0) <= 30


@pytest.mark.parametrize("seed", range(3))
async def test_the_script_is_the_rule_that_a_worker_has_alone(redis_url: str, seed: int) -> None:
    """The same random wishes at Redis's own times, to the millisecond that it counts in: where that
    is all that lacks, one of the two may let pass what the other lets wait.
    """
    chance, buckets = random.Random(seed), Buckets()
    client, prefix = Client.from_url(redis_url), uuid.uuid4().hex
    take, differs = client.register_script(TAKE), 0
    for _ in range(400):
        wishes = [
            Wish(f"{prefix}:{name}", burst, burst * 5.0, chance.randint(1, 3), leaves)
            for name, burst, leaves in (("a", 10.0, 0.0), ("b", 25.0, 5.0))
            if chance.random() < 0.8
        ]
        rows = [(*wish[1:], 0) for wish in wishes]
        wait, now, left = take(
            [f"{prefix}:stop", *(wish.name for wish in wishes)],
            [value for row in rows for value in row],
        )
        alone = buckets.take(wishes, now / 1000)
        assert abs(wait / 1000 - alone) < 0.0021
        if wait == alone == 0:
            kept = [buckets.tokens[wish.name][0] for wish in wishes]
            assert [float(each) for each in left] == pytest.approx(kept, abs=0.3)
        differs += (wait == 0) != (alone == 0)
        if (wait == 0) != (alone == 0):
            assert (wait <= 1, alone < 1e-6) == (True, True)  # what a float of seconds cannot tell
            buckets.tokens.clear()
            client.delete(*(f"{prefix}:{name}" for name in "ab"))
    assert differs <= 40
    client.close()


async def test_a_full_bucket_is_forgotten(made: Made, redis_url: str) -> None:
    budget = made(limits=Limits((Limit("all", 100, 0.1),), other={"all": 1}))
    await budget.take("find", BTC)
    with Client.from_url(redis_url) as client:
        (key,) = client.keys(f"{budget._base}:all:*")
        assert 0 < client.pttl(key) <= 1100


async def test_redis_away_leaves_a_share_and_is_told_once(made: Made, told: Told) -> None:
    now = [0.0]
    budget = made(url=f"redis://127.0.0.1:{free_port()}", workers=4, clock=lambda: now[0])
    limit = Limit("all", 400, 100.0)
    budget._limits = Limits((limit,), other={"all": 1})
    assert await count(budget, "cancel", lessens=True) == 25
    now[0] += 10
    assert await count(budget, "cancel", lessens=True) == int(10 * limit.rate / 4)
    assert told.texts == ["Redis is away: of okx's limits this worker takes 1/4"]
    budget.limited(5.0)
    now[0] += 4
    assert await count(budget, "cancel", lessens=True) == 0


async def test_redis_back_knows_what_was_taken_meanwhile(tmp_path: Path, told: Told) -> None:
    now = [0.0]
    limits = Limits((Limit("all", 400, 4000.0),), other={"all": 1})
    with Redis(tmp_path) as server:
        one, other = (
            RateBudget(server.url, "", "okx", "a", limits, told, clock=lambda: now[0])
            for _ in range(2)
        )
        await one.take("cancel", BTC, lessens=True)
        await other.take("cancel", BTC, lessens=True)
        now[0] += 11
        await one.take("cancel", BTC, lessens=True)
        assert one.workers == 2
        server.kill()
        assert await count(one, "cancel", lessens=True) == 50
        assert told.texts == ["Redis is away: of okx's limits this worker takes 1/2"]
        server.start()
        now[0] += 3
        rest = await count(one, "cancel", lessens=True)
        assert told.texts[1:] == ["the rate budget of okx is shared again"]
        assert rest == 47  # 50 were taken while it was away, 3 before
        await one.close()
        await other.close()


async def test_a_redis_that_hangs_costs_a_moment_once(tmp_path: Path, told: Told) -> None:
    with Redis(tmp_path) as server:
        budget = RateBudget(server.url, "", "okx", "a", limits_of("okx", "perpetual"), told)
        await budget.take("place", BTC)
        os.kill(server.pid, signal.SIGSTOP)
        try:
            loop = asyncio.get_running_loop()
            began = loop.time()
            for _ in range(5):
                await budget.take("cancel", BTC, lessens=True)
            assert loop.time() - began < 4 * TIMEOUT  # 5 times it, if each had waited
        finally:
            os.kill(server.pid, signal.SIGCONT)
        assert len(told.texts) == 1
        await budget.close()


def test_priorities_are_ordered() -> None:
    assert Priority.LESSENS < Priority.SEND < Priority.READ
