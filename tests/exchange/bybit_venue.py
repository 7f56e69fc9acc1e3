"""Bybit of a local exchange in this process, and unmodified ccxt clients with other addresses."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import pytest

from engine.matching.codes import BUY, SELL
from infra.exchange import addresses
from infra.exchange.accounts import Account, Key
from infra.exchange.dialects.bybit.section import Section
from infra.exchange.house import House
from infra.exchange.orders import Order, Type, Wish
from infra.exchange.server import Exchange, Running, serve

ALICE, BOB = Key("alice", "secret-of-alice"), Key("bob", "secret-of-bob")
SYMBOL = "BTC/USDT:USDT"


@dataclass
class Bybit:
    """The exchange, its address, and the clients that were made for it."""

    running: Running
    clients: list[Any]
    orders: int = 0

    @property
    def section(self) -> Section:
        return self.running.exchange.bybit_linear

    @property
    def house(self) -> House:
        return self.section.house

    def client(self, kind: Any = ccxt.bybit, key: Key = ALICE, **options: Any) -> Any:
        """A ccxt client of which nothing is changed but its addresses."""
        made = kind(
            {
                "apiKey": key.name,
                "secret": key.secret,
                "enableRateLimit": False,
                "options": options,
                "urls": {"api": addresses.bybit(self.running.address)},
            }
        )
        self.clients.append(made)
        return made

    def account(self, key: Key = BOB) -> Account:
        return self.house.keys[key.name]

    def rest(self, side: int, price: str, lots: int, key: Key = BOB) -> Order:
        """An order in BTCUSDT that another account has."""
        market = self.house.listing.markets[0]
        self.orders += 1
        ticks = round(float(price) * 10**8) // market.ladder.tick
        wish = Wish(market, side, Type.LIMIT, lots, ticks, f"rest-{self.orders}")
        order = self.house.place(self.account(key), wish)
        assert isinstance(order, Order)
        return order

    def quote(self) -> None:
        """A market: 5 BTC at 61,699 and at 61,701, by Bob."""
        self.rest(BUY, "61699", 5000)
        self.rest(SELL, "61701", 5000)

    async def send(
        self, path: str, params: Any, method: str = "POST", headers: dict[str, str] | None = None,
        key: Key = ALICE,
    ) -> tuple[int, Any, Any]:  # fmt: skip
        """A signed request: its status, JSON (or text) and headers. params: a query as it is, or
        bytes as they are, or JSON."""
        body = params if isinstance(params, bytes) else json.dumps(params).encode()
        told = {"X-BAPI-TIMESTAMP": str(int(time.time() * 1000)), "X-BAPI-RECV-WINDOW": "5000"}
        told |= {"X-BAPI-API-KEY": key.name, "Content-Type": "application/json", **(headers or {})}
        payload = body if method == "POST" else str(params).encode()
        signed = "".join(told[f"X-BAPI-{n}"] for n in ("TIMESTAMP", "API-KEY", "RECV-WINDOW"))
        made = hmac.new(key.secret.encode(), signed.encode() + payload, hashlib.sha256)
        told.setdefault("X-BAPI-SIGN", made.hexdigest())
        url = f"http://{self.running.address}{path}" + (f"?{params}" if method == "GET" else "")
        async with aiohttp.ClientSession() as session:
            data = body if method == "POST" else None
            answer = await session.request(method, url, data=data, headers=told)
            text = await answer.text()
            found = json.loads(text) if text.startswith("{") else text
            return answer.status, found, answer.headers


@pytest.fixture
async def bybit() -> AsyncIterator[Bybit]:
    exchange = Exchange()
    exchange.open(ALICE)
    exchange.open(BOB, "10000000")
    made = Bybit(await serve(exchange), [])
    try:
        yield made
    finally:
        for client in made.clients:
            await client.close()
        await made.running.close()
