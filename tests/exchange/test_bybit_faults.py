"""What Bybit's clients see of a gapped book, of maintenance, of a skewed clock, of other rules."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import ccxt.pro
import pytest

from infra.exchange.faults import Fault
from tests.exchange.bybit_venue import SYMBOL, Bybit


async def test_a_gap_of_the_book_shows_in_its_update_ids_alone(bybit: Bybit) -> None:
    bybit.quote()
    client = bybit.client(ccxt.pro.bybit)
    await client.load_markets()
    await asyncio.wait_for(client.watch_order_book(SYMBOL), 30)
    bybit.running.exchange.troubles.arm(Fault(kind="drop", path="streams/orderbook.50.BTCUSDT"))
    url, ids = f"ws://{bybit.running.address}/v5/public/linear", []
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_json({"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]})
        await socket.receive_json()
        ids.append((await socket.receive_json())["data"]["u"])
        waiting = asyncio.ensure_future(client.watch_order_book(SYMBOL))
        await asyncio.sleep(0.1)
        bybit.rest(0, "61600", 5)
        await asyncio.sleep(0.2)
        bybit.rest(0, "61500", 5)
        ids.append((await asyncio.wait_for(socket.receive_json(), 30))["data"]["u"])
    book = await asyncio.wait_for(waiting, 30)
    assert ids[1] == ids[0] + 2
    assert [price for price, _ in book["bids"]] == [61699.0, 61500.0], "ccxt.pro does not see it"


async def test_maintenance_is_told_in_bybits_words(bybit: Bybit) -> None:
    client = bybit.client()
    await client.load_markets()
    bybit.running.exchange.troubles.arm(Fault(kind="maintenance", path="bybit", lasts=60))
    with pytest.raises(ccxt.BaseError, match="10016"):
        await client.create_order(SYMBOL, "limit", "buy", 0.01, 61000)
    bybit.running.exchange.troubles.disarm()
    assert await client.fetch_open_orders(SYMBOL) == []


async def test_a_skewed_clock(bybit: Bybit) -> None:
    client = bybit.client()
    await client.load_markets()
    troubles = bybit.running.exchange.troubles
    troubles.arm(Fault(kind="skew", milliseconds=60_000))
    troubles.tick()
    with pytest.raises(ccxt.InvalidNonce, match="10002"):
        await client.fetch_balance()
    await client.load_time_difference()
    assert (await client.fetch_balance())["USDT"]["total"] == 1e5


async def test_other_rules(bybit: Bybit) -> None:
    client: Any = bybit.client()
    await client.load_markets()
    troubles = bybit.running.exchange.troubles
    other = {"tick": "0.5", "lot": "0.01", "least": "0.02", "notional": "100"}
    troubles.arm(Fault(kind="filters", house="bybit-linear", market="BTCUSDT", **other))
    troubles.tick()
    for amount, price, code in ((0.01, 61000, "10001"), (0.02, 61000.3, "10001")):
        with pytest.raises(ccxt.BadRequest, match=code):
            await client.create_order(SYMBOL, "limit", "buy", amount, price)
    market = (await client.load_markets(True))[SYMBOL]
    assert market["precision"] == {"amount": 0.01, "price": 0.5}
    assert market["limits"]["amount"]["min"] == 0.02
    await client.create_order(SYMBOL, "limit", "buy", 0.02, 61000.5)
