"""The exchange's OKX section in this process, and unmodified ccxt clients for it."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import pytest

from infra.exchange import addresses
from infra.exchange.accounts import Key
from infra.exchange.dialects.okx.venue import Okx
from infra.exchange.house import House
from tests.exchange.local import Local

CAROL, DAVE = Key("carol", "secret-of-carol", "word1"), Key("dave", "secret-of-dave", "word2")
SYMBOL, NAME = "BTC/USDT:USDT", "BTC-USDT-SWAP"


def stamp(ahead: float = 0.0) -> str:
    """OKX's time, so many seconds ahead."""
    at = datetime.fromtimestamp(datetime.now(UTC).timestamp() + ahead, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sign(secret: str, payload: str) -> str:
    made = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()
    return b64encode(made).decode()


class OkxVenue(Local):
    """Its house of swaps; contracts are 0.01 BTC, lots hundredths of contracts."""

    MAKER = DAVE
    DISPLAYED = 50_000

    @property
    def okx(self) -> Okx:
        return self.exchange.okx

    @property
    def house(self) -> House:
        return self.okx.house

    def client(self, kind: Any = ccxt.okx, key: Key = CAROL, **options: Any) -> Any:
        """A ccxt client."""
        api, options = addresses.okx(self.running.address), {"defaultType": "swap", **options}
        return self.made(kind, key, api, options, password=key.passphrase)

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
    async with OkxVenue.opened(CAROL) as made:
        yield made
