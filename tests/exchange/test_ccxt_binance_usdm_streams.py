"""Unmodified ccxt.pro.binanceusdm against the local exchange: a row a stream or call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import ccxt.pro
import pytest

from tests.exchange.conftest import ALICE, SYMBOL, Venue
from tests.exchange.watching import after

Row = Callable[[Venue, Any], Awaitable[None]]
ROWS: dict[str, Row] = {}
LIMIT = ("limit", "buy", 0.01, 61000)


def row(call: Row) -> Row:
    ROWS[call.__name__] = call
    return call


@row
async def watch_trades(venue: Venue, client: Any) -> None:
    await client.load_markets()
    act = lambda: client.create_order(SYMBOL, "market", "buy", 0.02)  # noqa: E731
    (trade,) = await after(client.watch_trades(SYMBOL), act)
    assert (trade["price"], trade["amount"], trade["side"]) == (61701, 0.02, "buy")


@row
async def watch_trades_aggregate(venue: Venue, client: Any) -> None:
    client.options["watchTrades"] = {"name": "aggTrade"}
    await client.load_markets()
    act = lambda: client.create_order(SYMBOL, "market", "sell", 0.02)  # noqa: E731
    (trade,) = await after(client.watch_trades(SYMBOL), act)
    assert trade["side"] == "sell"


@row
async def watch_order_book(venue: Venue, client: Any) -> None:
    await client.load_markets()
    act = lambda: venue.rest(0, "61650", 700)  # noqa: E731
    book = await after(client.watch_order_book(SYMBOL), act)
    while len(book["bids"]) < 2:
        book = await asyncio.wait_for(client.watch_order_book(SYMBOL), 30)
    assert book["bids"] == [[61699.0, 5.0], [61650.0, 0.7]]
    for price in ("61640", "61630"):
        venue.rest(0, price, 1)
        book = await asyncio.wait_for(client.watch_order_book(SYMBOL), 30)
    assert [price for price, _ in book["bids"]][:4] == [61699.0, 61650.0, 61640.0, 61630.0]
    assert book["nonce"] == venue.exchange.usdm.books.depths[0].update


@row
async def watch_bids_asks(venue: Venue, client: Any) -> None:
    await client.load_markets()
    act = lambda: venue.rest(0, "61700", 10)  # noqa: E731
    found = await after(client.watch_bids_asks([SYMBOL]), act)
    while found[SYMBOL]["bid"] == 61699.0:
        found = await asyncio.wait_for(client.watch_bids_asks([SYMBOL]), 30)
    assert (found[SYMBOL]["bid"], found[SYMBOL]["ask"]) == (61700.0, 61701.0)


@row
async def watch_ohlcv(venue: Venue, client: Any) -> None:
    await client.load_markets()
    act = lambda: client.create_order(SYMBOL, "market", "buy", 0.02)  # noqa: E731
    (candle,) = await after(client.watch_ohlcv(SYMBOL, "1m"), act)
    assert candle[1:] == [61701.0, 61701.0, 61701.0, 61701.0, 0.02]


@row
async def watch_mark_price(venue: Venue, client: Any) -> None:
    await client.load_markets()
    found = await asyncio.wait_for(client.watch_mark_price(SYMBOL), 30)
    assert found["markPrice"] == 61700


@row
async def watch_orders(venue: Venue, client: Any) -> None:
    await client.load_markets()
    act = lambda: client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine"})  # noqa: E731
    (order,) = await after(client.watch_orders(SYMBOL), act)
    assert (order["status"], order["clientOrderId"]) == ("open", "mine")
    cancel = lambda: client.cancel_order(order["id"], SYMBOL)  # noqa: E731
    (order,) = await after(client.watch_orders(SYMBOL), cancel)
    assert order["status"] == "canceled"


@row
async def watch_my_trades(venue: Venue, client: Any) -> None:
    await client.load_markets()
    act = lambda: client.create_order(SYMBOL, "market", "buy", 0.02)  # noqa: E731
    (trade,) = await after(client.watch_my_trades(SYMBOL), act)
    assert (trade["price"], trade["takerOrMaker"], trade["fee"]["currency"]) == (
        61701, "taker", "USDT",
    )  # fmt: skip


@row
async def watch_balance(venue: Venue, client: Any) -> None:
    await client.load_markets()
    act = lambda: client.create_order(SYMBOL, "market", "buy", 0.02)  # noqa: E731
    found = await after(client.watch_balance(), act)
    assert found["USDT"]["total"] == pytest.approx(1e5 - 1234.02 * 0.0005)


@row
async def watch_positions(venue: Venue, client: Any) -> None:
    client.options["watchPositions"] = {"fetchPositionsSnapshot": False}
    await client.load_markets()
    act = lambda: client.create_order(SYMBOL, "market", "sell", 0.02)  # noqa: E731
    (position,) = await after(client.watch_positions([SYMBOL]), act)
    assert (position["side"], position["contracts"]) == ("short", 0.02)


@row
async def orders_over_websocket(venue: Venue, client: Any) -> None:
    made = await client.create_order_ws(SYMBOL, *LIMIT, {"newClientOrderId": "mine"})
    assert (made["status"], made["clientOrderId"]) == ("open", "mine")
    edited = await client.edit_order_ws(made["id"], SYMBOL, "limit", "buy", 0.02, 61100)
    assert edited["price"] == 61100
    assert (await client.fetch_order_ws(made["id"], SYMBOL))["amount"] == 0.02
    assert (await client.cancel_order_ws(made["id"], SYMBOL))["status"] == "canceled"
    with pytest.raises(ccxt.BaseError, match="-2011"):
        await client.cancel_order_ws(made["id"], SYMBOL)


@row
async def account_over_websocket(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 0.02)
    assert (await client.fetch_balance_ws())["USDT"]["total"] < 1e5
    (position,) = await client.fetch_positions_ws([SYMBOL])
    assert position["contracts"] == 0.02


@row
async def order_book_over_websocket(venue: Venue, client: Any) -> None:
    book = await client.fetch_order_book_ws(SYMBOL, 5)
    assert book["bids"] == [[61699.0, 5.0]]


@pytest.mark.parametrize("name", ROWS)
async def test_ccxt_pro_does(name: str, venue: Venue) -> None:
    venue.quote()
    await ROWS[name](venue, venue.client(ccxt.pro.binanceusdm))


async def test_the_books_tell_what_happened(venue: Venue) -> None:
    venue.quote()
    client = venue.client()
    for _ in range(2):
        await client.create_order(SYMBOL, "market", "buy", 0.02, None, {"clientOrderId": "mine"})
    base = f"http://{venue.running.address}/books"
    async with aiohttp.ClientSession() as session:
        asked = {"key": ALICE.name, "client": "mine"}
        orders = await (await session.get(f"{base}/orders", params=asked)).json()
        fills = await (await session.get(f"{base}/fills", params=asked)).json()
        held = await (await session.get(f"{base}/positions", params=asked)).json()
    assert [(each["status"], each["filled"]) for each in orders] == [("FILLED", "0.020")] * 2
    assert [each["quantity"] for each in fills] == ["0.020"] * 2
    assert held[0]["quantity"] == "0.040"
