"""Unmodified ccxt.okx against the local exchange: a row a call."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import ccxt
import pytest

from tests.exchange.okx_venue import DAVE, NAME, SYMBOL, OkxVenue

Call = Callable[[OkxVenue, Any], Awaitable[None]]
CALLS: dict[str, Call] = {}
LIMIT = ("limit", "buy", 1, 61000)


def row(call: Call) -> Call:
    CALLS[call.__name__] = call
    return call


@row
async def fetch_time(venue: OkxVenue, client: Any) -> None:
    assert abs(await client.fetch_time() - time.time() * 1000) < 5_000


@row
async def fetch_status(venue: OkxVenue, client: Any) -> None:
    assert (await client.fetch_status())["status"] == "ok"


@row
async def load_markets(venue: OkxVenue, client: Any) -> None:
    markets = await client.load_markets()
    market = markets[SYMBOL]
    assert (market["contractSize"], market["linear"], market["active"]) == (0.01, True, True)
    assert market["precision"] == {"amount": 0.01, "price": 0.1}
    assert (market["limits"]["amount"]["min"], market["limits"]["leverage"]["max"]) == (0.01, 100)
    assert [markets[f"{base}/USDT:USDT"]["contractSize"] for base in ("ETH", "SOL", "XRP")] == [
        0.1, 1, 100,
    ]  # fmt: skip
    assert "USDT" in client.currencies


@row
async def fetch_order_book(venue: OkxVenue, client: Any) -> None:
    book = await client.fetch_order_book(SYMBOL, 5)
    assert [level[:2] for level in book["bids"]] == [[61699.0, 500.0]]
    assert [level[:2] for level in book["asks"]] == [[61701.0, 500.0]]
    assert (await client.fetch_order_book(SYMBOL, 1000))["bids"][0][0] == 61699


@row
async def fetch_trades(venue: OkxVenue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "sell", 2)
    (trade,) = await client.fetch_trades(SYMBOL)
    assert (trade["price"], trade["amount"], trade["side"]) == (61699, 2, "sell")
    assert trade["cost"] == pytest.approx(2 * 0.01 * 61699)


@row
async def fetch_ohlcv(venue: OkxVenue, client: Any) -> None:
    for side, amount in (("sell", 2), ("buy", 3)):
        await client.create_order(SYMBOL, "market", side, amount)
    for interval in ("1m", "5m", "1h", "6h", "1d"):
        candle = (await client.fetch_ohlcv(SYMBOL, interval))[-1]
        assert candle[1:] == [61699.0, 61701.0, 61699.0, 61701.0, 0.05], interval


@row
async def fetch_ohlcv_history(venue: OkxVenue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "sell", 2)
    (candle,) = await client.fetch_ohlcv(SYMBOL, "1m", params={"type": "HistoryCandles"})
    assert candle[5] == 0.02
    assert await client.fetch_ohlcv(SYMBOL, "1m", candle[0]) == [candle]
    assert await client.fetch_ohlcv(SYMBOL, "1m", params={"until": candle[0]}) == []


@row
async def fetch_ticker(venue: OkxVenue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 3)
    ticker = await client.fetch_ticker(SYMBOL)
    assert (ticker["last"], ticker["bid"], ticker["ask"]) == (61701, 61699, 61701)
    assert (ticker["baseVolume"], ticker["info"]["volCcy24h"]) == (3, "0.03")


@row
async def fetch_tickers(venue: OkxVenue, client: Any) -> None:
    assert len(await client.fetch_tickers()) == 4


@row
async def fetch_mark_price(venue: OkxVenue, client: Any) -> None:
    assert (await client.fetch_mark_price(SYMBOL))["markPrice"] == 61700
    assert (await client.fetch_mark_prices([SYMBOL]))[SYMBOL]["markPrice"] == 61700


@row
async def fetch_funding_rate(venue: OkxVenue, client: Any) -> None:
    found = await client.fetch_funding_rate(SYMBOL)
    assert (found["fundingRate"], found["interval"]) == (0.0001, "8h")
    assert found["fundingTimestamp"] > time.time() * 1000
    assert len(await client.fetch_funding_rates()) == 4
    assert await client.fetch_funding_rate_history(SYMBOL) == []


@row
async def fetch_open_interest(venue: OkxVenue, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 3)
    assert (await client.fetch_open_interest(SYMBOL))["openInterestAmount"] == 3


@row
async def fetch_leverage_tiers(venue: OkxVenue, client: Any) -> None:
    await client.load_markets()
    tiers = await client.fetch_market_leverage_tiers(SYMBOL)
    assert [tier["maxLeverage"] for tier in tiers][:3] == [100, 50, 20]
    assert tiers[0]["maintenanceMarginRate"] == 0.004


@row
async def fetch_balance(venue: OkxVenue, client: Any) -> None:
    assert (await client.fetch_balance())["USDT"] == {"free": 1e5, "used": 0.0, "total": 1e5}
    await client.create_order(SYMBOL, *LIMIT)
    margin = 610 / 3 + 610 * 0.0005
    money = (await client.fetch_balance())["USDT"]
    assert money["used"] == pytest.approx(margin)
    assert money["free"] == pytest.approx(1e5 - margin)


@row
async def fetch_positions(venue: OkxVenue, client: Any) -> None:
    assert await client.fetch_positions() == []
    await client.create_order(SYMBOL, "market", "sell", 10)
    (position,) = await client.fetch_positions([SYMBOL])
    assert (position["side"], position["contracts"], position["hedged"]) == ("short", 10, False)
    assert (position["entryPrice"], position["markPrice"]) == (61699, 61700)
    assert position["unrealizedPnl"] == pytest.approx(-0.1)
    assert (position["marginMode"], position["leverage"]) == ("cross", 3)
    assert position["notional"] == pytest.approx(6170)
    assert (await client.fetch_position(SYMBOL))["id"] == position["id"]


@row
async def fetch_accounts(venue: OkxVenue, client: Any) -> None:
    (account,) = await client.fetch_accounts()
    assert account["type"] == "2"
    assert (await client.fetch_position_mode())["hedged"] is False


@row
async def set_leverage(venue: OkxVenue, client: Any) -> None:
    await client.set_leverage(50, SYMBOL)
    found = await client.fetch_leverage(SYMBOL)
    assert (found["longLeverage"], found["marginMode"]) == (50, "cross")
    with pytest.raises(ccxt.ExchangeError, match="59102"):
        await client.set_leverage(101, SYMBOL)


@row
async def set_leverage_of_the_other_mode(venue: OkxVenue, client: Any) -> None:
    await client.set_leverage(7, SYMBOL, {"marginMode": "isolated"})
    assert (await client.fetch_leverage(SYMBOL))["longLeverage"] == 3
    found = await client.fetch_leverage(SYMBOL, {"marginMode": "isolated"})
    assert found["longLeverage"] == 7
    await client.create_order(SYMBOL, "market", "buy", 1, None, {"marginMode": "isolated"})
    (position,) = await client.fetch_positions()
    assert (position["marginMode"], position["leverage"]) == ("isolated", 7)
    assert position["collateral"] == pytest.approx(617.01 / 7, rel=1e-3)


@row
async def set_margin_mode(venue: OkxVenue, client: Any) -> None:
    await client.set_margin_mode("isolated", SYMBOL, {"lever": 5})
    await client.create_order(SYMBOL, "market", "buy", 1, None, {"tdMode": "isolated"})
    assert (await client.fetch_positions())[0]["leverage"] == 5
    with pytest.raises(ccxt.ExchangeError, match="59000"):
        await client.create_order(SYMBOL, *LIMIT, {"tdMode": "cross"})


@row
async def set_position_mode(venue: OkxVenue, client: Any) -> None:
    assert (await client.set_position_mode(False))["data"] == [{"posMode": "net_mode"}]
    with pytest.raises(ccxt.ExchangeError, match="51010"):
        await client.set_position_mode(True)
    isolated = {"isoMode": "automatic", "type": "CONTRACTS"}
    assert (await client.privatePostAccountSetIsolatedMode(isolated))["code"] == "0"


@row
async def fetch_trading_fee(venue: OkxVenue, client: Any) -> None:
    fee = await client.fetch_trading_fee(SYMBOL)
    assert (fee["maker"], fee["taker"]) == (0.0002, 0.0005)


@row
async def create_order_limit(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine1", "tag": "desk"})
    order = await client.fetch_order(made["id"], SYMBOL)
    assert (order["status"], order["clientOrderId"], order["price"]) == ("open", "mine1", 61000)
    assert (order["filled"], order["amount"], order["info"]["tag"]) == (0, 1, "desk")


@row
async def create_order_market(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(SYMBOL, "market", "buy", 50)
    order = await client.fetch_order(made["id"], SYMBOL)
    assert (order["status"], order["filled"], order["average"]) == ("closed", 50, 61701)
    assert (order["type"], order["cost"]) == ("market", pytest.approx(0.5 * 61701))
    assert order["fee"] == {"currency": "USDT", "cost": pytest.approx(0.5 * 61701 * 0.0005)}


@row
async def create_order_one_by_one(venue: OkxVenue, client: Any) -> None:
    client.options["createOrder"] = "privatePostTradeOrder"
    made = await client.create_order(SYMBOL, *LIMIT)
    assert (await client.fetch_order(made["id"], SYMBOL))["status"] == "open"
    with pytest.raises(ccxt.InvalidOrder, match="51006"):
        await client.create_order(SYMBOL, "limit", "buy", 1, 99000)


@row
async def create_order_ioc(venue: OkxVenue, client: Any) -> None:
    await client.set_leverage(50, SYMBOL)
    made = await client.create_order(SYMBOL, "limit", "buy", 600, 61701, {"timeInForce": "IOC"})
    order = await client.fetch_order(made["id"], SYMBOL)
    assert (order["status"], order["filled"], order["timeInForce"]) == ("canceled", 500, "IOC")


@row
async def create_order_optimal_limit_ioc(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(SYMBOL, "market", "buy", 5, None, {"timeInForce": "IOC"})
    order = await client.fetch_order(made["id"], SYMBOL)
    assert (order["info"]["ordType"], order["filled"]) == ("optimal_limit_ioc", 5)


@row
async def create_order_fok(venue: OkxVenue, client: Any) -> None:
    await client.set_leverage(50, SYMBOL)
    made = await client.create_order(SYMBOL, "limit", "buy", 600, 61701, {"timeInForce": "FOK"})
    order = await client.fetch_order(made["id"], SYMBOL)
    assert (order["status"], order["filled"], order["info"]["cancelSource"]) == (
        "canceled",
        0,
        "15",
    )
    assert (await client.fetch_order_book(SYMBOL))["asks"][0][1] == 500


@row
async def create_order_post_only(venue: OkxVenue, client: Any) -> None:
    """OKX takes it and ends it."""
    made = await client.create_order(SYMBOL, "limit", "buy", 1, 61701, {"postOnly": True})
    order = await client.fetch_order(made["id"], SYMBOL)
    assert (order["status"], order["filled"], order["info"]["cancelSource"]) == (
        "canceled",
        0,
        "31",
    )
    made = await client.create_order(SYMBOL, *LIMIT, {"postOnly": True})
    order = await client.fetch_order(made["id"], SYMBOL)
    assert (order["postOnly"], order["status"]) == (True, "open")


@row
async def create_order_reduce_only(venue: OkxVenue, client: Any) -> None:
    with pytest.raises(ccxt.BaseError, match="51169"):
        await client.create_order(SYMBOL, "market", "buy", 1, None, {"reduceOnly": True})
    await client.create_order(SYMBOL, "market", "sell", 1)
    made = await client.create_order(SYMBOL, "market", "buy", 5, None, {"reduceOnly": True})
    order = await client.fetch_order(made["id"], SYMBOL)
    assert (order["filled"], order["reduceOnly"]) == (1, True)


@row
async def fetch_order(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "Mine"})
    assert (await client.fetch_order(made["id"], SYMBOL))["clientOrderId"] == "Mine"
    found = await client.fetch_order(None, SYMBOL, {"clientOrderId": "Mine"})
    assert found["id"] == made["id"]
    for missing in ({"clientOrderId": "mine"}, {"ordId": "99"}):
        with pytest.raises(ccxt.OrderNotFound, match="51603"):
            await client.fetch_order("99", SYMBOL, missing)


@row
async def cancel_order(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT)
    assert (await client.cancel_order(made["id"], SYMBOL))["id"] == made["id"]
    assert (await client.fetch_order(made["id"], SYMBOL))["status"] == "canceled"
    for order in (made["id"], "99"):
        with pytest.raises(ccxt.OrderNotFound, match="51400"):
            await client.cancel_order(order, SYMBOL)


@row
async def cancel_order_by_client_id(venue: OkxVenue, client: Any) -> None:
    await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine"})
    await client.cancel_order(None, SYMBOL, {"clientOrderId": "mine"})
    assert await client.fetch_open_orders(SYMBOL) == []


@row
async def cancel_orders(venue: OkxVenue, client: Any) -> None:
    ids = [(await client.create_order(SYMBOL, *LIMIT))["id"] for _ in range(2)]
    found = await client.cancel_orders([*ids, "99"], SYMBOL)
    assert [each["id"] for each in found] == ids, "ccxt leaves out what was refused"
    orders = [{"id": order, "symbol": SYMBOL} for order in ids]
    with pytest.raises(ccxt.OrderNotFound, match="51400"):
        await client.cancel_orders_for_symbols(orders)


@row
async def edit_order(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT)
    await client.edit_order(made["id"], SYMBOL, "limit", "buy", 2, 61100)
    edited = await client.fetch_order(made["id"], SYMBOL)
    assert (edited["price"], edited["amount"], edited["status"]) == (61100, 2, "open")
    assert (await client.fetch_order_book(SYMBOL))["bids"][1][:2] == [61100, 2]
    with pytest.raises(ccxt.ExchangeError, match="51503"):
        await client.edit_order("99", SYMBOL, "limit", "buy", 2, 61100)


@row
async def amend_several(venue: OkxVenue, client: Any) -> None:
    ids = [(await client.create_order(SYMBOL, *LIMIT))["id"] for _ in range(2)]
    asked = [{"instId": NAME, "ordId": order, "newSz": "3"} for order in ids]
    answer = await client.privatePostTradeAmendBatchOrders(asked)
    assert [each["sCode"] for each in answer["data"]] == ["0", "0"]
    assert [each["amount"] for each in await client.fetch_open_orders(SYMBOL)] == [3, 3]


@row
async def create_orders(venue: OkxVenue, client: Any) -> None:
    good = {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 1, "price": 61000}
    made = await client.create_orders([good, {**good, "price": 99000}, good])
    assert [each["status"] for each in made] == [None, "rejected", None]
    assert [each["info"]["sCode"] for each in made] == ["0", "51006", "0"]


@row
async def fetch_open_orders(venue: OkxVenue, client: Any) -> None:
    ids = [(await client.create_order(SYMBOL, *LIMIT))["id"] for _ in range(2)]
    # those of one millisecond come in either order
    assert {each["id"] for each in await client.fetch_open_orders(SYMBOL)} == set(ids)
    assert {each["id"] for each in await client.fetch_open_orders()} == set(ids)
    older = await client.fetch_open_orders(SYMBOL, None, None, {"after": ids[1]})
    assert [each["id"] for each in older] == ids[:1]


@row
async def fetch_closed_orders(venue: OkxVenue, client: Any) -> None:
    open_order = await client.create_order(SYMBOL, *LIMIT)
    await client.create_order(SYMBOL, "market", "buy", 1)
    assert [each["filled"] for each in await client.fetch_closed_orders(SYMBOL)] == [1]
    assert await client.fetch_canceled_orders(SYMBOL) == []
    await client.cancel_order(open_order["id"], SYMBOL)
    (found,) = await client.fetch_canceled_orders(SYMBOL)
    assert found["id"] == open_order["id"]


@row
async def fetch_my_trades(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(SYMBOL, "market", "buy", 1)
    (trade,) = await client.fetch_my_trades(SYMBOL)
    assert (trade["order"], trade["price"], trade["takerOrMaker"]) == (
        made["id"], 61701, "taker",
    )  # fmt: skip
    assert trade["fee"] == {"currency": "USDT", "cost": pytest.approx(617.01 * 0.0005)}
    assert trade["cost"] == pytest.approx(617.01)


@row
async def fetch_order_trades(venue: OkxVenue, client: Any) -> None:
    made = await client.create_order(SYMBOL, "market", "buy", 1)
    await client.create_order(SYMBOL, "market", "sell", 1)
    found = await client.fetch_order_trades(made["id"], SYMBOL)
    assert [each["side"] for each in found] == ["buy"]
    recent = await client.privateGetTradeFills({"instId": NAME})
    assert [each["side"] for each in recent["data"]] == ["sell", "buy"]
    assert recent["data"][0]["fillPnl"] == "-0.02"


@row
async def close_position(venue: OkxVenue, client: Any) -> None:
    with pytest.raises(ccxt.ExchangeError, match="51023"):
        await client.close_position(SYMBOL)
    await client.create_order(SYMBOL, "market", "buy", 2)
    await client.close_position(SYMBOL)
    assert await client.fetch_positions() == []


@row
async def price_limit(venue: OkxVenue, client: Any) -> None:
    (found,) = (await client.publicGetPublicPriceLimit({"instId": NAME}))["data"]
    assert (found["buyLmt"], found["sellLmt"]) == ("64785", "58615")


@pytest.mark.parametrize("name", CALLS)
async def test_ccxt_does(name: str, okx: OkxVenue) -> None:
    okx.quote()
    await CALLS[name](okx, okx.client())


async def test_two_clients_trade_with_each_other(okx: OkxVenue) -> None:
    carol, dave = okx.client(), okx.client(key=DAVE)
    made = await dave.create_order(SYMBOL, "limit", "sell", 30, 61500)
    await carol.create_order(SYMBOL, "market", "buy", 20)
    found = await dave.fetch_order(made["id"], SYMBOL)
    assert (found["filled"], found["status"]) == (20, "open")
    (trade,) = await dave.fetch_my_trades(SYMBOL)
    assert (trade["takerOrMaker"], trade["side"]) == ("maker", "sell")
    assert trade["fee"]["cost"] == pytest.approx(0.2 * 61500 * 0.0002)


async def test_the_books_tell_what_happened(okx: OkxVenue) -> None:
    okx.quote()
    client = okx.client()
    for _ in range(2):
        await client.create_order(SYMBOL, "market", "buy", 2, None, {"clientOrderId": "mine"})
    base = f"http://{okx.running.address}/books"
    asked = {"key": "carol", "client": "mine", "house": "okx"}
    async with aiohttp.ClientSession() as session:
        orders = await (await session.get(f"{base}/orders", params=asked)).json()
        held = await (await session.get(f"{base}/positions", params=asked)).json()
    assert [(each["status"], each["filled"]) for each in orders] == [("FILLED", "2.00")] * 2
    assert held[0]["quantity"] == "4.00"
