"""Each fault by itself: what the client sees, and what the exchange's own books say."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import ccxt
import ccxt.pro
import pytest

from infra.exchange.books import orders
from infra.exchange.faults import Armed, Fault
from tests.exchange.conftest import ALICE, SYMBOL, Venue

ORDER = (SYMBOL, "limit", "buy", 0.01, 61000, {"clientOrderId": "mine"})


def arm(venue: Venue, **fault: Any) -> None:
    venue.exchange.faults.arm(Fault.model_validate(fault))


def books(venue: Venue) -> list[str]:
    usdm = venue.exchange.usdm
    return [each["status"] for each in orders(usdm, usdm.keys[ALICE.name], "mine")]


async def test_unanswered(venue: Venue) -> None:
    """The order stands, though the client saw a network error."""
    client = venue.client()
    await client.load_markets()
    arm(venue, kind="unanswered", path="/fapi/v1/order", method="POST")
    with pytest.raises(ccxt.NetworkError):
        await client.create_order(*ORDER)
    assert books(venue) == ["NEW"]
    found = await client.fetch_order(None, SYMBOL, {"origClientOrderId": "mine"})
    assert found["status"] == "open"


async def test_unanswered_until_the_client_gives_up(venue: Venue) -> None:
    client = venue.client()
    await client.load_markets()
    client.timeout = 300
    arm(venue, kind="unanswered", path="/fapi/v1/order", method="POST", seconds=3)
    with pytest.raises(ccxt.RequestTimeout):
        await client.create_order(*ORDER)
    assert books(venue) == ["NEW"]


async def test_lost(venue: Venue) -> None:
    client = venue.client()
    await client.load_markets()
    arm(venue, kind="lost", path="/fapi/v1/order", method="POST")
    with pytest.raises(ccxt.NetworkError):
        await client.create_order(*ORDER)
    assert books(venue) == []


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, -2010, ccxt.BaseError),
        (429, -1003, ccxt.DDoSProtection),
        (418, -1003, ccxt.DDoSProtection),
        (503, -1008, ccxt.BaseError),
    ],
)
async def test_refuse(venue: Venue, status: int, code: int, error: type[Exception]) -> None:
    client = venue.client()
    await client.load_markets()
    arm(venue, kind="refuse", path="/fapi/v1/order", skip=1, status=status, code=code)
    await client.create_order(*ORDER)
    with pytest.raises(error, match=str(code)):
        await client.cancel_order("1", SYMBOL)
    assert books(venue) == ["NEW"]
    await client.cancel_order("1", SYMBOL)
    assert books(venue) == ["CANCELED"]


async def test_an_order_that_is_not_visible_at_once(venue: Venue) -> None:
    """It was filled, and for a while nobody who asks for it is told so."""
    venue.quote()
    client = venue.client()
    await client.load_markets()
    await client.fetch_open_orders(SYMBOL)
    gone = {"status": 400, "code": -2013, "message": "Order does not exist."}
    arm(venue, kind="refuse", path="/fapi/v1/order", method="GET", times=2, **gone)
    name = {"clientOrderId": "mine"}
    await client.create_order(SYMBOL, "market", "buy", 0.01, None, name)
    assert books(venue) == ["FILLED"]
    asked = {"origClientOrderId": "mine"}
    for _ in range(2):
        with pytest.raises(ccxt.BaseError, match="-2013"):
            await client.fetch_order(None, SYMBOL, asked)
    assert (await client.fetch_order(None, SYMBOL, asked))["status"] == "closed"


async def test_slow(venue: Venue) -> None:
    client = venue.client()
    await client.load_markets()
    arm(venue, kind="slow", path="/fapi/v1/order", seconds=0.5)
    slow = asyncio.ensure_future(client.create_order(*ORDER))
    assert await client.fetch_time() > 0
    assert not slow.done()
    assert (await slow)["status"] == "open"


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("drop", ["ACCOUNT_UPDATE", "TRADE"]),
        ("double", ["NEW", "NEW", "ACCOUNT_UPDATE", "TRADE"]),
        ("reorder", ["ACCOUNT_UPDATE", "NEW", "TRADE"]),
    ],
)
async def test_user_events(venue: Venue, kind: str, seen: list[str]) -> None:
    venue.quote()
    client = venue.client()
    key = (await client.fapiPrivatePostListenKey())["listenKey"]
    url = f"ws://{venue.running.address}/fstream/private/ws?listenKey={key}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        arm(venue, kind=kind, path="events")
        order = (SYMBOL, "limit", "buy", 0.01, 61701)
        await client.create_order(*order)
        found: list[str] = []
        while len(found) < len(seen):
            told = await socket.receive_json(timeout=20)
            found.append(told["o"]["x"] if "o" in told else told["e"])
        assert found == seen


async def test_by_seed(venue: Venue) -> None:
    """The same seed strikes the same requests."""
    faults = [Fault(kind="lost", chance=0.3, seed=seed, times=99) for seed in (1, 1, 2)]
    struck = [[Armed.strikes(armed, "GET", "/") for _ in range(50)] for armed in map(Armed, faults)]
    assert struck[0] == struck[1] != struck[2]
    assert 5 < sum(struck[0]) < 25


async def test_faults_are_armed_over_http(venue: Venue) -> None:
    url = f"http://{venue.running.address}/books/faults"
    async with aiohttp.ClientSession() as session:
        made = await session.post(url, json={"kind": "lost", "path": "/fapi/v1/time", "times": 9})
        assert made.status == 200
        assert (await session.post(url, json={"kind": "odd"})).status == 400
        with pytest.raises(ccxt.NetworkError):
            await venue.client().fetch_time()
        told = await (await session.get(url)).json()
        assert told[0]["struck"] >= 1, "aiohttp sends a GET again whose connection was closed"
        assert await (await session.delete(url)).json() == []
