"""Conditional orders of OKX: what is refused, and that nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest

from infra.exchange.dialects.okx.algos import MOST_WAITING
from tests.exchange.okx_venue import CAROL, DAVE, NAME, OkxVenue

STOP: dict[str, Any] = {
    "instId": NAME, "tdMode": "cross", "side": "sell", "ordType": "conditional", "sz": "1",
    "slTriggerPx": "61500", "slOrdPx": "-1",
}  # fmt: skip
TRIGGER = {"ordType": "trigger", "triggerPx": "61500", "orderPx": "-1"}
TRAILING = {"ordType": "move_order_stop", "callbackRatio": "0.01"}
WHOLE = {"sz": None, "closeFraction": "1"}
PLACE, CANCEL, AMEND = "/trade/order-algo", "/trade/cancel-algos", "/trade/amend-algos"

REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"instId": "NOPE"}, 51001),
    ({"instId": None}, 50014),
    ({"tdMode": "odd"}, 51000),
    ({"side": "hold"}, 51000),
    ({"ordType": "twap"}, 51000),
    ({"posSide": "long"}, 51000),
    ({"sz": "NaN"}, 51000),
    ({"sz": "0"}, 51000),
    ({"sz": "0.001"}, 51020),
    ({"sz": "1.005"}, 51121),
    ({"sz": "9" * 19}, 51005),
    ({"slTriggerPx": "1e4"}, 51000),
    ({"slTriggerPx": "61500.05"}, 51150),
    ({"slTriggerPx": "1"}, 51250),
    ({"slTriggerPx": None}, 50014),
    ({"slOrdPx": None}, 50014),
    ({"slOrdPx": "-2"}, 51000),
    ({"slTriggerPxType": "odd"}, 51000),
    ({"slTriggerPx": "61700"}, 51280),
    ({"slTriggerPx": "61700", "slTriggerPxType": "mark"}, 51304),
    ({"slTriggerPx": "61700", "slTriggerPxType": "index"}, 51308),
    ({"side": "buy"}, 51278),
    ({"ordType": "oco"}, 50014),
    ({"ordType": "oco", "tpTriggerPx": "61700", "tpOrdPx": "-1"}, 51279),
    ({"reduceOnly": "maybe"}, 51000),
    ({"cxlOnClosePos": "true"}, 51000),
    ({"cxlOnClosePos": "true", "reduceOnly": "true"}, 51169),
    (WHOLE, 51328),
    ({**WHOLE, "reduceOnly": "true"}, 51169),
    ({"closeFraction": "0.5", "reduceOnly": "true"}, 51000),
    ({**TRIGGER, "closeFraction": "1", "reduceOnly": "true"}, 51000),
    ({"algoClOrdId": "a-b"}, 51000),
    ({"clOrdId": "x" * 33}, 51000),
    ({"tag": "a b"}, 51000),
    ({"attachAlgoOrds": [{}]}, 51000),
    ({**TRIGGER, "triggerPx": None}, 50014),
    ({**TRIGGER, "triggerPxType": "odd"}, 51000),
    ({**TRAILING, "callbackRatio": None}, 51000),
    ({**TRAILING, "callbackSpread": "10"}, 51000),
    ({**TRAILING, "callbackRatio": "0.0005"}, 51257),
    ({**TRAILING, "callbackRatio": "2"}, 51257),
    ({**TRAILING, "callbackRatio": None, "callbackSpread": "0.05"}, 51000),
    ({**TRAILING, "activePx": "61700"}, 51258),
    ({**TRAILING, "side": "buy", "activePx": "61700"}, 51259),
]


async def code(venue: OkxVenue, path: str, body: Any) -> int:
    """sCode of one order, else the code of all."""
    venue.okx.section.limits.others = {f"POST {path}": 1_000}
    _, told = await venue.send("POST", path, body)
    return int(told["data"][0]["sCode"] if told["data"] else told["code"])


@pytest.mark.parametrize(("change", "expected"), REFUSED)
async def test_a_conditional_order_is_refused_in_the_venues_codes(
    change: dict[str, Any], expected: int, okx: OkxVenue
) -> None:
    okx.quote()
    before = okx.house.words()
    assert await code(okx, PLACE, {**STOP, **change}) == expected
    assert okx.house.words() == before
    assert list(okx.house.conditions.of(okx.account(CAROL))) == []


async def test_one_order_closes_a_position(okx: OkxVenue) -> None:
    okx.quote()
    order = {"instId": NAME, "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "1"}
    assert await code(okx, "/trade/order", order) == 0
    whole = {**STOP, **WHOLE, "reduceOnly": "true"}
    assert await code(okx, PLACE, {**whole, "slOrdPx": "61000"}) == 51330
    assert await code(okx, PLACE, whole) == 0
    assert await code(okx, PLACE, whole) == 51088
    (waits,) = okx.house.conditions.waiting(okx.account(CAROL))
    change = {"instId": NAME, "algoId": str(waits.number), "newSlTriggerPx": "61400"}
    assert await code(okx, AMEND, {**change, "newSz": "2", "newSlOrdPx": "-1"}) == 51524
    assert await code(okx, AMEND, {**change, "newSlOrdPx": "61300"}) == 51523
    assert await code(okx, AMEND, {**change, "newSlOrdPx": "-1"}) == 0


async def test_there_are_so_many_and_no_more(okx: OkxVenue) -> None:
    okx.quote()
    kinds: list[tuple[dict[str, Any], int]] = [({}, 51261), (TRIGGER, 51299), (TRAILING, 51260)]
    for change, expected in kinds:
        found = [await code(okx, PLACE, {**STOP, **change}) for _ in range(MOST_WAITING + 1)]
        assert found == [0] * MOST_WAITING + [expected]


async def test_amendments_are_refused(okx: OkxVenue) -> None:
    okx.quote()
    for change, expected in (
        ({}, 51500), ({"newSz": "x"}, 51000), ({"newSlTriggerPx": "61400"}, 50014),
        ({"newSlTriggerPx": "61700", "newSlOrdPx": "-1"}, 51280),
        ({"newSlTriggerPx": "0", "newSlOrdPx": "-1"}, 51526),
        ({"newTpTriggerPx": "62000", "newTpOrdPx": "-1"}, 51526),
        ({"newSlTriggerPx": "61400", "newSlOrdPx": "-1", "newSlTriggerPxType": "odd"}, 51000),
    ):  # fmt: skip
        assert await code(okx, PLACE, {**STOP, "algoClOrdId": "mine"}) == 0
        asked = {"instId": NAME, "algoClOrdId": "mine", **change}
        assert await code(okx, AMEND, asked) == expected, change
        assert await code(okx, AMEND, {**asked, "cxlOnFail": True}) == expected
        assert await code(okx, AMEND, asked) == 51527, "it was withdrawn"
    assert await code(okx, PLACE, {**STOP, **TRAILING, "algoClOrdId": "mine"}) == 0
    assert await code(okx, AMEND, {"instId": NAME, "algoClOrdId": "mine", "newSz": "2"}) == 51506
    assert await code(okx, PLACE, {**STOP, **TRIGGER, "algoClOrdId": "rises"}) == 0
    asked = {"instId": NAME, "algoClOrdId": "rises", "newTriggerPx": "62000", "newOrdPx": "-1"}
    assert await code(okx, AMEND, asked) == 0
    waits = okx.house.conditions.called(okx.account(CAROL), "rises")
    assert waits is not None
    assert waits.leg.rises


async def test_cancellations_are_refused(okx: OkxVenue) -> None:
    okx.quote()
    assert await code(okx, PLACE, {**STOP, "algoClOrdId": "mine"}) == 0
    for body, expected in (
        ({}, 50002), ([], 50002), ([{"instId": NAME}] * 11, 51406), ([1], 50002),
        ([{"instId": NAME}], 50015), ([{"instId": NAME, "algoId": "x"}], 51000),
        ([{"instId": NAME, "algoId": "7"}], 51400), ([{"algoClOrdId": "mine"}], 50014),
        ([{"instId": "ETH-USDT-SWAP", "algoClOrdId": "mine"}], 51400),
    ):  # fmt: skip
        assert await code(okx, CANCEL, body) == expected, body
    _, told = await okx.send("POST", CANCEL, [{"instId": NAME, "algoClOrdId": "mine"}], DAVE)
    assert told["data"][0]["sCode"] == "51400", "another's"
    assert await code(okx, CANCEL, [{"instId": NAME, "algoClOrdId": "mine"}]) == 0


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/trade/order-algo", 50015), ("/trade/order-algo?algoId=7", 51603),
     ("/trade/orders-algo-pending", 50014), ("/trade/orders-algo-pending?ordType=odd", 51000),
     ("/trade/orders-algo-pending?ordType=trigger,oco", 51000),
     ("/trade/orders-algo-pending?ordType=twap", 0),
     ("/trade/orders-algo-history?ordType=oco", 50015),
     ("/trade/orders-algo-history?ordType=oco&state=live", 51000)],
)  # fmt: skip
async def test_questions_are_refused(path: str, expected: int, okx: OkxVenue) -> None:
    _, told = await okx.send("GET", path)
    assert int(told["code"]) == expected


LATER: list[tuple[dict[str, Any], str]] = [
    ({"slOrdPx": "57900"}, "51006"),
    ({"sz": "600"}, "51008"),
    ({"reduceOnly": "true"}, "51169"),
    ({"tdMode": "isolated"}, "59000"),
]


@pytest.mark.parametrize(("change", "why"), LATER)
async def test_what_is_refused_when_it_triggers(
    change: dict[str, Any], why: str, okx: OkxVenue
) -> None:
    okx.quote()
    okx.other()
    order = {"instId": NAME, "tdMode": "cross", "side": "sell", "ordType": "market", "sz": "1"}
    assert await code(okx, "/trade/order", order) == 0
    assert await code(okx, PLACE, {**STOP, **change}) == 0
    okx.fall("61499")
    (failed,) = okx.house.conditions.of(okx.account(CAROL))
    row = (await okx.send("GET", f"/trade/order-algo?algoId={failed.number}"))[1]["data"][0]
    assert (row["state"], row["failCode"], row["ordId"]) == ("order_failed", why, "")
    assert okx.account(CAROL).position(0).lots == -100
