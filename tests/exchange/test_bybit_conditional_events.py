"""Conditional orders of Bybit: what is refused, and the order stream message by message."""

from __future__ import annotations

from typing import Any

import pytest

from infra.exchange.dialects.bybit.shapes import order_id
from tests.exchange.bybit_venue import ALICE, Bybit
from tests.exchange.test_bybit_events import heard, listening

CREATE, STOP_PATH = "/v5/order/create", "/v5/position/trading-stop"
STOP: dict[str, Any] = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Sell", "orderType": "Market",
    "qty": "0.01", "triggerPrice": "61500", "triggerDirection": 2,
}  # fmt: skip
LIMIT = {"orderType": "Limit", "price": "61400"}
SET = {"category": "linear", "symbol": "BTCUSDT", "tpslMode": "Full", "positionIdx": 0}
PART = {"tpslMode": "Partial", "slSize": "0.01", "stopLoss": "61000"}

REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"category": "spot"}, 10001),
    ({"symbol": "NOPE"}, 10001),
    ({"side": "Hold"}, 10001),
    ({"orderType": "Stop"}, 10001),
    ({"qty": "NaN"}, 10001),
    ({"qty": "0"}, 10001),
    ({"qty": "0.0001"}, 10001),
    ({"triggerPrice": "Infinity"}, 10001),
    ({"triggerPrice": "61500.05"}, 10001),
    ({"triggerPrice": 61500}, 10001),
    ({"triggerPrice": "1000"}, 110003),
    ({"triggerPrice": "61700"}, 110093),
    ({"triggerPrice": "61700", "triggerDirection": 1}, 110092),
    ({"triggerPrice": "61700", "triggerBy": "MarkPrice"}, 110093),
    ({"triggerDirection": None}, 10001),
    ({"triggerDirection": 3}, 10001),
    ({"triggerDirection": "x"}, 10001),
    ({"triggerBy": "ODD"}, 10001),
    ({**LIMIT, "price": ""}, 10001),
    ({**LIMIT, "timeInForce": "ODD"}, 10001),
    ({"positionIdx": 1}, 10001),
    ({"reduceOnly": "true"}, 10001),
    ({"reduceOnly": True}, 110017),
    ({"closeOnTrigger": True}, 110017),
    ({"closeOnTrigger": "yes"}, 10001),
    ({"closeOnTrigger": True, "triggerPrice": ""}, 10001),
    ({"takeProfit": "70000"}, 10001),
    ({"smpType": "ODD"}, 10001),
    ({"orderLinkId": "a b"}, 10001),
    ({"slippageToleranceType": "TickSize", "slippageTolerance": "5"}, 10001),
    ({"symbol": "XRPUSDT", "qty": "1", "triggerPrice": "0.5"}, 110094),
]

REFUSED_STOPS: list[tuple[dict[str, Any], int]] = [
    ({"symbol": "NOPE", "stopLoss": "61000"}, 10001),
    ({"positionIdx": 1, "stopLoss": "61000"}, 10001),
    ({"tpslMode": "Odd", "stopLoss": "61000"}, 10001),
    ({}, 34040),
    ({"stopLoss": "0"}, 34040),
    ({"trailingStop": "0"}, 34040),
    ({"stopLoss": "NaN"}, 10001),
    ({"stopLoss": "61701"}, 10001),
    ({"takeProfit": "61701"}, 10001),
    ({"stopLoss": "61000", "slTriggerBy": "ODD"}, 10001),
    ({"stopLoss": "61000", "slOrderType": "Limit", "slLimitPrice": "60900"}, 10001),
    ({**PART, "slSize": ""}, 10001),
    ({**PART, "slOrderType": "Limit"}, 10001),
    ({**PART, "takeProfit": "62000", "tpSize": "0.02"}, 10001),
    ({"trailingStop": "0.05"}, 10001),
    ({"trailingStop": "100", "activePrice": "61701"}, 10001),
]


async def code(venue: Bybit, path: str, params: dict[str, Any]) -> int:
    venue.section.clock.skew += 10**9
    headers = {"X-BAPI-TIMESTAMP": str(venue.section.clock.milliseconds())}
    return int((await venue.send(path, params, headers=headers))[1]["retCode"])


async def test_a_conditional_order_is_refused_in_the_venues_codes(bybit: Bybit) -> None:
    bybit.quote()
    before = bybit.house.words()
    for change, expected in REFUSED:
        assert await code(bybit, CREATE, {**STOP, **change}) == expected, change
    assert bybit.house.words() == before
    assert list(bybit.house.conditions.of(bybit.account(ALICE))) == []


async def test_stops_of_a_position_are_refused_in_the_venues_codes(bybit: Bybit) -> None:
    bybit.quote()
    assert await code(bybit, STOP_PATH, {**SET, "stopLoss": "61000"}) == 10001, "no position"
    market = {**STOP, "side": "Buy", "triggerPrice": "", "triggerDirection": None}
    assert await code(bybit, CREATE, market) == 0
    for change, expected in REFUSED_STOPS:
        assert await code(bybit, STOP_PATH, {**SET, **change}) == expected, change
    assert list(bybit.house.conditions.of(bybit.account(ALICE))) == []
    assert await code(bybit, STOP_PATH, {**SET, "stopLoss": "61000"}) == 0
    assert await code(bybit, STOP_PATH, {**SET, "stopLoss": "61000"}) == 34040
    assert await code(bybit, STOP_PATH, {**SET, "stopLoss": "0"}) == 0
    found = [await code(bybit, STOP_PATH, {**SET, **PART}) for _ in range(21)]
    assert found == [0] * 20 + [110061]


async def test_there_are_ten_and_no_more(bybit: Bybit) -> None:
    found = [await code(bybit, CREATE, STOP) for _ in range(11)]
    assert found == [0] * 10 + [110009]


@pytest.mark.parametrize("path", ["/v5/order/amend", "/v5/order/cancel"])
async def test_one_that_is_done_is_not_there(path: str, bybit: Bybit) -> None:
    _, told, _ = await bybit.send(CREATE, STOP)
    asked = {**SET, "orderId": told["result"]["orderId"], "triggerPrice": "61400"}
    if path.endswith("amend"):
        assert await code(bybit, path, {**asked, "triggerPrice": "61700"}) == 110093
        assert await code(bybit, path, {**asked, "triggerPrice": "61500"}) == 10001, "unchanged"
    assert await code(bybit, path, asked) == 0
    for each in bybit.house.conditions.waiting(bybit.account(ALICE)):
        bybit.house.conditions.end(each)
    assert await code(bybit, path, asked) == 110001
    assert await code(bybit, path, {**asked, "orderId": "odd"}) == 110001


async def test_the_stream_tells_of_each_step(bybit: Bybit) -> None:
    bybit.other()
    bybit.quote()
    async with listening(bybit, ["order"]) as socket:
        _, told, _ = await bybit.send(CREATE, {**STOP, "orderLinkId": "mine"})
        bybit.fall("61499")
        rows = [each for message in await heard(socket, 3) for each in message["data"]]
    assert [each["orderStatus"] for each in rows] == ["Untriggered", "Triggered", "Filled"]
    assert {each["orderId"] for each in rows} == {told["result"]["orderId"]}
    for each in rows:
        assert (each["orderLinkId"], each["stopOrderType"]) == ("mine", "Stop")
        assert (each["triggerPrice"], each["triggerDirection"]) == ("61500.0", 2)
        assert each["createdTime"] == rows[0]["createdTime"]


async def test_a_post_only_order_that_would_take_is_cancelled(bybit: Bybit) -> None:
    bybit.other()
    bybit.quote()
    change = {"orderType": "Limit", "price": "61400", "timeInForce": "PostOnly"}
    async with listening(bybit, ["order"]) as socket:
        await bybit.send(CREATE, {**STOP, **change})
        bybit.fall("61450")
        rows = [each for message in await heard(socket, 3) for each in message["data"]]
    assert [each["orderStatus"] for each in rows] == ["Untriggered", "Triggered", "Cancelled"]
    assert rows[-1]["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"


async def test_one_that_reduces_nothing_is_rejected(bybit: Bybit) -> None:
    bybit.other()
    bybit.quote()
    market = {**STOP, "triggerPrice": "", "triggerDirection": None}
    assert await code(bybit, CREATE, {**market, "side": "Buy"}) == 0
    async with listening(bybit, ["order"]) as socket:
        assert await code(bybit, CREATE, {**STOP, "reduceOnly": True}) == 0
        assert await code(bybit, CREATE, {**market, "reduceOnly": True}) == 0
        bybit.fall("61499")
        rows = [each for message in await heard(socket, 4) for each in message["data"]]
    assert [each["orderStatus"] for each in rows] == [
        "Untriggered", "Filled", "Triggered", "Rejected",
    ]  # fmt: skip


async def test_a_price_beyond_the_limit_is_refused_when_it_triggers(bybit: Bybit) -> None:
    """Of an account that does not want its prices adjusted; others' are set to the limit."""
    bybit.other()
    bybit.quote()
    limit = {"category": "linear", "modifyEnable": False}
    far = {**STOP, "orderType": "Limit", "price": "60000"}
    assert await code(bybit, CREATE, far) == 0
    bybit.fall("61499")
    (adjusted,) = bybit.account(ALICE).orders.values()
    assert adjusted.wish.price > 60000_0
    assert await code(bybit, "/v5/account/set-limit-px-action", limit) == 0
    assert await code(bybit, CREATE, {**far, "triggerPrice": "61400"}) == 0
    bybit.fall("61399")
    failed = list(bybit.house.conditions.of(bybit.account(ALICE)))[-1]
    assert failed.failure is not None
    assert failed.failure.code == 110003


async def test_a_condition_of_a_batch(bybit: Bybit) -> None:
    batch = {"category": "linear", "request": [STOP, {**STOP, "triggerPrice": "61700"}]}
    _, told, _ = await bybit.send("/v5/order/create-batch", batch)
    assert [each["code"] for each in told["retExtInfo"]["list"]] == [0, 110093]
    (waits,) = bybit.house.conditions.waiting(bybit.account(ALICE))
    assert told["result"]["list"][0]["orderId"] == order_id(waits)
