"""What the tests of all venues ask of Bybit."""

from __future__ import annotations

from typing import Any

import ccxt
import ccxt.pro

NAME = "bybit"

RECORDINGS: dict[str, dict[str, int]] = {
    "BYBIT.ws.25.0.gz": {"frames": 3342, "control": 16, "trade": 101, "book": 3260},
    "BYBIT.ws.26.0.gz": {"frames": 1098, "control": 4, "trade": 150, "book": 1018},
}
"""Frames of each recording in infra/recordings/venues: all, those of no market, and events."""
REFUSED: dict[str, dict[str, int]] = {}
"""Frames that are refused, by recording and reason."""

SAMPLES: tuple[str, ...] = (
    '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":'
    '1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":'
    '"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"seq":1783284617}]}',
    '{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1672304484978,"data":{"s":"BTCUSDT",'
    '"b":[["16493.50","0.006"],["16493.00","0.100"]],"a":[["16611.00","0.029"],["16612.00","0.213"]'
    '],"u":18521288,"seq":7961638724},"cts":1672304484976}',
    '{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1687940967466,"data":{"s":"BTCUSDT","b":'
    '[["16493.00","0"],["16492.00","0.2"]],"a":[["16611.50","1.1"]],"u":18521289,"seq":7961638725},'
    '"cts":1687940967464}',
    '{"topic":"orderbook.1.BTCUSDC","ts":1699152639644,"type":"snapshot","data":{"s":"BTCUSDC","b":'
    '[["35050.72","0.02853"]],"a":[["35050.73","1"]],"u":16468297,"seq":14234996104}}',
    '{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","tickDirection":'
    '"ZeroPlusTick","lastPrice":"61874.00","markPrice":"61875.25","indexPrice":"61903.73",'
    '"openInterest":"58117.022","openInterestValue":"3596005265.51","nextFundingTime":'
    '"1715760000000","fundingRate":"0.00008055","bid1Price":"61873.90","bid1Size":"3.783",'
    '"ask1Price":"61874.00","ask1Size":"16.278"},"cs":176530003895,"ts":1715748762463}',
    '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"61875.06",'
    '"indexPrice":"61903.59","openInterestValue":"3595994223.27","bid1Price":"61873.90","bid1Size":'
    '"3.543"},"cs":176530004279,"ts":1715748763063}',
    '{"topic":"allLiquidation.ROSEUSDT","type":"snapshot","ts":1739502303204,"data":[{"T":'
    '1739502302929,"s":"ROSEUSDT","S":"Sell","v":"20000","p":"0.04499"}]}',
    '{"topic":"liquidation.GALAUSDT","type":"snapshot","ts":1673251091822,"data":{"price":"0.03803"'
    ',"side":"Buy","size":"1637","symbol":"GALAUSDT","updatedTime":1673251091822}}',
    '{"topic":"trade.BCHUSDT","data":[{"symbol":"BCHUSDT","tick_direction":"MinusTick","price":'
    '"1053.90","size":0.14,"timestamp":"2021-04-17T16:43:05.000Z","trade_time_ms":"1618677785116",'
    '"side":"Buy","trade_id":"01cacfe9-8d1c-5ee4-995d-d79a43f955a6"}]}',
    '{"topic":"orderBookL2_25.BCHUSDT","type":"snapshot","data":{"order_book":[{"price":"1053.05",'
    '"symbol":"BCHUSDT","id":"10530500","side":"Buy","size":2.63}]},"cross_seq":"864131802",'
    '"timestamp_e6":"1618677786430132"}',
    '{"topic":"orderBookL2_25.EOSUSD","type":"delta","data":{"delete":[{"price":"7.970","symbol":'
    '"EOSUSD","id":79700,"side":"Sell"}],"update":[{"price":"7.971","symbol":"EOSUSD","id":79710,'
    '"side":"Buy","size":47766}],"insert":[],"transactTimeE6":0},"cross_seq":1225777225,'
    '"timestamp_e6":1618677786598877}',
    '{"success":true,"ret_msg":"","conn_id":"38cf0ac3","req_id":"1","op":"subscribe"}',
    '{"success":true,"ret_msg":"pong","conn_id":"0970e817","op":"ping"}',
)
"""One frame of each kind: of the guide and ccxt, of gocryptotrader, of the recording."""

INSTRUMENTS = ("bybit.all.2023-07-11.json.gz",)
"""Lists in infra/recordings/venues/instruments."""
LISTED = {"bybit.all.2023-07-11.json.gz": 236}
NOT_BY_FORM: dict[str, dict[str, tuple[str | None, str]]] = {}
"""Names whose form alone says nothing, or another symbol than the list does."""
NOTICES: dict[str, dict[str, int]] = {}
"""Notices that `tapeline decode` adds, by recording."""


def theirs() -> Any:
    """ccxt's reader."""
    return ccxt.pro.bybit()


def their_symbols(rows: list[dict[str, Any]]) -> dict[str, str]:
    """ccxt's symbols by the venue's names: the rows of v2 as v5 would list them."""
    exchange = ccxt.bybit()
    listed = {"linear": [], "inverse": []}  # type: dict[str, list[dict[str, Any]]]
    for row in rows:
        inverse, dated = row["quote_currency"] == "USD", row["name"] != row["alias"]
        kind = ("Inverse" if inverse else "Linear") + ("Futures" if dated else "Perpetual")
        ends = f"2023-{row['alias'][-4:-2]}-{row['alias'][-2:]}T08:00:00Z" if dated else None
        listed["inverse" if inverse else "linear"].append({
            "symbol": row["name"], "contractType": kind, "status": "Trading",
            "baseCoin": row["base_currency"], "quoteCoin": row["quote_currency"],
            "settleCoin": row["base_currency"] if inverse else row["quote_currency"],
            "deliveryTime": str(exchange.parse8601(ends)) if ends else "0", "launchTime": "0",
            "leverageFilter": {}, "priceFilter": {"tickSize": "1"}, "lotSizeFilter": {},
        })  # fmt: skip
    exchange.publicGetV5MarketInstrumentsInfo = lambda asked: {
        "result": {"list": listed[asked["category"]]}
    }
    markets = [
        market
        for category in listed
        for market in exchange.fetch_future_markets({"category": category})
    ]
    return {market["id"]: market["symbol"] for market in markets}


WITH_CCXT: dict[str, str] = {}
"""ccxt does not read v2 of 2021."""
BOOKS_COMPARED: dict[str, int] = {}
DIFFERENCES: dict[str, Any] = {}
UNLIKE: dict[str, dict[str, int]] = {}
CURRENT: dict[str, tuple[str, ...]] = {
    "wss://stream.bybit.com/v5/public/linear": (
        *SAMPLES[:3],
        '{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1687940967566,"data":{"s":"BTCUSDT",'
        '"b":[],"a":[["16611.00","0"]],"u":18521290,"seq":7961638729},"cts":1687940967564}',
        '{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1687940967666,"data":{"s":"BTCUSDT"'
        ',"b":[["16000.00","1"]],"a":[["16001.00","2"]],"u":1,"seq":7961638730}}',
    ),
}
"""Frames in today's format, by the address that ccxt would have them from."""
