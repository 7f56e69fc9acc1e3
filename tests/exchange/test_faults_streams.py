"""Faults of public streams: what unmodified ccxt.pro sees, and what the exchange's books say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import ccxt
import ccxt.pro
import pytest
from pydantic import ValidationError

from engine.matching.codes import BUY, SELL
from infra.exchange.faults import Fault, Faults
from tests.exchange.conftest import SYMBOL, Venue

DEPTH, TRADES = "streams/btcusdt@depth", "streams/btcusdt@trade"


def arm(venue: Venue, **fault: Any) -> None:
    venue.exchange.troubles.arm(Fault.model_validate(fault))


async def watch(client: Any) -> Any:
    return await asyncio.wait_for(client.watch_order_book(SYMBOL), 30)


async def watch_on(client: Any) -> None:
    """Until it is told of an error."""
    while True:
        await watch(client)


async def book_of(venue: Venue) -> Any:
    """A client that has the book, and goes on having it."""
    venue.quote()
    client = venue.client(ccxt.pro.binanceusdm)
    await client.load_markets()
    waiting = asyncio.ensure_future(watch(client))
    for price in range(100):
        venue.rest(BUY, str(60000 + price), 1)
        await asyncio.sleep(0.1)
        if waiting.done():
            break
    await waiting
    return client


def displayed(venue: Venue) -> tuple[list[list[float]], list[list[float]]]:
    """The exchange's own book as ccxt tells one."""
    market = venue.exchange.usdm.listing.markets[0]
    bids, asks = venue.exchange.usdm.books.depths[0].top(1000)
    rows = [
        [[float(market.price(price)), float(market.quantity(lots))] for price, lots in side]
        for side in (bids, asks)
    ]
    return rows[0], rows[1]


async def seen_as_displayed(venue: Venue, client: Any) -> None:
    """The client comes to what the exchange displays, by its own means."""
    for price in range(200):
        venue.rest(SELL, str(61800 + price), 1)
        try:
            book = await watch(client)
        except ccxt.BaseError:
            continue
        await asyncio.sleep(0.3)
        if (book["bids"], book["asks"]) == displayed(venue):
            return
    raise AssertionError("the client's book never came to be the exchange's")


async def test_a_gapped_book(venue: Venue) -> None:
    """One diff is missing: ccxt sees that pu is not what it has, says so, and takes a snapshot."""
    client = await book_of(venue)
    arm(venue, kind="drop", path=DEPTH)
    venue.rest(BUY, "61600", 7)
    await asyncio.sleep(0.3)
    venue.rest(BUY, "61601", 7)
    with pytest.raises(ccxt.ChecksumError):
        await watch_on(client)
    assert [61600.0, 0.007] in displayed(venue)[0]
    await seen_as_displayed(venue, client)


async def test_a_book_that_falls_behind(venue: Venue) -> None:
    """While it lasts nothing comes, then all of it in order: the client's book is whole again."""
    client = await book_of(venue)
    arm(venue, kind="stale", path=DEPTH, lasts=1.5)
    before = client.orderbooks[SYMBOL]["nonce"]
    for price in range(5):
        venue.rest(BUY, str(61500 + price), 3)
        await asyncio.sleep(0.2)
    assert client.orderbooks[SYMBOL]["nonce"] == before
    assert len(displayed(venue)[0]) >= 6
    await asyncio.sleep(0.6)
    await seen_as_displayed(venue, client)
    assert venue.exchange.faults.armed[0].struck >= 3


async def test_a_snapshot_from_a_cache(venue: Venue) -> None:
    """REST gives the book of before, though the exchange has another."""
    venue.quote()
    client = venue.client()
    arm(venue, kind="stale", path="/fapi/v1/depth", lasts=1.5)
    first = await client.fetch_order_book(SYMBOL, 100)
    venue.rest(BUY, "61600", 7)
    assert (await client.fetch_order_book(SYMBOL, 100))["bids"] == first["bids"]
    assert len(displayed(venue)[0]) == 2
    await asyncio.sleep(1.6)
    found = await client.fetch_order_book(SYMBOL, 100)
    assert (found["bids"], found["asks"]) == displayed(venue)


@asynccontextmanager
async def listening(venue: Venue, name: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    url = f"ws://{venue.running.address}/fstream/market/ws/{name}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        yield socket


@pytest.mark.parametrize(
    ("kind", "seen"),
    [("drop", [1, 3]), ("double", [1, 2, 2, 3]), ("reorder", [1, 3, 2]), ("stale", [1, 2, 3])],
)
async def test_trades(venue: Venue, kind: str, seen: list[int]) -> None:
    venue.quote()
    client = venue.client()
    await client.load_markets()
    async with listening(venue, "btcusdt@trade") as socket:
        arm(venue, kind=kind, path=TRADES, skip=1)
        for _ in range(3):
            await client.create_order(SYMBOL, "market", "buy", 0.01)
        found = [(await socket.receive_json(timeout=20))["t"] for _ in seen]
    assert found == seen
    assert [trade.number for trade in venue.exchange.usdm.books.tapes[0].trades] == [1, 2, 3]
    assert len(await client.fetch_trades(SYMBOL)) == 3


async def test_a_stream_is_cut_and_comes_again(venue: Venue) -> None:
    client = await book_of(venue)
    arm(venue, kind="disconnect", streams="/fstream/public")
    with pytest.raises(ccxt.NetworkError):
        await watch_on(client)
    await seen_as_displayed(venue, client)


def test_a_late_message_comes_after_the_next_and_a_stale_one_before() -> None:
    for kind, sent in (("reorder", [[], ["b", "a"], ["c"]]), ("stale", [[], ["a", "b"], ["c"]])):
        faults = Faults()
        faults.arm(Fault(kind=kind, path="streams/x"))
        assert [faults.public("x@depth", each) for each in "abc"] == sent
        assert faults.public("y@depth", "a") == ["a"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop", "path": "/fapi"},
        {"kind": "drop"},
        {"kind": "lost", "path": "events"},
        {"kind": "refuse", "path": "streams/x"},
        {"kind": "slow", "path": "time"},
        {"kind": "skew", "path": "events"},
    ],
)
def test_a_fault_that_could_never_strike_is_refused(fault: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=r"path|meet"):
        Fault.model_validate(fault)
