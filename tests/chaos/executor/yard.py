"""Where trials are held: a broker and a Redis for all, and for each lane an exchange of its own in
this process, and a nursery.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar
from uuid import uuid4

import orjson
from redis.asyncio import Redis as RedisClient

from engine.matching.codes import BUY, SELL
from infra.exchange.accounts import Account, Key
from infra.exchange.dialects.binance.weights import Limits
from infra.exchange.house import House
from infra.exchange.listing import Market
from infra.exchange.orders import Order, Type, Wish
from infra.exchange.server import Exchange, Running, serve
from infra.local.kafka import Kafka
from infra.local.redis import Redis
from schemas import names
from schemas.codec import encode
from schemas.orders import OrderDecision
from tests.chaos.executor.recording import Recorder
from tests.chaos.executor.spec import Spec
from topics import admin
from topics.acknowledged import Acknowledged
from topics.partition import partition_of
from topics.reading import ends, reader
from topics.settings import Settings

NURSERY = os.environ.get("CHAOS_NURSERY", "-m tests.chaos.executor.nursery").split()
ROOT = Path(__file__).resolve().parents[3]
MAKER = Key("maker", "secret-of-maker")
QUOTES = {"BTCUSDT": ("61699", "61701"), "ETHUSDT": ("2679", "2681")}
S = TypeVar("S", Kafka, Redis)
DEEP = 100_000
"""Lots on each side."""
UNLIMITED = Limits(weight=10**9, orders_ten_seconds=10**9, orders_minute=10**9)


@dataclass
class Yard:
    """What the trials of one lane use, one after the other."""

    settings: Settings
    running: Running
    nursery: asyncio.subprocess.Process | None
    producer: Acknowledged
    recorder: Recorder
    makings: int = 0
    opened: set[str] = field(default_factory=set)

    @property
    def house(self) -> House:
        """USD-M."""
        return self.running.exchange.usdm

    def open(self, account: str) -> Account:
        """An account of that name at the exchange."""
        if account not in self.opened:
            self.opened.add(account)
            self.running.exchange.open(Key(account, f"secret-of-{account}"), "1000000")
        return self.house.keys[account]

    def quote(self) -> None:
        """A deep book in each market, however much of it was taken."""
        for market in self.house.listing.markets:
            if market.name in QUOTES:
                for side, price in zip((BUY, SELL), QUOTES[market.name], strict=True):
                    self.make(market.name, side, price, DEEP - self.rests(market, side))

    def rests(self, market: Market, side: int) -> int:
        """Lots that the maker offers on a side."""
        orders = self.house.keys[MAKER.name].orders.values()
        mine = [each for each in orders if each.market is market and each.status.live]
        return sum(each.open for each in mine if each.buys is (side == BUY))

    def make(self, name: str, side: int, price: str, lots: int) -> bool:
        """An order of the other side; False if the exchange does not take it."""
        market = next(each for each in self.house.listing.markets if each.name == name)
        ticks = round(float(price) * 10**8) // market.ladder.tick
        self.makings += 1
        wish = Wish(market, side, Type.LIMIT, lots, ticks, f"make{self.makings}")
        return lots > 0 and isinstance(self.house.place(self.house.keys[MAKER.name], wish), Order)

    def withdraw(self, *names: str) -> None:
        """Nothing of these accounts rests any more."""
        for name in names:
            for order in list(self.house.keys[name].orders.values()):
                if order.status.live:
                    self.house.cancel(order)

    async def publish(self, decisions: list[OrderDecision]) -> None:
        """Commands onto trading.orders."""
        sent = [self.producer.send(names.ORDERS, one.key, encode(one)) for one in decisions]
        await asyncio.gather(*sent)

    def mark(self, topic: str, account: str) -> int:
        """The end of the account's partition of a topic."""
        consumer = reader(self.settings)
        try:
            found = ends(consumer, self.settings.physical(topic))
            return found[partition_of(names.STATUSES, f"{account}:*")][1]
        finally:
            consumer.close()

    async def sit(self, spec: Spec) -> tuple[int, str]:
        """Let the nursery run one process: how it ended, and at which point if it was killed. Its
        lease is taken from the dead.
        """
        assert self.nursery is not None
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.write(spec.line())
        await self.nursery.stdin.drain()
        answer = orjson.loads(await self.nursery.stdout.readline())
        if answer["code"] != 0:
            async with RedisClient.from_url(self.settings.redis) as client:
                await client.delete(f"{spec.prefix}tapeline:lease:executor:{spec.account}")
        return answer["code"], answer["point"]


@asynccontextmanager
async def yards(
    home: Path, lanes: int = 1, broker: str = "", redis: str = ""
) -> AsyncIterator[list[Yard]]:
    """One a lane, started and stopped; a broker and a Redis that are there already are used."""
    async with AsyncExitStack() as stack:
        if not broker:
            broker = (await stack.enter_async_context(started(Kafka(home / "kafka")))).bootstrap
        if not redis:
            redis = (await stack.enter_async_context(started(Redis(home / "redis")))).url
        settings = await asyncio.to_thread(topics_of, home, broker, redis)
        made = [places(settings) for _ in range(lanes)]
        yield [await stack.enter_async_context(each) for each in made]


@asynccontextmanager
async def started(server: S) -> AsyncIterator[S]:
    """It runs meanwhile."""
    try:
        await asyncio.to_thread(server.start)
        yield server
    finally:
        await asyncio.to_thread(server.stop)


def topics_of(home: Path, broker: str, redis: str) -> Settings:
    """Topics and a home that no earlier run has used: its exchange is gone with its books."""
    name = f"trials-{uuid4().hex[:8]}"
    settings = Settings(broker_url=broker, redis_url=redis, prefix=f"{name}.", home=home / name)
    settings.home.mkdir(parents=True)
    admin.create(settings)
    return settings


@asynccontextmanager
async def places(settings: Settings, *, sitting: bool = True) -> AsyncIterator[Yard]:
    """A lane on these topics; with a nursery if sittings are held there."""
    exchange = Exchange(limits=UNLIMITED)
    exchange.open(MAKER, "1000000000")
    running = await serve(exchange)
    producer = Acknowledged(settings, lambda text: print(text, file=sys.stderr))
    recorder = Recorder(exchange.usdm)
    try:
        if not sitting:
            yield Yard(settings, running, None, producer, recorder)
            return
        with (settings.home / "sittings.log").open("ab") as log:
            nursery = await _nursery(log)
            yield Yard(settings, running, nursery, producer, recorder)
            assert nursery.stdin is not None
            nursery.stdin.close()
            await nursery.wait()
    finally:
        await producer.close()
        await running.close()


async def _nursery(log: IO[bytes]) -> asyncio.subprocess.Process:
    """It ends with the end of its input."""
    return await asyncio.create_subprocess_exec(
        sys.executable, *NURSERY,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
