"""Conditional orders of unmodified ccxt.okx: a row a call or stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import ccxt.async_support as ccxt
import ccxt.pro
import pytest

from engine.matching.codes import BUY, SELL
from tests.exchange.local import ERIN
from tests.exchange.okx_venue import SYMBOL, OkxVenue
from tests.exchange.watching import after

Call = Callable[[OkxVenue, Any], Awaitable[None]]
CALLS: dict[str, Call] = {}
STREAMS: dict[str, Call] = {}
STOP = (SYMBOL, "market", "sell", 1, None)
OCO = (SYMBOL, "oco", "sell", 1, None)
"""As `market` ccxt would send it to batch-orders, where there is no such ordType (51000)."""
HERE = {"trigger": True}
STOPS = {"trigger": True, "ordType": "conditional"}


def row(call: Call) -> Call:
    CALLS[call.__name__] = call
    return call


def stream(call: Call) -> Call:
    STREAMS[call.__name__] = call
    return call


async def long(client: Any, contracts: float = 1) -> None:
    await client.create_order(SYMBOL, "market", "buy", contracts)


async def found(client: Any, order: Any) -> tuple[Any, str]:
    """The conditional order as it is now, and its state in OKX's words."""
    told = await client.fetch_order(order["id"], SYMBOL, HERE)
    return told, told["info"]["state"]


async def became(client: Any, order: Any) -> Any:
    """The order that it became."""
    told, _ = await found(client, order)
    return await client.fetch_order(told["info"]["ordId"], SYMBOL)


def held(venue: OkxVenue) -> int:
    """Lots of the client's position."""
    return venue.house.keys["carol"].position(0).lots


@row
async def create_stop_loss(venue: OkxVenue, client: Any) -> None:
    await long(client)
    asked = {"stopLossPrice": 61500, "reduceOnly": True, "clientOrderId": "mine"}
    made = await client.create_order(*STOP, asked)
    told, state = await found(client, made)
    assert (state, told["status"], told["stopLossPrice"]) == ("live", "open", 61500)
    assert (told["clientOrderId"], told["reduceOnly"], told["amount"]) == ("mine", True, 1)
    assert told["info"]["algoClOrdId"] == "mine"
    venue.clear()
    venue.trade("61500.1")
    assert (await found(client, made))[1] == "live"
    venue.fall("61499")
    told, state = await found(client, made)
    assert (state, told["status"], told["info"]["actualSide"]) == ("effective", "closed", "sl")
    order = await became(client, made)
    assert (order["status"], order["average"], order["filled"]) == ("closed", 61499, 1)
    assert order["info"]["ordId"] != order["id"] == made["id"], "ccxt tells algoId first"
    assert held(venue) == 0


@row
async def create_take_profit(venue: OkxVenue, client: Any) -> None:
    await long(client)
    made = await client.create_order(*STOP, {"takeProfitPrice": 61900, "reduceOnly": True})
    venue.fall()
    assert (await found(client, made))[1] == "live"
    venue.fall("61900")
    assert (await found(client, made))[1] == "effective"
    assert held(venue) == 0


@row
async def create_one_cancels_the_other(venue: OkxVenue, client: Any) -> None:
    await long(client)
    asked = {"stopLossPrice": 61500, "takeProfitPrice": 61900, "reduceOnly": True}
    made = await client.create_order(*OCO, asked)
    told, _ = await found(client, made)
    assert told["info"]["ordType"] == "oco"
    assert (told["stopLossPrice"], told["takeProfitPrice"]) == (61500, 61900)
    venue.fall("61900")
    told, state = await found(client, made)
    assert (state, told["info"]["actualSide"]) == ("effective", "tp")
    venue.fall("61400")
    assert held(venue) == 0


@row
async def create_trigger_limit(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(SYMBOL, "limit", "sell", 1, 61450, {"triggerPrice": 61500})
    venue.fall("61400")
    told, state = await found(client, made)
    assert (state, told["triggerPrice"], told["price"]) == ("effective", 61500, 61450)
    (rests,) = await client.fetch_open_orders(SYMBOL)
    assert (rests["price"], rests["info"]["ordId"]) == (61450, told["info"]["ordId"])
    venue.rest(BUY, "61450", 100)
    assert (await became(client, made))["status"] == "closed"


@row
async def create_trigger_that_rises(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(SYMBOL, "market", "buy", 1, None, {"triggerPrice": 61800})
    venue.trade("61700")
    assert (await found(client, made))[1] == "live"
    venue.clear()
    venue.rest(SELL, "61800", 200)
    venue.rest(BUY, "61800", 1, ERIN)
    assert (await became(client, made))["average"] == 61800


@row
async def create_by_mark_price(venue: OkxVenue, client: Any) -> None:
    asked = {"stopLossPrice": 61500, "slTriggerPxType": "mark"}
    made = await client.create_order(*STOP, asked)
    venue.fall("61499")
    assert (await found(client, made))[1] == "live"
    venue.mark("61500")
    assert (await found(client, made))[1] == "effective"


@row
async def create_of_the_whole_position(venue: OkxVenue, client: Any) -> None:
    await long(client, 3)
    asked = {"stopLossPrice": 61500, "closeFraction": "1", "reduceOnly": True}
    made = await client.create_order(*STOP, asked)
    await long(client, 2)
    venue.fall("61499")
    assert (await became(client, made))["filled"] == 5
    assert held(venue) == 0


@row
async def closed_positions_end_what_is_bound_to_them(venue: OkxVenue, client: Any) -> None:
    await long(client)
    whole = {"stopLossPrice": 61500, "closeFraction": "1", "reduceOnly": True}
    part = {"takeProfitPrice": 62000, "reduceOnly": True}
    ended = [
        await client.create_order(*STOP, whole),
        await client.create_order(*STOP, {**part, "cxlOnClosePos": True}),
    ]
    stays = await client.create_order(*STOP, part)
    await client.create_order(*STOP)
    for made in ended:
        assert (await found(client, made))[1] == "canceled"
    assert (await found(client, stays))[1] == "live"
    venue.fall("62000")
    told, state = await found(client, stays)
    assert (state, told["info"]["failCode"]) == ("order_failed", "51169")


@row
async def create_trailing_stop(venue: OkxVenue, client: Any) -> None:
    await long(client)
    asked = {"trailingPercent": "1", "activePx": "61800", "reduceOnly": True}
    made = await client.create_order(*STOP, asked)
    (told,) = await client.fetch_open_orders(SYMBOL, None, None, {"trailing": True})
    assert (told["id"], told["info"]["callbackRatio"]) == (made["id"], "0.01")
    venue.clear()
    for price in ("61000", "62000", "63000", "62370.1"):
        venue.trade(price)
        assert (await found(client, made))[1] == "live", price
    assert (await found(client, made))[0]["triggerPrice"] == 62370
    venue.trade("62370", 1000)
    assert (await found(client, made))[1] == "effective"
    assert held(venue) == 0


@row
async def reduce_only_is_cut_to_the_position(venue: OkxVenue, client: Any) -> None:
    await long(client, 1)
    made = await client.create_order(
        SYMBOL, "market", "sell", 3, None, {"stopLossPrice": 61500, "reduceOnly": True}
    )
    venue.fall("61499")
    assert (await became(client, made))["filled"] == 1
    assert held(venue) == 0


@row
async def margin_is_asked_for_when_it_triggers(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(SYMBOL, "market", "sell", 600, None, {"triggerPrice": 61500})
    assert (await client.fetch_balance())["USDT"]["used"] == 0
    venue.fall("61499")
    told, state = await found(client, made)
    assert (state, told["status"]) == ("order_failed", "canceled")
    assert told["info"]["failCode"] == "51008"


@row
async def fetch_order_by_client_id(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(*STOP, {"stopLossPrice": 61500, "algoClOrdId": "mine"})
    told = await client.fetch_order(None, SYMBOL, {**HERE, "clientOrderId": "mine"})
    assert told["id"] == made["id"]
    with pytest.raises(ccxt.OrderNotFound):
        await client.fetch_order(None, SYMBOL, {**HERE, "clientOrderId": "other"})


@row
async def fetch_open_orders(venue: OkxVenue, client: Any) -> None:
    stop = await client.create_order(*STOP, {"stopLossPrice": 61500})
    both = await client.create_order(*OCO, {"stopLossPrice": 61500, "takeProfitPrice": 62000})
    trigger = await client.create_order(*STOP, {"triggerPrice": 61500})
    for asked, orders in (
        (HERE, [trigger]), (STOPS, [stop]), ({"ordType": "conditional,oco", **HERE}, [stop, both]),
    ):  # fmt: skip
        told = await client.fetch_open_orders(SYMBOL, None, None, asked)
        assert {each["id"] for each in told} == {each["id"] for each in orders}
    assert await client.fetch_open_orders(SYMBOL) == []


@row
async def fetch_done_orders(venue: OkxVenue, client: Any) -> None:
    first = await client.create_order(*STOP, {"stopLossPrice": 61500})
    second = await client.create_order(*STOP, {"stopLossPrice": 61400})
    await client.cancel_order(first["id"], SYMBOL, HERE)
    venue.fall("61399")
    (told,) = await client.fetch_canceled_orders(SYMBOL, None, None, STOPS)
    assert told["id"] == first["id"]
    (told,) = await client.fetch_closed_orders(SYMBOL, None, None, STOPS)
    assert told["id"] == second["id"]


@row
async def edit_order(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(*STOP, {"stopLossPrice": 61500})
    asked = {"stopLossPrice": 61300, "newSlOrdPx": "-1"}
    await client.edit_order(made["id"], SYMBOL, "conditional", "sell", 2, None, asked)
    told, _ = await found(client, made)
    assert (told["stopLossPrice"], told["amount"]) == (61300, 2)
    venue.fall("61301")
    assert (await found(client, made))[1] == "live"
    venue.fall("61300")
    assert (await became(client, made))["filled"] == 2


@row
async def cancel_order(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(*STOP, {"stopLossPrice": 61500})
    assert (await client.cancel_order(made["id"], SYMBOL, HERE))["id"] == made["id"]
    assert (await found(client, made))[1] == "canceled"
    with pytest.raises(ccxt.BaseError, match="51400"):
        await client.cancel_order(made["id"], SYMBOL, HERE)
    venue.fall("61499")
    assert await client.fetch_my_trades(SYMBOL) == []


@row
async def cancel_orders_by_client_id(venue: OkxVenue, client: Any) -> None:
    for name in ("one", "two"):
        await client.create_order(*STOP, {"stopLossPrice": 61500, "clientOrderId": name})
    asked = {**HERE, "clientOrderId": ["one", "two"]}
    assert len(await client.cancel_orders([], SYMBOL, asked)) == 2
    assert await client.fetch_open_orders(SYMBOL, None, None, STOPS) == []


@row
async def create_that_would_trigger(venue: OkxVenue, client: Any) -> None:
    cases = (("buy", "takeProfitPrice", "51277"), ("buy", "stopLossPrice", "51278"),
             ("sell", "takeProfitPrice", "51279"), ("sell", "stopLossPrice", "51280"))  # fmt: skip
    for side, name, code in cases:
        with pytest.raises(ccxt.InvalidOrder, match=code):
            await client.create_order(SYMBOL, "market", side, 1, None, {name: 61700})


@row
async def create_with_a_client_id_in_use(venue: OkxVenue, client: Any) -> None:
    asked = {"stopLossPrice": 61500, "clientOrderId": "mine"}
    made = await client.create_order(*STOP, asked)
    with pytest.raises(ccxt.BaseError, match="51065"):
        await client.create_order(*STOP, asked)
    await client.cancel_order(made["id"], SYMBOL, HERE)
    assert (await client.create_order(*STOP, asked))["id"] != made["id"]


@stream
async def watch_orders(venue: OkxVenue, client: Any) -> None:
    await client.load_markets()
    asked = {"stopLossPrice": 61500, "clientOrderId": "mine"}

    def watch() -> Awaitable[Any]:
        found: Awaitable[Any] = client.watch_orders(SYMBOL, None, None, HERE)
        return found

    (order,) = await after(watch(), lambda: client.create_order(*STOP, asked))
    assert (order["status"], order["clientOrderId"]) == ("open", "mine")
    assert (order["stopLossPrice"], order["info"]["state"]) == (61500, "live")
    (order,) = await after(watch(), lambda: venue.fall("61499"))
    assert (order["status"], order["info"]["state"]) == ("closed", "effective")
    (other,) = await after(watch(), lambda: client.create_order(*STOP, {"stopLossPrice": 61400}))
    cancel = lambda: client.cancel_order(other["id"], SYMBOL, HERE)  # noqa: E731
    (order,) = await after(watch(), cancel)
    assert (order["status"], order["id"]) == ("canceled", other["id"])


@pytest.fixture(autouse=True)
def market(okx: OkxVenue) -> None:
    """Five coins a side, and somebody else to trade with."""
    okx.other()
    okx.quote()


@pytest.mark.parametrize("name", CALLS)
async def test_ccxt_does(name: str, okx: OkxVenue) -> None:
    await CALLS[name](okx, okx.client())


@pytest.mark.parametrize("name", STREAMS)
async def test_ccxt_pro_does(name: str, okx: OkxVenue) -> None:
    await STREAMS[name](okx, okx.client(ccxt.pro.okx))
