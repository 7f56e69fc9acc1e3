"""Market data that USD-M and spot tell alike.

https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api
https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
"""

from __future__ import annotations

from typing import Any

from infra.exchange.dialects.binance.errors import Code, refused
from infra.exchange.dialects.binance.request import Request
from infra.exchange.dialects.binance.section import Section, milliseconds, within
from infra.exchange.dialects.binance.shapes import aggregate, kline, public_trade, quote
from infra.exchange.listing import Market
from infra.exchange.tape import INTERVALS

DAY = 86_400_000_000_000


def ping(section: Section, request: Request) -> dict[str, Any]:
    """Nothing."""
    return {}


def time(section: Section, request: Request) -> dict[str, Any]:
    """The server's time."""
    return {"serverTime": section.clock.milliseconds()}


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
