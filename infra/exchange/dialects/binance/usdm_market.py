"""Market data of USD-M futures: /fapi/v1, without a key.

https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api
"""

from __future__ import annotations

from typing import Any

from infra.exchange.dialects.binance.errors import Code, Refusal, refused
from infra.exchange.dialects.binance.filters import futures_filters, quantity_digits
from infra.exchange.dialects.binance.request import Request
from infra.exchange.dialects.binance.section import (
    Endpoint,
    Section,
    Table,
    milliseconds,
    within,
)
from infra.exchange.dialects.binance.shapes import aggregate, kline, levels, public_trade, quote
from infra.exchange.listing import Market
from infra.exchange.tape import INTERVALS

LIMITS = (5, 10, 20, 50, 100, 500, 1000)
DAY = 86_400_000_000_000


def ping(section: Section, request: Request) -> dict[str, Any]:
    """Nothing."""
    return {}


def time(section: Section, request: Request) -> dict[str, Any]:
    """The server's time."""
    return {"serverTime": section.clock.milliseconds()}


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
        "orderTypes": ["LIMIT", "MARKET"],
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


def trades(section: Section, request: Request) -> list[dict[str, Any]]:
    """The last public trades."""
    tape = section.house.books.tapes[section.market(request).number]
    limit = min(max(request.whole("limit", 500), 1), 1000)
    return [public_trade(trade) for trade in list(tape.trades)[-limit:]]


def agg_trades(section: Section, request: Request) -> list[dict[str, Any]]:
    """As trades, in another shape and by time."""
    tape = section.house.books.tapes[section.market(request).number]
    first = request.whole("fromId", 0)
    found = [trade for trade in tape.trades if trade.number >= first]
    kept = within(request, lambda trade: milliseconds(trade.at), found, 1000)
    return [aggregate(trade) for trade in kept]


def klines(section: Section, request: Request) -> list[list[Any]]:
    """Candles of the trades."""
    market, interval = section.market(request), request.text("interval")
    if interval not in INTERVALS:
        raise refused(Code.BAD_INTERVAL)
    found = list(section.house.books.tapes[market.number].klines(interval))
    kept = within(request, lambda candle: milliseconds(candle.start), found, 1500)
    return [kline(market, candle, interval) for candle in kept]


def ticker(section: Section, market: Market) -> dict[str, Any]:
    """The last 24 hours of a market, or as much as its candles hold."""
    now = section.clock.now()
    tape = section.house.books.tapes[market.number]
    day = [candle for candle in tape.klines("1m") if candle.start >= now - DAY]
    last = section.house.books.lasts[market.number]
    opened = day[0].open if day else last
    lots, tick_lots = sum(each.lots for each in day), sum(each.tick_lots for each in day)
    change = 100 * (last - opened) / opened
    trades_of = tape.trades[-1].lots if tape.trades else 0
    return {
        "symbol": market.name,
        "priceChange": market.price(last - opened),
        "priceChangePercent": f"{change:.3f}",
        "weightedAvgPrice": market.average(tick_lots, lots),
        "lastPrice": market.price(last),
        "lastQty": market.quantity(trades_of),
        "openPrice": market.price(opened),
        "highPrice": market.price(max((each.high for each in day), default=last)),
        "lowPrice": market.price(min((each.low for each in day), default=last)),
        "volume": market.quantity(lots),
        "quoteVolume": quote(market, tick_lots),
        "openTime": milliseconds(now - DAY),
        "closeTime": milliseconds(now),
        "firstId": day[0].first if day else 0,
        "lastId": day[-1].last if day else 0,
        "count": sum(each.count for each in day),
    }


def one_or_all(section: Section, request: Request, tell: Any) -> Any:
    """A row for the symbol that is named, or a list of all."""
    rows = [tell(section, market) for market in section.markets(request)]
    return rows[0] if request.has("symbol") else rows


def ticker_day(section: Section, request: Request) -> Any:
    """24-hour statistics."""
    return one_or_all(section, request, ticker)


def best(section: Section, market: Market) -> dict[str, Any]:
    """The best prices of a market; zeros of an empty side."""
    book = section.house.books.depths[market.number]
    bid, ask = book.best(True) or (0, 0), book.best(False) or (0, 0)
    return {
        "symbol": market.name,
        "bidPrice": market.price(bid[0]),
        "bidQty": market.quantity(bid[1]),
        "askPrice": market.price(ask[0]),
        "askQty": market.quantity(ask[1]),
        "time": section.clock.milliseconds(),
        "lastUpdateId": book.update,
    }


def book_ticker(section: Section, request: Request) -> Any:
    """The best prices."""
    return one_or_all(section, request, best)


def price(section: Section, market: Market) -> dict[str, Any]:
    """The last price of a market."""
    last = section.house.books.lasts[market.number]
    return {
        "symbol": market.name,
        "price": market.price(last),
        "time": section.clock.milliseconds(),
    }


def ticker_price(section: Section, request: Request) -> Any:
    """The last price."""
    return one_or_all(section, request, price)


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
