"""Conditional orders of unmodified ccxt.binanceusdm: a row a call or stream."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import ccxt
import ccxt.pro
import pytest

from engine.matching.codes import BUY, SELL
from infra.exchange.dialects.binance.filters import MOST_CONDITIONAL
from tests.exchange.conftest import ALICE, SYMBOL, Venue
from tests.exchange.local import ERIN
from tests.exchange.watching import BEGUN, after

Call = Callable[[Venue, Any], Awaitable[None]]
CALLS: dict[str, Call] = {}
STREAMS: dict[str, Call] = {}
STOP = (SYMBOL, "market", "sell", 0.01, None)
HERE = {"trigger": True}


def row(call: Call) -> Call:
    CALLS[call.__name__] = call
    return call


def stream(call: Call) -> Call:
    STREAMS[call.__name__] = call
    return call


async def long(client: Any, amount: float = 0.01) -> None:
    await client.create_order(SYMBOL, "market", "buy", amount)


async def algo(client: Any, order: Any) -> Any:
    """The conditional order as it is now."""
    return await client.fetch_order(order["id"], SYMBOL, HERE)


@row
async def create_stop_market(venue: Venue, client: Any) -> None:
    await long(client)
    asked = {"stopLossPrice": 61500, "reduceOnly": True, "clientOrderId": "mine"}
    made = await client.create_order(*STOP, asked)
    assert (made["status"], made["type"], made["triggerPrice"]) == ("open", "market", 61500)
    assert (made["clientOrderId"], made["reduceOnly"], made["amount"]) == ("mine", True, 0.01)
    venue.clear()
    venue.trade("61500.1")
    assert (await algo(client, made))["status"] == "open"
    venue.fall()
    done = await algo(client, made)
    assert (done["status"], done["info"]["algoStatus"]) == ("closed", "FINISHED")
    order = await client.fetch_order(done["info"]["actualOrderId"], SYMBOL)
    assert order["id"] != made["id"]
    assert (order["clientOrderId"], order["status"], order["average"]) == ("mine", "closed", 61000)
    assert order["reduceOnly"]
    assert await client.fetch_positions([SYMBOL]) == []


@row
async def create_stop_by_trigger_price(venue: Venue, client: Any) -> None:
    made = await client.create_order(SYMBOL, "market", "buy", 0.01, None, {"triggerPrice": 61800})
    assert made["info"]["orderType"] == "STOP_MARKET"
    venue.clear()
    venue.rest(SELL, "61800", 11)
    venue.rest(BUY, "61800", 1, ERIN)
    assert (await algo(client, made))["info"]["algoStatus"] == "FINISHED"
    assert await client.fetch_open_orders(SYMBOL, None, None, HERE) == []


@row
async def create_stop_limit(venue: Venue, client: Any) -> None:
    made = await client.create_order(
        SYMBOL, "limit", "sell", 0.01, 61200, {"stopPrice": 61500, "timeInForce": "GTC"}
    )
    assert (made["type"], made["price"]) == ("limit", 61200)
    venue.fall()
    found = await algo(client, made)
    assert found["info"]["algoStatus"] == "TRIGGERED"
    (rests,) = await client.fetch_open_orders(SYMBOL)
    assert (rests["price"], rests["id"]) == (61200, found["info"]["actualOrderId"])
    venue.rest(BUY, "61200", 10)
    assert (await algo(client, made))["info"]["algoStatus"] == "FINISHED"


@row
async def create_take_profit(venue: Venue, client: Any) -> None:
    await long(client)
    asked = {"takeProfitPrice": 61900, "reduceOnly": True}
    made = await client.create_order(*STOP, asked)
    limit = await client.create_order(SYMBOL, "limit", "sell", 0.01, 61950, asked)
    assert made["info"]["orderType"] == "TAKE_PROFIT_MARKET"
    assert limit["info"]["orderType"] == "TAKE_PROFIT"
    venue.clear()
    venue.trade("61900", 5000)
    assert (await algo(client, made))["info"]["algoStatus"] == "FINISHED"
    found = await algo(client, limit)
    assert (found["status"], found["info"]["algoStatus"]) == ("rejected", "REJECTED")


@row
async def create_by_mark_price(venue: Venue, client: Any) -> None:
    await long(client)
    asked = {"stopLossPrice": 61500, "workingType": "MARK_PRICE", "reduceOnly": True}
    made = await client.create_order(*STOP, asked)
    venue.fall()
    assert (await algo(client, made))["status"] == "open"
    venue.mark("61500")
    assert (await algo(client, made))["info"]["algoStatus"] == "FINISHED"


@row
async def create_close_position(venue: Venue, client: Any) -> None:
    await long(client, 0.03)
    asked = {"stopLossPrice": 61500, "closePosition": True}
    made = await client.create_order(*STOP, asked)
    assert made["info"]["closePosition"]
    await long(client, 0.02)
    venue.fall()
    order = await client.fetch_order((await algo(client, made))["info"]["actualOrderId"], SYMBOL)
    assert (order["filled"], order["status"], order["reduceOnly"]) == (0.05, "closed", True)


@row
async def closed_positions_end_what_is_bound_to_them(venue: Venue, client: Any) -> None:
    await long(client)
    closes = await client.create_order(*STOP, {"stopLossPrice": 61500, "closePosition": True})
    bound = {"takeProfitPrice": 61900, "reduceOnly": True, "timeInForce": "GTE_GTC"}
    target = await client.create_order(*STOP, bound)
    free = await client.create_order(*STOP, {"takeProfitPrice": 61950, "reduceOnly": True})
    await client.create_order(*STOP)
    for made in (closes, target):
        assert (await algo(client, made))["status"] == "expired"
    assert (await algo(client, free))["status"] == "open"


@row
async def create_trailing_stop(venue: Venue, client: Any) -> None:
    await long(client)
    asked = {"trailingPercent": 1, "trailingTriggerPrice": 61800, "reduceOnly": True}
    made = await client.create_order(*STOP, asked)
    assert made["info"]["callbackRate"] == "1"
    venue.fall("60000")
    assert (await algo(client, made))["status"] == "open", "not activated"
    venue.clear()
    for price in ("62000", "63000", "62370.1"):
        venue.trade(price)
        assert (await algo(client, made))["status"] == "open", price
    venue.trade("62370", 100)
    assert (await algo(client, made))["info"]["algoStatus"] == "FINISHED"
    assert await client.fetch_positions([SYMBOL]) == []


@row
async def reduce_only_is_cut_to_the_position(venue: Venue, client: Any) -> None:
    await long(client, 0.004)
    made = await client.create_order(*STOP, {"stopLossPrice": 61500, "reduceOnly": True})
    venue.fall()
    order = await client.fetch_order((await algo(client, made))["info"]["actualOrderId"], SYMBOL)
    assert (order["filled"], order["status"]) == (0.004, "closed")


@row
async def margin_is_asked_for_when_it_triggers(venue: Venue, client: Any) -> None:
    made = await client.create_order(SYMBOL, "market", "sell", 100, None, {"triggerPrice": 61500})
    assert (await client.fetch_balance())["USDT"]["used"] == 0
    venue.fall()
    assert (await algo(client, made))["status"] == "rejected"


@row
async def fetch_order_by_client_id(venue: Venue, client: Any) -> None:
    made = await client.create_order(*STOP, {"triggerPrice": 61500, "clientOrderId": "mine"})
    found = await client.fetch_order(None, SYMBOL, {**HERE, "clientAlgoId": "mine"})
    assert (found["id"], found["info"]["actualOrderId"]) == (made["id"], "")
    with pytest.raises(ccxt.BaseError, match="-2013"):
        await client.fetch_order(None, SYMBOL, {**HERE, "clientAlgoId": "other"})


@row
async def fetch_open_orders(venue: Venue, client: Any) -> None:
    made = await client.create_order(*STOP, {"triggerPrice": 61500})
    client.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
    for symbol in (SYMBOL, None):
        (found,) = await client.fetch_open_orders(symbol, None, None, HERE)
        assert found["id"] == made["id"]
        assert await client.fetch_open_orders(symbol) == []


@row
async def fetch_orders(venue: Venue, client: Any) -> None:
    first = await client.create_order(*STOP, {"triggerPrice": 61500})
    second = await client.create_order(*STOP, {"triggerPrice": 61400})
    await client.cancel_order(first["id"], SYMBOL, HERE)
    found = await client.fetch_orders(SYMBOL, None, None, HERE)
    assert [(each["id"], each["status"]) for each in found] == [
        (first["id"], "canceled"), (second["id"], "open"),
    ]  # fmt: skip


@row
async def cancel_order(venue: Venue, client: Any) -> None:
    made = await client.create_order(*STOP, {"triggerPrice": 61500})
    cancelled = await client.cancel_order(made["id"], SYMBOL, HERE)
    assert cancelled["id"] == made["id"]
    for _ in range(2):
        with pytest.raises(ccxt.BaseError, match="-2011"):
            await client.cancel_order(made["id"], SYMBOL, HERE)
    venue.fall()
    assert await client.fetch_my_trades(SYMBOL) == []


@row
async def cancel_order_by_client_id(venue: Venue, client: Any) -> None:
    made = await client.create_order(*STOP, {"triggerPrice": 61500, "clientOrderId": "mine"})
    await client.cancel_order(None, SYMBOL, {**HERE, "clientOrderId": "mine"})
    assert (await algo(client, made))["status"] == "canceled"


@row
async def cancel_all_orders(venue: Venue, client: Any) -> None:
    for price in (61500, 61400):
        await client.create_order(*STOP, {"triggerPrice": price})
    rests = await client.create_order(SYMBOL, "limit", "buy", 0.01, 61000)
    await client.cancel_all_orders(SYMBOL, HERE)
    assert await client.fetch_open_orders(SYMBOL, None, None, HERE) == []
    (found,) = await client.fetch_open_orders(SYMBOL)
    assert found["id"] == rests["id"]
    waits = await client.create_order(*STOP, {"triggerPrice": 61500})
    await client.cancel_all_orders(SYMBOL)
    assert await client.fetch_open_orders(SYMBOL) == []
    (found,) = await client.fetch_open_orders(SYMBOL, None, None, HERE)
    assert found["id"] == waits["id"]


@row
async def create_that_would_trigger(venue: Venue, client: Any) -> None:
    cases = (("sell", "stopLossPrice", 61700), ("buy", "stopLossPrice", 61700),
             ("sell", "takeProfitPrice", 61700), ("buy", "takeProfitPrice", 61700))  # fmt: skip
    for side, name, price in cases:
        with pytest.raises(ccxt.BaseError, match="-2021"):
            await client.create_order(SYMBOL, "market", side, 0.01, None, {name: price})


@row
async def create_with_a_client_id_in_use(venue: Venue, client: Any) -> None:
    asked = {"triggerPrice": 61500, "clientOrderId": "mine"}
    made = await client.create_order(*STOP, asked)
    with pytest.raises(ccxt.BaseError, match="-4116"):
        await client.create_order(*STOP, asked)
    await client.cancel_order(made["id"], SYMBOL, HERE)
    assert (await client.create_order(*STOP, asked))["id"] != made["id"]


@stream
async def watch_orders(venue: Venue, client: Any) -> None:
    await client.load_markets()
    await long(client)
    asked = {"stopLossPrice": 61500, "reduceOnly": True, "clientOrderId": "mine"}
    act = lambda: client.create_order(*STOP, asked)  # noqa: E731
    (order,) = await after(client.watch_orders(SYMBOL), act)
    assert (order["status"], order["clientOrderId"]) == ("open", "mine")
    assert (order["triggerPrice"], order["type"]) == (61500, "market")
    await after(client.watch_orders(SYMBOL), lambda: venue.fall())
    await asyncio.sleep(BEGUN)
    cached = client.orders.hashmap[SYMBOL]
    waited = cached[order["id"]]["info"]
    became = cached[waited["ai"]]["info"]
    assert waited["X"] == "FINISHED"
    assert (waited["ap"], waited["aq"], waited["act"]) == ("61000.00000", "0.010", "MARKET")
    assert (became["X"], became["c"]) == ("FILLED", "mine")


@stream
async def create_and_cancel_over_websocket(venue: Venue, client: Any) -> None:
    await client.load_markets()
    made = await client.create_order_ws(*STOP, {"triggerPrice": 61500})
    assert made["status"] == "open"
    await client.cancel_order_ws(made["id"], SYMBOL, HERE)
    assert (await algo(client, made))["status"] == "canceled"


@pytest.fixture(autouse=True)
def market(venue: Venue) -> None:
    """Five coins a side, and somebody else to trade with."""
    venue.other()
    venue.quote()


@pytest.mark.parametrize("name", CALLS)
async def test_ccxt_does(name: str, venue: Venue) -> None:
    await CALLS[name](venue, venue.client())


@pytest.mark.parametrize("name", STREAMS)
async def test_ccxt_pro_does(name: str, venue: Venue) -> None:
    await STREAMS[name](venue, venue.client(ccxt.pro.binanceusdm))


async def test_there_are_so_many_and_no_more(venue: Venue) -> None:
    client = venue.client()
    for _ in range(MOST_CONDITIONAL):
        await client.create_order(*STOP, {"triggerPrice": 61500})
    with pytest.raises(ccxt.BaseError, match="-4045"):
        await client.create_order(*STOP, {"triggerPrice": 61500})


async def test_the_books_tell_of_both(venue: Venue) -> None:
    client = venue.client()
    await client.create_order(*STOP, {"triggerPrice": 61500, "clientOrderId": "mine"})
    venue.fall()
    async with aiohttp.ClientSession() as session:
        asked = {"key": ALICE.name, "client": "mine"}
        base = f"http://{venue.running.address}/books"
        order, waited = await (await session.get(f"{base}/orders", params=asked)).json()
    assert (order["conditional"], order["status"]) == (False, "FILLED")
    assert (waited["conditional"], waited["status"]) == (True, "FINISHED")
    assert (waited["became"], waited["trigger"]) == (order["order"], "61500.0")
