"""What spot refuses, in Binance's codes and words; and that nothing else changes."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp
import ccxt
import ccxt.async_support
import pytest

from engine.matching.codes import BUY
from infra.exchange.dialects.binance.weights import Limits
from tests.exchange.conftest import ALICE, Venue
from tests.exchange.spot_desk import SYMBOL, money, quote, rest

ORDER = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
    "quantity": "0.01", "price": "61000",
}  # fmt: skip
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
PATH = "/api/v3/order"


def now() -> int:
    return int(time.time() * 1000)


async def send(
    venue: Venue, params: dict[str, Any], method: str = "POST", path: str = PATH,
    key: str = ALICE.name, secret: str = ALICE.secret, body: bytes | None = None,
) -> tuple[int, Any]:  # fmt: skip
    """A signed request, or a body as it is; the status and what is told."""
    payload = urlencode({"timestamp": now(), **params})
    signature = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    data = body if body is not None else f"{payload}&signature={signature}".encode()
    url = f"http://{venue.running.address}{path}"
    headers = {"X-MBX-APIKEY": key, "Content-Type": "application/x-www-form-urlencoded"}
    async with aiohttp.ClientSession() as session:
        answer = await session.request(method, url, data=data, headers=headers)
        text = await answer.text()
        return answer.status, json.loads(text) if text.startswith(("{", "[")) else text


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"symbol": "NOPE"}, -1121, "Invalid symbol."),
    ({"symbol": ""}, -1102, "'symbol'"),
    ({"side": "HOLD"}, -1117, "Invalid side."),
    ({"type": "ODD"}, -1116, "Invalid orderType."),
    ({"type": "STOP_LOSS_LIMIT", "stopPrice": "1"}, -2010, "Stop loss limit orders"),
    ({"timeInForce": "ODD"}, -1115, "Invalid timeInForce."),
    ({"timeInForce": ""}, -1102, "'timeInForce'"),
    ({"quantity": ""}, -1102, "'quantity'"),
    ({"price": ""}, -1102, "'price'"),
    ({"quantity": "NaN"}, -1100, "'quantity'"),
    ({"quantity": "-1"}, -1100, "'quantity'"),
    ({"quantity": "1e3"}, -1100, "'quantity'"),
    ({"quantity": "٣"}, -1100, "'quantity'"),
    ({"quantity": "0"}, -1013, "Invalid quantity."),
    ({"quantity": "0.000000001"}, -1111, "too much precision"),
    ({"quantity": "0.000001"}, -1013, "Filter failure: LOT_SIZE"),
    ({"quantity": "0.010001"}, -1013, "Filter failure: LOT_SIZE"),
    ({"quantity": "99999999999999999999"}, -1013, "Filter failure: LOT_SIZE"),
    ({"price": "Infinity"}, -1100, "'price'"),
    ({"price": "0"}, -1013, "Invalid price."),
    ({"price": "61000.005"}, -1013, "Filter failure: PRICE_FILTER"),
    ({"price": "61000.000000001"}, -1111, "Precision"),
    ({"price": "1"}, -1013, "Filter failure: PRICE_FILTER"),
    ({"price": "75000"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    ({"side": "SELL", "price": "49000"}, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    ({"quantity": "0.00005"}, -1013, "Filter failure: NOTIONAL"),
    ({"quantity": "150"}, -1013, "Filter failure: NOTIONAL"),
    ({"quoteOrderQty": "10"}, -1106, "'quoteOrderQty' sent when not required"),
    ({"stopPrice": "10"}, -1106, "'stopPrice' sent when not required"),
    ({"icebergQty": "0.001"}, -2010, "Iceberg orders"),
    ({"type": "LIMIT_MAKER"}, -1106, "'timeInForce' sent when not required"),
    ({"newClientOrderId": "x" * 37}, -1100, "^[a-zA-Z0-9-_]{1,36}$"),
    ({"newClientOrderId": "a.b"}, -1100, "'newClientOrderId'"),
    ({"newOrderRespType": "ODD"}, -1100, "'newOrderRespType'"),
    ({"selfTradePreventionMode": "ODD"}, -1100, "'selfTradePreventionMode'"),
    ({"quantity": "2"}, -2010, "Account has insufficient balance for requested action."),
    ({"side": "SELL", "price": "62000", "quantity": "2"}, -2010, "insufficient balance"),
    ({"recvWindow": "60001"}, -1131, "recvWindow"),
    ({"timestamp": "abc"}, -1100, "'timestamp'"),
    ({"timestamp": ""}, -1102, "'timestamp'"),
    ({"timestamp": now() - 86_400_000}, -1021, "outside of the recvWindow"),
    ({"timestamp": now() + 86_400_000}, -1021, "ahead of the server's time"),
]
OF_MARKET: list[tuple[dict[str, Any], int, str]] = [
    ({"price": "61000"}, -1106, "'price' sent when not required"),
    ({"timeInForce": "GTC"}, -1106, "'timeInForce' sent when not required"),
    ({"quantity": ""}, -1102, "'quantity'"),
    ({"quoteOrderQty": "10"}, -1128, "Combination of optional parameters invalid."),
    ({"quantity": "", "quoteOrderQty": "4"}, -1013, "Filter failure: NOTIONAL"),
    ({"quantity": "", "quoteOrderQty": "NaN"}, -1100, "'quoteOrderQty'"),
    ({"quantity": "", "quoteOrderQty": "150000"}, -2010, "insufficient balance"),
    ({"symbol": "ETHUSDT", "quantity": "", "quoteOrderQty": "10"}, -2010, "liquidity"),
    ({"quantity": "0.00005"}, -1013, "Filter failure: NOTIONAL"),
    ({"quantity": "2"}, -2010, "insufficient balance"),
    ({"side": "SELL", "quantity": "2"}, -2010, "insufficient balance"),
]


async def test_an_order_is_refused_in_the_venues_codes(venue: Venue) -> None:
    quote(venue)
    house = venue.exchange.spot
    before = house.words()
    for order, refused in ((ORDER, REFUSED), (MARKET, OF_MARKET)):
        for change, code, words in refused:
            status, told = await send(venue, {**order, **change})
            assert (status, told.get("code")) == (400, code), (change, told)
            assert words in told["msg"], change
    after = house.words()
    assert [before[0], *before[2:]] == [after[0], *after[2:]], "but the count of commands"
    assert not house.keys[ALICE.name].orders


async def test_keys_and_signatures(venue: Venue) -> None:
    assert (await send(venue, ORDER, secret="other"))[1]["code"] == -1022
    assert (await send(venue, ORDER, key="nobody"))[1]["code"] == -2015
    assert (await send(venue, ORDER, key=""))[1]["code"] == -2014
    signed = urlencode({**ORDER, "timestamp": now()})
    assert (await send(venue, {}, body=signed.encode()))[1]["code"] == -1102
    assert (await send(venue, {}, body=signed.encode() + b"&signature=%ff"))[1]["code"] == -1022


async def test_bodies_that_are_no_requests(venue: Venue) -> None:
    for body in (b"\xff\xfe\x00", b'{"a":', b"=&=&=", b"a" * 1000):
        status, told = await send(venue, {}, body=body)
        assert (status, told["code"]) == (400, -1102)
    status, _ = await send(venue, {}, body=b"a" * (1 << 17))
    assert status == 413
    for symbols in ("[", "{}", "[1]", "[]", '["NOPE"]', "[" * 2000):
        path = f"/api/v3/ticker/bookTicker?{urlencode({'symbols': symbols})}"
        status, told = await send(venue, {}, "GET", path)
        assert (status, told["code"] in (-1100, -1121)) == (400, True), symbols


async def test_an_order_is_asked_about_and_withdrawn_as_the_venue_does(venue: Venue) -> None:
    for method, params, code in (
        ("GET", {"orderId": "99"}, -2013),
        ("GET", {"origClientOrderId": "nobody"}, -2013),
        ("GET", {}, -1102),
        ("DELETE", {"orderId": "99"}, -2011),
        ("DELETE", {}, -1102),
        ("DELETE", {"orderId": "x"}, -1100),
    ):
        _, told = await send(venue, {"symbol": "BTCUSDT", **params}, method)
        assert told["code"] == code, (method, params)
    _, told = await send(venue, {"symbol": "BTCUSDT"}, "DELETE", "/api/v3/openOrders")
    assert (told["code"], told["msg"]) == (-2011, "Unknown order sent.")


async def test_a_client_id_is_free_again_once_its_order_is_done(venue: Venue) -> None:
    client = venue.client(ccxt.async_support.binance)
    arguments = (SYMBOL, "limit", "buy", 0.01, 61000, {"clientOrderId": "mine"})
    first = await client.create_order(*arguments)
    with pytest.raises(ccxt.InvalidOrder, match="Duplicate order sent"):
        await client.create_order(*arguments)
    await client.cancel_order(first["id"], SYMBOL)
    second = await client.create_order(*arguments)
    found = await client.fetch_order(None, SYMBOL, {"clientOrderId": "mine"})
    assert found["id"] == second["id"] != first["id"]


REPLACE = {**ORDER, "price": "61100", "cancelReplaceMode": "STOP_ON_FAILURE"}


async def test_a_replacement_that_is_not_done_or_half_done(venue: Venue) -> None:
    """-2022 where nothing was done, -2021 where one of both was; filters are judged before."""
    path = f"{PATH}/cancelReplace"
    _, made = await send(venue, ORDER)
    mine = {"cancelOrderId": made["orderId"]}

    async def replace(**change: Any) -> tuple[int, Any]:
        return await send(venue, {**REPLACE, **change}, path=path)

    assert (await replace())[1]["code"] == -1102
    assert (await replace(**mine, price="1"))[1]["code"] == -1013
    assert (await replace(**mine, cancelReplaceMode="ODD"))[1]["code"] == -1100
    _, found = await send(venue, {"symbol": "BTCUSDT", "orderId": made["orderId"]}, "GET")
    assert found["status"] == "NEW"
    status, told = await replace(cancelOrderId=99)
    assert (status, told["code"]) == (400, -2022)
    assert told["data"] == {
        "cancelResult": "FAILURE",
        "newOrderResult": "NOT_ATTEMPTED",
        "cancelResponse": {"code": -2011, "msg": "Unknown order sent."},
        "newOrderResponse": None,
    }
    status, told = await replace(cancelOrderId=99, cancelReplaceMode="ALLOW_FAILURE")
    assert (status, told["code"]) == (409, -2021)
    assert told["data"]["newOrderResponse"]["status"] == "NEW"
    status, told = await replace(**mine, quantity="3")
    assert (status, told["code"]) == (409, -2021)
    assert told["data"]["newOrderResponse"]["code"] == -2010
    _, found = await send(venue, {"symbol": "BTCUSDT", "orderId": made["orderId"]}, "GET")
    assert found["status"] == "CANCELED"


async def test_too_many_open_orders_of_a_market(venue: Venue) -> None:
    for _ in range(200):
        rest(venue, BUY, "61000", 0.001, ALICE)
    _, told = await send(venue, ORDER)
    assert told["msg"] == "Filter failure: MAX_NUM_ORDERS"
    status, _ = await send(venue, {**ORDER, "symbol": "ETHUSDT", "price": "2600"})
    assert status == 200


async def test_over_the_weight_is_429_and_then_418(venue: Venue) -> None:
    """Weights of spot and of USD-M are counted apart."""
    weights = venue.exchange.binance_spot.weights
    weights.limits = Limits(weight=15, patience=3)
    path = "/api/v3/depth?symbol=BTCUSDT"
    found = [(await send(venue, {}, "GET", path))[0] for _ in range(8)]
    assert found == [200, 200, 200, 429, 429, 429, 418, 418]
    assert (await send(venue, {}, "GET", "/fapi/v1/depth?symbol=BTCUSDT"))[0] == 200


async def test_too_many_orders(venue: Venue) -> None:
    venue.exchange.binance_spot.weights.limits = Limits(orders_ten_seconds=100, orders_day=3)
    found = [(await send(venue, ORDER))[0] for _ in range(5)]
    assert found == [200, 200, 200, 429, 429]


async def test_messages_that_are_no_requests_of_the_websocket_api(venue: Venue) -> None:
    url = f"ws://{venue.running.address}/ws-api/v3"
    asked = {"id": 7, "method": "order.place", "params": ORDER}
    unsigned = {**asked, "params": {**ORDER, "apiKey": ALICE.name, "timestamp": now()}}
    cases = (
        ("{", -1100), ("[]", -1100), ('{"id":7,"method":"nope"}', -1106),
        (json.dumps(asked), -2014), (json.dumps(unsigned), -1102),
        ('{"id":7,"method":"userDataStream.subscribe.signature"}', -2014),
        ('{"id":7,"method":"depth","params":[1]}', -1100),
    )  # fmt: skip
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        for text, code in cases:
            await socket.send_str(text)
            told = await socket.receive_json(timeout=30)
            assert (told["error"]["code"], told["status"] >= 400) == (code, True), text
    assert money(venue, "USDT", ALICE) == (100_000, 0)


async def test_other_rules_hold_for_spot_too(venue: Venue) -> None:
    """What a fault of filters changes is told and asked for."""
    market = venue.exchange.spot.listing.markets[0]
    market.rule(market.ruled("1", "0.001", "0.01", "100"))
    client = venue.client(ccxt.async_support.binance)
    found = (await client.load_markets())[SYMBOL]
    assert found["precision"]["price"] == 1
    assert found["precision"]["amount"] == 0.001
    assert (found["limits"]["amount"]["min"], found["limits"]["cost"]["min"]) == (0.01, 100)
    for change, words in (
        ({"price": "61000.5"}, "PRICE_FILTER"),
        ({"quantity": "0.0101"}, "LOT_SIZE"),
        ({"quantity": "0.009"}, "LOT_SIZE"),
    ):
        _, told = await send(venue, {**ORDER, **change})
        assert words in told["msg"]
