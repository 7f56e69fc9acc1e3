"""What the exchange refuses, in Binance's codes; and that nothing else changes."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp
import ccxt
import pytest

from infra.exchange.dialects.binance.weights import Limits
from tests.exchange.conftest import ALICE, SYMBOL, Venue

ORDER = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
    "quantity": "0.01", "price": "61000",
}  # fmt: skip


def now() -> int:
    return int(time.time() * 1000)


async def send(
    venue: Venue, params: dict[str, Any], method: str = "POST", path: str = "/fapi/v1/order",
    key: str = ALICE.name, secret: str = ALICE.secret, body: bytes | None = None,
) -> tuple[int, Any]:  # fmt: skip
    """A signed request, or a body as it is; the status and the code."""
    payload = urlencode({"timestamp": now(), **params})
    signature = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    data = body if body is not None else f"{payload}&signature={signature}".encode()
    url = f"http://{venue.running.address}{path}"
    headers = {"X-MBX-APIKEY": key, "Content-Type": "application/x-www-form-urlencoded"}
    async with aiohttp.ClientSession() as session:
        answer = await session.request(method, url, data=data, headers=headers)
        text = await answer.text()
        return answer.status, json.loads(text) if text.startswith(("{", "[")) else text


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"symbol": "NOPE"}, -1121),
    ({"symbol": ""}, -1102),
    ({"side": "HOLD"}, -1117),
    ({"type": "STOP_MARKET"}, -4120),
    ({"type": "ODD"}, -1116),
    ({"timeInForce": "ODD"}, -1115),
    ({"quantity": "NaN"}, -1100),
    ({"quantity": "-1"}, -1100),
    ({"quantity": "1e3"}, -1100),
    ({"quantity": "0"}, -4003),
    ({"quantity": "0.0001"}, -1111),
    ({"quantity": "99999999999999999999"}, -4005),
    ({"quantity": "٣"}, -1100),
    ({"price": "Infinity"}, -1100),
    ({"price": "0"}, -4006),
    ({"price": "61000.05"}, -1111),
    ({"price": "99000"}, -4016),
    ({"side": "SELL", "price": "40000"}, -4024),
    ({"quantity": "0.001", "price": "4000", "side": "BUY"}, -4013),
    ({"symbol": "XRPUSDT", "quantity": "1", "price": "0.6"}, -4164),
    ({"reduceOnly": "maybe"}, -1100),
    ({"reduceOnly": "true"}, -2022),
    ({"positionSide": "LONG"}, -4061),
    ({"newClientOrderId": "x" * 37}, -4015),
    ({"newClientOrderId": "a b"}, -1100),
    ({"quantity": "100"}, -2019),
    ({"quantity": "200"}, -2027),
    ({"selfTradePreventionMode": "ODD"}, -1100),
    ({"recvWindow": "60001"}, -1130),
    ({"timestamp": "abc"}, -1100),
    ({"timestamp": ""}, -1102),
    ({"timestamp": now() - 86_400_000}, -1021),
    ({"timestamp": now() + 86_400_000}, -1021),
]


async def test_an_order_is_refused_in_the_venues_codes(venue: Venue) -> None:
    venue.quote()
    before = venue.exchange.usdm.words()
    for change, code in REFUSED:
        status, told = await send(venue, {**ORDER, **change})
        assert (status, told["code"]) == (400, code), (change, told)
    after = venue.exchange.usdm.words()
    assert [before[0], *before[2:]] == [after[0], *after[2:]], "but the count of commands"


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
    for batch in ("[", "{}", "[1]", "[" * 5000, "[]"):
        _, told = await send(venue, {"batchOrders": batch}, path="/fapi/v1/batchOrders")
        assert told["code"] in (-1100, -4082)


async def test_a_client_id_is_free_again_once_its_order_is_done(venue: Venue) -> None:
    client = venue.client()
    arguments = (SYMBOL, "limit", "buy", 0.01, 61000, {"clientOrderId": "mine"})
    first = await client.create_order(*arguments)
    with pytest.raises(ccxt.BaseError, match="-4116"):
        await client.create_order(*arguments)
    await client.cancel_order(first["id"], SYMBOL)
    second = await client.create_order(*arguments)
    found = await client.fetch_order(None, SYMBOL, {"origClientOrderId": "mine"})
    assert found["id"] == second["id"] != first["id"]


async def test_over_the_weight_is_429_and_then_418(venue: Venue) -> None:
    weights = venue.exchange.binance_usdm.weights
    weights.limits = Limits(weight=30, patience=3)
    path = "/fapi/v1/depth?symbol=BTCUSDT"
    found = [(await send(venue, {}, "GET", path))[0] for _ in range(8)]
    assert found == [200, 200, 200, 429, 429, 429, 418, 418]
    with pytest.raises(ccxt.DDoSProtection):
        await venue.client().fetch_order_book(SYMBOL)


async def test_too_many_orders(venue: Venue) -> None:
    venue.exchange.binance_usdm.weights.limits = Limits(orders_ten_seconds=3)
    found = [(await send(venue, ORDER))[0] for _ in range(5)]
    assert found[:3] == [200, 200, 200]
    assert found[4] == 429


async def test_ccxt_with_a_clock_of_yesterday(venue: Venue) -> None:
    client = venue.client()
    await client.load_markets()
    venue.exchange.clock.skew = 86_400 * 10**9
    with pytest.raises(ccxt.InvalidNonce, match="-1021"):
        await client.fetch_balance()
    await client.load_time_difference()
    client.options["adjustForTimeDifference"] = True
    assert (await client.fetch_balance())["USDT"]["total"] == 1e5
