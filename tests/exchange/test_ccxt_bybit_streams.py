"""Unmodified ccxt.pro.bybit against the local exchange: a row a stream or call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import ccxt.pro
import pytest

from infra.exchange.accounts import Key
from infra.exchange.faults import Fault
from tests.exchange.bybit_venue import ALICE, SYMBOL, Bybit
from tests.exchange.watching import after

Row = Callable[[Bybit, Any], Awaitable[None]]
ROWS: dict[str, Row] = {}
LIMIT = ("limit", "buy", 0.01, 61000)


def row(call: Row) -> Row:
    ROWS[call.__name__] = call
    return call


@row
async def watch_trades(venue: Bybit, client: Any) -> None:
    act = lambda: client.create_order(SYMBOL, "market", "buy", 0.02)  # noqa: E731
    (trade,) = await after(client.watch_trades(SYMBOL), act)
    assert (trade["price"], trade["amount"], trade["side"]) == (61701, 0.02, "buy")


@row
async def watch_order_book(venue: Bybit, client: Any) -> None:
    book = await asyncio.wait_for(client.watch_order_book(SYMBOL), 30)
    assert (book["bids"], book["asks"]) == ([[61699.0, 5.0]], [[61701.0, 5.0]])
    for number, price in enumerate(("61650", "61640", "61630")):
        venue.rest(0, price, 700 + number)
        book = await asyncio.wait_for(client.watch_order_book(SYMBOL), 30)
    assert book["bids"][1:] == [[61650.0, 0.7], [61640.0, 0.701], [61630.0, 0.702]]
    venue.house.cancel(next(iter(venue.account().live.values())))
    book = await asyncio.wait_for(client.watch_order_book(SYMBOL), 30)
    assert book["bids"][0] == [61650.0, 0.7]


@row
async def watch_order_book_of_another_depth(venue: Bybit, client: Any) -> None:
    book = await asyncio.wait_for(client.watch_order_book(SYMBOL, 200), 30)
    venue.rest(0, "61650", 700)
    book = await asyncio.wait_for(client.watch_order_book(SYMBOL, 200), 30)
    assert len(book["bids"]) == 2


@row
async def watch_bids_asks(venue: Bybit, client: Any) -> None:
    act = lambda: venue.rest(0, "61700", 10)  # noqa: E731
    found = await after(client.watch_bids_asks([SYMBOL]), act)
    while found[SYMBOL]["bid"] == 61699.0:
        found = await asyncio.wait_for(client.watch_bids_asks([SYMBOL]), 30)
    assert (found[SYMBOL]["bid"], found[SYMBOL]["ask"]) == (61700.0, 61701.0)


@row
async def watch_ticker(venue: Bybit, client: Any) -> None:
    ticker = await asyncio.wait_for(client.watch_ticker(SYMBOL), 30)
    assert (ticker["bid"], ticker["markPrice"]) == (61699, 61700)
    act = lambda: venue.rest(0, "61700", 10)  # noqa: E731
    ticker = await after(client.watch_ticker(SYMBOL), act)
    assert (ticker["bid"], ticker["ask"], ticker["markPrice"]) == (61700, 61701, 61700)


@row
async def watch_ohlcv(venue: Bybit, client: Any) -> None:
    act = lambda: client.create_order(SYMBOL, "market", "buy", 0.02)  # noqa: E731
    (candle,) = await after(client.watch_ohlcv(SYMBOL, "1m"), act)
    assert candle[1:] == [61701.0, 61701.0, 61701.0, 61701.0, 0.02]


@row
async def watch_orders(venue: Bybit, client: Any) -> None:
    act = lambda: client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine"})  # noqa: E731
    (order,) = await after(client.watch_orders(SYMBOL), act)
    assert (order["status"], order["clientOrderId"]) == ("open", "mine")
    cancel = lambda: client.cancel_order(order["id"], SYMBOL)  # noqa: E731
    (order,) = await after(client.watch_orders(SYMBOL), cancel)
    assert order["status"] == "canceled"


@row
async def watch_orders_that_are_refused_after_the_answer(venue: Bybit, client: Any) -> None:
    act = lambda: client.create_order(  # noqa: E731
        SYMBOL, "limit", "buy", 0.01, 61701, {"postOnly": True, "clientOrderId": "mine"}
    )
    (order,) = await after(client.watch_orders(SYMBOL), act)
    assert (order["status"], order["clientOrderId"]) == ("canceled", "mine")
    assert order["info"]["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"


@row
async def watch_my_trades(venue: Bybit, client: Any) -> None:
    act = lambda: client.create_order(SYMBOL, "market", "buy", 0.02)  # noqa: E731
    (trade,) = await after(client.watch_my_trades(SYMBOL), act)
    assert (trade["price"], trade["takerOrMaker"], trade["fee"]["currency"]) == (
        61701, "taker", "USDT",
    )  # fmt: skip


@row
async def watch_my_trades_fast(venue: Bybit, client: Any) -> None:
    params = {"executionFast": True}
    made = {"clientOrderId": "mine"}
    act = lambda: client.create_order(SYMBOL, "market", "buy", 0.02, None, made)  # noqa: E731
    (trade,) = await after(client.watch_my_trades(SYMBOL, params=params), act)
    assert (trade["amount"], trade["fee"]) == (0.02, None) or trade["fee"]["cost"] is None
    assert trade["info"]["orderLinkId"] == "mine"
    await client.create_order(SYMBOL, "limit", "sell", 0.01, 61650, {"clientOrderId": "maker"})
    venue.rest(0, "61650", 10)
    (trade,) = await asyncio.wait_for(client.watch_my_trades(SYMBOL, params=params), 30)
    assert trade["info"]["orderLinkId"] == "" or trade["takerOrMaker"] == "taker"


@row
async def watch_balance(venue: Bybit, client: Any) -> None:
    act = lambda: client.create_order(SYMBOL, "market", "buy", 0.02)  # noqa: E731
    found = await after(client.watch_balance(), act)
    assert found["USDT"]["total"] == pytest.approx(1e5 - 1234.02 * 0.00055)


@row
async def watch_positions(venue: Bybit, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "sell", 0.02)
    (position,) = await asyncio.wait_for(client.watch_positions([SYMBOL]), 30)
    assert (position["side"], position["contracts"]) == ("short", 0.02)
    act = lambda: client.create_order(SYMBOL, "market", "sell", 0.01)  # noqa: E731
    (position,) = await after(client.watch_positions([SYMBOL]), act)
    assert (position["contracts"], position["entryPrice"]) == (0.03, 61699)


@row
async def un_watch_trades(venue: Bybit, client: Any) -> None:
    act = lambda: client.create_order(SYMBOL, "market", "buy", 0.02)  # noqa: E731
    await after(client.watch_trades(SYMBOL), act)
    await asyncio.wait_for(client.un_watch_trades(SYMBOL), 30)
    assert client.trades == {}


@row
async def create_order_ws(venue: Bybit, client: Any) -> None:
    order = await client.create_order_ws(SYMBOL, *LIMIT, {"clientOrderId": "mine"})
    assert order["clientOrderId"] == "mine"
    assert (await client.fetch_open_order(order["id"], SYMBOL))["price"] == 61000
    with pytest.raises(ccxt.pro.InvalidOrder, match="110072"):
        await client.create_order_ws(SYMBOL, *LIMIT, {"clientOrderId": "mine"})
    with pytest.raises(ccxt.pro.InsufficientFunds):
        await client.create_order_ws(SYMBOL, "limit", "buy", 50, 61000)


@row
async def edit_order_ws(venue: Bybit, client: Any) -> None:
    order = await client.create_order_ws(SYMBOL, *LIMIT)
    edited = await client.edit_order_ws(order["id"], SYMBOL, "limit", "buy", 0.02, 61100)
    assert edited["id"] == order["id"]
    assert (await client.fetch_open_order(order["id"], SYMBOL))["amount"] == 0.02


@row
async def cancel_order_ws(venue: Bybit, client: Any) -> None:
    order = await client.create_order_ws(SYMBOL, *LIMIT)
    assert (await client.cancel_order_ws(order["id"], SYMBOL))["id"] == order["id"]
    with pytest.raises(ccxt.pro.OrderNotFound):
        await client.cancel_order_ws(order["id"], SYMBOL)


@pytest.mark.parametrize("name", ROWS)
async def test_ccxt_pro_does(name: str, bybit: Bybit) -> None:
    bybit.quote()
    client = bybit.client(ccxt.pro.bybit)
    await client.load_markets()
    await ROWS[name](bybit, client)


async def talk(venue: Bybit, path: str, *messages: Any) -> list[dict[str, Any]]:
    """What is answered to each message of one connection."""
    url = f"ws://{venue.running.address}/v5/{path}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        found = []
        for message in messages:
            if isinstance(message, str):
                await socket.send_str(message)
            else:
                await socket.send_json(message)
            found.append(await asyncio.wait_for(socket.receive_json(), 30))
        return found


async def test_a_stranger_hears_nothing(bybit: Bybit) -> None:
    client = bybit.client(ccxt.pro.bybit, key=Key("alice", "guessed"))
    client.options |= {"enableUnifiedMargin": False, "enableUnifiedAccount": True}
    with pytest.raises(ccxt.pro.AuthenticationError):
        await asyncio.wait_for(client.watch_orders(), 30)
    subscribe = {"op": "subscribe", "args": ["order"], "req_id": "1"}
    found = await talk(bybit, "private", subscribe, {"op": "auth", "args": [ALICE.name, 1, "x"]})
    assert [each["success"] for each in found] == [False, False]


async def test_what_is_no_message_is_refused(bybit: Bybit) -> None:
    wrong = ("[", "[]", {"op": "order"}, {"op": "subscribe", "args": ["tickers.NOPE"]})
    for path in ("public/linear", "private"):
        found = await talk(bybit, path, *wrong)
        assert [each["success"] for each in found] == [False] * len(wrong), path
    found = await talk(bybit, "trade", *wrong, {"op": "order.create", "args": [{}]})
    assert [each["retCode"] for each in found] == [10001, 10001, 10404, 10404, 10007]


async def test_pings(bybit: Bybit) -> None:
    for path, name in (("public/linear", "ret_msg"), ("private", "op"), ("trade", "op")):
        (found,) = await talk(bybit, path, {"op": "ping", "req_id": "7"})
        assert found[name] == "pong"


async def test_a_book_of_one_depth_is_a_snapshot_and_then_deltas(bybit: Bybit) -> None:
    bybit.quote()
    url = f"ws://{bybit.running.address}/v5/public/linear"
    book: dict[str, dict[str, str]] = {"b": {}, "a": {}}
    told: list[dict[str, Any]] = []
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_json({"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]})
        assert (await socket.receive_json())["success"]
        for number in range(60):
            bybit.rest(0, str(61600 + number), 10 + number)
            if number % 20 == 0:
                await asyncio.sleep(0.1)
        while len(book["b"]) < 50 or "61659.0" not in book["b"]:
            told.append(await asyncio.wait_for(socket.receive_json(), 30))
            for name, side in book.items():
                changed = {**side, **dict(told[-1]["data"][name])}
                book[name] = {price: size for price, size in changed.items() if float(size)}
    top, market = bybit.house.books.depths[0].top(50)[0], bybit.house.listing.markets[0]
    assert book["b"] == {market.price(price): market.quantity(lots) for price, lots in top}
    assert [each["type"] for each in told] == ["snapshot"] + ["delta"] * (len(told) - 1)
    updates = [each["data"]["u"] for each in told]
    assert updates == list(range(updates[0], updates[0] + len(told)))
    assert len(told) > 2, "some levels came after others, and went again"


async def test_the_best_prices_are_snapshots_alone(bybit: Bybit) -> None:
    bybit.quote()
    url = f"ws://{bybit.running.address}/v5/public/linear"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_json({"op": "subscribe", "args": ["orderbook.1.BTCUSDT"]})
        found = [await asyncio.wait_for(socket.receive_json(), 30) for _ in range(2)]
        bybit.rest(0, "61600", 5)
        bybit.rest(0, "61700", 7)
        found.append(await asyncio.wait_for(socket.receive_json(), 30))
    assert [each["type"] for each in found[1:]] == ["snapshot"] * 2
    assert [each["data"]["b"] for each in found[1:]] == [
        [["61699.0", "5.000"]],
        [["61700.0", "0.007"]],
    ]


async def test_user_events_are_lost_doubled_and_held_back_on_demand(bybit: Bybit) -> None:
    bybit.quote()
    client = bybit.client(ccxt.pro.bybit)
    await client.load_markets()
    waiting = asyncio.ensure_future(client.watch_orders(SYMBOL))
    await asyncio.sleep(0.5)
    bybit.running.exchange.faults.arm(Fault(kind="drop", path="events"))
    await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "lost"})
    await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "told"})
    (order,) = await asyncio.wait_for(waiting, 30)
    assert order["clientOrderId"] == "told"
    assert len(await client.fetch_open_orders(SYMBOL)) == 2
