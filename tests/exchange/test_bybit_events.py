"""What Bybit's private stream tells, message by message; and its faults and books."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import pytest

from engine.matching.codes import BUY, SELL
from infra.exchange.faults import Fault
from tests.exchange.bybit_venue import ALICE, SYMBOL, Bybit

TOPICS = ["order", "execution", "position", "wallet"]
LIMIT = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit",
    "qty": "0.01", "price": "61000",
}  # fmt: skip


@asynccontextmanager
async def listening(
    venue: Bybit, topics: list[str]
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A private connection of Alice that has subscribed."""
    expires = int(time.time() * 1000) + 10_000
    signed = hmac.new(ALICE.secret.encode(), f"GET/realtime{expires}".encode(), hashlib.sha256)
    url = f"ws://{venue.running.address}/v5/private"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_json({"op": "auth", "args": [ALICE.name, expires, signed.hexdigest()]})
        assert (await socket.receive_json())["success"]
        await socket.send_json({"op": "subscribe", "args": topics})
        assert (await socket.receive_json())["success"]
        yield socket


async def heard(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[dict[str, Any]]:
    """So many messages, and that none follows."""
    found = [await asyncio.wait_for(socket.receive_json(), 30) for _ in range(count)]
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(socket.receive_json(), 0.3)
    return found


async def create(venue: Bybit, **params: Any) -> dict[str, Any]:
    _, told, _ = await venue.send("/v5/order/create", {**LIMIT, **params})
    assert told["retCode"] == 0, told
    found: dict[str, Any] = told["result"]
    return found


async def test_a_taker_is_told_once_with_all_its_fills(bybit: Bybit) -> None:
    bybit.rest(SELL, "61701", 10)
    bybit.rest(SELL, "61702", 20)
    async with listening(bybit, TOPICS) as socket:
        made = await create(bybit, orderType="Market", qty="0.03")
        order, executions, position, wallet = await heard(socket, 4)
    assert [order["topic"], executions["topic"]] == ["order", "execution"]
    (row,) = order["data"]
    assert (row["orderId"], row["orderStatus"], row["cumExecQty"]) == (
        made["orderId"], "Filled", "0.030",
    )  # fmt: skip
    fills = [(fill["execPrice"], fill["leavesQty"]) for fill in executions["data"]]
    assert fills == [("61701.0", "0.020"), ("61702.0", "0.000")]
    (held,) = position["data"]
    assert (held["side"], held["size"], held["entryPrice"]) == ("Buy", "0.030", "61701.66666666")
    fee = sum(float(fill["execFee"]) for fill in executions["data"])
    assert float(wallet["data"][0]["totalWalletBalance"]) == pytest.approx(1e5 - fee)


async def test_each_order_tells_of_the_position_again(bybit: Bybit) -> None:
    async with listening(bybit, TOPICS) as socket:
        await create(bybit)
        found = await heard(socket, 2)
    assert [each["topic"] for each in found] == ["order", "position"]


async def test_categorised_topics_have_their_own_names(bybit: Bybit) -> None:
    async with listening(bybit, ["order.linear", "order.spot"]) as socket:
        await create(bybit)
        (found,) = await heard(socket, 1)
    assert found["topic"] == "order.linear"


async def test_a_maker_is_told_without_its_link_on_the_fast_stream(bybit: Bybit) -> None:
    await create(bybit, orderLinkId="mine")
    async with listening(bybit, ["execution", "execution.fast"]) as socket:
        bybit.rest(SELL, "61000", 10)
        found = {each["topic"]: each["data"][0] for each in await heard(socket, 2)}
    assert found["execution"]["orderLinkId"] == "mine"
    assert found["execution.fast"]["orderLinkId"] == ""
    assert found["execution"]["isMaker"]


async def test_nobody_to_trade_with(bybit: Bybit) -> None:
    async with listening(bybit, ["order"]) as socket:
        await create(bybit, orderType="Market")
        (told,) = await heard(socket, 1)
    (row,) = told["data"]
    assert (row["orderStatus"], row["rejectReason"]) == ("Cancelled", "EC_NoImmediateQtyToFill")


async def test_own_orders_meet_unless_it_is_prevented(bybit: Bybit) -> None:
    maker = await create(bybit, price="61500")
    async with listening(bybit, ["order"]) as socket:
        await create(bybit, side="Sell", smpType="CancelTaker", price="61500")
        (told,) = await heard(socket, 1)
        assert told["data"][0]["cancelType"] == "CancelBySmp"
        await create(bybit, side="Sell", price="61500")
        (told,) = await heard(socket, 1)
    states = {row["orderId"]: row["orderStatus"] for row in told["data"]}
    assert states.pop(maker["orderId"]) == "Filled"
    assert list(states.values()) == ["Filled"]


async def test_a_liquidation(bybit: Bybit) -> None:
    bybit.quote()
    market = bybit.house.listing.markets[0]
    await bybit.send(
        "/v5/position/set-leverage",
        {"category": "linear", "symbol": "BTCUSDT", "buyLeverage": "50", "sellLeverage": "50"},
    )
    bybit.rest(BUY, "50000", 100_000)
    for _ in range(20):
        bybit.rest(SELL, "61701", 5000)
    bybit.section.usage.limits = type(bybit.section.limits)(times=100)
    for _ in range(6):
        await create(bybit, orderType="Market", qty="5")
    open_order = await create(bybit)
    async with listening(bybit, ["order", "execution", "position"]) as socket:
        bybit.house.mark(market, 585_000)
        found = await heard(socket, 3)
    order, executions, position = (each["data"] for each in found)
    told = {row["orderId"]: row for row in order}
    cancelled = told.pop(open_order["orderId"])
    assert (cancelled["orderStatus"], cancelled["cancelType"]) == (
        "Cancelled",
        "CancelAllBeforeLiq",
    )
    assert {row["createType"] for row in told.values()} == {"CreateByLiq"}
    assert {fill["execType"] for fill in executions} == {"BustTrade"}
    assert (position[0]["side"], position[0]["size"]) == ("", "0.000")


async def test_an_answer_that_is_lost_was_an_order_all_the_same(bybit: Bybit) -> None:
    client = bybit.client()
    await client.load_markets()
    faults = bybit.running.exchange.faults
    faults.arm(Fault(kind="unanswered", path="/v5/order/create"))
    with pytest.raises(ccxt.NetworkError):
        await client.create_order(SYMBOL, "limit", "buy", 0.01, 61000, {"clientOrderId": "mine"})
    (order,) = await client.fetch_open_orders(SYMBOL, params={"orderLinkId": "mine"})
    with pytest.raises(ccxt.InvalidOrder, match="110072"):
        await client.create_order(SYMBOL, "limit", "buy", 0.01, 61000, {"clientOrderId": "mine"})
    url = f"http://{bybit.running.address}/books/orders?key=alice&client=mine&house=bybit-linear"
    async with aiohttp.ClientSession() as session:
        (row,) = await (await session.get(url)).json()
    assert (row["status"], order["clientOrderId"]) == ("NEW", "mine")


async def test_events_come_twice_and_out_of_order_on_demand(bybit: Bybit) -> None:
    faults = bybit.running.exchange.faults
    async with listening(bybit, ["order"]) as socket:
        faults.arm(Fault(kind="double", path="events"))
        await create(bybit, orderLinkId="a")
        found = await heard(socket, 2)
        faults.arm(Fault(kind="reorder", path="events"))
        await create(bybit, orderLinkId="b")
        await create(bybit, orderLinkId="c")
        found += await heard(socket, 2)
    assert [each["data"][0]["orderLinkId"] for each in found] == ["a", "a", "c", "b"]


async def enter(venue: Bybit, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """What order entry answers to Alice."""
    expires = int(time.time() * 1000) + 10_000
    signed = hmac.new(ALICE.secret.encode(), f"GET/realtime{expires}".encode(), hashlib.sha256)
    auth = {"op": "auth", "args": [ALICE.name, expires, signed.hexdigest()]}
    url, found = f"ws://{venue.running.address}/v5/trade", []
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        for message in (auth, *messages):
            await socket.send_json(auth if message.get("op") == "auth" else message)
            found.append(await asyncio.wait_for(socket.receive_json(), 30))
    assert (found[0]["retCode"], found[0]["op"]) == (0, "auth")
    return found[1:]


def asked(number: str, *args: Any, op: str = "order.create", late: int = 0) -> dict[str, Any]:
    header = {"X-BAPI-TIMESTAMP": str(int(time.time() * 1000) - late)}
    return {"reqId": number, "header": header, "op": op, "args": list(args)}


async def test_order_entry_is_as_strict_as_rest(bybit: Bybit) -> None:
    found = await enter(
        bybit,
        {"op": "auth"},
        asked("1", LIMIT),
        asked("1", LIMIT),
        asked("2", LIMIT, late=6_000),
        {**asked("3", LIMIT), "header": {}},
        asked("4", LIMIT, LIMIT),
        asked("5", {**LIMIT, "qty": "NaN"}),
        asked("6" * 37, LIMIT),
        asked("7", LIMIT, op="order.cancel-all"),
    )
    codes = [each["retCode"] for each in found]
    assert codes == [20001, 0, 20006, 10002, 10001, 10001, 10001, 10001, 10404]
    assert found[1]["header"]["X-Bapi-Limit-Status"] == "9"
    assert (found[2]["reqId"], found[2]["data"]) == ("1", {})
    assert len(bybit.account(ALICE).orders) == 1


async def test_batches_by_order_entry(bybit: Bybit) -> None:
    batch = {"category": "linear", "request": [LIMIT, {**LIMIT, "qty": "50"}]}
    (made,) = await enter(bybit, asked("1", batch, op="order.create-batch"))
    first, second = made["data"]["list"]
    assert [each["code"] for each in made["retExtInfo"]["list"]] == [0, 110007]
    assert (bool(first["orderId"]), second["orderId"]) == (True, "")
    batch = {"category": "linear", "request": [{"symbol": "BTCUSDT", "orderId": first["orderId"]}]}
    await enter(bybit, asked("1", batch, op="order.cancel-batch"))
    assert not bybit.account(ALICE).live
