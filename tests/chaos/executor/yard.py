"""Where trials are held: a broker, a Redis, a local exchange in this process, and the nursery."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from redis.asyncio import Redis as RedisClient

from engine.matching.codes import BUY, SELL
from infra.exchange.accounts import Account, Key
from infra.exchange.dialects.binance.weights import Limits
from infra.exchange.house import House
from infra.exchange.orders import Order, Type, Wish
from infra.exchange.server import Exchange, Running, serve
from infra.local.kafka import Kafka
from infra.local.redis import Redis
from schemas import names
from schemas.codec import encode
from schemas.orders import OrderDecision
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
UNLIMITED = Limits(weight=10**9, orders_ten_seconds=10**9, orders_minute=10**9)


@dataclass
class Yard:
    """One of each, for many trials."""

    settings: Settings
    running: Running
    nursery: asyncio.subprocess.Process
    producer: Acknowledged
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
        """A deep book in each market."""
        for market in self.house.listing.markets:
            if market.name in QUOTES:
                bid, ask = QUOTES[market.name]
                self.make(market.name, BUY, bid, 100_000)
                self.make(market.name, SELL, ask, 100_000)

    def make(self, name: str, side: int, price: str, lots: int) -> None:
        """An order of the other side."""
        market = next(each for each in self.house.listing.markets if each.name == name)
        ticks = round(float(price) * 10**8) // market.ladder.tick
        self.makings += 1
        wish = Wish(market, side, Type.LIMIT, lots, ticks, f"make{self.makings}")
        order = self.house.place(self.house.keys[MAKER.name], wish)
        assert isinstance(order, Order), order

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

    async def sit(self, spec: Spec) -> int:
        """Let the nursery run one process; how it ended. Its lease is taken from the dead."""
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.write(spec.line())
        await self.nursery.stdin.drain()
        code: int = orjson.loads(await self.nursery.stdout.readline())["code"]
        if code < 0:
            async with RedisClient.from_url(self.settings.redis) as client:
                async for name in client.scan_iter(f"*{spec.account}*"):
                    if b"lease" in name:
                        await client.delete(name)
        return code


@asynccontextmanager
async def yard(home: Path, broker: str = "", redis: str = "") -> AsyncIterator[Yard]:
    """All of it, started and stopped; a broker and a Redis that are there already are used."""
    kafka = None if broker else Kafka(home / "kafka")
    server = None if redis else Redis(home / "redis")
    for each in (kafka, server):
        if each is not None:
            await asyncio.to_thread(each.start)
    try:
        settings = Settings(
            broker_url=broker or (kafka.bootstrap if kafka else ""),
            redis_url=redis or (server.url if server else ""),
            prefix="trials.",
            home=home,
        )
        await asyncio.to_thread(admin.create, settings)
        async with _opened(settings, home) as made:
            yield made
    finally:
        for each in (server, kafka):
            if each is not None:
                await asyncio.to_thread(each.stop)


@asynccontextmanager
async def _opened(settings: Settings, home: Path) -> AsyncIterator[Yard]:
    exchange = Exchange(limits=UNLIMITED)
    exchange.open(MAKER, "100000000")
    running = await serve(exchange)
    log = (home / "sittings.log").open("ab")
    nursery = await asyncio.create_subprocess_exec(
        sys.executable, *NURSERY,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    producer = Acknowledged(settings, lambda text: print(text, file=sys.stderr))
    made = Yard(settings, running, nursery, producer)
    made.quote()
    try:
        yield made
    finally:
        assert nursery.stdin is not None
        nursery.stdin.close()
        await nursery.wait()
        await producer.close()
        await running.close()
        log.close()
