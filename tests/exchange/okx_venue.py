"""The exchange's OKX section in this process, and unmodified ccxt clients for it."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import pytest

from engine.matching.codes import BUY, SELL
from infra.exchange import addresses
from infra.exchange.accounts import Account, Key
from infra.exchange.dialects.okx.venue import Okx
from infra.exchange.house import House
from infra.exchange.orders import Order, Type, Wish
from infra.exchange.server import Exchange, Running, serve

CAROL, DAVE = Key("carol", "secret-of-carol", "word1"), Key("dave", "secret-of-dave", "word2")
SYMBOL, NAME = "BTC/USDT:USDT", "BTC-USDT-SWAP"


def stamp(ahead: float = 0.0) -> str:
    """OKX's time, so many seconds ahead."""
    at = datetime.fromtimestamp(datetime.now(UTC).timestamp() + ahead, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sign(secret: str, payload: str) -> str:
    made = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()
    return b64encode(made).decode()


@dataclass
class OkxVenue:
    """The section, its address, and the clients that were made for it. Contracts are 0.01 BTC."""

    running: Running
    clients: list[Any] = field(default_factory=list)
    orders: int = 0

    @property
    def okx(self) -> Okx:
        return self.running.exchange.okx

    @property
    def house(self) -> House:
        return self.okx.house

    def client(self, kind: Any = ccxt.okx, key: Key = CAROL, **options: Any) -> Any:
        """A ccxt client of which nothing is changed but its addresses."""
        made = kind(
            {
                "apiKey": key.name,
                "secret": key.secret,
                "password": key.passphrase,
                "enableRateLimit": False,
                "options": {"defaultType": "swap", **options},
                "urls": {"api": addresses.okx(self.running.address)},
            }
        )
        self.clients.append(made)
        return made

    def account(self, key: Key = DAVE) -> Account:
        return self.house.keys[key.name]

    def rest(self, side: int, price: str, lots: int, key: Key = DAVE) -> Order:
        """An order in BTC-USDT-SWAP that another account has; lots are hundredths of contracts."""
        market = self.house.listing.markets[0]
        ticks = int(float(price) * 10**8) // market.ladder.tick
        self.orders += 1
        wish = Wish(market, side, Type.LIMIT, lots, ticks, f"rest{self.orders}")
        order = self.house.place(self.account(key), wish)
        assert isinstance(order, Order)
        return order

    def quote(self) -> None:
        """A market: 500 contracts at 61,699 and at 61,701, by Dave."""
        self.rest(BUY, "61699", 50_000)
        self.rest(SELL, "61701", 50_000)

    async def send(
        self, method: str, path: str, body: Any = None, key: Key = CAROL, **headers: str
    ) -> tuple[int, Any]:
        """A signed request; headers replace those that it would have. Status and answer."""
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        at = headers.get("OK-ACCESS-TIMESTAMP", stamp())
        made = {
            "OK-ACCESS-KEY": key.name,
            "OK-ACCESS-SIGN": sign(key.secret, f"{at}{method}/api/v5{path}{text}"),
            "OK-ACCESS-TIMESTAMP": at,
            "OK-ACCESS-PASSPHRASE": key.passphrase,
            "Content-Type": "application/json",
            **headers,
        }
        url = f"http://{self.running.address}/api/v5{path}"
        async with aiohttp.ClientSession() as session:
            answer = await session.request(method, url, data=text.encode(), headers=made)
            said = await answer.text()
            return answer.status, json.loads(said) if said.startswith("{") else said


@pytest.fixture
async def okx() -> AsyncIterator[OkxVenue]:
    exchange = Exchange()
    exchange.open(CAROL)
    exchange.open(DAVE, "10000000")
    made = OkxVenue(await serve(exchange))
    try:
        yield made
    finally:
        for client in made.clients:
            await client.close()
        await made.running.close()
