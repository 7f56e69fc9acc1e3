"""Conditional orders of unmodified ccxt.bybit: a row a call or stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import ccxt.async_support as ccxt
import ccxt.pro
import pytest

from engine.matching.codes import BUY
from tests.exchange.bybit_venue import SYMBOL, Bybit
from tests.exchange.watching import after

Call = Callable[[Bybit, Any], Awaitable[None]]
CALLS: dict[str, Call] = {}
STREAMS: dict[str, Call] = {}
STOP = (SYMBOL, "market", "sell", 0.01, None)
BELOW = {"triggerPrice": 61500, "triggerDirection": "descending"}
ANY = {"acknowledged": True}
HERE = {"trigger": True}


def row(call: Call) -> Call:
    CALLS[call.__name__] = call
    return call


def stream(call: Call) -> Call:
    STREAMS[call.__name__] = call
    return call


async def long(client: Any, amount: float = 0.01) -> None:
    await client.create_order(SYMBOL, "market", "buy", amount)


async def found(client: Any, order: Any) -> Any:
    """The order as it is now, and its status in Bybit's words."""
    told = await client.fetch_order(order["id"], SYMBOL, ANY)
    return told, told["info"]["orderStatus"]


async def waiting(client: Any) -> list[str]:
    """stopOrderTypes of what waits."""
    open_orders = await client.fetch_open_orders(SYMBOL, None, None, HERE)
    return sorted(each["info"]["stopOrderType"] for each in open_orders)


@row
async def create_stop_loss(venue: Bybit, client: Any) -> None:
    await long(client)
    made = await client.create_order(*STOP, {"stopLossPrice": 61500, "clientOrderId": "mine"})
    told, status = await found(client, made)
    assert (status, told["status"], told["stopLossPrice"]) == ("Untriggered", "open", 61500)
    assert (told["clientOrderId"], told["reduceOnly"], told["amount"]) == ("mine", True, 0.01)
    venue.clear()
    venue.trade("61500.1")
    assert (await found(client, made))[1] == "Untriggered"
    venue.fall("61499")
    told, status = await found(client, made)
    assert (status, told["filled"], told["average"]) == ("Filled", 0.01, 61499)
    assert (told["info"]["stopOrderType"], told["triggerPrice"]) == ("Stop", 61500)
    assert not venue.house.keys["alice"].position(0).lots


@row
async def create_take_profit(venue: Bybit, client: Any) -> None:
    await long(client)
    made = await client.create_order(*STOP, {"takeProfitPrice": 61900})
    assert (await found(client, made))[0]["takeProfitPrice"] == 61900
    venue.fall()
    assert (await found(client, made))[1] == "Untriggered"
    venue.fall("61900")
    assert (await found(client, made))[1] == "Filled"


@row
async def create_trigger_limit(venue: Bybit, client: Any) -> None:
    made = await client.create_order(SYMBOL, "limit", "sell", 0.01, 61450, BELOW)
    venue.fall("61400")
    told, status = await found(client, made)
    assert (status, told["price"], told["triggerPrice"]) == ("New", 61450, 61500)
    assert [each["id"] for each in await client.fetch_open_orders(SYMBOL)] == [made["id"]]
    venue.rest(BUY, "61450", 10)
    assert (await found(client, made))[1] == "Filled"


@row
async def create_by_mark_price(venue: Bybit, client: Any) -> None:
    made = await client.create_order(*STOP, {**BELOW, "triggerBy": "MarkPrice"})
    venue.fall("61499")
    assert (await found(client, made))[1] == "Untriggered"
    venue.mark("61500")
    assert (await found(client, made))[1] == "Filled"


@row
async def create_close_on_trigger(venue: Bybit, client: Any) -> None:
    await long(client, 0.03)
    asked = {
        "category": "linear", "symbol": "BTCUSDT", "side": "Sell", "orderType": "Market",
        "qty": "0", "reduceOnly": True, "closeOnTrigger": True, "triggerPrice": "61500",
        "triggerDirection": 2,
    }  # fmt: skip
    made = (await client.privatePostV5OrderCreate(asked))["result"]
    venue.fall("61499")
    told, status = await found(client, {"id": made["orderId"]})
    assert (status, told["filled"], told["info"]["closeOnTrigger"]) == ("Filled", 0.03, True)


@row
async def edit_order(venue: Bybit, client: Any) -> None:
    made = await client.create_order(*STOP, BELOW)
    await client.edit_order(
        made["id"], SYMBOL, "market", "sell", 0.02, None, {"triggerPrice": "61300"}
    )
    told, _ = await found(client, made)
    assert (told["triggerPrice"], told["amount"]) == (61300, 0.02)
    venue.fall("61301")
    assert (await found(client, made))[1] == "Untriggered"
    venue.fall("61300")
    assert (await found(client, made))[0]["filled"] == 0.02


@row
async def fetch_open_orders(venue: Bybit, client: Any) -> None:
    made = await client.create_order(*STOP, BELOW)
    rests = await client.create_order(SYMBOL, "limit", "buy", 0.01, 61200)
    everything = await client.fetch_open_orders(SYMBOL)
    assert {each["id"] for each in everything} == {rests["id"], made["id"]}
    for asked, order in ((HERE, made), ({"orderFilter": "Order"}, rests)):
        (told,) = await client.fetch_open_orders(SYMBOL, None, None, asked)
        assert told["id"] == order["id"]


@row
async def fetch_canceled_and_closed_orders(venue: Bybit, client: Any) -> None:
    first = await client.create_order(*STOP, BELOW)
    second = await client.create_order(*STOP, {**BELOW, "triggerPrice": 61400})
    await client.cancel_order(first["id"], SYMBOL)
    venue.fall("61399")
    told = await client.fetch_canceled_and_closed_orders(SYMBOL, None, None, HERE)
    assert {each["id"]: each["info"]["orderStatus"] for each in told} == {
        first["id"]: "Deactivated", second["id"]: "Filled",
    }  # fmt: skip


@row
async def cancel_order(venue: Bybit, client: Any) -> None:
    made = await client.create_order(*STOP, {**BELOW, "clientOrderId": "mine"})
    await client.cancel_order(made["id"], SYMBOL, HERE)
    assert (await found(client, made))[0]["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order(made["id"], SYMBOL, HERE)
    venue.fall("61499")
    assert await client.fetch_my_trades(SYMBOL) == []


@row
async def cancel_order_by_client_id(venue: Bybit, client: Any) -> None:
    made = await client.create_order(*STOP, {**BELOW, "clientOrderId": "mine"})
    await client.cancel_order(None, SYMBOL, {"orderLinkId": "mine"})
    assert (await found(client, made))[1] == "Deactivated"
    with pytest.raises(ccxt.BaseError, match="110072"):
        await client.create_order(*STOP, {**BELOW, "clientOrderId": "mine"})


@row
async def cancel_all_orders(venue: Bybit, client: Any) -> None:
    made = await client.create_order(*STOP, BELOW)
    rests = await client.create_order(SYMBOL, "limit", "buy", 0.01, 61200)
    (told,) = await client.cancel_all_orders(SYMBOL, HERE)
    assert told["id"] == made["id"]
    await client.create_order(*STOP, BELOW)
    assert len(await client.cancel_all_orders(SYMBOL)) == 2
    assert (await found(client, rests))[0]["status"] == "canceled"


@row
async def stop_loss_and_take_profit_of_the_position(venue: Bybit, client: Any) -> None:
    await long(client)
    asked = {"stopLossPrice": 61500, "takeProfitPrice": 62000}
    await client.create_order(SYMBOL, "market", "sell", 0, None, asked)
    assert await waiting(client) == ["StopLoss", "TakeProfit"]
    (position,) = await client.fetch_positions([SYMBOL])
    assert (position["stopLossPrice"], position["takeProfitPrice"]) == (61500, 62000)
    await client.create_order(
        SYMBOL, "market", "sell", 0, None, {"stopLossPrice": 61400, "tradingStopEndpoint": True}
    )
    await long(client)
    venue.fall("61450")
    assert await waiting(client) == ["StopLoss", "TakeProfit"]
    venue.fall("61400")
    assert await waiting(client) == []
    assert not venue.house.keys["alice"].position(0).lots


@row
async def stop_loss_and_take_profit_of_a_part(venue: Bybit, client: Any) -> None:
    await long(client, 0.03)
    asked = {"stopLossPrice": 61500, "takeProfitPrice": 61900}
    await client.create_order(SYMBOL, "market", "sell", 0.01, None, asked)
    assert await waiting(client) == ["PartialStopLoss", "PartialTakeProfit"]
    venue.fall("61900")
    assert await waiting(client) == []
    assert venue.house.keys["alice"].position(0).lots == 20


@row
async def trailing_stop_of_the_position(venue: Bybit, client: Any) -> None:
    await long(client)
    asked = {"trailingAmount": "100", "trailingTriggerPrice": "61900"}
    await client.create_order(SYMBOL, "market", "sell", 0, None, asked)
    venue.clear()
    for price in ("61800", "61650", "61950", "61850.1"):
        venue.trade(price)
        assert await waiting(client) == ["TrailingStop"], price
    venue.trade("61850", 100)
    assert await waiting(client) == []
    assert not venue.house.keys["alice"].position(0).lots


@row
async def margin_is_asked_for_when_it_triggers(venue: Bybit, client: Any) -> None:
    made = await client.create_order(SYMBOL, "market", "sell", 30, None, BELOW)
    venue.fall("61499")
    told, status = await found(client, made)
    assert (status, told["status"]) == ("Rejected", "rejected")


@stream
async def watch_orders(venue: Bybit, client: Any) -> None:
    await client.load_markets()
    asked = {**BELOW, "clientOrderId": "mine"}
    act = lambda: client.create_order(*STOP, asked)  # noqa: E731
    (order,) = await after(client.watch_orders(SYMBOL), act)
    assert (order["status"], order["clientOrderId"]) == ("open", "mine")
    assert order["info"]["orderStatus"] == "Untriggered"
    cancel = lambda: client.cancel_order(order["id"], SYMBOL)  # noqa: E731
    (order,) = await after(client.watch_orders(SYMBOL), cancel)
    assert (order["status"], order["info"]["orderStatus"]) == ("canceled", "Deactivated")


@pytest.fixture(autouse=True)
def market(bybit: Bybit) -> None:
    """Five coins a side, and somebody else to trade with."""
    bybit.other()
    bybit.quote()


@pytest.mark.parametrize("name", CALLS)
async def test_ccxt_does(name: str, bybit: Bybit) -> None:
    await CALLS[name](bybit, bybit.client())


@pytest.mark.parametrize("name", STREAMS)
async def test_ccxt_pro_does(name: str, bybit: Bybit) -> None:
    await STREAMS[name](bybit, bybit.client(ccxt.pro.bybit))
