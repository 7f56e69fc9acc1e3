"""Unmodified ccxt.pro.binance in spot against the local exchange: a row a stream or call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import aiohttp
import ccxt.pro
import pytest

from infra.exchange.faults import Fault, Faults
from infra.exchange.listing import money_units
from tests.exchange.conftest import ALICE, Venue
from tests.exchange.spot_desk import SYMBOL, account, quote, rest
from tests.exchange.watching import after

Row = Callable[[Venue, Any], Awaitable[None]]
ROWS: dict[str, Row] = {}
LIMIT = ("limit", "buy", 0.01, 61000)


def row(call: Row) -> Row:
    ROWS[call.__name__] = call
    return call


def buy(client: Any, amount: float = 0.02) -> Callable[[], Any]:
    return lambda: client.create_order(SYMBOL, "market", "buy", amount)


@row
async def watch_trades(venue: Venue, client: Any) -> None:
    (trade,) = await after(client.watch_trades(SYMBOL), buy(client))
    assert (trade["price"], trade["amount"], trade["side"]) == (61701, 0.02, "buy")


@row
async def watch_trades_aggregate(venue: Venue, client: Any) -> None:
    client.options["watchTrades"] = {"name": "aggTrade"}
    (trade,) = await after(client.watch_trades(SYMBOL), buy(client))
    assert (trade["symbol"], trade["side"]) == (SYMBOL, "buy")


@row
async def watch_order_book(venue: Venue, client: Any) -> None:
    book = await after(client.watch_order_book(SYMBOL), lambda: rest(venue, 0, "61650", 0.7))
    while len(book["bids"]) < 2:
        book = await asyncio.wait_for(client.watch_order_book(SYMBOL), 30)
    assert book["bids"] == [[61699.0, 5.0], [61650.0, 0.7]]
    for price in ("61640", "61630"):
        rest(venue, 0, price, 0.1)
        book = await asyncio.wait_for(client.watch_order_book(SYMBOL), 30)
    assert [price for price, _ in book["bids"]][:4] == [61699.0, 61650.0, 61640.0, 61630.0]
    assert book["nonce"] == venue.exchange.spot.books.depths[0].update


@row
async def watch_bids_asks(venue: Venue, client: Any) -> None:
    act = lambda: rest(venue, 0, "61700", 0.1)  # noqa: E731
    found = await after(client.watch_bids_asks([SYMBOL]), act)
    while found[SYMBOL]["bid"] == 61699.0:
        found = await asyncio.wait_for(client.watch_bids_asks([SYMBOL]), 30)
    assert (found[SYMBOL]["bid"], found[SYMBOL]["ask"]) == (61700.0, 61701.0)


@row
async def watch_ticker(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 0.02)
    ticker = await asyncio.wait_for(client.watch_ticker(SYMBOL), 30)
    assert (ticker["last"], ticker["bid"], ticker["baseVolume"]) == (61701.0, 61699.0, 0.02)


@row
async def watch_tickers(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 0.02)
    found = await asyncio.wait_for(client.watch_tickers([SYMBOL]), 30)
    assert found[SYMBOL]["last"] == 61701.0


@row
async def watch_all_tickers(venue: Venue, client: Any) -> None:
    found = await asyncio.wait_for(client.watch_tickers(), 30)
    assert len(found) == len(venue.exchange.spot.listing.markets)


@row
async def watch_ohlcv(venue: Venue, client: Any) -> None:
    (candle,) = await after(client.watch_ohlcv(SYMBOL, "1m"), buy(client))
    assert candle[1:] == [61701.0, 61701.0, 61701.0, 61701.0, 0.02]


@row
async def watch_orders(venue: Venue, client: Any) -> None:
    act = lambda: client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine"})  # noqa: E731
    (order,) = await after(client.watch_orders(SYMBOL), act)
    assert (order["status"], order["clientOrderId"], order["price"]) == ("open", "mine", 61000)
    cancel = lambda: client.cancel_order(order["id"], SYMBOL)  # noqa: E731
    (order,) = await after(client.watch_orders(SYMBOL), cancel)
    assert (order["status"], order["clientOrderId"]) == ("canceled", "mine")
    assert order["info"]["c"] != "mine", "that of the cancel"


@row
async def watch_my_trades(venue: Venue, client: Any) -> None:
    (trade,) = await after(client.watch_my_trades(SYMBOL), buy(client))
    assert (trade["price"], trade["takerOrMaker"]) == (61701, "taker")
    assert trade["fee"] == {"currency": "BTC", "cost": 2e-5}


@row
async def watch_balance(venue: Venue, client: Any) -> None:
    act = lambda: client.create_order(SYMBOL, *LIMIT)  # noqa: E731
    found = await after(client.watch_balance(), act)
    assert (found["USDT"]["free"], found["USDT"]["used"]) == (99390.0, 610.0)
    pay = lambda: venue.exchange.spot.pay(account(venue, ALICE), "USDT", money_units("10"))  # noqa: E731
    found = await after(client.watch_balance(), pay)
    assert found["USDT"]["free"] == 99400.0


@row
async def orders_over_websocket(venue: Venue, client: Any) -> None:
    made = await client.create_order_ws(SYMBOL, *LIMIT, {"newClientOrderId": "mine"})
    assert (made["status"], made["clientOrderId"]) == ("open", "mine")
    edited = await client.edit_order_ws(made["id"], SYMBOL, "limit", "buy", 0.02, 61100)
    assert (edited["price"], edited["id"] != made["id"]) == (61100, True)
    assert (await client.fetch_order_ws(edited["id"], SYMBOL))["amount"] == 0.02
    assert [each["id"] for each in await client.fetch_open_orders_ws(SYMBOL)] == [edited["id"]]
    assert (await client.cancel_order_ws(edited["id"], SYMBOL))["status"] == "canceled"
    with pytest.raises(ccxt.BaseError, match="-2011"):
        await client.cancel_order_ws(edited["id"], SYMBOL)
    assert len(await client.fetch_orders_ws(SYMBOL)) == 2
    await client.create_order_ws(SYMBOL, *LIMIT)
    assert len(await client.cancel_all_orders_ws(SYMBOL)) == 1


@row
async def account_over_websocket(venue: Venue, client: Any) -> None:
    await client.create_order_ws(SYMBOL, "market", "buy", 0.02)
    told = (await client.fetch_balance_ws())["info"]["balances"]
    assert {"asset": "BTC", "free": "1.01998000", "locked": "0.00000000"} in told, "ccxt reads none"
    (trade,) = await client.fetch_my_trades_ws(SYMBOL)
    assert trade["fee"]["currency"] == "BTC"


@row
async def market_data_over_websocket(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 0.02)
    (trade,) = await client.fetch_trades_ws(SYMBOL)
    assert trade["amount"] == 0.02
    (candle,) = await client.fetch_ohlcv_ws(SYMBOL, "1h")
    assert candle[4] == 61701


@pytest.mark.parametrize("name", ROWS)
async def test_ccxt_pro_does(name: str, venue: Venue) -> None:
    quote(venue)
    client = venue.client(ccxt.pro.binance)
    await client.load_markets()
    await ROWS[name](venue, client)


class Raw:
    """A connection of the WebSocket API that is subscribed to Alice's user data."""

    def __init__(self, client: Any, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.client = client
        self.socket = socket

    async def ask(self, method: str, **params: Any) -> Any:
        signed = self.client.sign_params(params)
        await self.socket.send_json({"id": method, "method": method, "params": signed})
        while True:
            told = await self.socket.receive_json(timeout=30)
            if told.get("id") == method:
                return told

    async def events(self, count: int) -> list[dict[str, Any]]:
        return [(await self.socket.receive_json(timeout=30))["event"] for _ in range(count)]


async def test_user_data_as_binance_tells_it(venue: Venue) -> None:
    """Each report is followed by what the account has; fees are gone from it by then."""
    quote(venue)
    client = venue.client(ccxt.pro.binance)
    url = f"ws://{venue.running.address}/ws-api/v3"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        raw = Raw(client, socket)
        for number in (0, 1):
            told = await raw.ask("userDataStream.subscribe.signature")
            assert told["result"] == {"subscriptionId": number}
        await raw.ask("userDataStream.unsubscribe", subscriptionId=1)
        assert (await raw.ask("session.subscriptions"))["result"] == [{"subscriptionId": 0}]
        await client.create_order(SYMBOL, "limit", "buy", 0.02, 61701)
        found = await raw.events(4)
    assert [each.get("x", each["e"]) for each in found] == [
        "NEW", "outboundAccountPosition", "TRADE", "outboundAccountPosition",
    ]  # fmt: skip
    assert found[3]["B"][0] == {"a": "BTC", "f": "1.01998000", "l": "0.00000000"}
    report = found[2]
    assert (report["n"], report["N"], report["z"], report["X"]) == (
        "0.00002000", "BTC", "0.02000000", "FILLED",
    )  # fmt: skip


async def test_a_dropped_event_of_user_data(venue: Venue) -> None:
    venue.exchange.faults.arm(Fault(kind="drop", path="events"))
    client = venue.client(ccxt.pro.binance)
    url = f"ws://{venue.running.address}/ws-api/v3"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        raw = Raw(client, socket)
        await raw.ask("userDataStream.subscribe.signature")
        await client.create_order(SYMBOL, *LIMIT)
        assert [each["e"] for each in await raw.events(1)] == ["outboundAccountPosition"]


async def test_a_gap_in_the_book(venue: Venue) -> None:
    """A diff that is missing is noticed by its U, and a snapshot mends the book."""
    quote(venue)
    client = venue.client(ccxt.pro.binance)
    await client.load_markets()
    await after(client.watch_order_book(SYMBOL), lambda: rest(venue, 0, "61650", 0.1))
    venue.exchange.faults.arm(Fault(kind="drop", path="streams/btcusdt@depth"))
    rest(venue, 0, "61640", 0.1)
    await asyncio.sleep(0.5)
    waiting = asyncio.ensure_future(client.watch_order_book(SYMBOL))
    await asyncio.sleep(0.1)
    rest(venue, 0, "61630", 0.1)
    with pytest.raises(ccxt.ChecksumError):
        await asyncio.wait_for(waiting, 30)
    book = await after(client.watch_order_book(SYMBOL), lambda: rest(venue, 0, "61620", 0.1))
    assert [price for price, _ in book["bids"]][:4] == [61699, 61650, 61640, 61630]


def test_a_late_message_stays_in_its_house() -> None:
    """USD-M and spot have streams of the same name."""
    faults = Faults()
    faults.arm(Fault(kind="reorder", path="streams/btcusdt@trade"))
    told = [faults.public("btcusdt@trade", one, house) for one, house in ((1, 1), (2, 2), (3, 1))]
    assert told == [[], [2], [3, 1]]


async def test_streams_by_their_own_names(venue: Venue) -> None:
    """Depth diffs join without a gap, and partial books follow them."""
    quote(venue)
    url = f"ws://{venue.running.address}/stream/ws/btcusdt@depth5/btcusdt@depth"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        diffs: list[dict[str, Any]] = []
        for price in ("61600", "61601"):
            rest(venue, 0, price, 0.1)
            level = [f"{price}.00000000", "0.10000000"]
            told = await socket.receive_json(timeout=30)
            while "e" in told or told["bids"][1:2] != [level]:
                diffs += [told] if "e" in told else []
                told = await socket.receive_json(timeout=30)
        assert len(diffs) > 1
        assert all(one["u"] + 1 == next_["U"] for one, next_ in pairwise(diffs))
        await socket.send_json({"method": "SUBSCRIBE", "params": ["nope@trade"], "id": 7})
        assert (await socket.receive_json(timeout=30))["error"]["code"] == 2


async def test_combined_streams_tell_their_names(venue: Venue) -> None:
    quote(venue)
    names = "btcusdt@trade/btcusdt@depth5@100ms"
    url = f"ws://{venue.running.address}/stream/stream?streams={names}"
    client = venue.client(ccxt.pro.binance)
    await client.load_markets()
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await client.create_order(SYMBOL, "market", "buy", 0.02)
        found: dict[str, Any] = {}
        while len(found) < 2:
            told = await socket.receive_json(timeout=30)
            found[told["stream"]] = told["data"]
    assert found["btcusdt@trade"]["q"] == "0.02000000"
    assert found["btcusdt@depth5@100ms"]["lastUpdateId"] > 0


async def test_the_books_tell_what_happened(venue: Venue) -> None:
    quote(venue)
    client = venue.client(ccxt.pro.binance)
    await client.create_order(SYMBOL, "market", "buy", 0.02, None, {"clientOrderId": "mine"})
    base = f"http://{venue.running.address}/books"
    asked = {"key": ALICE.name, "client": "mine", "house": "binance-spot"}
    async with aiohttp.ClientSession() as session:
        (order,) = await (await session.get(f"{base}/orders", params=asked)).json()
        (fill,) = await (await session.get(f"{base}/fills", params=asked)).json()
        held = await (await session.get(f"{base}/balances", params=asked)).json()
        other = await session.get(f"{base}/orders", params={**asked, "house": "nobody"})
    assert (order["status"], order["filled"]) == ("FILLED", "0.02000000")
    assert (fill["fee"], fill["fee_asset"]) == ("0.00002000", "BTC")
    assert {each["asset"]: each["money"] for each in held}["BTC"] == "1.01998000"
    assert other.status == 404
