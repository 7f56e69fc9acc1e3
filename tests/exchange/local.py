"""What every venue of the local exchange has in tests: its server, ccxt clients, and a market."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from aiohttp import web_app

from engine.matching.codes import BUY, SELL
from infra.exchange.accounts import Account, Key
from infra.exchange.house import House
from infra.exchange.orders import Order, Type, Wish
from infra.exchange.server import Exchange, Running, serve

ALICE, BOB = Key("alice", "secret-of-alice"), Key("bob", "secret-of-bob")
ERIN = Key("erin", "")


@dataclass
class Local:
    """The exchange, its address, and the clients that were made for it.

    MAKER: who quotes; DISPLAYED: lots of five coins.
    """

    MAKER: ClassVar[Key] = BOB
    DISPLAYED: ClassVar[int] = 5000

    running: Running
    clients: list[Any] = field(default_factory=list)
    orders: int = 0

    @property
    def exchange(self) -> Exchange:
        return self.running.exchange

    @property
    def house(self) -> House:
        return self.exchange.usdm

    def made(self, kind: Any, key: Key, api: Any, options: Any, **more: str) -> Any:
        """A ccxt client of which nothing is changed but its addresses."""
        client = kind(
            {
                "apiKey": key.name,
                "secret": key.secret,
                "enableRateLimit": False,
                "options": options,
                "urls": {"api": api},
                **more,
            }
        )
        self.clients.append(client)
        return client

    def account(self, key: Key | None = None) -> Account:
        return self.house.keys[(key or self.MAKER).name]

    def rest(self, side: int, price: str, lots: int, key: Key | None = None) -> Order:
        """An order in BTC that another account has."""
        market = self.house.listing.markets[0]
        ticks = round(float(price) * 10**8) // market.ladder.tick
        self.orders += 1
        wish = Wish(market, side, Type.LIMIT, lots, ticks, f"rest{self.orders}")
        order = self.house.place(self.account(key), wish)
        assert isinstance(order, Order)
        return order

    def quote(self) -> None:
        """A market: 5 BTC at 61,699 and at 61,701, by its maker."""
        self.rest(BUY, "61699", self.DISPLAYED)
        self.rest(SELL, "61701", self.DISPLAYED)

    def other(self) -> None:
        """Somebody else to trade with."""
        self.house.open(ERIN, {"USDT": 10**15})

    def clear(self) -> None:
        """Nothing is quoted any more."""
        for order in list(self.account().live.values()):
            self.house.cancel(order)

    def trade(self, price: str, left: int = 0) -> None:
        """Two others trade at a price, and so many lots are still bid there."""
        self.rest(BUY, price, 1 + left)
        self.rest(SELL, price, 1, ERIN)

    def fall(self, price: str = "61000") -> None:
        """The market trades lower, and bids are there."""
        self.clear()
        self.trade(price, self.DISPLAYED)

    def mark(self, price: str) -> None:
        """A mark price of BTC."""
        market = self.house.listing.markets[0]
        self.house.mark(market, round(float(price) * 10**8) // market.ladder.tick)

    @classmethod
    @asynccontextmanager
    async def opened(cls, taker: Key) -> AsyncIterator[Self]:
        """A server of its own, with an account for each of the two."""
        exchange = Exchange()
        exchange.open(taker)
        exchange.open(cls.MAKER, "10000000")
        made = cls(await serve(exchange))
        try:
            yield made
        finally:
            for client in made.clients:
                await client.close()
            await made.running.close()
            web_app._cached_build_middleware.cache_clear()  # it would keep hundreds of exchanges
            gc.collect()  # 20 MB each, of few objects: it would be long until they are looked for
