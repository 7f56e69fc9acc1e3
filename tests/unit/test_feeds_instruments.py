"""Instruments out of unpatched ccxt's load_markets, beside what the venues' lists say."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
import pytest

from engine.feeds.catalogue import FEEDS
from engine.feeds.markets import Row, clients, kind_of, row_of
from engine.feeds.planning import FeedSettings
from schemas.errors import TapelineError
from schemas.instruments import Instrument, Kind
from tests.unit.listed_forms import DATED, FIELDS, FORMS, OTHERS, Form
from tests.unit.listed_markets import LISTS, List, all_answers, listing_venues
from tests.unit.venue_tables import rows

Asked = Mapping[str, Mapping[str, Any]]


def wanted() -> dict[str, Any]:
    """The clients of all markets."""
    found: dict[str, Any] = {}
    for name, feed in FEEDS.items():
        found |= clients(name, FeedSettings(markets=feed.markets))
    return found


async def asked(wanted: Asked, address: str) -> list[dict[str, Any]]:
    """The lines of the process."""
    command = (sys.executable, "-m", "topics.markets")
    child = await asyncio.create_subprocess_exec(*command, stdin=-1, stdout=-1, stderr=-1)
    order = {"clients": wanted, "addresses": {"https://": address}, "timeout": 60}
    out, _ = await child.communicate(orjson.dumps(order))
    return [orjson.loads(line) for line in out.splitlines()]


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], Row]:
    """Every row by its client and the venue's name of it."""

    async def all_of_them() -> list[dict[str, Any]]:
        answers = OTHERS | {form.place: form.answer for form in FORMS} | all_answers()
        async with listing_venues(answers) as address:
            return await asked(wanted(), address)

    *markets, last = asyncio.run(all_of_them())
    assert last == {"end": None}
    venues = {each.client: each.venue for each in (*LISTS, *FORMS)}
    made = [(market, row_of(venues[market["client"]], market)) for market in markets]
    assert [market["info"]["contract_code"] for market, row in made if row is None] == [
        DATED["contract_code"]
    ]
    return {(market["client"], _name(row)): row for market, row in made if row is not None}


def _name(row: Row) -> str:
    return f"{row['market']} {row['venue_symbol']}"


def same(told: Any, ours: str | None) -> bool:
    """One value, or nothing (a list's zero means that)."""
    nothing = told is None or Decimal(str(told)) == 0
    return nothing if ours is None else not nothing and Decimal(str(told)) == Decimal(ours)


MISSING = {"BOX_USDT": "ccxt calls it as the DEFIBOX_USDT that followed it, and has one of a name"}


@pytest.mark.parametrize("each", LISTS, ids=lambda each: each.file)
def test_each_instrument_of_a_list_is_as_the_list_says(
    each: List, found: dict[tuple[str, str], Row]
) -> None:
    unlike, count = [], 0
    for raw in rows(each.file):
        (listing,) = FEEDS[each.venue].listings([raw])
        if listing.venue_symbol in MISSING:
            continue
        row, steps = found[each.client, f"{listing.market} {listing.venue_symbol}"], each.steps(raw)
        count += 1
        fits = (
            row["symbol"] == listing.symbol,
            row["venue"] == each.venue,
            row["kind"] == kind_of(listing.symbol),
            same(steps.tick, row["tick_size"]),
            same(steps.lot, row["lot_size"]),
            same(steps.least, row["minimum_quantity"]),
            same(steps.notional, row["minimum_notional"]),
            same(steps.size, row["contract_size"]),
            steps.trading is (row["status"] == "trading"),
        )
        if not all(fits):
            unlike.append((row, steps, fits))
        Instrument.model_validate(row)
    assert unlike == []
    assert count == len(rows(each.file)) - sum(raw.get("id") in MISSING for raw in rows(each.file))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.client} {form.name}")
def test_each_market_that_no_list_has_is_as_its_venue_documents_it(
    form: Form, found: dict[tuple[str, str], Row]
) -> None:
    row = found[form.client, form.name]
    assert tuple(row[name] for name in FIELDS) == form.row
    Instrument.model_validate(row)


def test_what_only_the_venue_tells_comes_from_its_own_row(
    found: dict[tuple[str, str], Row],
) -> None:
    gate = found["gate", "futures KNC_USDT"]
    assert (gate["funding_interval"], gate["maintenance"]) == (8 * 3600 * 10**9, "0.009")
    assert found["bybit", "linear 10000LADYSUSDT"]["funding_interval"] == 8 * 3600 * 10**9
    assert found["bybit", "inverse BTCUSDZ23"]["symbol"] == "BTC/USD:BTC-231229"
    assert found["bybit", "inverse BTCUSDZ23"]["funding_interval"] is None
    assert found["okx", "v5 BTC-USD-SWAP"]["contract_size"] == "100"
    assert found["okx", "v5 BTC-USD-SWAP"]["source"] == "ccxt okx"


def test_only_the_clients_and_types_that_list_what_is_wanted_are_asked() -> None:
    linear = FeedSettings(symbols=("BTC/USDT:USDT",))
    assert clients("binance", linear) == {"binance": {"fetchMarkets": {"types": ["linear"]}}}
    both = FeedSettings(symbols=("BTC/USD",), markets=("futures",))
    assert clients("kraken", both) == {"kraken": {}, "krakenfutures": {}}
    assert clients("coinbase", FeedSettings(symbols=("BTC/USD",))) == {"coinbase": {}}
    inverse = clients("htx", FeedSettings(symbols=("BTC/USD:BTC",)))["htx"]["fetchMarkets"]
    assert inverse == {"types": {"spot": False, "linear": False, "inverse": True}}
    with pytest.raises(TapelineError, match="there is no such venue"):
        clients("nowhere", linear)


def test_every_market_of_every_feed_has_a_client() -> None:
    for name, feed in FEEDS.items():
        for market in feed.markets:
            assert clients(name, FeedSettings(markets=(market,))), (name, market)


def test_the_kind_is_in_the_symbol() -> None:
    symbols = ("BTC/USDT", "BTC/USDT:USDT-231229", "BTC/USD:BTC", "BTC/USD:BTC-231229")
    kinds = [Kind.SPOT, Kind.LINEAR, Kind.INVERSE, Kind.INVERSE]
    assert [kind_of(symbol) for symbol in symbols] == kinds


def test_what_has_no_steps_or_no_name_is_left_out() -> None:
    info = {"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT"}
    steps = {"price": "0.01", "amount": "1e-05"}
    market = {"client": "binance", "symbol": "BTC/USDT", "type": "spot", "info": info}
    row = row_of("binance", {**market, "precision": steps})
    assert row is not None
    assert (row["lot_size"], row["minimum_quantity"]) == ("0.00001", "0.00001")
    assert row_of("binance", {**market, "precision": {**steps, "price": None}}) is None
    assert row_of("binance", {**market, "info": {}, "precision": steps}) is None
