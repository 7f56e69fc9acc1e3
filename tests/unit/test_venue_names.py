"""Our names in each venue's own field and alphabet: what ccxt writes, and what is read back."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from engine.identity import client_order_id
from executor.venues.catalogue import ROWS, Row, row
from executor.venues.client import Hooks, made
from executor.venues.connection import expiry, settled
from executor.venues.exchange import CcxtVenue
from executor.venues.key import Key
from executor.venues.names import Names
from executor.venues.reading import Reader
from executor.venues.venue import Order
from schemas.orders import OrderType, TimeInForce

NAME = client_order_id("decision", "account", 0)
KEY = Key("name", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "word")
FIELDS = {
    "binanceusdm": "newClientOrderId",
    "binance": "newClientOrderId",
    "okx": "clOrdId",
    "bybit": "orderLinkId",
    "coinbase": "client_order_id",
    "kraken": "cl_ord_id",
    "krakenfutures": "cliOrdId",
    "htx spot": "client-order-id",
    "htx perpetual": "client_order_id",
    "kucoin": "clientOid",
    "kucoinfutures": "clientOid",
    "gate": "text",
    "bitget": "clientOid",
    "mexc spot": "newClientOrderId",
    "mexc perpetual": "externalOid",
}
"""The venue's field, as in its documents."""
ALPHABETS = {
    "plain": r"[a-z0-9]{28}",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "text": r"t-[A-Za-z0-9_-]{1,26}",
    "number": r"[1-9][0-9]{0,15}",
}
PRESENT = [each for each in ROWS if each.market != "future"]


def market(kind: str) -> dict[str, Any]:
    """Bitcoin, as ccxt would have it."""
    swap = kind == "perpetual"
    return {
        "id": "BTCUSDT", "symbol": "BTC/USDT:USDT" if swap else "BTC/USDT",
        "base": "BTC", "quote": "USDT", "baseId": "BTC", "quoteId": "USDT",
        "settle": "USDT" if swap else None, "settleId": "usdt" if swap else None,
        "type": "swap" if swap else "spot", "spot": not swap, "swap": swap, "contract": swap,
        "margin": False, "future": False, "option": False, "active": True,
        "linear": True if swap else None, "inverse": False if swap else None,
        "contractSize": "0.001" if swap else None,
        "precision": {"amount": "1", "price": "0.1"},
        "limits": {"amount": {}, "price": {}, "cost": {}, "leverage": {}},
        "info": {"orderTypes": ["LIMIT", "MARKET"]},
    }  # fmt: skip


class Written(Exception):
    """The request was to be written."""


class Paper:
    """A venue of which nothing goes out: what it would write, in order."""

    def __init__(self, found: Row) -> None:
        self.requests: list[dict[str, str]] = []
        client = made(found.client, Hooks(headers=expiry(found)), settled(found, KEY, 1.0))
        client.set_markets([market(found.market)])
        client.load_markets = self.nothing
        client.accounts = [{"id": "1", "type": "spot", "code": None}]
        client.fetch = self.fetch
        client.options |= {"unifiedAccount": False, "uta": False, "unifiedMarginStatus": 6}
        client.options |= {"enableUnifiedMargin": False, "enableUnifiedAccount": True}
        self.venue = CcxtVenue(found, client, KEY)
        self.symbol = market(found.market)["symbol"]

    async def nothing(self, *args: Any) -> None:
        """Markets are there."""

    async def fetch(
        self, url: str, method: str = "GET", headers: Any = None, body: Any = None
    ) -> Any:
        found = dict(parse_qsl(urlsplit(url).query))
        if body and body.startswith(("{", "[")):
            told = json.loads(body)
            told = told[0] if isinstance(told, list) else told
            found |= {name: str(value) for name, value in told.items()}
        elif body:
            found |= dict(parse_qsl(body))
        self.requests.append({**found, "": urlsplit(url).path, **(headers or {})})
        raise Written

    async def place(self) -> dict[str, str]:
        """The request of a limit order."""
        force = TimeInForce.GTC
        order = Order(NAME, self.symbol, "buy", OrderType.LIMIT, force, "12", "61000.1")
        with pytest.raises(Exception, match="Written"):
            await self.venue.place(order)
        await self.venue.client.close()
        return self.requests[-1]


def id_of(found: Row) -> str:
    return f"{found.exchange} {found.market}"


@pytest.mark.parametrize("found", PRESENT, ids=id_of)
async def test_an_order_carries_our_name_in_the_venues_field(found: Row) -> None:
    request = await Paper(found).place()
    field = FIELDS.get(found.client) or FIELDS[f"{found.client} {found.market}"]
    spelled = Names(found.form).spelled(NAME)
    assert request[field] == spelled
    assert re.fullmatch(ALPHABETS[found.form], spelled)
    texts = {name: text for name, text in request.items() if name != field}
    assert not [name for name, text in texts.items() if spelled in text]


@pytest.mark.parametrize("found", PRESENT, ids=id_of)
async def test_quantity_and_price_are_written_as_they_were_given(found: Row) -> None:
    request = await Paper(found).place()
    said = " ".join(request.values())
    assert "61000.1" in said
    assert re.search(r"\b12(\.0)?\b", said)


@pytest.mark.parametrize("found", PRESENT, ids=id_of)
async def test_what_the_venue_tells_is_read_as_our_name(found: Row) -> None:
    paper = Paper(found)
    names = paper.venue.names
    field = FIELDS.get(found.client) or FIELDS[f"{found.client} {found.market}"]
    told = "clientOrderId" if field in ("newClientOrderId",) else field
    raw = {told: names.spelled(NAME), "symbol": "BTCUSDT", "instId": "BTCUSDT", "side": "buy"}
    if found.client == "kraken":
        raw["descr"] = {"pair": "BTCUSDT", "type": "buy", "ordertype": "limit"}  # type: ignore[assignment]
    parsed = paper.venue.client.parse_order(raw, paper.venue.client.market(paper.symbol))
    assert Reader(found, names).name(parsed) == NAME
    await paper.venue.client.close()


@pytest.mark.parametrize("form", ["plain", "uuid", "text", "number"])
def test_a_spelling_is_read_back(form: Any) -> None:
    names = Names(form)
    for leg in range(100):
        name = client_order_id("decision", "account", leg)
        assert names.read(names.spelled(name)) == name
        assert re.fullmatch(ALPHABETS[form], names.spelled(name))


@pytest.mark.parametrize("form", ["plain", "uuid", "text", "number"])
@pytest.mark.parametrize("text", ["", None, "x-1234", "t-short", "web_Abc", "123", "Ä"])
def test_an_id_of_somebody_else_has_no_name(form: Any, text: str | None) -> None:
    assert Names(form).read(text) is None


async def test_windows() -> None:
    """Where the venue has a window it is a second; else the row says that there is none."""
    expected = {
        "recvWindow": {"binance perpetual", "binance spot", "bybit perpetual", "mexc spot"},
        "expTime": {"okx perpetual"},
        "X-Gate-Exptime": {"gate spot", "gate perpetual"},
        "processBefore": {"kraken perpetual"},
    }
    for found in PRESENT:
        paper = Paper(found)
        request = await paper.place()
        has = {window for window, ids in expected.items() if id_of(found) in ids}
        assert has == ({found.window} if found.window else set()), id_of(found)
        assert paper.venue.able.window == (10**9 if found.window else None)
        if found.window == "recvWindow":
            said = request.get("recvWindow") or request.get("X-BAPI-RECV-WINDOW")
            assert said == "1000"
        elif found.window:
            assert request[found.window]
        await asyncio.sleep(0)


def test_any_other_exchange_has_a_cautious_row() -> None:
    found = row("bitstamp", "spot")
    assert (found.amend, found.most, found.looks, found.testnet) == (False, 0, (), None)
    with pytest.raises(ValueError, match="no exchange"):
        made("nonesuch", Hooks(), {})
