"""Unmodified ccxt.pro.okx against the local exchange: a row a stream or call."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from itertools import zip_longest
from typing import Any

import aiohttp
import ccxt.pro
import pytest

from infra.exchange.accounts import Key
from infra.exchange.dialects.okx import streams
from infra.exchange.faults import Fault
from tests.exchange.okx_venue import CAROL, NAME, SYMBOL, OkxVenue, sign
from tests.exchange.watching import after, until

Row = Callable[[OkxVenue, Any], Awaitable[None]]
ROWS: dict[str, Row] = {}
LIMIT = ("limit", "buy", 1, 61000)


def row(call: Row) -> Row:
    ROWS[call.__name__] = call
    return call


@row
async def watch_trades(venue: OkxVenue, client: Any) -> None:
    await client.load_markets()
    act = lambda: client.create_order(SYMBOL, "market", "buy", 2)  # noqa: E731
    (trade,) = await after(client.watch_trades(SYMBOL), act)
    assert (trade["price"], trade["amount"], trade["side"]) == (61701, 2, "buy")
    await asyncio.wait_for(client.un_watch_trades(SYMBOL), 30)


@row
async def watch_order_book(venue: OkxVenue, client: Any) -> None:
    book = await asyncio.wait_for(client.watch_order_book(SYMBOL), 30)
    assert [level[:2] for level in book["bids"]] == [[61699.0, 500.0]]
    for price in ("61650", "61640", "61630"):
        act = lambda price=price: venue.rest(0, price, 100)  # noqa: E731
        book = await after(client.watch_order_book(SYMBOL), act)
    assert [level[0] for level in book["bids"]] == [61699.0, 61650.0, 61640.0, 61630.0]
    assert book["nonce"] == venue.house.books.depths[0].update
    await asyncio.wait_for(client.un_watch_order_book(SYMBOL), 30)


@row
async def watch_order_book_five_and_one(venue: OkxVenue, client: Any) -> None:
    book = await asyncio.wait_for(client.watch_order_book(SYMBOL, 5), 30)
    assert book["asks"][0][:2] == [61701, 500]
    book = await asyncio.wait_for(client.watch_order_book("ETH/USDT:USDT", 1), 30)
    assert book["bids"] == []
    act = lambda: venue.rest(0, "61700", 100)  # noqa: E731
    await asyncio.wait_for(client.watch_order_book(SYMBOL, 1), 30)
    book = await after(client.watch_order_book(SYMBOL, 1), act)
    assert book["bids"][0][:2] == [61700, 1]


@row
async def watch_order_book_of_the_venues_best_users(venue: OkxVenue, client: Any) -> None:
    with pytest.raises(ccxt.BaseError, match="60008"):
        await asyncio.wait_for(client.watch_order_book(SYMBOL, 50), 30)


@row
async def watch_ticker(venue: OkxVenue, client: Any) -> None:
    await client.load_markets()
    found = await asyncio.wait_for(client.watch_ticker(SYMBOL), 30)
    assert (found["bid"], found["ask"]) == (61699, 61701)
    act = lambda: client.create_order(SYMBOL, "market", "buy", 2)  # noqa: E731
    found = await after(client.watch_ticker(SYMBOL), act)
    assert (found["last"], found["baseVolume"]) == (61701, 2)


@row
async def watch_bids_asks(venue: OkxVenue, client: Any) -> None:
    await client.load_markets()
    await asyncio.wait_for(client.watch_bids_asks([SYMBOL]), 30)
    act = lambda: venue.rest(0, "61700", 100)  # noqa: E731
    found = await after(client.watch_bids_asks([SYMBOL]), act)
    assert (found[SYMBOL]["bid"], found[SYMBOL]["ask"]) == (61700, 61701)


@row
async def watch_ohlcv(venue: OkxVenue, client: Any) -> None:
    await client.load_markets()
    act = lambda: client.create_order(SYMBOL, "market", "buy", 2)  # noqa: E731
    (candle,) = await after(client.watch_ohlcv(SYMBOL, "1m"), act)
    assert candle[1:] == [61701.0, 61701.0, 61701.0, 61701.0, 0.02]


@row
async def watch_mark_price(venue: OkxVenue, client: Any) -> None:
    await client.load_markets()
    found = await asyncio.wait_for(client.watch_mark_price(SYMBOL), 30)
    assert found["markPrice"] == 61700
    market = venue.house.listing.markets[0]
    act = lambda: venue.house.mark(market, 617_100)  # noqa: E731
    assert (await after(client.watch_mark_price(SYMBOL), act))["markPrice"] == 61710


@row
async def watch_funding_rate(venue: OkxVenue, client: Any) -> None:
    await client.load_markets()
    found = await asyncio.wait_for(client.watch_funding_rate(SYMBOL), 30)
    assert found["fundingRate"] == 0.0001


@row
async def watch_orders(venue: OkxVenue, client: Any) -> None:
    await client.load_markets()
    act = lambda: client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine"})  # noqa: E731
    (order,) = await after(client.watch_orders(SYMBOL), act)
    assert (order["status"], order["clientOrderId"], order["amount"]) == ("open", "mine", 1)
    edit = lambda: client.edit_order(order["id"], SYMBOL, "limit", "buy", 2)  # noqa: E731
    (order,) = await after(client.watch_orders(SYMBOL), edit)
    assert order["amount"] == 2
    cancel = lambda: client.cancel_order(order["id"], SYMBOL)  # noqa: E731
    (order,) = await after(client.watch_orders(SYMBOL), cancel)
    assert order["status"] == "canceled"


@row
async def watch_my_trades(venue: OkxVenue, client: Any) -> None:
    await client.load_markets()
    act = lambda: client.create_order(SYMBOL, "market", "buy", 2)  # noqa: E731
    (trade,) = await after(client.watch_my_trades(SYMBOL), act)
    assert (trade["price"], trade["amount"], trade["takerOrMaker"]) == (61701, 2, "taker")
    assert abs(trade["fee"]["cost"]) == pytest.approx(1234.02 * 0.0005)


@row
async def watch_balance(venue: OkxVenue, client: Any) -> None:
    found = await asyncio.wait_for(client.watch_balance(), 30)
    assert found["USDT"]["total"] == 1e5
    act = lambda: client.create_order(SYMBOL, "market", "buy", 2)  # noqa: E731
    await after(client.watch_balance(), act)
    await asyncio.sleep(0.2)
    fees = 1234.02 * 0.0005
    assert client.balance["USDT"]["total"] == pytest.approx(1e5 - fees - 0.02)


@row
async def watch_positions(venue: OkxVenue, client: Any) -> None:
    await client.load_markets()
    watch = partial(client.watch_positions, [SYMBOL])
    assert await asyncio.wait_for(watch(), 30) == []
    await client.create_order(SYMBOL, "market", "sell", 2)
    (position,) = await until(watch, bool)
    assert (position["side"], position["contracts"]) == ("short", 2)
    await client.create_order(SYMBOL, "market", "buy", 2)
    await until(watch, lambda found: {each["contracts"] for each in found} == {0})


@row
async def watch_positions_of_all(venue: OkxVenue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "sell", 2)
    (position,) = await asyncio.wait_for(client.watch_positions(), 30)
    assert position["contracts"] == 2


@row
async def watch_my_liquidations(venue: OkxVenue, client: Any) -> None:
    await client.set_leverage(100, SYMBOL)
    await client.create_order(SYMBOL, "market", "buy", 400)
    money = int((await client.fetch_balance())["USDT"]["free"])
    venue.house.pay(venue.account(CAROL), "USDT", -(money - 100) * 10**8)
    market = venue.house.listing.markets[0]
    act = lambda: venue.house.mark(market, 600_000)  # noqa: E731
    watch = client.watch_my_liquidations_for_symbols([SYMBOL])
    (found,) = await after(watch, act)
    assert (found["symbol"], found["contracts"]) == (SYMBOL, 0)
    assert await client.fetch_positions() == []
    (order,) = (await client.fetch_closed_orders(SYMBOL))[-1:]
    assert (order["info"]["category"], order["side"]) == ("full_liquidation", "sell")
    assert (await client.fetch_order(order["id"], SYMBOL))["filled"] == 400


@row
async def orders_over_websocket(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order_ws(SYMBOL, *LIMIT, {"clientOrderId": "mine"})
    assert made["clientOrderId"] == "mine"
    assert (await client.fetch_order(made["id"], SYMBOL))["status"] == "open"
    await client.edit_order_ws(made["id"], SYMBOL, "limit", "buy", 2, 61100)
    assert (await client.fetch_order(made["id"], SYMBOL))["price"] == 61100
    await client.cancel_order_ws(made["id"], SYMBOL)
    assert (await client.fetch_order(made["id"], SYMBOL))["status"] == "canceled"
    with pytest.raises(ccxt.BaseError, match="51400"):
        await client.cancel_order_ws(made["id"], SYMBOL)
    client.options["createOrderWs"]["op"] = "order"
    assert (await client.create_order_ws(SYMBOL, "market", "buy", 1))["id"]
    assert (await client.fetch_positions())[0]["contracts"] == 1


@pytest.mark.parametrize("name", ROWS)
async def test_ccxt_pro_does(name: str, okx: OkxVenue) -> None:
    okx.quote()
    await ROWS[name](okx, okx.client(ccxt.pro.okx))


@asynccontextmanager
async def connected(venue: OkxVenue, where: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    url = f"ws://{venue.running.address}/ws/v5/{where}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        yield socket


async def ask(socket: aiohttp.ClientWebSocketResponse, *args: Any, op: str = "subscribe") -> Any:
    await socket.send_json({"op": op, "args": list(args)})
    return await socket.receive_json(timeout=20)


def credentials(key: Key = CAROL, at: str = "", **changed: str) -> dict[str, str]:
    """Arguments of a login."""
    timestamp = at or str(int(time.time()))
    made = sign(key.secret, f"{timestamp}GET/users/self/verify")
    given = {"apiKey": key.name, "passphrase": key.passphrase, "timestamp": timestamp}
    return {**given, "sign": made, **changed}


async def log_in(socket: aiohttp.ClientWebSocketResponse) -> None:
    assert (await ask(socket, credentials(), op="login"))["event"] == "login"


def crc(bids: list[list[str]], asks: list[list[str]]) -> int:
    """As OKX's documentation has it, by another hand than the exchange's."""
    parts = []
    for bid, ask_ in zip_longest(bids[:25], asks[:25]):
        parts += [":".join(level[:2]) for level in (bid, ask_) if level]
    return int.from_bytes(
        zlib.crc32(":".join(parts).encode()).to_bytes(4, "big"), "big", signed=True
    )


async def test_a_book_is_followed_by_sequence_and_checksum(okx: OkxVenue) -> None:
    okx.quote()
    for number in range(60):
        okx.rest(0, f"{61698 - number * 0.1:.1f}", 100 + number)
    book: dict[str, dict[float, list[str]]] = {"bids": {}, "asks": {}}
    async with connected(okx, "public") as socket:
        told = await ask(socket, {"channel": "books", "instId": NAME})
        assert told["arg"] == {"channel": "books", "instId": NAME}
        last, actions = -1, []
        for step in range(12):
            message = await socket.receive_json(timeout=20)
            (data,) = message["data"]
            actions.append(message["action"])
            assert data["prevSeqId"] == last
            last = data["seqId"]
            for side, levels in book.items():
                for level in data[side]:
                    levels[float(level[0])] = level
                    if level[1] == "0":
                        del levels[float(level[0])]
            bids = [book["bids"][price] for price in sorted(book["bids"], reverse=True)]
            asks = [book["asks"][price] for price in sorted(book["asks"])]
            assert data["checksum"] == crc(bids, asks)
            if step % 3 == 2:
                live = list(okx.account().live.values())
                okx.house.cancel(live[step])
            else:
                okx.rest(step % 2, f"{61690 + step if step % 2 == 0 else 61702 + step}", 1000)
    assert actions == ["snapshot"] + ["update"] * 11
    assert last > 60


async def test_a_late_listener_goes_on_where_all_are(okx: OkxVenue) -> None:
    okx.quote()
    async with connected(okx, "public") as first, connected(okx, "public") as second:
        await ask(first, {"channel": "books", "instId": NAME})
        await first.receive_json(timeout=20)
        okx.rest(0, "61600", 10)
        await ask(second, {"channel": "books", "instId": NAME})
        snapshot = await second.receive_json(timeout=20)
        update = await first.receive_json(timeout=20)
        assert update["data"][0]["seqId"] == snapshot["data"][0]["seqId"]
        okx.rest(0, "61500", 10)
        told = [await each.receive_json(timeout=20) for each in (first, second)]
        assert told[0] == told[1]
        assert told[0]["data"][0]["prevSeqId"] == snapshot["data"][0]["seqId"]


async def test_connections_answer_as_okx_does(okx: OkxVenue) -> None:
    async with connected(okx, "public") as socket:
        await socket.send_str("ping")
        assert (await socket.receive(timeout=20)).data == "pong"
        for text in ("{", "[]", '{"op":{}}', '{"op":"odd"}', '{"op":"subscribe","args":[1]}', "{}"):
            await socket.send_str(text)
            told = await socket.receive_json(timeout=20)
            assert (told["event"], told["code"]) == ("error", "60012"), text
        for arg, code in (
            ({"channel": "odd", "instId": NAME}, "60018"),
            ({"channel": "books", "instId": "odd"}, "60018"),
            ({"channel": "candle1m", "instId": NAME}, "60018"),
            ({"channel": "orders", "instType": "SWAP"}, "60018"),
            ({"channel": "books-l2-tbt", "instId": NAME}, "60029"),
        ):
            assert (await ask(socket, arg))["code"] == code, arg
        assert (await ask(socket, credentials(), op="login"))["code"] == "60008"
        good = {"channel": "trades", "instId": NAME}
        assert (await ask(socket, good))["event"] == "subscribe"
        assert (await ask(socket, good, op="unsubscribe"))["event"] == "unsubscribe"


LOGINS: list[tuple[dict[str, Any], str]] = [
    ({"apiKey": ""}, "60001"),
    ({"sign": ""}, "60002"),
    ({"passphrase": ""}, "60003"),
    ({"timestamp": "now"}, "60004"),
    ({"at": "1700000000"}, "60006"),
    ({"apiKey": "nobody"}, "60032"),
    ({"passphrase": "other"}, "60024"),
    ({"sign": "AAAA"}, "60007"),
]


async def test_logins_that_fail(okx: OkxVenue) -> None:
    async with connected(okx, "private") as socket:
        orders = {"channel": "orders", "instType": "SWAP"}
        for changed, code in LOGINS:
            told = await ask(socket, credentials(**changed), op="login")
            assert (told["event"], told["code"]) == ("error", code), changed
        assert (await ask(socket, orders))["code"] == "60011"
        assert (await ask(socket, {"instId": NAME}, op="order"))["code"] == "60011"
        await log_in(socket)
        assert (await ask(socket, orders))["event"] == "subscribe"


async def test_what_an_account_is_told_of_a_trade(okx: OkxVenue) -> None:
    okx.quote()
    async with connected(okx, "private") as socket:
        await log_in(socket)
        for channel in ("orders", "positions", "balance_and_position"):
            arg = (
                {"channel": channel}
                if "and" in channel
                else {"channel": channel, "instType": "ANY"}
            )
            await ask(socket, arg)
            if channel != "orders":
                snapshot = await socket.receive_json(timeout=20)
                assert snapshot["arg"]["uid"]
        await okx.client().create_order(SYMBOL, "market", "buy", 2)
        told = [await socket.receive_json(timeout=20) for _ in range(4)]
        channels = [each["arg"]["channel"] for each in told]
        assert channels == ["orders", "positions", "balance_and_position", "orders"]
        live, position, both, filled = (each["data"][0] for each in told)
        assert (live["state"], live["accFillSz"], live["tradeId"]) == ("live", "0", "")
        assert (live["avgPx"], live["fee"], live["fillPx"]) == ("", "0", "")
        assert (filled["avgPx"], filled["fee"], filled["fillPx"]) == ("61701", "-0.61701", "61701")
        assert (position["pos"], position["avgPx"]) == ("2", "61701")
        assert (both["eventType"], both["posData"][0]["pos"]) == ("filled", "2")
        assert both["balData"][0]["cashBal"] == f"{1e5 - 1234.02 * 0.0005:.8f}".rstrip("0")
        assert (filled["state"], filled["fillSz"], filled["execType"]) == ("filled", "2", "T")
        assert (filled["fillFee"], filled["tradeId"]) == ("-0.61701", both["trades"][0]["tradeId"])


async def test_operations_over_websocket(okx: OkxVenue) -> None:
    okx.quote()
    order = {"instId": NAME, "side": "buy", "tdMode": "cross", "ordType": "limit", "sz": "1"}
    async with connected(okx, "private") as socket:
        await log_in(socket)

        async def operate(op: str, *args: Any) -> Any:
            await socket.send_json({"id": "7", "op": op, "args": list(args)})
            told = await socket.receive_json(timeout=20)
            assert (told["id"], told["op"]) == ("7", op)
            return told

        made = await operate("batch-orders", {**order, "px": "61000"}, {**order, "px": "1"})
        assert (made["code"], [each["sCode"] for each in made["data"]]) == ("2", ["0", "51006"])
        number = made["data"][0]["ordId"]
        change = {"instId": NAME, "ordId": number, "newSz": "3"}
        assert (await operate("batch-amend-orders", change))["data"][0]["sCode"] == "0"
        ended = await operate("batch-cancel-orders", {"instIdCode": 10_000, "ordId": number})
        assert (ended["code"], ended["data"][0]["ordId"]) == ("0", number)
        assert (await operate("order", order, order))["code"] == "50002"
        assert (await operate("order"))["code"] == "50002"
        assert (await operate("order", order))["data"][0]["sCode"] == "51204"
        assert (await operate("order", {**order, "instIdCode": 9, "instId": ""}))["code"] == "1"


async def test_a_user_event_is_lost_on_demand(okx: OkxVenue) -> None:
    async with connected(okx, "private") as socket:
        await log_in(socket)
        await ask(socket, {"channel": "orders", "instType": "ANY"})
        okx.okx.faults.arm(Fault(kind="drop", path="events"))
        client = okx.client()
        made = await client.create_order(SYMBOL, *LIMIT)
        await client.cancel_order(made["id"], SYMBOL)
        told = await socket.receive_json(timeout=20)
        assert told["data"][0]["state"] == "canceled"


async def test_a_connection_without_a_word_ends(
    okx: OkxVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "IDLE", 0.3)
    async with connected(okx, "public") as idle, connected(okx, "public") as listening:
        await ask(listening, {"channel": "trades", "instId": NAME})
        ended = await idle.receive(timeout=20)
        assert (ended.type, ended.data) == (aiohttp.WSMsgType.CLOSE, 4004)
        await asyncio.sleep(0.5)
        await listening.send_str("ping")
        assert (await listening.receive(timeout=20)).data == "pong"


async def test_leverage_without_a_position_is_no_news(okx: OkxVenue) -> None:
    okx.quote()
    lever = {"instId": NAME, "lever": "5", "mgnMode": "cross"}
    async with connected(okx, "private") as socket:
        await log_in(socket)
        await ask(socket, {"channel": "positions", "instType": "SWAP"})
        assert (await socket.receive_json(timeout=20))["data"] == []
        await okx.send("POST", "/account/set-leverage", lever)
        await okx.client().create_order(SYMBOL, "market", "buy", 2)
        told = await socket.receive_json(timeout=20)
        assert [(each["pos"], each["lever"]) for each in told["data"]] == [("2", "5")]


async def test_a_gapped_book_is_seen_by_its_sequence(okx: OkxVenue) -> None:
    okx.quote()
    client = okx.client(ccxt.pro.okx)
    await asyncio.wait_for(client.watch_order_book(SYMBOL), 30)
    okx.okx.faults.arm(Fault(kind="drop", path=f"streams/books:{NAME}"))
    okx.rest(0, "61600", 10)
    await asyncio.sleep(0.5)
    with pytest.raises(ccxt.InvalidNonce):
        await after(client.watch_order_book(SYMBOL), lambda: okx.rest(0, "61500", 10))


async def test_maintenance(okx: OkxVenue) -> None:
    client = okx.client()
    await client.load_markets()
    okx.okx.faults.arm(Fault(kind="maintenance", path="okx"))
    with pytest.raises(ccxt.OnMaintenance, match="50001"):
        await client.create_order(SYMBOL, *LIMIT)
    assert not okx.account(CAROL).orders


async def test_changed_filters(okx: OkxVenue) -> None:
    client = okx.client()
    await client.load_markets()
    change = {"house": "okx", "market": NAME, "lot": "0.1", "least": "0.5", "tick": "0.5"}
    okx.running.exchange.troubles.arm(Fault(kind="filters", **change))
    found = okx.house.listing.markets[0].rules
    for _ in range(50):
        if found.least == 50:
            break
        await asyncio.sleep(0.1)
    for amount, price, code in (
        (0.4, 61000, "51020"),
        (0.55, 61000, "51121"),
        (1, 61000.1, "51150"),
    ):
        with pytest.raises(ccxt.InvalidOrder if code != "51150" else ccxt.BaseError, match=code):
            await client.create_order(SYMBOL, "limit", "buy", amount, price)
    market = (await client.load_markets(True))[SYMBOL]
    assert market["precision"] == {"amount": 0.1, "price": 0.5}
    assert market["limits"]["amount"]["min"] == 0.5
