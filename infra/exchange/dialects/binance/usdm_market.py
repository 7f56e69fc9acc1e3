"""Market data of USD-M futures: /fapi/v1, without a key.

https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api
"""

from __future__ import annotations

from typing import Any

from infra.exchange.dialects.binance.errors import Refusal
from infra.exchange.dialects.binance.filters import futures_filters, quantity_digits
from infra.exchange.dialects.binance.market_data import (
    agg_trades,
    book_ticker,
    klines,
    one_or_all,
    ping,
    ticker_day,
    ticker_price,
    time,
    trades,
)
from infra.exchange.dialects.binance.request import Request
from infra.exchange.dialects.binance.section import Endpoint, Section, Table, milliseconds
from infra.exchange.dialects.binance.shapes import levels
from infra.exchange.dialects.binance.usdm_conditions import TYPES
from infra.exchange.listing import Market

LIMITS = (5, 10, 20, 50, 100, 500, 1000)


def exchange_info(section: Section, request: Request) -> dict[str, Any]:
    """Markets, filters, limits."""
    house = section.house
    return {
        "timezone": "UTC",
        "serverTime": section.clock.milliseconds(),
        "futuresType": "U_MARGINED",
        "rateLimits": section.limits.told(),
        "exchangeFilters": [],
        "assets": [
            {"asset": asset, "marginAvailable": True, "autoAssetExchange": "0"}
            for asset in sorted({market.settle for market in house.listing.markets})
        ],
        "symbols": [symbol(market) for market in house.listing.markets],
    }


def symbol(market: Market) -> dict[str, Any]:
    """A market of exchangeInfo."""
    return {
        "symbol": market.name,
        "pair": market.name,
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": 1569398400000,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "marginAsset": market.settle,
        "pricePrecision": market.price_digits,
        "quantityPrecision": quantity_digits(market),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "filters": futures_filters(market),
        "orderTypes": ["LIMIT", "MARKET", *TYPES],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def depth(section: Section, request: Request) -> dict[str, Any]:
    """The book's best levels."""
    market, limit = section.market(request), request.whole("limit", 500)
    if limit not in LIMITS:
        raise Refusal(-4021, "Invalid depth limit")
    book = section.house.books.depths[market.number]
    bids, asks = book.top(limit)
    now = section.clock.milliseconds()
    return {
        "lastUpdateId": book.update,
        "E": now,
        "T": now,
        "bids": levels(market, bids),
        "asks": levels(market, asks),
    }


def premium(section: Section, market: Market) -> dict[str, Any]:
    """The mark price of a market; the index is told as the same."""
    now, mark = section.clock.now(), market.price(section.house.books.marks[market.number])
    interval = market.contract.interval
    return {
        "symbol": market.name,
        "markPrice": mark,
        "indexPrice": mark,
        "estimatedSettlePrice": mark,
        "lastFundingRate": "0.00010000",
        "interestRate": "0.00010000",
        "nextFundingTime": milliseconds(now - now % interval + interval) if interval else 0,
        "time": milliseconds(now),
    }


def premium_index(section: Section, request: Request) -> Any:
    """Mark price and funding."""
    return one_or_all(section, request, premium)


TABLE: Table = {
    ("GET", "/fapi/v1/ping"): Endpoint(ping),
    ("GET", "/fapi/v1/time"): Endpoint(time),
    ("GET", "/fapi/v1/exchangeInfo"): Endpoint(exchange_info),
    ("GET", "/fapi/v1/depth"): Endpoint(depth, weight=10),
    ("GET", "/fapi/v1/trades"): Endpoint(trades, weight=5),
    ("GET", "/fapi/v1/aggTrades"): Endpoint(agg_trades, weight=20),
    ("GET", "/fapi/v1/klines"): Endpoint(klines, weight=5),
    ("GET", "/fapi/v1/ticker/24hr"): Endpoint(ticker_day),
    ("GET", "/fapi/v1/ticker/bookTicker"): Endpoint(book_ticker, weight=2),
    ("GET", "/fapi/v1/ticker/price"): Endpoint(ticker_price),
    ("GET", "/fapi/v2/ticker/price"): Endpoint(ticker_price),
    ("GET", "/fapi/v1/premiumIndex"): Endpoint(premium_index),
}
