"""ALGO_UPDATE message by message, and what the algo endpoints refuse."""

from __future__ import annotations

from typing import Any

import pytest

from engine.matching.codes import BUY, SELL
from infra.exchange.dialects.binance.usdm_algo_shapes import algo_update
from tests.exchange.conftest import Venue
from tests.exchange.local import ERIN
from tests.exchange.test_binance_refusals import send

PATH = "/fapi/v1/algoOrder"
STOP = {
    "algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET",
    "quantity": "0.01", "triggerPrice": "61500",
}  # fmt: skip
TRAILING = {"type": "TRAILING_STOP_MARKET", "callbackRate": "1"}
CLOSES = {"quantity": "", "closePosition": "true"}
REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"algoType": ""}, -1102),
    ({"algoType": "TWAP"}, -1130),
    ({"symbol": "NOPE"}, -1121),
    ({"side": "HOLD"}, -1117),
    ({"type": "LIMIT"}, -1116),
    ({"type": ""}, -1102),
    ({"timeInForce": "ODD"}, -1115),
    ({"timeInForce": "GTE_GTC"}, -4509),
    ({"positionSide": "LONG"}, -4061),
    ({"priceProtect": "true"}, -1130),
    ({"priceMatch": "QUEUE"}, -1130),
    ({"goodTillDate": "1"}, -1130),
    ({"workingType": "INDEX"}, -1100),
    ({"quantity": "NaN"}, -1100),
    ({"quantity": "0"}, -4003),
    ({"quantity": "0.0001"}, -1111),
    ({"quantity": "9" * 19}, -4005),
    ({"symbol": "XRPUSDT", "quantity": "1", "triggerPrice": "0.5"}, -4164),
    ({"triggerPrice": ""}, -1102),
    ({"triggerPrice": "1e4"}, -1100),
    ({"triggerPrice": "0"}, -4006),
    ({"triggerPrice": "61500.05"}, -1111),
    ({"triggerPrice": "61700"}, -2021),
    ({"triggerPrice": "61700", "workingType": "MARK_PRICE"}, -2021),
    ({"type": "STOP"}, -1102),
    ({"type": "STOP", "price": "0"}, -4006),
    ({"type": "TAKE_PROFIT_MARKET"}, -2021),
    ({"reduceOnly": "maybe"}, -1100),
    ({"clientAlgoId": "x" * 37}, -4015),
    ({"clientAlgoId": "a b"}, -1100),
    ({"selfTradePreventionMode": "ODD"}, -1100),
    ({**TRAILING, "callbackRate": ""}, -1102),
    ({**TRAILING, "callbackRate": "0.05"}, -1130),
    ({**TRAILING, "callbackRate": "10.1"}, -1130),
    ({**TRAILING, "callbackRate": "1.00000001"}, -1130),
    ({**TRAILING, "activatePrice": "61700"}, -4135),
    ({**TRAILING, "side": "BUY", "activatePrice": "61700"}, -4135),
    ({**TRAILING, **CLOSES}, -4136),
    ({"type": "STOP", "price": "61000", **CLOSES}, -4136),
    ({**CLOSES, "quantity": "0.01"}, -4137),
    ({**CLOSES, "reduceOnly": "false"}, -4138),
    ({**CLOSES, "reduceOnly": "true"}, -1106),
    (CLOSES, -4509),
]


@pytest.mark.parametrize(("change", "code"), REFUSED)
async def test_a_conditional_order_is_refused_in_the_venues_codes(
    change: dict[str, Any], code: int, venue: Venue
) -> None:
    venue.quote()
    before = venue.house.words()
    status, told = await send(venue, {**STOP, **change}, path=PATH)
    assert (status, told["code"]) == (400, code), told
    assert venue.house.words() == before
    assert await send(venue, {}, "GET", "/fapi/v1/openAlgoOrders") == (200, [])


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_one_that_there_is_not(method: str, venue: Venue) -> None:
    unknown = -2013 if method == "GET" else -2011
    cases: list[tuple[dict[str, Any], int]] = [
        ({}, -1102), ({"algoId": "abc"}, -1100), ({"algoId": 1 << 80}, -1100),
        ({"algoId": 7}, unknown), ({"clientAlgoId": "mine"}, unknown),
    ]  # fmt: skip
    for asked, code in cases:
        status, told = await send(venue, asked, method, PATH)
        assert (status, told["code"]) == (400, code), (asked, told)


async def test_another_accounts_is_not_found(venue: Venue) -> None:
    _, made = await send(venue, STOP, path=PATH)
    asked = {"algoId": made["algoId"]}
    _, told = await send(venue, asked, "DELETE", PATH, "bob", "secret-of-bob")
    assert told["code"] == -2011


async def test_a_position_has_one_stop_and_one_target_that_close_it(venue: Venue) -> None:
    venue.quote()
    alice = venue.house.keys["alice"]
    market = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    await send(venue, market)
    target = {"type": "TAKE_PROFIT_MARKET", "triggerPrice": "62000"}
    for change in ({}, target):
        assert (await send(venue, {**STOP, **CLOSES, **change}, path=PATH))[0] == 200
        _, told = await send(venue, {**STOP, **CLOSES, **change}, path=PATH)
        assert told["code"] == -4130
    assert len(venue.house.conditions.waiting(alice)) == 2


async def test_what_is_told_while_one_triggers(venue: Venue) -> None:
    """The order it became is told between TRIGGERING and TRIGGERED."""
    venue.quote()
    venue.other()
    told: list[tuple[Any, ...]] = []

    def hear(update: dict[str, Any]) -> None:
        order = update["o"]
        told.append((order["X"], order["ai"], order["aq"], order.get("rm")))

    venue.house.conditions.hear(lambda condition: hear(algo_update(condition, 0)))
    venue.house.hear(lambda fact: told.append((type(fact).__name__,)))
    assert (await send(venue, STOP, path=PATH))[0] == 200
    venue.clear()
    venue.rest(BUY, "61500", 50)
    told.clear()
    venue.rest(SELL, "61500", 1, ERIN)
    number = told[-1][1]
    assert told[-2:] == [(state, number, "0.010", None) for state in ("TRIGGERED", "FINISHED")]
    started = told.index(("TRIGGERING", "", "0.00000", None))
    assert ("Report",) in told[started + 1 : -2]
    assert {each[0] for each in told[started + 1 : -2]} == {"Trade", "Report", "Changed"}


async def test_one_that_reduces_nothing_is_rejected(venue: Venue) -> None:
    venue.quote()
    venue.other()
    told: list[dict[str, Any]] = []
    venue.house.conditions.hear(lambda condition: told.append(algo_update(condition, 0)["o"]))
    await send(venue, {**STOP, "reduceOnly": "true"}, path=PATH)
    venue.mark("61500")
    assert [each["X"] for each in told] == ["NEW"], "the mark is not its price"
    venue.clear()
    venue.rest(BUY, "61500", 50)
    venue.rest(SELL, "61500", 1, ERIN)
    assert [each["X"] for each in told] == ["NEW", "TRIGGERING", "REJECTED"]
    assert told[-1]["rm"] == "Reduce Only reject"
    assert (await send(venue, {"algoId": told[0]["aid"]}, "GET", PATH))[1]["actualOrderId"] == ""
