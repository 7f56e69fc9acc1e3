"""Unmodified ccxt.binance in spot against the local exchange: a row a call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import ccxt
import ccxt.async_support
import pytest

from engine.matching.codes import BUY, SELL
from infra import recordings
from infra.exchange.faults import Fault
from infra.exchange.playback import Playback
from tests.exchange.conftest import ALICE, BOB, Venue
from tests.exchange.spot_desk import SYMBOL, money, quote, rest

Call = Callable[[Venue, Any], Awaitable[None]]
CALLS: dict[str, Call] = {}
LIMIT = ("limit", "buy", 0.01, 61000)


def row(call: Call) -> Call:
    CALLS[call.__name__] = call
    return call


def spot(venue: Venue, **options: Any) -> Any:
    return venue.client(ccxt.async_support.binance, **options)


@row
async def load_markets(venue: Venue, client: Any) -> None:
    markets = await client.load_markets()
    market = markets[SYMBOL]
    assert market["spot"]
    assert market["active"]
    assert market["precision"] == {"amount": 1e-5, "price": 0.01, "base": 1e-8, "quote": 1e-8}
    assert market["limits"]["cost"]["min"] == 5
    assert market["limits"]["amount"]["min"] == 1e-5
    assert markets["BTC/USDT:USDT"]["linear"]
    assert not any(each["inverse"] for each in markets.values())
    assert {"BTC", "USDT", "XRP"} <= set(client.currencies)


@row
async def fetch_time(venue: Venue, client: Any) -> None:
    assert abs(await client.fetch_time() - time.time() * 1000) < 20_000


@row
async def fetch_status(venue: Venue, client: Any) -> None:
    assert (await client.fetch_status())["status"] == "ok"


@row
async def fetch_order_book(venue: Venue, client: Any) -> None:
    book = await client.fetch_order_book(SYMBOL, 5)
    assert book["bids"] == [[61699.0, 5.0]]
    assert book["asks"] == [[61701.0, 5.0]]
    assert book["nonce"] == 2


@row
async def fetch_trades(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "sell", 0.002)
    (trade,) = await client.fetch_trades(SYMBOL)
    assert (trade["price"], trade["amount"], trade["side"]) == (61699.0, 0.002, "sell")


@row
async def fetch_trades_from_an_id(venue: Venue, client: Any) -> None:
    for amount in (0.002, 0.003):
        await client.create_order(SYMBOL, "market", "sell", amount)
    (found,) = await client.fetch_trades(SYMBOL, params={"fromId": 2})
    assert found["amount"] == 0.003
    asked = {"symbol": "BTCUSDT", "limit": 1}
    assert [each["id"] for each in await client.public_get_trades(asked)] == [2]
    for first in (1, 2):
        from_id = {**asked, "fromId": first}
        (told,) = await client.public_get_historicaltrades(from_id)
        assert told["id"] == first


@row
async def fetch_ohlcv(venue: Venue, client: Any) -> None:
    for side, amount in (("sell", 0.002), ("buy", 0.003)):
        await client.create_order(SYMBOL, "market", side, amount)
    for interval in ("1s", "1m", "1h", "1d"):
        candles = await client.fetch_ohlcv(SYMBOL, interval)
        assert (candles[0][1], candles[-1][4]) == (61699.0, 61701.0)
        assert sum(candle[5] for candle in candles) == pytest.approx(0.005)


@row
async def fetch_ticker(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 0.003)
    for params in ({}, {"rolling": True}):
        ticker = await client.fetch_ticker(SYMBOL, params)
        assert (ticker["last"], ticker["baseVolume"]) == (61701.0, 0.003)
    ticker = await client.fetch_ticker(SYMBOL)
    assert (ticker["bid"], ticker["ask"], ticker["bidVolume"]) == (61699.0, 61701.0, 5.0)


@row
async def fetch_tickers(venue: Venue, client: Any) -> None:
    assert set(await client.fetch_tickers([SYMBOL, "ETH/USDT"])) == {SYMBOL, "ETH/USDT"}
    assert len(await client.fetch_tickers()) == len(venue.exchange.spot.listing.markets)


@row
async def fetch_bids_asks(venue: Venue, client: Any) -> None:
    found = (await client.fetch_bids_asks([SYMBOL]))[SYMBOL]
    assert (found["bid"], found["ask"]) == (61699.0, 61701.0)


@row
async def fetch_last_prices(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 0.003)
    assert (await client.fetch_last_prices([SYMBOL]))[SYMBOL]["price"] == 61701.0


@row
async def average_price(venue: Venue, client: Any) -> None:
    for side in ("sell", "buy"):
        await client.create_order(SYMBOL, "market", side, 0.002)
    found = await client.public_get_avgprice({"symbol": "BTCUSDT"})
    assert (found["mins"], found["price"]) == (5, "61700.00000000")


@row
async def fetch_balance(venue: Venue, client: Any) -> None:
    found = await client.fetch_balance()
    assert found["USDT"] == {"free": 1e5, "used": 0.0, "total": 1e5}
    assert found["BTC"]["free"] == 1
    await client.create_order(SYMBOL, *LIMIT)
    assert (await client.fetch_balance())["USDT"] == {"free": 99390.0, "used": 610.0, "total": 1e5}
    await client.create_order(SYMBOL, "limit", "sell", 0.3, 62000)
    assert (await client.fetch_balance())["BTC"] == {"free": 0.7, "used": 0.3, "total": 1.0}


@row
async def fetch_balance_of_both_wallets(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 0.1)
    assert (await client.fetch_balance({"type": "swap"}))["USDT"]["total"] == 1e5
    assert (await client.fetch_balance())["USDT"]["total"] == pytest.approx(1e5 - 6170.1)


@row
async def fetch_trading_fee(venue: Venue, client: Any) -> None:
    fee = await client.fetch_trading_fee(SYMBOL)
    assert (fee["maker"], fee["taker"]) == (0.001, 0.001)
    assert SYMBOL in await client.fetch_trading_fees()
    told = await client.private_get_account_commission({"symbol": "BTCUSDT"})
    assert told["standardCommission"]["taker"] == "0.00100000"


@row
async def commission_is_of_what_is_received(venue: Venue, client: Any) -> None:
    bought = await client.create_order(SYMBOL, "market", "buy", 0.1)
    assert bought["trades"][0]["fee"] == {"currency": "BTC", "cost": 0.0001}
    assert (await client.fetch_balance())["BTC"]["total"] == pytest.approx(1.0999)
    sold = await client.create_order(SYMBOL, "market", "sell", 0.1)
    assert sold["trades"][0]["fee"] == {"currency": "USDT", "cost": pytest.approx(6.1699)}
    assert (await client.fetch_balance())["USDT"]["total"] == pytest.approx(1e5 - 0.2 - 6.1699)
    bobs = 10_100_000 - 0.1 * 61699 + 0.1 * 61701 * 0.999
    assert sum(money(venue, "USDT")) == pytest.approx(bobs)


@row
async def create_order_limit(venue: Venue, client: Any) -> None:
    order = await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine-1"})
    assert (order["status"], order["clientOrderId"], order["price"]) == ("open", "mine-1", 61000)
    assert (order["filled"], order["amount"], order["timeInForce"]) == (0, 0.01, "GTC")


@row
async def create_order_market(venue: Venue, client: Any) -> None:
    order = await client.create_order(SYMBOL, "market", "buy", 0.5)
    assert (order["status"], order["filled"], order["average"]) == ("closed", 0.5, 61701.0)
    assert [trade["amount"] for trade in order["trades"]] == [0.5]


@row
async def create_order_market_by_cost(venue: Venue, client: Any) -> None:
    rest(venue, SELL, "61700.50", 0.001)
    order = await client.create_market_buy_order_with_cost(SYMBOL, 1000)
    assert order["status"] == "closed"
    assert 1000 - 0.62 < order["cost"] <= 1000
    assert [trade["price"] for trade in order["trades"]] == [61700.5, 61701.0]
    assert order["info"]["origQuoteOrderQty"] == "1000.00000000"
    sold = await client.create_order(SYMBOL, "market", "sell", 0, None, {"cost": 1000})
    assert 1000 - 0.62 < sold["cost"] <= 1000


@row
async def create_order_of_all_the_money(venue: Venue, client: Any) -> None:
    """Money is held at the last price, so that a little of it stays where levels were better."""
    rest(venue, SELL, "61500", 0.5)
    order = await client.create_market_buy_order_with_cost(SYMBOL, 100_000)
    assert order["status"] == "closed"
    assert 100_000 - 0.5 * 201 - 1 < order["cost"] < 100_000
    assert sum(money(venue, "USDT", ALICE)) == pytest.approx(100_000 - order["cost"])


@row
async def create_order_beyond_the_book(venue: Venue, client: Any) -> None:
    venue.exchange.spot.pay(venue.exchange.spot.keys[ALICE.name], "USDT", 10**14)
    order = await client.create_order(SYMBOL, "market", "buy", 6)
    assert (order["status"], order["filled"]) == ("expired", 5)


@row
async def create_order_ioc(venue: Venue, client: Any) -> None:
    venue.exchange.spot.pay(venue.exchange.spot.keys[ALICE.name], "USDT", 10**14)
    order = await client.create_order(SYMBOL, "limit", "buy", 6, 61701, {"timeInForce": "IOC"})
    assert (order["status"], order["filled"]) == ("expired", 5)


@row
async def create_order_fok(venue: Venue, client: Any) -> None:
    venue.exchange.spot.pay(venue.exchange.spot.keys[ALICE.name], "USDT", 10**14)
    order = await client.create_order(SYMBOL, "limit", "buy", 6, 61701, {"timeInForce": "FOK"})
    assert (order["status"], order["filled"]) == ("expired", 0)
    assert (await client.fetch_order(order["id"], SYMBOL))["status"] == "expired"
    assert (await client.fetch_order_book(SYMBOL))["asks"] == [[61701.0, 5.0]]


@row
async def create_order_post_only(venue: Venue, client: Any) -> None:
    with pytest.raises(ccxt.BaseError, match="immediately match and take"):
        await client.create_order(SYMBOL, "limit", "buy", 0.01, 61701, {"postOnly": True})
    order = await client.create_order(SYMBOL, *LIMIT, {"postOnly": True})
    assert (order["postOnly"], order["info"]["type"]) == (True, "LIMIT_MAKER")


@row
async def create_order_answers(venue: Venue, client: Any) -> None:
    asked = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    usual = await client.private_post_order(asked)
    assert usual["fills"][0]["commissionAsset"] == "BTC"
    ack = await client.private_post_order({**asked, "newOrderRespType": "ACK"})
    assert "status" not in ack
    result = await client.private_post_order({**asked, "newOrderRespType": "RESULT"})
    assert (result["status"], "fills" in result) == ("FILLED", False)


@row
async def create_order_that_meets_its_own(venue: Venue, client: Any) -> None:
    made = await client.create_order(SYMBOL, "limit", "sell", 0.01, 61700)
    await client.create_order(SYMBOL, "limit", "buy", 0.01, 61700)
    found = await client.fetch_order(made["id"], SYMBOL)
    assert (found["status"], found["info"]["status"]) == ("expired", "EXPIRED_IN_MATCH")


@row
async def create_test_order(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, *LIMIT, {"test": True})
    assert await client.fetch_open_orders(SYMBOL) == []


@row
async def conditional_orders_are_not_listed(venue: Venue, client: Any) -> None:
    with pytest.raises(ccxt.InvalidOrder, match="triggerPrice"):
        await client.create_order(SYMBOL, *LIMIT, {"triggerPrice": 60000})


@row
async def fetch_order(venue: Venue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine"})
    assert (await client.fetch_order(made["id"], SYMBOL))["clientOrderId"] == "mine"
    found = await client.fetch_order(None, SYMBOL, {"clientOrderId": "mine"})
    assert found["id"] == made["id"]
    with pytest.raises(ccxt.OrderNotFound):
        await client.fetch_order("99", SYMBOL)


@row
async def cancel_order(venue: Venue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine"})
    found = await client.cancel_order(made["id"], SYMBOL)
    assert (found["status"], found["info"]["origClientOrderId"]) == ("canceled", "mine")
    assert found["clientOrderId"] != "mine", "that of the cancel"
    assert (await client.fetch_order(made["id"], SYMBOL))["clientOrderId"] == "mine"
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order(made["id"], SYMBOL)
    assert (await client.fetch_balance())["USDT"]["used"] == 0


@row
async def cancel_order_by_client_id(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine"})
    found = await client.cancel_order(None, SYMBOL, {"clientOrderId": "mine"})
    assert found["status"] == "canceled"


@row
async def cancel_order_restricted(venue: Venue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT)
    only = {"cancelRestrictions": "ONLY_PARTIALLY_FILLED"}
    with pytest.raises(ccxt.BaseError, match="cancel restrictions"):
        await client.cancel_order(made["id"], SYMBOL, only)
    await client.cancel_order(made["id"], SYMBOL, {"cancelRestrictions": "ONLY_NEW"})


@row
async def cancel_all_orders(venue: Venue, client: Any) -> None:
    for _ in range(2):
        await client.create_order(SYMBOL, *LIMIT)
    found = await client.cancel_all_orders(SYMBOL)
    assert [each["status"] for each in found] == ["canceled"] * 2
    assert await client.fetch_open_orders(SYMBOL) == []


@row
async def edit_order(venue: Venue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT)
    edited = await client.edit_order(made["id"], SYMBOL, "limit", "buy", 0.02, 61100)
    assert edited["id"] != made["id"]
    assert (edited["price"], edited["amount"], edited["status"]) == (61100, 0.02, "open")
    assert (await client.fetch_order(made["id"], SYMBOL))["status"] == "canceled"
    assert (await client.fetch_order_book(SYMBOL))["bids"][1] == [61100.0, 0.02]


@row
async def fetch_open_orders(venue: Venue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT)
    assert [each["id"] for each in await client.fetch_open_orders(SYMBOL)] == [made["id"]]
    client.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
    assert [each["id"] for each in await client.fetch_open_orders()] == [made["id"]]
    assert await client.fetch_open_orders("ETH/USDT") == []


@row
async def fetch_orders(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, *LIMIT)
    await client.create_order(SYMBOL, "market", "buy", 0.01)
    assert [each["status"] for each in await client.fetch_orders(SYMBOL)] == ["open", "closed"]
    assert [each["filled"] for each in await client.fetch_closed_orders(SYMBOL)] == [0.01]
    assert await client.fetch_canceled_orders(SYMBOL) == []


@row
async def fetch_my_trades(venue: Venue, client: Any) -> None:
    order = await client.create_order(SYMBOL, "market", "buy", 0.01)
    await client.create_order(SYMBOL, "market", "sell", 0.01)
    first, second = await client.fetch_my_trades(SYMBOL)
    assert (first["order"], first["price"], first["takerOrMaker"], first["side"]) == (
        order["id"], 61701, "taker", "buy",
    )  # fmt: skip
    assert first["fee"] == {"currency": "BTC", "cost": 1e-5}
    assert second["fee"]["currency"] == "USDT"
    (found,) = await client.fetch_order_trades(order["id"], SYMBOL)
    assert found["id"] == first["id"]


@row
async def order_counts(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, *LIMIT)
    found = await client.private_get_ratelimit_order()
    assert {each["interval"]: each["count"] for each in found} == {"SECOND": 1, "DAY": 1}


@row
async def futures_beside_spot(venue: Venue, client: Any) -> None:
    venue.quote()
    order = await client.create_order("BTC/USDT:USDT", "market", "buy", 0.1)
    assert order["filled"] == 0.1
    assert (await client.fetch_balance())["USDT"]["total"] == 1e5


@pytest.mark.parametrize("name", CALLS)
async def test_ccxt_does(name: str, venue: Venue) -> None:
    quote(venue)
    await CALLS[name](venue, spot(venue))


async def test_two_clients_trade_with_each_other(venue: Venue) -> None:
    alice = spot(venue)
    bob = venue.client(ccxt.async_support.binance, BOB)
    made = await bob.create_order(SYMBOL, "limit", "sell", 0.3, 61500)
    await alice.create_order(SYMBOL, "market", "buy", 0.2)
    assert (await bob.fetch_order(made["id"], SYMBOL))["filled"] == 0.2
    (trade,) = await bob.fetch_my_trades(SYMBOL)
    assert (trade["takerOrMaker"], trade["side"]) == ("maker", "sell")


async def test_ccxt_loads_what_it_always_loads(venue: Venue) -> None:
    """Spot, linear and inverse, and the wallet's coins, from one address."""
    client = spot(venue)
    await client.load_markets()
    assert {each["type"] for each in client.markets.values()} == {"spot", "swap"}
    assert client.options["crossMarginPairsData"] == []


async def test_a_recording_is_the_market_of_spot(venue: Venue) -> None:
    files = [file for file in recordings.SPOT if file.name == "btcusdt_20240808.gz"]
    playback = Playback(venue.exchange.houses, files, 50.0, False)
    playback.open()
    playing = asyncio.ensure_future(playback.run())
    client = spot(venue)
    await client.load_markets()
    for _ in range(300):
        await asyncio.sleep(0.1)
        if await client.fetch_trades(SYMBOL):
            break
    order = await client.create_order(SYMBOL, "market", "buy", 0.01)
    assert (order["status"], round(order["average"], -3)) == ("closed", 62000)
    playing.cancel()


async def test_maintenance_of_spot_alone(venue: Venue) -> None:
    client = spot(venue)
    await client.load_markets()
    venue.exchange.troubles.arm(Fault(kind="maintenance", path="binance-spot"))
    with pytest.raises(ccxt.OnMaintenance):
        await client.fetch_balance()
    assert (await client.fetch_balance({"type": "swap"}))["USDT"]["total"] == 1e5


async def test_fees_leave_the_wallets_and_nothing_else_does(venue: Venue) -> None:
    quote(venue)
    house, client = venue.exchange.spot, spot(venue)
    owners = [house.keys[key.name] for key in (ALICE, BOB)]
    before = {asset: sum(sum(house.wallet(each, asset)[:2]) for each in owners)
              for asset in ("BTC", "USDT")}  # fmt: skip
    for side in ("buy", "sell", "buy"):
        await client.create_order(SYMBOL, "market", side, 0.12345)
    rest(venue, BUY, "61000", 0.2, ALICE)
    fees = {"BTC": 0, "USDT": 0}
    for owner in owners:
        for fill in owner.fills:
            fees[fill.charged] += fill.fee
    after = {asset: sum(sum(house.wallet(each, asset)[:2]) for each in owners) for asset in before}
    assert {asset: before[asset] - after[asset] for asset in before} == fees
    assert min(fees.values()) > 0
