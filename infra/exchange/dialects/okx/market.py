"""Market data: /api/v5/market, without a key.

https://www.okx.com/docs-v5/en/#order-book-trading-market-data
"""

from __future__ import annotations

from typing import Any

from infra.exchange.dialects.okx.errors import wrong
from infra.exchange.dialects.okx.request import Request
from infra.exchange.dialects.okx.section import SWAP, Endpoint, Section, Table, milliseconds
from infra.exchange.dialects.okx.shapes import (
    candle_row,
    coins,
    levels,
    price,
    public_trade,
    size,
)
from infra.exchange.listing import Market

DAY = 86_400_000_000_000
HONG_KONG = 8 * 3_600_000_000_000
BARS = {
    **{name: name for name in ("1s", "1m", "3m", "5m", "15m", "30m")},
    "1H": "1h",
    "2H": "2h",
    "4H": "4h",
    "6Hutc": "6h",
    "12Hutc": "12h",
    "1Dutc": "1d",
}
"""Bars from 6 hours on begin by UTC here; those that begin by Hong Kong's time are not spoken."""


def book(section: Section, request: Request, most: int) -> list[dict[str, Any]]:
    """The best levels of the book."""
    market, depth = section.market(request), request.whole("sz", 1)
    if not 1 <= depth <= most:
        raise wrong("sz")
    found = section.house.books.depths[market.number]
    bids, asks = found.top(depth)
    return [
        {
            "asks": levels(market, asks),
            "bids": levels(market, bids),
            "ts": milliseconds(section.clock.now()),
            "seqId": found.update,
        }
    ]


def books(section: Section, request: Request) -> list[dict[str, Any]]:
    """Up to 400 levels."""
    return book(section, request, 400)


def books_full(section: Section, request: Request) -> list[dict[str, Any]]:
    """Up to 5,000 levels."""
    return book(section, request, 5_000)


def trades(section: Section, request: Request) -> list[dict[str, str]]:
    """The last public trades, newest first."""
    tape = section.house.books.tapes[section.market(request).number]
    limit = request.whole("limit", 100)
    if not 1 <= limit <= 500:
        raise wrong("limit")
    return [public_trade(trade) for trade in list(tape.trades)[-limit:][::-1]]


def candles(section: Section, request: Request) -> list[list[str]]:
    """Candles newest first: older than `after`, newer than `before` (ms), at most 300."""
    market, bar = section.market(request), request.params.get("bar") or "1m"
    if bar not in BARS:
        raise wrong("bar")
    after, before = request.whole("after", 1 << 62), request.whole("before", -1)
    limit, now = request.whole("limit", 100), section.clock.now()
    if not 1 <= limit <= 300:
        raise wrong("limit")
    tape = section.house.books.tapes[market.number]
    kept = [
        candle for candle in tape.klines(BARS[bar]) if before < candle.start // 1_000_000 < after
    ]
    return [candle_row(market, each, BARS[bar], now) for each in kept[::-1][:limit]]


def ticker_row(section: Section, market: Market) -> dict[str, str]:
    """The last 24 hours of a market, or as much as its candles hold."""
    house, now = section.house, section.clock.now()
    depth, tape = house.books.depths[market.number], house.books.tapes[market.number]
    last, day = house.books.lasts[market.number], tape.since(now - DAY)
    bid, ask = depth.best(True), depth.best(False)
    lots = day.lots if day else 0
    return {
        "instType": SWAP,
        "instId": market.name,
        "last": price(market, last),
        "lastSz": size(market, tape.trades[-1].lots if tape.trades else 0),
        "askPx": price(market, ask[0]) if ask else "",
        "askSz": size(market, ask[1]) if ask else "",
        "bidPx": price(market, bid[0]) if bid else "",
        "bidSz": size(market, bid[1]) if bid else "",
        "open24h": price(market, day.open if day else last),
        "high24h": price(market, day.high if day else last),
        "low24h": price(market, day.low if day else last),
        "vol24h": size(market, lots),
        "volCcy24h": coins(market, lots),
        "sodUtc0": opened(section, market, now - now % DAY),
        "sodUtc8": opened(section, market, now - (now + HONG_KONG) % DAY),
        "ts": milliseconds(now),
    }


def opened(section: Section, market: Market, start: int) -> str:
    """The first price of a day, as far as candles hold it."""
    found = section.house.books.tapes[market.number].since(start)
    return price(market, found.open if found else section.house.books.lasts[market.number])


def ticker(section: Section, request: Request) -> list[dict[str, str]]:
    """Of one market."""
    return [ticker_row(section, section.market(request))]


def tickers(section: Section, request: Request) -> list[dict[str, str]]:
    """Of all markets of a mandatory instType."""
    request.text("instType")
    return [ticker_row(section, market) for market in section.markets(request)]


TABLE: Table = {
    ("GET", "/market/books"): Endpoint(books, 40),
    ("GET", "/market/books-full"): Endpoint(books_full, 10),
    ("GET", "/market/trades"): Endpoint(trades, 100),
    ("GET", "/market/history-trades"): Endpoint(trades, 20),
    ("GET", "/market/candles"): Endpoint(candles, 40),
    ("GET", "/market/history-candles"): Endpoint(candles, 20),
    ("GET", "/market/ticker"): Endpoint(ticker, 20),
    ("GET", "/market/tickers"): Endpoint(tickers, 20),
}
