"""Market data of spot: /api/v3, without a key.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra.exchange.dialects.binance import market_data as data
from infra.exchange.dialects.binance.errors import Code, Refusal, refused
from infra.exchange.dialects.binance.request import Request, illegal
from infra.exchange.dialects.binance.section import Endpoint, Section, Table
from infra.exchange.dialects.binance.shapes import levels, public_trade
from infra.exchange.dialects.binance.spot_filters import AVERAGE_MINUTES, average, spot_filters
from infra.exchange.listing import Market

MOST_LEVELS = 5_000
TYPES = ["LIMIT", "LIMIT_MAKER", "MARKET"]
STP_MODES = ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"]


def markets_of(section: Section, request: Request) -> tuple[Market, ...]:
    """The market of `symbol`, those of the JSON array `symbols`, or all."""
    if not request.has("symbols"):
        return section.markets(request)
    if request.has("symbol"):
        raise Refusal(Code.OPTIONAL_PARAMS_BAD_COMBO, "Combination of optional parameters invalid.")
    names = request.array("symbols")
    found = [section.house.listing.named(each) for each in names if isinstance(each, str)]
    if not names or len(found) < len(names):
        raise illegal("symbols", "a JSON array of symbols")
    if None in found:
        raise refused(Code.BAD_SYMBOL)
    return tuple(market for market in found if market is not None)


def rows_of(
    section: Section, request: Request, tell: Callable[[Section, Market], dict[str, Any]]
) -> Any:
    """A row for the symbol that is named, or a list."""
    rows = [tell(section, market) for market in markets_of(section, request)]
    return rows[0] if request.has("symbol") else rows


def exchange_info(section: Section, request: Request) -> dict[str, Any]:
    """Markets, filters, limits."""
    return {
        "timezone": "UTC",
        "serverTime": section.clock.milliseconds(),
        "rateLimits": section.limits.told(),
        "exchangeFilters": [],
        "symbols": [symbol(market) for market in markets_of(section, request)],
    }


def symbol(market: Market) -> dict[str, Any]:
    """A market of exchangeInfo."""
    precisions = ("baseAsset", "quote", "quoteAsset", "baseCommission", "quoteCommission")
    barred = ("iceberg", "oco", "oto", "opo", "amend", "pegInstructions")
    return {
        "symbol": market.name,
        "status": "TRADING",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        **{f"{name}Precision": 8 for name in precisions},
        "orderTypes": TYPES,
        **{f"{name}Allowed": False for name in barred},
        "allowTrailingStop": False,
        "cancelReplaceAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": spot_filters(market),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": STP_MODES,
    }


def depth(section: Section, request: Request) -> dict[str, Any]:
    """The book's best levels."""
    market, limit = section.market(request), request.whole("limit", 100)
    if limit < 1:
        raise illegal("limit", "[1, 5000]")
    return book(section, market, min(limit, MOST_LEVELS))


def book(section: Section, market: Market, limit: int) -> dict[str, Any]:
    """So many levels of a side."""
    displayed = section.house.books.depths[market.number]
    bids, asks = displayed.top(limit)
    told = {"bids": levels(market, bids), "asks": levels(market, asks)}
    return {"lastUpdateId": displayed.update, **told}


def historical(section: Section, request: Request) -> list[dict[str, Any]]:
    """Trades from an id on, or the last ones."""
    tape = section.house.books.tapes[section.market(request).number]
    limit = min(max(request.whole("limit", 500), 1), 1000)
    if not request.has("fromId"):
        return [public_trade(trade) for trade in list(tape.trades)[-limit:]]
    first = request.whole("fromId")
    return [public_trade(trade) for trade in tape.trades if trade.number >= first][:limit]


def average_price(section: Section, request: Request) -> dict[str, Any]:
    """What PERCENT_PRICE_BY_SIDE and NOTIONAL compare with."""
    market = section.market(request)
    return {
        "mins": AVERAGE_MINUTES,
        "price": market.price(average(section, market)),
        "closeTime": section.clock.milliseconds(),
    }


def ticker(section: Section, market: Market) -> dict[str, Any]:
    """24-hour statistics with the best prices."""
    best = data.best(section, market)
    sides = {name: best[name] for name in ("bidPrice", "bidQty", "askPrice", "askQty")}
    row = data.ticker(section, market)
    return {**row, "prevClosePrice": row["openPrice"], **sides}


def best(section: Section, market: Market) -> dict[str, Any]:
    """The best prices."""
    row = data.best(section, market)
    return {name: row[name] for name in ("symbol", "bidPrice", "bidQty", "askPrice", "askQty")}


def price(section: Section, market: Market) -> dict[str, Any]:
    """The last price."""
    last = section.house.books.lasts[market.number]
    return {"symbol": market.name, "price": market.price(last)}


def ticker_day(section: Section, request: Request) -> Any:
    """24-hour statistics."""
    return rows_of(section, request, ticker)


def ticker_window(section: Section, request: Request) -> Any:
    """Statistics of a rolling window, of which there is the day."""
    if request.params.get("windowSize", "1d") not in ("1d", "24h"):
        raise illegal("windowSize", "1d")
    if not (request.has("symbol") or request.has("symbols")):
        raise Refusal(Code.MANDATORY_PARAM, "Either 'symbol' or 'symbols' must be sent.")
    return rows_of(section, request, data.ticker)


def book_ticker(section: Section, request: Request) -> Any:
    """The best prices."""
    return rows_of(section, request, best)


def ticker_price(section: Section, request: Request) -> Any:
    """The last prices."""
    return rows_of(section, request, price)


TABLE: Table = {
    ("GET", "/api/v3/ping"): Endpoint(data.ping),
    ("GET", "/api/v3/time"): Endpoint(data.time),
    ("GET", "/api/v3/exchangeInfo"): Endpoint(exchange_info, weight=20),
    ("GET", "/api/v3/depth"): Endpoint(depth, weight=5),
    ("GET", "/api/v3/trades"): Endpoint(data.trades, weight=25),
    ("GET", "/api/v3/historicalTrades"): Endpoint(historical, weight=25),
    ("GET", "/api/v3/aggTrades"): Endpoint(data.agg_trades, weight=4),
    ("GET", "/api/v3/klines"): Endpoint(data.klines, weight=2),
    ("GET", "/api/v3/uiKlines"): Endpoint(data.klines, weight=2),
    ("GET", "/api/v3/avgPrice"): Endpoint(average_price, weight=2),
    ("GET", "/api/v3/ticker"): Endpoint(ticker_window, weight=4),
    ("GET", "/api/v3/ticker/24hr"): Endpoint(ticker_day, weight=2),
    ("GET", "/api/v3/ticker/bookTicker"): Endpoint(book_ticker, weight=2),
    ("GET", "/api/v3/ticker/price"): Endpoint(ticker_price, weight=2),
}
