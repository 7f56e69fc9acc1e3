"""ALGO_UPDATE message by message, and what the algo endpoints refuse."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from engine.matching.codes import BUY, SELL
from infra.exchange.dialects.binance.usdm_algo_shapes import algo_update
from infra.exchange.faults import Fault
from tests.exchange.conftest import ALICE, Venue
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


LATER: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "STOP", "price": "57900"}, "REJECTED", "Limit price can't be lower than 58615.0."),
    (
        {"type": "STOP", "price": "61000", "timeInForce": "GTX"},
        "REJECTED",
        "Due to the order could",
    ),
    ({"quantity": "100"}, "REJECTED", "Margin is insufficient."),
    (
        {"type": "STOP", "price": "61450", "timeInForce": "FOK"},
        "REJECTED",
        "Due to the order could",
    ),
    ({"type": "STOP", "price": "61450", "timeInForce": "IOC"}, "FINISHED", ""),
]


@pytest.mark.parametrize(("change", "state", "why"), LATER)
async def test_what_is_refused_when_it_triggers(
    change: dict[str, Any], state: str, why: str, venue: Venue
) -> None:
    venue.quote()
    venue.other()
    told: list[dict[str, Any]] = []
    venue.house.conditions.hear(lambda condition: told.append(algo_update(condition, 0)["o"]))
    assert (await send(venue, {**STOP, **change}, path=PATH))[0] == 200
    assert venue.house.wallet(venue.account(ALICE), "USDT").used == 0
    venue.clear()
    venue.rest(BUY, "61400", 500)
    venue.rest(BUY, "61500", 1)
    venue.rest(SELL, "61500", 1, ERIN)
    assert told[-1]["X"] == state
    assert told[-1].get("rm", "").startswith(why)
    if state == "REJECTED":
        assert told[-1]["rm"]
        assert venue.account(ALICE).orders == {}


async def test_faults_meet_algo_updates_too(venue: Venue) -> None:
    """A dropped TRIGGERED is the user event that never came; the books have it."""
    venue.quote()
    venue.other()
    venue.exchange.troubles.arm(Fault(kind="drop", path="events", skip=1, times=1))
    listen = await send(venue, {}, path="/fapi/v1/listenKey")
    url = f"ws://{venue.running.address}/fstream/private/ws/{listen[1]['listenKey']}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        assert (await send(venue, STOP, path=PATH))[0] == 200
        for _ in range(2):
            asked = {"algoId": venue.house.conditions.waiting(venue.account(ALICE))[0].number}
            assert (await send(venue, asked, "DELETE", PATH))[0] == 200
            assert (await send(venue, STOP, path=PATH))[0] == 200
        found = [await asyncio.wait_for(socket.receive_json(), 30) for _ in range(4)]
    assert [each["o"]["X"] for each in found] == ["NEW", "NEW", "CANCELED", "NEW"]
