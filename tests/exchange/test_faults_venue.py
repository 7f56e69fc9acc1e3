"""Faults of the venue: maintenance, clock, rules, user connections; by time, count and chance."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import ccxt
import ccxt.pro
import pytest

from gateway.running.exchange import faults_of
from infra.exchange.books import orders
from infra.exchange.faults import Fault
from infra.exchange.refusals import body
from infra.exchange.server import Exchange
from tests.exchange.conftest import ALICE, SYMBOL, Venue

ORDER = (SYMBOL, "limit", "buy", 0.01, 61000, {"clientOrderId": "mine"})


def arm(venue: Venue, **fault: Any) -> None:
    venue.exchange.troubles.arm(Fault.model_validate(fault))


def books(venue: Venue) -> list[str]:
    usdm = venue.exchange.usdm
    return [each["status"] for each in orders(usdm, usdm.keys[ALICE.name], "mine")]


async def watch_on(client: Any) -> None:
    """Until it is told of an error."""
    while True:
        await client.watch_order_book(SYMBOL)


async def test_maintenance(venue: Venue) -> None:
    """Everything of the section is refused, streams too, and nothing is changed by it."""
    client = venue.client(ccxt.pro.binanceusdm)
    await client.load_markets()
    await client.create_order(*ORDER)
    waiting = asyncio.ensure_future(watch_on(client))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    arm(venue, kind="maintenance", path="binance-usdm")
    with pytest.raises(ccxt.NetworkError):
        await asyncio.wait_for(waiting, 30)
    for call in (client.fetch_time(), client.cancel_order("1", SYMBOL), client.fetch_balance()):
        with pytest.raises(ccxt.OnMaintenance):
            await call
    with pytest.raises(ccxt.NetworkError):
        await asyncio.wait_for(client.watch_order_book(SYMBOL), 30)
    assert books(venue) == ["NEW"]
    venue.exchange.troubles.disarm()
    await client.cancel_order("1", SYMBOL)
    assert books(venue) == ["CANCELED"]


async def test_maintenance_by_schedule(venue: Venue) -> None:
    """It begins some seconds after it was armed, and ends by itself."""
    client = venue.client()
    arm(venue, kind="maintenance", path="binance-usdm", after=0.5, lasts=1)
    await client.fetch_time()
    await asyncio.sleep(0.6)
    with pytest.raises(ccxt.OnMaintenance):
        await client.fetch_time()
    await asyncio.sleep(1)
    await client.fetch_time()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/fapi/v1/order", {"code": 1, "msg": "x"}),
        ("/api/v3/order", {"code": 1, "msg": "x"}),
        ("/api/v5/trade/order", {"code": "1", "msg": "x", "data": []}),
        (
            "/v5/order/create",
            {"retCode": 1, "retMsg": "x", "result": {}, "retExtInfo": {}, "time": 0},
        ),
    ],
)
def test_refusals_have_the_form_of_their_venue(path: str, told: dict[str, Any]) -> None:
    assert body(path, 1, "x") == told


@pytest.mark.parametrize(
    ("rules", "order", "code"),
    [
        ({"tick": "5"}, (0.01, 61001), -4014),
        ({"lot": "0.01"}, (0.005, 61000), -1111),
        ({"lot": "0.005"}, (0.007, 61000), -4023),
        ({"least": "0.02"}, (0.01, 61000), -4004),
        ({"notional": "1000"}, (0.01, 61000), -4164),
    ],
)
async def test_changed_filters(
    venue: Venue, rules: dict[str, str], order: tuple[float, float], code: int
) -> None:
    """Who goes by the old rules is refused in the venue's words; exchangeInfo has the new ones."""
    client = venue.client()
    await client.load_markets()
    asked = (SYMBOL, "limit", "buy", *order, {"clientOrderId": "mine"})
    await client.create_order(*asked)
    arm(venue, kind="filters", market="BTCUSDT", path="/fapi/v1/order", method="POST", **rules)
    with pytest.raises(ccxt.BaseError, match=str(code)):
        await client.create_order(*asked[:5])
    assert books(venue) == ["NEW"], "what rests goes on resting"
    market = (await client.load_markets(True))[SYMBOL]
    steps = market["precision"]["price"], market["precision"]["amount"], market["limits"]
    told = {"tick": steps[0], "lot": steps[1], "least": steps[2]["amount"]["min"]}
    told["notional"] = steps[2]["cost"]["min"]
    assert {name: told[name] for name in rules} == {n: float(text) for n, text in rules.items()}
    venue.exchange.troubles.disarm()
    await client.load_markets(True)
    await client.create_order(*asked[:5])


async def test_the_clock_is_skewed(venue: Venue) -> None:
    """Armed and disarmed over HTTP: the client is refused by its timestamp, and nothing is done."""
    client = venue.client()
    await client.load_markets()
    url = f"http://{venue.running.address}/books/faults"
    async with aiohttp.ClientSession() as session:
        fault = {"kind": "skew", "milliseconds": 60_000, "path": "/fapi/v1/order"}
        assert (await session.post(url, json=fault)).status == 200
        with pytest.raises(ccxt.BaseError, match="-1021"):
            await client.create_order(*ORDER)
        assert books(venue) == []
        ahead = await client.fetch_time() - client.milliseconds()
        assert 55_000 < ahead < 65_000
        await session.delete(url)
    await client.create_order(*ORDER)
    assert books(venue) == ["NEW"]


async def test_a_skew_ends_by_itself(venue: Venue) -> None:
    arm(venue, kind="skew", milliseconds=-60_000, lasts=0.5)
    await asyncio.sleep(0.3)
    assert venue.exchange.clock.skew == -60_000_000_000
    await asyncio.sleep(0.8)
    assert venue.exchange.clock.skew == 0


async def test_user_streams_are_cut_after_so_many_requests(venue: Venue) -> None:
    """The second order cuts the stream before it is taken: nobody was told, the books have it."""
    client = venue.client(ccxt.pro.binanceusdm)
    await client.load_markets()
    asked = {"path": "/fapi/v1/order", "method": "POST"}
    arm(venue, kind="disconnect", streams="/fstream/private", skip=1, **asked)
    waiting = asyncio.ensure_future(client.watch_orders(SYMBOL))
    await asyncio.sleep(1)
    first = await client.create_order(*ORDER)
    (told,) = await asyncio.wait_for(waiting, 30)
    assert told["id"] == first["id"]
    waiting = asyncio.ensure_future(client.watch_orders(SYMBOL))
    await asyncio.sleep(0.2)
    second = await client.create_order(SYMBOL, "limit", "buy", 0.02, 61000)
    with pytest.raises(ccxt.NetworkError):
        await asyncio.wait_for(waiting, 30)
    assert len(venue.exchange.usdm.keys[ALICE.name].live) == 2
    found = await client.fetch_open_orders(SYMBOL)
    assert [each["id"] for each in found] == [first["id"], second["id"]]
    again = asyncio.ensure_future(client.watch_orders(SYMBOL))
    await asyncio.sleep(1)
    await client.cancel_order(second["id"], SYMBOL)
    assert (await asyncio.wait_for(again, 30))[-1]["status"] == "canceled"


async def test_connections_are_cut_by_chance(venue: Venue) -> None:
    """By a seed, at moments that come each tenth of a second."""
    faults = venue.exchange.faults
    arm(venue, kind="disconnect", chance=0.3, seed=3, times=4)
    for _ in range(60):
        venue.exchange.troubles.tick()
    assert faults.armed[0].struck == 4
    assert faults.armed[0].met >= 60


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "filters", "market": "NOPE", "tick": "1"},
        {"kind": "filters", "market": "BTCUSDT", "tick": "0.03"},
        {"kind": "filters", "market": "BTCUSDT", "lot": "0.0001"},
        {"kind": "filters", "market": "BTCUSDT", "tick": "NaN"},
        {"kind": "filters", "market": "BTCUSDT", "notional": "-1"},
        {"kind": "filters", "house": "nowhere", "market": "BTCUSDT"},
    ],
)
async def test_rules_that_cannot_be_are_refused(venue: Venue, fault: dict[str, str]) -> None:
    url = f"http://{venue.running.address}/books/faults"
    async with aiohttp.ClientSession() as session:
        assert (await session.post(url, json=fault)).status == 400
        assert await (await session.get(url)).json() == []


def test_a_file_of_faults_is_armed_from_the_start(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    rows = [{"kind": "lost", "path": "/fapi/v1/order", "after": 60}, {"kind": "skew", "lasts": 1}]
    file.write_text(json.dumps(rows))
    exchange = Exchange()
    faults_of(file, exchange)
    assert [each.fault.kind for each in exchange.faults.armed] == ["lost", "skew"]
    file.write_text('[{"kind": "odd"}]')
    with pytest.raises(ValueError, match="kind"):
        faults_of(file, exchange)
