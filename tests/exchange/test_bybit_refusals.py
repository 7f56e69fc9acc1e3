"""What the exchange refuses, in Bybit's codes; and that nothing else changes."""

from __future__ import annotations

import time
from typing import Any

import ccxt.async_support as ccxt
import pytest

from infra.exchange.accounts import Key
from infra.exchange.clock import Clock
from infra.exchange.dialects.bybit.errors import Forbidden
from infra.exchange.dialects.bybit.limits import Limits, Usage
from infra.exchange.dialects.bybit.shapes import order_id
from tests.exchange.bybit_venue import ALICE, SYMBOL, Bybit

ORDER: dict[str, Any] = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit",
    "qty": "0.01", "price": "61000", "timeInForce": "GTC",
}  # fmt: skip
CREATE = "/v5/order/create"
HUGE = "9" * 400


MARKET = {"orderType": "Market", "slippageToleranceType": "TickSize"}


def stop(venue: Bybit) -> None:
    """Let the venue's time stand still."""
    at = time.time_ns()
    venue.section.clock.source = lambda: at


def now() -> int:
    return int(time.time() * 1000)


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"category": "spot"}, 10001),
    ({"category": "odd"}, 10001),
    ({"category": None}, 10001),
    ({"symbol": "NOPE"}, 10001),
    ({"symbol": "btcusdt"}, 10001),
    ({"symbol": ["BTCUSDT"]}, 10001),
    ({"side": "Hold"}, 10001),
    ({"side": "buy"}, 10001),
    ({"orderType": "Stop"}, 10001),
    ({"timeInForce": "ODD"}, 10001),
    ({"timeInForce": "RPI"}, 110119),
    ({"qty": "NaN"}, 10001),
    ({"qty": "-1"}, 10001),
    ({"qty": "1e3"}, 10001),
    ({"qty": "0"}, 10001),
    ({"qty": 0.01}, 10001),
    ({"qty": "0.0001"}, 10001),
    ({"qty": "٣"}, 10001),
    ({"qty": "99999999999999999999"}, 10001),
    ({"qty": HUGE}, 10001),
    ({"price": "Infinity"}, 10001),
    ({"price": "0"}, 10001),
    ({"price": ""}, 10001),
    ({"price": "61000.05"}, 10001),
    ({"price": "1000"}, 110003),
    ({"positionIdx": 1}, 10001),
    ({"positionIdx": "x"}, 10001),
    ({"positionIdx": True}, 10001),
    ({"reduceOnly": "true"}, 10001),
    ({"reduceOnly": True}, 110017),
    ({"takeProfit": "70000"}, 10001),
    ({"smpType": "ODD"}, 10001),
    ({"orderLinkId": "x" * 37}, 10001),
    ({"orderLinkId": "a b"}, 10001),
    ({"orderLinkId": "a.b"}, 10001),
    ({"orderLinkId": "ü"}, 10001),
    ({"orderLinkId": 7}, 10001),
    ({"qty": "25", "price": "61000"}, 110007),
    ({"symbol": "XRPUSDT", "qty": "1", "price": "0.6"}, 110094),
    ({"qty": "400"}, 110090),
    ({**MARKET, "slippageTolerance": "0"}, 110108),
    ({**MARKET, "slippageToleranceType": "Percent", "slippageTolerance": "11"}, 110109),
]  # fmt: skip


async def test_an_order_is_refused_in_the_venues_codes(bybit: Bybit) -> None:
    bybit.quote()
    bybit.section.limits = Limits(times=100)
    bybit.section.usage.limits = bybit.section.limits
    before = bybit.house.words()
    for change, code in REFUSED:
        status, told, _ = await bybit.send(CREATE, {**ORDER, **change})
        assert (status, told["retCode"]) == (200, code), (change, told)
        assert (told["result"], told["retExtInfo"]) == ({}, {})
    after = bybit.house.words()
    assert [before[0], *before[2:]] == [after[0], *after[2:]], "but the count of commands"
    assert bybit.account(ALICE).orders == {}


async def test_keys_times_and_signatures(bybit: Bybit) -> None:
    async def code(headers: dict[str, str], key: Key = ALICE) -> int:
        return int((await bybit.send(CREATE, ORDER, headers=headers, key=key))[1]["retCode"])

    assert await code({}, Key("alice", "other")) == 10004
    assert await code({}, Key("nobody", "other")) == 10003
    assert await code({"X-BAPI-API-KEY": ""}) == 10001
    assert await code({"X-BAPI-SIGN": ""}) == 10001
    assert await code({"X-BAPI-SIGN": "0" * 64}) == 10004
    assert await code({"X-BAPI-SIGN": "\xff"}) == 10004
    assert await code({"X-BAPI-TIMESTAMP": str(now() - 6_000)}) == 10002
    assert await code({"X-BAPI-TIMESTAMP": str(now() + 5_000)}) == 10002
    assert await code({"X-BAPI-TIMESTAMP": "later"}) == 10001
    assert await code({"X-BAPI-TIMESTAMP": str(now() - 6_000), "X-BAPI-RECV-WINDOW": "60000"}) == 0
    assert await code({"X-BAPI-RECV-WINDOW": "-1"}) == 10001


async def test_a_changed_body_or_query_is_not_signed(bybit: Bybit) -> None:
    signed = "category=linear&symbol=BTCUSDT"
    assert (await bybit.send("/v5/position/list", signed, "GET"))[1]["retCode"] == 0
    path = "/v5/position/list?x=1&"
    _, told, _ = await bybit.send(path.rstrip("?"), signed, "GET")
    assert told["retCode"] == 10004


async def test_bodies_that_are_no_requests(bybit: Bybit) -> None:
    for body in (b"\xff\xfe\x00", b'{"a":', b"[]", b"1", b"", b"[" * 5000, b'{"a":NaN}', b"null"):
        status, told, _ = await bybit.send(CREATE, body)
        assert (status, told["retCode"]) == (200, 10001), body
    assert (await bybit.send(CREATE, b"a" * (1 << 17)))[0] == 413
    batch = "/v5/order/create-batch"
    batches: list[Any] = [None, {}, [], [1], [[]], [ORDER] * 21]
    for orders in batches:
        _, told, _ = await bybit.send(batch, {"category": "linear", "request": orders})
        codes = [each["code"] for each in told["retExtInfo"].get("list", [])]
        assert told["retCode"] == 10001 or set(codes) == {10001}, orders
    assert bybit.account(ALICE).orders == {}


async def test_queries_that_are_none(bybit: Bybit) -> None:
    for path, query in (
        ("/v5/order/realtime", "category=linear"),
        ("/v5/order/realtime", "category=linear&symbol=BTCUSDT&cursor=x"),
        ("/v5/order/realtime", "category=linear&symbol=BTCUSDT&limit=51"),
        ("/v5/order/history", "category=linear&orderStatus=Odd"),
        ("/v5/order/history", "category=linear&startTime=1&endTime=999999999999"),
        ("/v5/execution/list", "category=odd"),
        ("/v5/position/list", "category=linear"),
        ("/v5/account/wallet-balance", "accountType=SPOT"),
        ("/v5/market/kline", "category=linear&symbol=BTCUSDT&interval=7"),
        ("/v5/market/orderbook", "category=linear&symbol=BTCUSDT&limit=0"),
        ("/v5/market/tickers", "category=linear&symbol=%00"),
    ):
        status, told, _ = await bybit.send(path, query, "GET")
        assert (status, told["retCode"]) == (200, 10001), (path, query)


async def test_a_link_is_of_one_order_for_ever(bybit: Bybit) -> None:
    client = bybit.client()
    arguments = (SYMBOL, "limit", "buy", 0.01, 61000, {"clientOrderId": "mine"})
    first = await client.create_order(*arguments)
    await client.cancel_order(first["id"], SYMBOL)
    with pytest.raises(ccxt.InvalidOrder, match="110072"):
        await client.create_order(*arguments)
    with pytest.raises(ccxt.InvalidOrder, match="110072"):
        await client.create_order("ETH/USDT:USDT", "limit", "buy", 0.1, 2600, arguments[-1])
    assert len(bybit.account(ALICE).orders) == 1


async def test_orders_and_links_of_others_are_unknown(bybit: Bybit) -> None:
    order = bybit.rest(0, "61000", 10)
    client = bybit.client()
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order(order_id(order), SYMBOL)
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order(None, SYMBOL, {"orderLinkId": order.wish.client})
    assert order.status.live


async def test_over_the_limit_of_an_endpoint(bybit: Bybit) -> None:
    stop(bybit)
    found = [await bybit.send(CREATE, ORDER) for _ in range(12)]
    assert [told["retCode"] for _, told, _ in found] == [0] * 10 + [10006] * 2
    left = [headers["X-Bapi-Limit-Status"] for *_, headers in found]
    assert left == [str(n) for n in range(9, -1, -1)] + ["0", "0"]
    assert {headers["X-Bapi-Limit"] for *_, headers in found} == {"10"}
    reset = int(found[-1][2]["X-Bapi-Limit-Reset-Timestamp"])
    assert reset == bybit.section.clock.milliseconds() + 1000
    assert len(bybit.account(ALICE).orders) == 10


async def test_orders_of_a_batch_beyond_the_limit_are_refused_alone(bybit: Bybit) -> None:
    stop(bybit)
    asked = {"category": "linear", "request": [ORDER] * 12}
    _, told, _ = await bybit.send("/v5/order/create-batch", asked)
    codes = [each["code"] for each in told["retExtInfo"]["list"]]
    assert (told["retCode"], codes) == (0, [0] * 10 + [10006] * 2)
    assert [bool(each["orderId"]) for each in told["result"]["list"]] == [True] * 10 + [False] * 2


async def test_an_address_that_asks_too_often_is_forbidden(bybit: Bybit) -> None:
    bybit.section.usage.limits = Limits(visits=3)
    query = "category=linear&symbol=BTCUSDT"
    found = [(await bybit.send("/v5/market/orderbook", query, "GET"))[0] for _ in range(5)]
    assert found == [200, 200, 200, 403, 403]
    with pytest.raises(ccxt.RateLimitExceeded):
        await bybit.client().fetch_time()


def test_a_ban_is_over_after_ten_minutes() -> None:
    at = [0]
    usage = Usage(Clock(lambda: at[0] * 10**9), Limits(visits=1))
    usage.visit("a")
    for second, forbidden in ((1, True), (6, True), (599, True), (601, False)):
        at[0] = second
        if forbidden:
            with pytest.raises(Forbidden):
                usage.visit("a")
        else:
            usage.visit("a")


async def test_conditional_orders_are_never_open(bybit: Bybit) -> None:
    client = bybit.client()
    await client.create_order(SYMBOL, "limit", "buy", 0.01, 61000)
    assert await client.fetch_open_orders(SYMBOL, params={"trigger": True}) == []
    assert await client.cancel_all_orders(SYMBOL, {"trigger": True}) == []
    assert len(await client.fetch_open_orders(SYMBOL)) == 1


async def test_what_unified_accounts_may_not_ask(bybit: Bybit) -> None:
    asked = {"category": "linear", "symbol": "BTCUSDT", "tradeMode": 1}
    _, told, _ = await bybit.send("/v5/position/switch-isolated", asked)
    assert told["retCode"] == 100028
