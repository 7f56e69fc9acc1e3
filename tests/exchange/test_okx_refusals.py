"""What the OKX section refuses, in OKX's codes and shape; and that nothing else changes."""

from __future__ import annotations

import time
from typing import Any

import aiohttp
import ccxt
import pytest

from engine.clearing.codes import Mode
from infra.exchange.accounts import Key
from infra.exchange.dialects.okx.shapes import plain
from tests.exchange.okx_venue import CAROL, NAME, SYMBOL, OkxVenue, stamp

ORDER = {
    "instId": NAME, "side": "buy", "tdMode": "cross", "ordType": "limit", "sz": "1", "px": "61000",
}  # fmt: skip

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"instId": "NOPE"}, "51001"),
    ({"instId": None}, "50014"),
    ({"side": "hold"}, "51000"),
    ({"side": None}, "50014"),
    ({"tdMode": "cash"}, "51000"),
    ({"tdMode": ""}, "50014"),
    ({"ordType": "odd"}, "51000"),
    ({"posSide": "long"}, "51000"),
    ({"sz": "NaN"}, "51000"),
    ({"sz": "-1"}, "51000"),
    ({"sz": "1e3"}, "51000"),
    ({"sz": "0"}, "51000"),
    ({"sz": "٣"}, "51000"),
    ({"sz": " 1"}, "51000"),
    ({"sz": "1\n"}, "51000"),
    ({"sz": ["1"]}, "51000"),
    ({"sz": "0.001"}, "51020"),
    ({"sz": "1.005"}, "51121"),
    ({"sz": "1.00000000000000000001"}, "51121"),
    ({"sz": "99999999999999999999"}, "51005"),
    ({"px": None}, "51204"),
    ({"px": "Infinity"}, "51000"),
    ({"px": "0"}, "51000"),
    ({"px": "61000.05"}, "51150"),
    ({"px": "61000.000000001"}, "51150"),
    ({"px": "99000"}, "51006"),
    ({"px": "4000"}, "51006"),
    ({"side": "sell", "px": "50000"}, "51006"),
    ({"reduceOnly": "maybe"}, "51000"),
    ({"reduceOnly": True}, "51169"),
    ({"clOrdId": "x" * 33}, "51000"),
    ({"clOrdId": "a-b"}, "51000"),
    ({"clOrdId": "ä"}, "51000"),
    ({"clOrdId": "mine"}, "51016"),
    ({"tag": "x" * 17}, "51000"),
    ({"stpMode": "odd"}, "51000"),
    ({"attachAlgoOrds": [{}]}, "51000"),
    ({"sz": "600"}, "51008"),
    ({"sz": "600", "tdMode": "isolated"}, "59000"),
    ({"instId": "ETH-USDT-SWAP", "px": "2600", "sz": "1200", "tdMode": "isolated"}, "51008"),
    ({"instId": "ETH-USDT-SWAP", "px": "2600", "clOrdId": "mine"}, "51016"),
]


def same(before: list[int], after: list[int]) -> bool:
    """All of the engine's state, but the count of commands."""
    return [before[0], *before[2:]] == [after[0], *after[2:]]


async def test_an_order_is_refused_in_the_venues_codes(okx: OkxVenue) -> None:
    okx.quote()
    lever = {"instId": "ETH-USDT-SWAP", "lever": "10", "mgnMode": "cross"}
    await okx.send("POST", "/account/set-leverage", lever)
    _, made = await okx.send("POST", "/trade/order", {**ORDER, "clOrdId": "mine"})
    assert (made["code"], made["data"][0]["sMsg"]) == ("0", "Order placed")
    for change, code in REFUSED:
        status, told = await okx.send("POST", "/trade/order", {**ORDER, **change})
        assert (status, told["code"], told["msg"]) == (200, "1", "All operations failed"), change
        (row,) = told["data"]
        assert (row["sCode"], row["ordId"]) == (code, ""), (change, row)
    assert not okx.account(CAROL).settings
    for market in okx.house.listing.markets:
        assert okx.house.row(okx.account(CAROL), market).mode == Mode.CROSS
    assert len(okx.account(CAROL).live) == len(okx.account(CAROL).orders) == 1
    assert [row.leverage for row in rows(okx)] == [3, 10, 3, 3]


def rows(okx: OkxVenue) -> list[Any]:
    """What Carol has in each market."""
    return [okx.house.row(okx.account(CAROL), market) for market in okx.house.listing.markets]


async def test_what_is_refused_leaves_the_engine_as_it_was(okx: OkxVenue) -> None:
    """Of all but the two that ask for another margin mode, which is gone into and left again."""
    okx.quote()
    await okx.send("POST", "/trade/order", {**ORDER, "clOrdId": "mine"})
    before = okx.house.words()
    for change, _ in REFUSED:
        if change.get("tdMode") != "isolated":
            await okx.send("POST", "/trade/order", {**ORDER, **change})
    assert same(before, okx.house.words())


HEADERS: list[tuple[dict[str, Any], str]] = [
    ({"OK-ACCESS-KEY": ""}, "50103"),
    ({"OK-ACCESS-KEY": "nobody"}, "50111"),
    ({"OK-ACCESS-SIGN": ""}, "50106"),
    ({"OK-ACCESS-SIGN": "AAAA"}, "50113"),
    ({"OK-ACCESS-SIGN": "ä"}, "50113"),
    ({"OK-ACCESS-TIMESTAMP": ""}, "50107"),
    ({"OK-ACCESS-TIMESTAMP": "1700000000"}, "50112"),
    ({"OK-ACCESS-TIMESTAMP": "2026-13-41T00:00:00.000Z"}, "50112"),
    ({"OK-ACCESS-TIMESTAMP": stamp(-86_400)}, "50102"),
    ({"OK-ACCESS-TIMESTAMP": stamp(86_400)}, "50102"),
    ({"OK-ACCESS-PASSPHRASE": ""}, "50104"),
    ({"OK-ACCESS-PASSPHRASE": "other"}, "50105"),
]


async def test_keys_signatures_and_times(okx: OkxVenue) -> None:
    before = okx.house.words()
    for headers, code in HEADERS:
        status, told = await okx.send("POST", "/trade/order", ORDER, **headers)
        assert (status, told["code"], told["data"]) == (401, code, []), headers
    other = Key(CAROL.name, "other", CAROL.passphrase)
    assert (await okx.send("POST", "/trade/order", ORDER, other))[1]["code"] == "50113"
    assert (await okx.send("GET", "/account/balance", key=other))[1]["code"] == "50113"
    assert before == okx.house.words()


async def test_a_sign_is_of_its_own_request_only(okx: OkxVenue) -> None:
    """What was signed for one path, query or body is no sign of another."""
    seen = await okx.send("GET", "/account/balance?ccy=USDT")
    assert seen[1]["code"] == "0"
    made = okx.client().sign("account/balance", "private", "GET", {"ccy": "USDT"})
    base = f"http://{okx.running.address}/api/v5"
    async with aiohttp.ClientSession() as session:
        for path, code in (
            ("/account/balance?ccy=USDT", "0"),
            ("/account/balance?ccy=BTC", "50113"),
            ("/account/balance", "50113"),
            ("/account/config", "50113"),
        ):
            answer = await session.get(base + path, headers=made["headers"])
            assert (await answer.json())["code"] == code, path


async def test_bodies_that_are_no_requests(okx: OkxVenue) -> None:
    for body in ("{", "[1", "NaN", '{"sz":NaN}', '{"sz":1e400}', '"text"', "7", "[" * 2000):
        status, told = await okx.send("POST", "/trade/order", body)
        assert (status, told["code"]) == (400, "50002"), body
    assert (await okx.send("POST", "/trade/order"))[1]["code"] == "50000"
    assert (await okx.send("POST", "/trade/order", "a" * (1 << 17)))[0] == 413
    for batch in ("{}", "[]"):
        assert (await okx.send("POST", "/trade/batch-orders", batch))[1]["code"] == "50002"
    _, told = await okx.send("POST", "/trade/batch-orders", [1])
    assert told["code"] == "50002"
    _, told = await okx.send("POST", "/trade/batch-orders", [ORDER] * 21)
    assert told["code"] == "51111"
    assert not okx.account(CAROL).orders


async def test_a_part_of_a_batch_is_refused(okx: OkxVenue) -> None:
    batch = [ORDER, {**ORDER, "sz": "0.001"}]
    _, told = await okx.send("POST", "/trade/batch-orders", batch)
    assert told["code"] == "2"
    assert [each["sCode"] for each in told["data"]] == ["0", "51020"]
    assert int(told["inTime"]) <= int(told["outTime"])


QUERIES = [
    ("/trade/order?instId=BTC-USDT-SWAP", "51003"),
    ("/trade/order?instId=BTC-USDT-SWAP&ordId=x", "51000"),
    ("/trade/order?instId=BTC-USDT-SWAP&ordId=9", "51603"),
    ("/trade/order?instId=ODD&ordId=9", "51001"),
    ("/trade/orders-history", "50014"),
    ("/trade/orders-pending?state=odd", "51000"),
    ("/trade/orders-pending?limit=101", "51000"),
    ("/trade/fills?ordId=-1", "51000"),
    ("/account/leverage-info?instId=BTC-USDT-SWAP", "50014"),
    ("/account/positions?instType=ODD", "51000"),
    ("/market/books?instId=ODD", "51001"),
    ("/market/books?instId=BTC-USDT-SWAP&sz=401", "51000"),
    ("/market/candles?instId=BTC-USDT-SWAP&bar=7m", "51000"),
    ("/market/tickers", "50014"),
    ("/public/instruments", "50014"),
]


async def test_queries_that_are_refused(okx: OkxVenue) -> None:
    for path, code in QUERIES:
        _, told = await okx.send("GET", path)
        assert (told["code"], told["data"]) == (code, []), path


AMENDED = [
    ({}, "51500"),
    ({"newSz": "0.001"}, "51020"),
    ({"newSz": "NaN"}, "51000"),
    ({"newPx": "99000"}, "51006"),
    ({"newPx": "61000.05"}, "51150"),
    ({"newSz": "600"}, "51502"),
    ({"newSz": "2", "ordId": "99"}, "51503"),
    ({"newSz": "2", "ordId": ""}, "51003"),
]


async def test_changes_that_are_refused(okx: OkxVenue) -> None:
    okx.quote()
    _, made = await okx.send("POST", "/trade/order", ORDER)
    number = made["data"][0]["ordId"]
    before = okx.house.words()
    for change, code in AMENDED:
        asked = {"instId": NAME, "ordId": number, **change}
        _, told = await okx.send("POST", "/trade/amend-order", asked)
        assert told["data"][0]["sCode"] == code, (change, told)
    assert same(before, okx.house.words())
    asked = {"instId": NAME, "ordId": number, "newSz": "600", "cxlOnFail": True}
    assert (await okx.send("POST", "/trade/amend-order", asked))[1]["code"] == "1"
    assert not okx.account(CAROL).live


async def test_a_client_id_is_free_again_once_its_order_is_done(okx: OkxVenue) -> None:
    client = okx.client()
    arguments = (SYMBOL, "limit", "buy", 1, 61000, {"clientOrderId": "mine"})
    first = await client.create_order(*arguments)
    with pytest.raises(ccxt.InvalidOrder, match="51016"):
        await client.create_order(*arguments)
    with pytest.raises(ccxt.InvalidOrder, match="51016"):
        await client.create_order("ETH/USDT:USDT", "limit", "buy", 1, 2600, arguments[-1])
    other_case = {"clientOrderId": "Mine"}
    assert (await client.create_order(*arguments[:-1], other_case))["id"] != first["id"]
    await client.cancel_order(first["id"], SYMBOL)
    second = await client.create_order(*arguments)
    found = await client.fetch_order(None, SYMBOL, {"clientOrderId": "mine"})
    assert found["id"] == second["id"] != first["id"]


async def test_too_many_requests(okx: OkxVenue) -> None:
    limits = okx.okx.section.limits
    at = okx.house.clock.now()
    okx.house.clock.source = lambda: at
    limits.others = {"POST /trade/order": 2, "POST /trade/batch-orders": 3, "GET /market/books": 2}
    found = [(await okx.send("POST", "/trade/order", ORDER))[0] for _ in range(3)]
    assert found == [200, 200, 429]
    other = {**ORDER, "instId": "ETH-USDT-SWAP", "px": "2600"}
    assert (await okx.send("POST", "/trade/order", other))[0] == 200, "each instrument by itself"
    coded = {**other, "instId": "", "instIdCode": 10_001}
    assert (await okx.send("POST", "/trade/order", coded))[0] == 200
    assert (await okx.send("POST", "/trade/order", other))[0] == 429, "by any of its names"
    for number in range(2):
        unknown = {**ORDER, "instId": f"odd{number}"}
        assert (await okx.send("POST", "/trade/order", unknown))[0] == 200
    assert (await okx.send("POST", "/trade/order", {**ORDER, "instId": "odd"}))[0] == 429
    query = "/trade/order?instId=ETH-USDT-SWAP&ordId=3"
    assert (await okx.send("GET", query))[0] == 200
    status, told = await okx.send("POST", "/trade/batch-orders", [ORDER] * 4)
    assert (status, told["code"]) == (429, "50011")
    assert (await okx.send("POST", "/trade/batch-orders", [ORDER] * 3))[0] == 200
    assert len(okx.account(CAROL).orders) == 7
    client = okx.client()
    await client.load_markets()
    for _ in range(2):
        await client.fetch_order_book(SYMBOL)
    with pytest.raises(ccxt.RateLimitExceeded, match="50011"):
        await client.fetch_order_book(SYMBOL)
    okx.house.clock.source = lambda: at + 2 * 10**9
    await client.fetch_order_book(SYMBOL)


async def test_too_many_orders_of_an_account(okx: OkxVenue) -> None:
    at = okx.house.clock.now()
    okx.house.clock.source = lambda: at
    okx.okx.section.limits.orders = 2
    assert (await okx.send("POST", "/trade/batch-orders", [ORDER] * 2))[1]["code"] == "0"
    assert (await okx.send("POST", "/trade/order", ORDER))[1]["code"] == "50061"


async def test_ccxt_with_a_clock_of_yesterday(okx: OkxVenue) -> None:
    client = okx.client()
    await client.load_markets()
    okx.house.clock.skew = 86_400 * 10**9
    with pytest.raises(ccxt.InvalidNonce, match="50102"):
        await client.fetch_balance()
    await client.load_time_difference()
    assert (await client.fetch_balance())["USDT"]["total"] == 1e5


async def test_wrong_credentials_of_ccxt(okx: OkxVenue) -> None:
    for key in (Key("nobody", "x", "y"), Key("carol", "x", "word1"), Key("carol", "x", "y")):
        with pytest.raises(ccxt.AuthenticationError):
            await okx.client(key=key).fetch_balance()


@pytest.mark.parametrize(
    ("text", "found"), [("1.50", "1.5"), ("10", "10"), ("0.00", "0"), ("-0.10", "-0.1")]
)
def test_numbers_have_no_zeros_at_their_end(text: str, found: str) -> None:
    assert plain(text) == found


async def test_an_order_after_its_time_is_not_carried_out(okx: OkxVenue) -> None:
    """expTime is looked at for orders, not for cancels."""
    order = {**ORDER, "clOrdId": "late"}
    late, soon = (str(time.time_ns() // 10**6 + ahead) for ahead in (-100, 900))
    _, said = await okx.send("POST", "/trade/order", order, expTime=late)
    assert said["code"] == "51149"
    _, said = await okx.send("POST", "/trade/order", order, expTime="soon")
    assert said["code"] == "51000"
    _, said = await okx.send("POST", "/trade/order", order, expTime=soon)
    assert said["code"] == "0"
    gone = {"instId": NAME, "clOrdId": "late"}
    _, said = await okx.send("POST", "/trade/cancel-order", gone, expTime=late)
    assert said["code"] == "0"
