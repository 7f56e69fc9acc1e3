"""Unmodified ccxt.bybit against the local exchange: a row a call."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import ccxt.async_support as ccxt
import pytest

from tests.exchange.bybit_venue import BOB, SYMBOL, Bybit

Call = Callable[[Bybit, Any], Awaitable[None]]
CALLS: dict[str, Call] = {}
LIMIT = ("limit", "buy", 0.01, 61000)
ANY = {"acknowledged": True}
HOURS = 3_600_000_000_000


def row(call: Call) -> Call:
    CALLS[call.__name__] = call
    return call


@row
async def fetch_time(venue: Bybit, client: Any) -> None:
    assert abs(await client.fetch_time() - time.time() * 1000) < 10_000


@row
async def fetch_status(venue: Bybit, client: Any) -> None:
    assert (await client.fetch_status())["status"] == "ok"


@row
async def load_markets(venue: Bybit, client: Any) -> None:
    markets = await client.load_markets()
    market = markets[SYMBOL]
    assert (market["linear"], market["swap"], market["settle"]) == (True, True, "USDT")
    assert market["precision"] == {"amount": 0.001, "price": 0.1}
    assert market["limits"]["amount"]["min"] == 0.001
    assert market["limits"]["leverage"] == {"min": 1, "max": 100}
    assert sorted(markets) == [f"{base}/USDT:USDT" for base in ("BTC", "ETH", "SOL", "XRP")]


@row
async def instruments_in_pages(venue: Bybit, client: Any) -> None:
    found, cursor = [], ""
    for _ in range(4):
        asked = {"category": "linear", "limit": 1, "cursor": cursor}
        answer = await client.publicGetV5MarketInstrumentsInfo(asked)
        found += [each["symbol"] for each in answer["result"]["list"]]
        cursor = answer["result"]["nextPageCursor"]
    assert found == ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"]
    assert cursor == ""


@row
async def fetch_currencies(venue: Bybit, client: Any) -> None:
    assert set(await client.fetch_currencies()) == {"BTC", "ETH", "SOL", "USDT", "XRP"}


@row
async def fetch_order_book(venue: Bybit, client: Any) -> None:
    book = await client.fetch_order_book(SYMBOL, 5)
    assert (book["bids"], book["asks"]) == ([[61699.0, 5.0]], [[61701.0, 5.0]])


@row
async def fetch_trades(venue: Bybit, client: Any) -> None:
    for amount in (0.01, 0.02):
        await client.create_order(SYMBOL, "market", "buy", amount)
    found = await client.fetch_trades(SYMBOL)  # of one millisecond, in either order
    first, second = sorted(found, key=lambda each: each["amount"])
    assert (first["price"], first["amount"], first["side"]) == (61701, 0.01, "buy")
    assert second["amount"] == 0.02


@row
async def fetch_ohlcv(venue: Bybit, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 0.01)
    (candle,) = await client.fetch_ohlcv(SYMBOL, "1m")
    assert candle[1:] == [61701, 61701, 61701, 61701, 0.01]


@row
async def fetch_mark_ohlcv(venue: Bybit, client: Any) -> None:
    market = venue.house.listing.markets[0]
    for price in (617_000, 617_100, 616_900):
        venue.house.mark(market, price)
    (candle,) = await client.fetch_mark_ohlcv(SYMBOL, "1m")
    assert candle[1:5] == [61700, 61710, 61690, 61690]


@row
async def fetch_ticker(venue: Bybit, client: Any) -> None:
    await client.create_order(SYMBOL, "market", "buy", 0.01)
    ticker = await client.fetch_ticker(SYMBOL)
    assert (ticker["bid"], ticker["ask"], ticker["last"]) == (61699, 61701, 61701)
    assert (ticker["baseVolume"], ticker["markPrice"]) == (0.01, 61700)


@row
async def fetch_tickers(venue: Bybit, client: Any) -> None:
    assert len(await client.fetch_tickers()) == 4


@row
async def fetch_funding_rate(venue: Bybit, client: Any) -> None:
    assert (await client.fetch_funding_rate(SYMBOL))["fundingRate"] == 0.0001


@row
async def fetch_funding_rate_history(venue: Bybit, client: Any) -> None:
    market, now = venue.house.listing.markets[0], venue.section.clock.now()
    at = now - now % (8 * HOURS)
    assert venue.section.ledger.fund(market, 20_000, at) is None
    (rate,) = await client.fetch_funding_rate_history(SYMBOL)
    assert (rate["fundingRate"], rate["timestamp"]) == (0.0002, at // 1_000_000)


@row
async def fetch_market_leverage_tiers(venue: Bybit, client: Any) -> None:
    tiers = await client.fetch_market_leverage_tiers(SYMBOL)
    assert [each["maxLeverage"] for each in tiers[:3]] == [100, 50, 33]
    assert tiers[1]["maintenanceMarginRate"] == 0.01


@row
async def is_unified_enabled(venue: Bybit, client: Any) -> None:
    assert await client.is_unified_enabled() == [False, True]
    assert client.options["unifiedMarginStatus"] == 6


@row
async def fetch_balance(venue: Bybit, client: Any) -> None:
    assert (await client.fetch_balance())["USDT"]["total"] == 1e5
    await client.create_order(SYMBOL, *LIMIT)
    margin = 610 / 10 + 610 * 0.00055
    money = (await client.fetch_balance())["USDT"]
    assert money["used"] == pytest.approx(margin)
    assert money["free"] == pytest.approx(1e5 - margin)


@row
async def fetch_trading_fee(venue: Bybit, client: Any) -> None:
    fee = await client.fetch_trading_fee(SYMBOL)
    assert (fee["maker"], fee["taker"]) == (0.0002, 0.00055)


@row
async def fetch_positions(venue: Bybit, client: Any) -> None:
    assert await client.fetch_positions() == []
    await client.create_order(SYMBOL, "market", "sell", 0.1)
    (position,) = await client.fetch_positions()
    assert (position["side"], position["contracts"]) == ("short", 0.1)
    assert (position["entryPrice"], position["leverage"]) == (61699, 10)
    assert position["unrealizedPnl"] == pytest.approx(-0.1)
    assert position["realizedPnl"] == pytest.approx(-6169.9 * 0.00055)
    assert position["hedged"] is False


@row
async def fetch_position(venue: Bybit, client: Any) -> None:
    flat = await client.fetch_position(SYMBOL)
    assert (flat["contracts"], flat["side"]) == (0, None)
    await client.create_order(SYMBOL, "market", "buy", 2)
    held = await client.fetch_position(SYMBOL)
    assert held["initialMargin"] == pytest.approx(12340.2)
    assert held["liquidationPrice"] is not None
    assert 5_000 < held["liquidationPrice"] < 20_000


@row
async def set_leverage(venue: Bybit, client: Any) -> None:
    assert (await client.set_leverage(50, SYMBOL))["retCode"] == 0
    assert (await client.fetch_leverage(SYMBOL))["longLeverage"] == 50
    with pytest.raises(ccxt.BadRequest, match="110043"):
        await client.set_leverage(50, SYMBOL)
    with pytest.raises(ccxt.BadRequest, match="10001"):
        await client.set_leverage(101, SYMBOL)


@row
async def set_margin_mode(venue: Bybit, client: Any) -> None:
    assert (await client.set_margin_mode("isolated"))["result"]["reasons"] == []
    assert (await client.fetch_margin_mode(SYMBOL))["marginMode"] == "isolated"
    await client.create_order(SYMBOL, *LIMIT)
    with pytest.raises(ccxt.ExchangeError, match="3400045"):
        await client.set_margin_mode("cross")
    await client.cancel_all_orders(SYMBOL)
    await client.set_margin_mode("cross")
    assert (await client.fetch_margin_mode(SYMBOL))["marginMode"] == "cross"


@row
async def set_position_mode(venue: Bybit, client: Any) -> None:
    with pytest.raises(ccxt.NoChange, match="110025"):
        await client.set_position_mode(False, SYMBOL)
    with pytest.raises(ccxt.BadRequest, match="110029"):
        await client.set_position_mode(True)


@row
async def create_order_limit(venue: Bybit, client: Any) -> None:
    order = await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine-1"})
    assert (order["clientOrderId"], order["status"]) == ("mine-1", None), "only that it was taken"
    found = await client.fetch_order(order["id"], SYMBOL, ANY)
    assert (found["status"], found["price"], found["timeInForce"]) == ("open", 61000, "GTC")
    assert (found["amount"], found["filled"], found["remaining"]) == (0.01, 0, 0.01)


@row
async def create_order_market(venue: Bybit, client: Any) -> None:
    made = await client.create_order(SYMBOL, "market", "buy", 0.5)
    order = await client.fetch_order(made["id"], SYMBOL, ANY)
    assert (order["status"], order["filled"], order["average"]) == ("closed", 0.5, 61701.0)
    assert order["fee"]["cost"] == pytest.approx(30850.5 * 0.00055)
    assert order["price"] == 62317, "the price limit, 1 % from the mark"


@row
async def create_order_market_stops_at_its_bound(venue: Bybit, client: Any) -> None:
    venue.rest(1, "62500", 5000)
    made = await client.create_order(SYMBOL, "market", "buy", 6)
    order = await client.fetch_order(made["id"], SYMBOL, ANY)
    assert (order["status"], order["filled"]) == ("canceled", 5)
    assert order["info"]["rejectReason"] == "EC_CancelForNoFullFill"


@row
async def create_order_market_with_slippage_tolerance(venue: Bybit, client: Any) -> None:
    venue.rest(1, "61702", 5000)
    tolerance = {"slippageToleranceType": "TickSize", "slippageTolerance": "5"}
    made = await client.create_order(SYMBOL, "market", "buy", 6, None, tolerance)
    order = await client.fetch_order(made["id"], SYMBOL, ANY)
    assert (order["filled"], order["price"]) == (5, 61701.5)


@row
async def create_order_market_with_slippage_in_percent(venue: Bybit, client: Any) -> None:
    tolerance = {"slippageToleranceType": "Percent", "slippageTolerance": "0.05"}
    made = await client.create_order(SYMBOL, "market", "sell", 0.01, None, tolerance)
    assert (await client.fetch_order(made["id"], SYMBOL, ANY))["price"] == 61668.1


@row
async def create_order_ioc(venue: Bybit, client: Any) -> None:
    made = await client.create_order(SYMBOL, "limit", "buy", 6, 61701, {"timeInForce": "IOC"})
    order = await client.fetch_order(made["id"], SYMBOL, ANY)
    assert (order["status"], order["filled"], order["timeInForce"]) == ("canceled", 5, "IOC")


@row
async def create_order_fok(venue: Bybit, client: Any) -> None:
    made = await client.create_order(SYMBOL, "limit", "buy", 6, 61701, {"timeInForce": "FOK"})
    order = await client.fetch_order(made["id"], SYMBOL, ANY)
    assert (order["status"], order["filled"]) == ("canceled", 0)
    assert order["info"]["rejectReason"] == "EC_NoEnoughQtyToFill"


@row
async def create_order_post_only(venue: Bybit, client: Any) -> None:
    made = await client.create_order(SYMBOL, "limit", "buy", 0.01, 61701, {"postOnly": True})
    (order,) = await client.fetch_canceled_orders(SYMBOL)
    assert order["id"] == made["id"], "it was taken, and then it was cancelled"
    assert order["info"]["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"
    made = await client.create_order(SYMBOL, *LIMIT, {"postOnly": True})
    assert (await client.fetch_open_order(made["id"], SYMBOL))["timeInForce"] == "PO"


@row
async def create_order_reduce_only(venue: Bybit, client: Any) -> None:
    with pytest.raises(ccxt.InvalidOrder, match="110017"):
        await client.create_order(SYMBOL, "market", "buy", 0.01, None, {"reduceOnly": True})
    await client.create_order(SYMBOL, "market", "sell", 0.01)
    made = await client.create_order(SYMBOL, "market", "buy", 0.05, None, {"reduceOnly": True})
    order = await client.fetch_order(made["id"], SYMBOL, ANY)
    assert (order["filled"], order["reduceOnly"]) == (0.01, True)


@row
async def create_order_beyond_the_price_limit(venue: Bybit, client: Any) -> None:
    made = await client.create_order(SYMBOL, "limit", "sell", 0.01, 50000, {"timeInForce": "IOC"})
    order = await client.fetch_order(made["id"], SYMBOL, ANY)
    assert (order["price"], order["filled"]) == (61083, 0.01), "adjusted to the lowest sell"
    await client.privatePostV5AccountSetLimitPxAction({"category": "linear", "modifyEnable": False})
    with pytest.raises(ccxt.InvalidOrder, match="110003"):
        await client.create_order(SYMBOL, "limit", "sell", 0.01, 50000)


@row
async def create_order_without_money(venue: Bybit, client: Any) -> None:
    with pytest.raises(ccxt.InsufficientFunds, match="110007"):
        await client.create_order(SYMBOL, "limit", "buy", 50, 61000)


@row
async def fetch_order(venue: Bybit, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine"})
    found = await client.fetch_order(made["id"], SYMBOL, ANY)
    assert (found["id"], found["clientOrderId"]) == (made["id"], "mine")
    (by_link,) = await client.fetch_open_orders(SYMBOL, params={"orderLinkId": "mine"})
    assert by_link["id"] == made["id"]
    with pytest.raises(ccxt.OrderNotFound):
        await client.fetch_order("99", SYMBOL, ANY)


@row
async def cancel_order(venue: Bybit, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT)
    assert (await client.cancel_order(made["id"], SYMBOL))["id"] == made["id"]
    found = await client.fetch_order(made["id"], SYMBOL, ANY)
    assert (found["status"], found["info"]["cancelType"]) == ("canceled", "CancelByUser")
    with pytest.raises(ccxt.OrderNotFound, match="110001"):
        await client.cancel_order(made["id"], SYMBOL)


@row
async def cancel_order_by_client_id(venue: Bybit, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine"})
    found = await client.cancel_order(None, SYMBOL, {"orderLinkId": "mine"})
    assert (found["id"], found["clientOrderId"]) == (made["id"], "mine")


@row
async def cancel_orders(venue: Bybit, client: Any) -> None:
    ids = [(await client.create_order(SYMBOL, *LIMIT))["id"] for _ in range(2)]
    found = await client.cancel_orders(ids, SYMBOL)
    assert [each["id"] for each in found] == ids
    assert await client.fetch_open_orders(SYMBOL) == []


@row
async def cancel_orders_for_symbols(venue: Bybit, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT, {"clientOrderId": "mine"})
    asked = [{"symbol": SYMBOL, "clientOrderId": "mine"}]
    assert (await client.cancel_orders_for_symbols(asked))[0]["id"] == made["id"]


@row
async def cancel_all_orders(venue: Bybit, client: Any) -> None:
    for _ in range(2):
        await client.create_order(SYMBOL, *LIMIT)
    assert len(await client.cancel_all_orders()) == 2
    assert await client.fetch_open_orders() == []


@row
async def edit_order(venue: Bybit, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT)
    edited = await client.edit_order(made["id"], SYMBOL, "limit", "buy", 0.02, 61100)
    assert edited["id"] == made["id"]
    found = await client.fetch_open_order(made["id"], SYMBOL)
    assert (found["price"], found["amount"]) == (61100, 0.02)
    assert (await client.fetch_order_book(SYMBOL))["bids"][1] == [61100.0, 0.02]
    with pytest.raises(ccxt.BadRequest, match="remains unchanged"):
        await client.edit_order(made["id"], SYMBOL, "limit", "buy", 0.02, 61100)


@row
async def edit_order_post_only_that_would_take(venue: Bybit, client: Any) -> None:
    made = await client.create_order(SYMBOL, *LIMIT, {"postOnly": True})
    await client.edit_order(made["id"], SYMBOL, "limit", "buy", 0.01, 61701)
    found = await client.fetch_order(made["id"], SYMBOL, ANY)
    assert (found["status"], found["filled"]) == ("canceled", 0)
    assert found["info"]["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"


@row
async def edit_orders(venue: Bybit, client: Any) -> None:
    made = [await client.create_order(SYMBOL, *LIMIT) for _ in range(2)]
    asked = [
        {"id": each["id"], "symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.03}
        for each in made
    ]
    assert [each["id"] for each in await client.edit_orders(asked)] == [x["id"] for x in made]
    assert [each["amount"] for each in await client.fetch_open_orders()] == [0.03, 0.03]


@row
async def fetch_open_orders(venue: Bybit, client: Any) -> None:
    made = [await client.create_order(SYMBOL, *LIMIT) for _ in range(3)]
    found = await client.fetch_open_orders()
    assert {each["id"] for each in found} == {each["id"] for each in made}


@row
async def open_orders_in_pages(venue: Bybit, client: Any) -> None:
    made = [(await client.create_order(SYMBOL, *LIMIT))["id"] for _ in range(3)]
    found, cursor = [], ""
    for _ in made:
        asked = {"category": "linear", "symbol": "BTCUSDT", "limit": 1, "cursor": cursor}
        result = (await client.privateGetV5OrderRealtime(asked))["result"]
        found += [each["orderId"] for each in result["list"]]
        cursor = result["nextPageCursor"]
    assert (found, cursor) == (made[::-1], ""), "newest first"


@row
async def fetch_closed_and_canceled_orders(venue: Bybit, client: Any) -> None:
    canceled = await client.create_order(SYMBOL, *LIMIT)
    filled = await client.create_order(SYMBOL, "market", "buy", 0.01)
    await client.create_order(SYMBOL, *LIMIT)
    await client.cancel_order(canceled["id"], SYMBOL)
    assert [each["id"] for each in await client.fetch_closed_orders(SYMBOL)] == [filled["id"]]
    assert [each["id"] for each in await client.fetch_canceled_orders()] == [canceled["id"]]
    assert len(await client.fetch_canceled_and_closed_orders()) == 2
    assert (await client.fetch_closed_order(filled["id"], SYMBOL))["filled"] == 0.01


@row
async def create_orders(venue: Bybit, client: Any) -> None:
    good = {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": 61000}
    made = await client.create_orders([good, {**good, "amount": 50}, good])
    assert [each["status"] for each in made] == [None, "rejected", None]
    assert made[1]["info"]["code"] == 110007
    assert len(await client.fetch_open_orders(SYMBOL)) == 2


@row
async def fetch_my_trades(venue: Bybit, client: Any) -> None:
    order = await client.create_order(SYMBOL, "market", "buy", 0.01)
    (trade,) = await client.fetch_my_trades(SYMBOL)
    assert (trade["order"], trade["price"], trade["takerOrMaker"]) == (
        order["id"], 61701, "taker",
    )  # fmt: skip
    assert trade["fee"]["cost"] == pytest.approx(617.01 * 0.00055)
    assert trade["fee"]["rate"] == 0.00055


@row
async def fetch_order_trades(venue: Bybit, client: Any) -> None:
    order = await client.create_order(SYMBOL, "market", "buy", 0.01)
    await client.create_order(SYMBOL, "market", "sell", 0.01)
    found = await client.fetch_order_trades(order["id"], SYMBOL)
    assert [each["side"] for each in found] == ["buy"]


@pytest.mark.parametrize("name", CALLS)
async def test_ccxt_does(name: str, bybit: Bybit) -> None:
    bybit.quote()
    await CALLS[name](bybit, bybit.client())


async def test_two_clients_trade_with_each_other(bybit: Bybit) -> None:
    alice, bob = bybit.client(), bybit.client(key=BOB)
    made = await bob.create_order(SYMBOL, "limit", "sell", 0.3, 61500)
    await alice.create_order(SYMBOL, "market", "buy", 0.2)
    assert (await bob.fetch_order(made["id"], SYMBOL, ANY))["filled"] == 0.2
    (trade,) = await bob.fetch_my_trades(SYMBOL)
    assert (trade["takerOrMaker"], trade["side"], trade["fee"]["rate"]) == ("maker", "sell", 0.0002)


async def test_results_of_positions_are_those_of_the_wallet(bybit: Bybit) -> None:
    bybit.quote()
    client = bybit.client()
    for side, amount in (("buy", 0.3), ("sell", 0.5), ("buy", 0.2)):
        await client.create_order(SYMBOL, "market", side, amount)
    told = await client.fetch_position(SYMBOL)
    money = (await client.fetch_balance())["USDT"]["total"]
    assert money == pytest.approx(1e5 + float(told["info"]["cumRealisedPnl"]), abs=1e-7)


async def test_what_realtime_still_knows_of_closed_orders(bybit: Bybit) -> None:
    bybit.quote()
    client = bybit.client()
    made = await client.create_order(SYMBOL, "market", "buy", 0.01)
    asked = {"category": "linear", "symbol": "BTCUSDT"}
    answers = [
        await client.privateGetV5OrderRealtime({**asked, **more})
        for more in ({}, {"openOnly": 1}, {"orderId": made["id"]})
    ]
    found = [[each["orderId"] for each in answer["result"]["list"]] for answer in answers]
    assert found == [[], [made["id"]], [made["id"]]]
