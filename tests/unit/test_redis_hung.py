"""A Redis that takes connections and never answers: each part asks it once, and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from executor.guard.budget import RateBudget
from executor.guard.limits import Limit, Limits
from gateway.auth import shared
from gateway.auth.shared import RedisAwayError, connected, present
from schemas.errors import Fatal
from topics.lease import Lease


@dataclass
class Mute:
    """Its address, and how often it was called."""

    url: str = ""
    called: int = 0

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read what is said until they give up."""
        self.called += 1
        while await reader.read(4096):
            pass
        writer.close()


@pytest.fixture
async def mute(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Mute]:
    for place in ("topics.lease.TIMEOUT", "executor.guard.budget.TIMEOUT"):
        monkeypatch.setattr(place, 0.05)
    monkeypatch.setattr(shared, "PATIENCE", 0.05)
    made = Mute()
    async with await asyncio.start_server(made.hear, "127.0.0.1", 0) as server:
        made.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        yield made


async def test_a_lease_asks_once_a_turn(mute: Mute) -> None:
    lease = Lease(mute.url, "x", "orders", "0", ["paper", "main"])
    with pytest.raises(Fatal, match="no Redis answers"):
        await lease.acquire(patience=0)
    assert mute.called == 1


async def test_a_call_to_an_exchange_waits_for_one_question_at_most(mute: Mute) -> None:
    limits = Limits((Limit("all", 400, 4000),), other={"all": 1})
    given = (mute.url, "x", "binance", "paper", limits, lambda *_: None)
    budget = RateBudget(*given, clock=lambda: 100.0)
    for _ in range(5):
        await budget.take("cancel", "BTC/USDT:USDT", lessens=True)
    assert mute.called == 1
    await budget.close()


async def test_the_gateway_asks_a_second_time_and_no_more(mute: Mute) -> None:
    redis = connected(mute.url)
    with pytest.raises(RedisAwayError), present():
        await redis.get("x")
    assert mute.called == 2
    await redis.aclose()
