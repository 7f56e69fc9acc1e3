"""Unmodified ccxt.binanceusdm against the local exchange: a row a call."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import ccxt
import pytest

from tests.exchange.conftest import BOB, SYMBOL, Venue

Call = Callable[[Venue, Any], Awaitable[None]]
CALLS: dict[str, Call] = {}
LIMIT = ("limit", "buy", 0.01, 61000)


def row(call: Call) -> Call:
    CALLS[call.__name__] = call
    return call


@row
async def fetch_time(venue: Venue, client: Any) -> None:
    assert abs(await client.fetch_time() - time.time() * 1000) < 5_000


@row
async def load_markets(venue: Venue, client: Any) -> None:
    markets = await client.load_markets()
    market = markets[SYMBOL]
    assert market["precision"] == {"amount": 0.001, "price": 0.1, "base": 1e-8, "quote": 1e-8}
    assert market["limits"]["cost"]["min"] == 5
    assert market["linear"]
    assert market["active"]
    assert "USDT" in client.currencies


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
async def fetch_ohlcv(venue: Venue, client: Any) -> None:
    for side, amount in (("sell", 0.002), ("buy", 0.003)):
        await client.create_order(SYMBOL, "market", side, amount)
    for interval in ("1m", "5m", "1h", "1d"):
        candle = (await client.fetch_ohlcv(SYMBOL, interval))[-1]
        assert candle[1:] == [61699.0, 61701.0, 61699.0, 61701.0, 0.005]


@row
async def fetch_ticker(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 0.003)
    ticker = await client.fetch_ticker(SYMBOL)
    assert (ticker["last"], ticker["baseVolume"]) == (61701.0, 0.003)


@row
async def fetch_tickers(venue: Venue, client: Any) -> None:
    assert SYMBOL in await client.fetch_tickers()


@row
async def fetch_bids_asks(venue: Venue, client: Any) -> None:
    found = (await client.fetch_bids_asks([SYMBOL]))[SYMBOL]
    assert (found["bid"], found["ask"]) == (61699.0, 61701.0)


@row
async def fetch_funding_rate(venue: Venue, client: Any) -> None:
    found = await client.fetch_funding_rate(SYMBOL)
    assert found["markPrice"] == 61700
    assert found["fundingRate"] == 0.0001


@row
async def fetch_balance(venue: Venue, client: Any) -> None:
    assert (await client.fetch_balance())["USDT"] == {"free": 1e5, "used": 0.0, "total": 1e5}
    await client.create_order(SYMBOL, *LIMIT)
    margin = 610 / 20 + 610 * 0.0005
    money = (await client.fetch_balance())["USDT"]
    assert money["used"] == pytest.approx(margin)
    assert money["free"] == pytest.approx(1e5 - margin)


@row
async def fetch_balance_v2(venue: Venue, client: Any) -> None:
    found = await client.fetch_balance({"useV2": True})
    assert found["USDT"]["total"] == 1e5


@row
async def fetch_positions(venue: Venue, client: Any) -> None:
    assert await client.fetch_positions() == []
    await client.create_order(SYMBOL, "market", "sell", 0.1)
    (position,) = await client.fetch_positions([SYMBOL])
    assert (position["side"], position["contracts"]) == ("short", 0.1)
    assert position["entryPrice"] == 61699
    assert position["unrealizedPnl"] == pytest.approx(-0.1)
    assert position["marginMode"] == "cross"


@row
async def fetch_positions_v2(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 0.1)
    (position,) = await client.fetch_positions([SYMBOL], {"useV2": True})
    assert (position["side"], position["leverage"]) == ("long", 20)


@row
async def fetch_positions_account(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 0.1)
    found = await client.fetch_positions([SYMBOL], {"method": "account", "filterClosed": True})
    assert [each["contracts"] for each in found] == [0.1]


@row
async def set_leverage(venue: Venue, client: Any) -> None:
    assert (await client.set_leverage(50, SYMBOL))["leverage"] == 50
    assert (await client.fetch_leverage(SYMBOL))["longLeverage"] == 50
    with pytest.raises(ccxt.BadRequest):
        await client.set_leverage(126, SYMBOL)


@row
async def set_margin_mode(venue: Venue, client: Any) -> None:
    assert (await client.set_margin_mode("isolated", SYMBOL))["code"] == 200
    assert (await client.fetch_margin_mode(SYMBOL))["marginMode"] == "isolated"
    assert (await client.set_margin_mode("isolated", SYMBOL))["code"] == -4046
    await client.create_order(SYMBOL, *LIMIT)
    with pytest.raises(ccxt.ExchangeError, match="-4047"):
        await client.set_margin_mode("cross", SYMBOL)


@row
async def fetch_position_mode(venue: Venue, client: Any) -> None:
    assert (await client.fetch_position_mode())["hedged"] is False


@row
async def fetch_leverage_tiers(venue: Venue, client: Any) -> None:
    await client.load_markets()
    tiers = await client.fetch_market_leverage_tiers(SYMBOL)
    assert [tier["maxLeverage"] for tier in tiers][:3] == [125, 100, 50]


@row
async def fetch_trading_fee(venue: Venue, client: Any) -> None:
    fee = await client.fetch_trading_fee(SYMBOL)
    assert (fee["maker"], fee["taker"]) == (0.0002, 0.0005)


@row
async def create_order_limit(venue: Venue, client: Any) -> None:
    order = await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine-1"})
    assert (order["status"], order["clientOrderId"], order["price"]) == ("open", "mine-1", 61000)
    assert (order["filled"], order["amount"], order["timeInForce"]) == (0, 0.01, "GTC")


@row
async def create_order_market(venue: Venue, client: Any) -> None:
    order = await client.create_order(SYMBOL, "market", "buy", 0.5)
    assert (order["status"], order["filled"], order["average"]) == ("closed", 0.5, 61701.0)


@row
async def create_order_ioc(venue: Venue, client: Any) -> None:
    order = await client.create_order(
        SYMBOL, "limit", "buy", 6, 61701, {"timeInForce": "IOC", "leverage": 20}
    )
    assert (order["status"], order["filled"]) == ("expired", 5)


@row
async def create_order_fok(venue: Venue, client: Any) -> None:
    with pytest.raises(ccxt.InvalidOrder, match="-5021"):
        await client.create_order(SYMBOL, "limit", "buy", 6, 61701, {"timeInForce": "FOK"})
    assert (await client.fetch_order_book(SYMBOL))["asks"] == [[61701.0, 5.0]]


@row
async def create_order_post_only(venue: Venue, client: Any) -> None:
    with pytest.raises(ccxt.InvalidOrder, match="-5022"):
        await client.create_order(SYMBOL, "limit", "buy", 0.01, 61701, {"postOnly": True})
    order = await client.create_order(SYMBOL, *LIMIT, {"postOnly": True})
    assert order["postOnly"]


@row
async def create_order_reduce_only(venue: Venue, client: Any) -> None:
    with pytest.raises(ccxt.BaseError, match="-2022"):
        await client.create_order(SYMBOL, "market", "buy", 0.01, None, {"reduceOnly": True})
    await client.create_order(SYMBOL, "market", "sell", 0.01)
    order = await client.create_order(SYMBOL, "market", "buy", 0.05, None, {"reduceOnly": True})
    assert (order["filled"], order["reduceOnly"]) == (0.01, True)


@row
async def fetch_order(venue: Venue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine"})
    assert (await client.fetch_order(made["id"], SYMBOL))["clientOrderId"] == "mine"
    found = await client.fetch_order(None, SYMBOL, {"origClientOrderId": "mine"})
    assert found["id"] == made["id"]
    with pytest.raises(ccxt.OrderNotFound):
        await client.fetch_order("99", SYMBOL)


@row
async def cancel_order(venue: Venue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT)
    assert (await client.cancel_order(made["id"], SYMBOL))["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order(made["id"], SYMBOL)


@row
async def cancel_order_by_client_id(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine"})
    found = await client.cancel_order(None, SYMBOL, {"origClientOrderId": "mine"})
    assert found["status"] == "canceled"


@row
async def cancel_orders(venue: Venue, client: Any) -> None:
    ids = [(await client.create_order(SYMBOL, *LIMIT))["id"] for _ in range(2)]
    assert [each["status"] for each in await client.cancel_orders(ids, SYMBOL)] == ["canceled"] * 2


@row
async def cancel_all_orders(venue: Venue, client: Any) -> None:
    for _ in range(2):
        await client.create_order(SYMBOL, *LIMIT)
    await client.cancel_all_orders(SYMBOL)
    assert await client.fetch_open_orders(SYMBOL) == []


@row
async def edit_order(venue: Venue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT)
    edited = await client.edit_order(made["id"], SYMBOL, "limit", "buy", 0.02, 61100)
    assert (edited["id"], edited["price"], edited["amount"]) == (made["id"], 61100, 0.02)
    assert (await client.fetch_order_book(SYMBOL))["bids"][1] == [61100.0, 0.02]


@row
async def fetch_open_orders(venue: Venue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT)
    assert [each["id"] for each in await client.fetch_open_orders(SYMBOL)] == [made["id"]]


@row
async def fetch_open_order(venue: Venue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT)
    assert (await client.fetch_open_order(made["id"], SYMBOL))["status"] == "open"


@row
async def fetch_orders(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, *LIMIT)
    await client.create_order(SYMBOL, "market", "buy", 0.01)
    assert [each["status"] for each in await client.fetch_orders(SYMBOL)] == ["open", "closed"]


@row
async def fetch_closed_orders(venue: Venue, client: Any) -> None:
    await client.create_order(SYMBOL, *LIMIT)
    await client.create_order(SYMBOL, "market", "buy", 0.01)
    assert [each["filled"] for each in await client.fetch_closed_orders(SYMBOL)] == [0.01]


@row
async def create_orders(venue: Venue, client: Any) -> None:
    good = {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": 61000}
    made = await client.create_orders([good, {**good, "price": 99000}, good])
    assert sorted(each["status"] for each in made) == ["open", "open", "rejected"]
    assert [each["info"]["code"] for each in made if "code" in each["info"]] == [-4016]


@row
async def fetch_my_trades(venue: Venue, client: Any) -> None:
    order = await client.create_order(SYMBOL, "market", "buy", 0.01)
    (trade,) = await client.fetch_my_trades(SYMBOL)
    assert (trade["order"], trade["price"], trade["takerOrMaker"]) == (
        order["id"], 61701, "taker",
    )  # fmt: skip
    assert trade["fee"] == {"currency": "USDT", "cost": pytest.approx(617.01 * 0.0005)}


@row
async def fetch_my_trades_of_an_order(venue: Venue, client: Any) -> None:
    order = await client.create_order(SYMBOL, "market", "buy", 0.01)
    await client.create_order(SYMBOL, "market", "sell", 0.01)
    found = await client.fetch_my_trades(SYMBOL, params={"orderId": order["id"]})
    assert [each["side"] for each in found] == ["buy"]


@row
async def fetch_ledger(venue: Venue, client: Any) -> None:
    for side in ("buy", "sell"):
        await client.create_order(SYMBOL, "market", side, 0.01)
    found = {each["info"]["incomeType"]: each["amount"] for each in await client.fetch_ledger()}
    assert found["REALIZED_PNL"] == pytest.approx(0.02)


@row
async def listen_key(venue: Venue, client: Any) -> None:
    key = (await client.fapiPrivatePostListenKey())["listenKey"]
    assert (await client.fapiPrivatePutListenKey())["listenKey"] == key
    assert await client.fapiPrivateDeleteListenKey() == {}
    with pytest.raises(ccxt.BaseError, match="-1125"):
        await client.fapiPrivatePutListenKey()


@pytest.mark.parametrize("name", CALLS)
async def test_ccxt_does(name: str, venue: Venue) -> None:
    venue.quote()
    await CALLS[name](venue, venue.client())


async def test_two_clients_trade_with_each_other(venue: Venue) -> None:
    alice, bob = venue.client(), venue.client(key=BOB)
    made = await bob.create_order(SYMBOL, "limit", "sell", 0.3, 61500)
    await alice.create_order(SYMBOL, "market", "buy", 0.2)
    assert (await bob.fetch_order(made["id"], SYMBOL))["filled"] == 0.2
    (trade,) = await bob.fetch_my_trades(SYMBOL)
    assert (trade["takerOrMaker"], trade["side"]) == ("maker", "sell")
