"""Bybit of a local exchange in this process, and unmodified ccxt clients with other addresses."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import pytest

from infra.exchange import addresses
from infra.exchange.accounts import Key
from infra.exchange.dialects.bybit.section import Section
from infra.exchange.house import House
from tests.exchange.local import ALICE as ALICE
from tests.exchange.local import BOB as BOB
from tests.exchange.local import Local

SYMBOL = "BTC/USDT:USDT"


class Bybit(Local):
    """Its house of linear perpetuals."""

    @property
    def section(self) -> Section:
        return self.exchange.bybit_linear

    @property
    def house(self) -> House:
        return self.section.house

    def client(self, kind: Any = ccxt.bybit, key: Key = ALICE, **options: Any) -> Any:
        """A ccxt client."""
        return self.made(kind, key, addresses.bybit(self.running.address), options)

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
    async with Bybit.opened(ALICE) as made:
        yield made
