"""Market data: /v5/market, without a key.

https://bybit-exchange.github.io/docs/v5/market/time
"""

from __future__ import annotations

from typing import Any

from infra.exchange.dialects.bybit.errors import wrong
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.dialects.bybit.section import (
    LINEAR,
    Endpoint,
    Section,
    Table,
    category,
    linear,
    milliseconds,
)
from infra.exchange.dialects.bybit.shapes import candle_row, levels, side, uuid
from infra.exchange.dialects.bybit.tickers import ticker
from infra.exchange.listing import fixed
from infra.exchange.tape import Candle, Tape

NAMES = {"1m": "1", "3m": "3", "5m": "5", "15m": "15", "30m": "30", "1h": "60", "2h": "120"}
NAMES |= {"4h": "240", "6h": "360", "12h": "720", "1d": "D"}
LENGTHS = {name: usual for usual, name in NAMES.items()}
"""Intervals as Bybit names them; there are no weeks and months here."""
MOST_CANDLES, MOST_TRADES, MOST_LEVELS, MOST_RATES = 1_000, 1_000, 500, 200


def time(section: Section, request: Request) -> dict[str, Any]:
    """The server's time."""
    now = section.clock.now()
    return {"timeSecond": str(now // 1_000_000_000), "timeNano": str(now)}


def orderbook(section: Section, request: Request) -> dict[str, Any]:
    """The book's best levels."""
    linear(request)
    market, most = section.market(request), request.whole("limit", 25)
    if not 1 <= most <= MOST_LEVELS:
        raise wrong("params error: limit invalid")
    book, now = section.house.books.depths[market.number], section.clock.milliseconds()
    bids, asks = book.top(most)
    told = {"s": market.name, "b": levels(market, bids), "a": levels(market, asks)}
    return {**told, "ts": now, "u": book.update, "seq": book.update, "cts": now}


def interval(request: Request) -> str:
    """The interval by the tape's name."""
    found = LENGTHS.get(request.text("interval"))
    if found is None:
        raise wrong("Invalid period!")
    return found


def candles(section: Section, request: Request, tapes: list[Tape]) -> tuple[Any, list[Candle]]:
    """Candles of one of some tapes, newest first, between start and end."""
    linear(request)
    market, name = section.market(request), interval(request)
    start, end = request.whole("start", 0), request.whole("end", 1 << 60)
    most = min(max(request.whole("limit", 200), 1), MOST_CANDLES)
    found = [
        candle
        for candle in tapes[market.number].klines(name)
        if start <= milliseconds(candle.start) <= end
    ]
    kept = found[:most] if request.has("start") and not request.has("end") else found[-most:]
    return market, kept[::-1]


def kline(section: Section, request: Request) -> dict[str, Any]:
    """Candles of the trades."""
    market, found = candles(section, request, section.house.books.tapes)
    rows = [candle_row(market, candle) for candle in found]
    return {"category": LINEAR, "symbol": market.name, "list": rows}


def mark_kline(section: Section, request: Request) -> dict[str, Any]:
    """Candles of the mark price: no volume, no turnover."""
    market, found = candles(section, request, section.ledger.marks)
    rows = [candle_row(market, candle)[:5] for candle in found]
    return {"category": LINEAR, "symbol": market.name, "list": rows}


def recent_trade(section: Section, request: Request) -> dict[str, Any]:
    """The last public trades, newest first."""
    linear(request)
    market, most = section.market(request), request.whole("limit", 500)
    kept = list(section.house.books.tapes[market.number].trades)[-min(max(most, 1), MOST_TRADES) :]
    rows = [
        {
            "execId": uuid("trade", trade.number),
            "symbol": market.name,
            "price": market.price(trade.price),
            "size": market.quantity(trade.lots),
            "side": side(trade.taker_buys),
            "time": str(milliseconds(trade.at)),
            "isBlockTrade": False,
            "isRPITrade": False,
            "seq": str(trade.number),
        }
        for trade in reversed(kept)
    ]
    return {"category": LINEAR, "list": rows}


def tickers(section: Section, request: Request) -> dict[str, Any]:
    """The last day, the best prices, mark and funding."""
    rows = [ticker(section, market) for market in section.markets(request)]
    return {"category": category(request), "list": rows}


def funding_history(section: Section, request: Request) -> dict[str, Any]:
    """Rates that were charged, newest first."""
    linear(request)
    market, most = section.market(request), request.whole("limit", MOST_RATES)
    start, end = request.whole("startTime", 0), request.whole("endTime", 1 << 60)
    if request.has("startTime") and not request.has("endTime"):
        raise wrong("params error: endTime is required")
    found = [
        {
            "symbol": market.name,
            "fundingRate": fixed(rate, 8),
            "fundingRateTimestamp": str(milliseconds(at)),
        }
        for at, rate in reversed(section.ledger.rates[market.number])
        if start <= milliseconds(at) <= end
    ]
    return {"category": LINEAR, "list": found[: min(max(most, 1), MOST_RATES)]}


def system_status(section: Section, request: Request) -> dict[str, Any]:
    """No maintenance."""
    return {"list": []}


TABLE: Table = {
    ("GET", "/v5/market/time"): Endpoint(time),
    ("GET", "/v5/market/orderbook"): Endpoint(orderbook),
    ("GET", "/v5/market/kline"): Endpoint(kline),
    ("GET", "/v5/market/mark-price-kline"): Endpoint(mark_kline),
    ("GET", "/v5/market/recent-trade"): Endpoint(recent_trade),
    ("GET", "/v5/market/tickers"): Endpoint(tickers),
    ("GET", "/v5/market/funding/history"): Endpoint(funding_history),
    ("GET", "/v5/system/status"): Endpoint(system_status),
}
