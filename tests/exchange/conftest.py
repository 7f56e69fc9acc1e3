"""A local exchange in this process, and unmodified ccxt clients with other addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import ccxt.async_support as ccxt
import pytest

from engine.matching.codes import BUY, SELL
from infra.exchange import addresses
from infra.exchange.accounts import Account, Key
from infra.exchange.orders import Order, Type, Wish
from infra.exchange.server import Exchange, Running, serve
from tests.exchange.bybit_venue import bybit as bybit
from tests.exchange.okx_venue import okx as okx

ALICE, BOB = Key("alice", "secret-of-alice"), Key("bob", "secret-of-bob")
SYMBOL = "BTC/USDT:USDT"


@dataclass
class Venue:
    """The exchange, its address, and the clients that were made for it."""

    running: Running
    clients: list[Any] = field(default_factory=list)
    orders: int = 0

    @property
    def exchange(self) -> Exchange:
        return self.running.exchange

    def client(self, kind: Any = ccxt.binanceusdm, key: Key = ALICE, **options: Any) -> Any:
        """A ccxt client of which nothing is changed but its addresses."""
        made = kind(
            {
                "apiKey": key.name,
                "secret": key.secret,
                "enableRateLimit": False,
                "options": options,
                "urls": {"api": addresses.binance(self.running.address)},
            }
        )
        self.clients.append(made)
        return made

    def account(self, key: Key = BOB) -> Account:
        return self.exchange.usdm.keys[key.name]

    def rest(self, side: int, price: str, lots: int, key: Key = BOB) -> Order:
        """An order in BTCUSDT that another account has."""
        market = self.exchange.usdm.listing.markets[0]
        ticks = int(float(price) * 10**8) // market.ladder.tick
        self.orders += 1
        wish = Wish(market, side, Type.LIMIT, lots, ticks, f"rest-{self.orders}")
        order = self.exchange.usdm.place(self.account(key), wish)
        assert isinstance(order, Order)
        return order

    def quote(self) -> None:
        """A market: 5 BTC at 61,699 and at 61,701, by Bob."""
        self.rest(BUY, "61699", 5000)
        self.rest(SELL, "61701", 5000)


@pytest.fixture
async def venue() -> AsyncIterator[Venue]:
    exchange = Exchange()
    exchange.open(ALICE)
    exchange.open(BOB, "10000000")
    made = Venue(await serve(exchange))
    try:
        yield made
    finally:
        for client in made.clients:
            await client.close()
        await made.running.close()
