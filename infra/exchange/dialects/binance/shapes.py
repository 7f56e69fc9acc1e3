"""Rows that REST, streams and the WebSocket API tell alike."""

from __future__ import annotations

from typing import Any

from engine.matching.codes import CANCEL_BOTH, CANCEL_NEWEST, CANCEL_OLDEST
from infra.exchange.dialects.binance.section import milliseconds
from infra.exchange.facts import Trade
from infra.exchange.listing import Market, fixed
from infra.exchange.orders import Order
from infra.exchange.tape import INTERVALS, Candle

PREVENTIONS = {
    0: "NONE",
    CANCEL_NEWEST: "EXPIRE_TAKER",
    CANCEL_OLDEST: "EXPIRE_MAKER",
    CANCEL_BOTH: "EXPIRE_BOTH",
}


def side(order: Order) -> str:
    """BUY or SELL."""
    return "BUY" if order.buys else "SELL"


def levels(market: Market, side: list[tuple[int, int]]) -> list[list[str]]:
    """Prices with quantities."""
    return [[market.price(price), market.quantity(lots)] for price, lots in side]


def quote(market: Market, tick_lots: int) -> str:
    """Value of trades in the quote: ticks times lots."""
    return fixed(tick_lots * market.ladder.tick * market.ladder.lot // 10**18, 8)


def public_trade(trade: Trade) -> dict[str, Any]:
    """Of /trades."""
    market = trade.market
    return {
        "id": trade.number,
        "price": market.price(trade.price),
        "qty": market.quantity(trade.lots),
        "quoteQty": quote(market, trade.price * trade.lots),
        "time": milliseconds(trade.at),
        "isBuyerMaker": not trade.taker_buys,
        "isBestMatch": True,
    }


def aggregate(trade: Trade) -> dict[str, Any]:
    """Of /aggTrades; each trade is its own aggregate."""
    market = trade.market
    return {
        "a": trade.number,
        "p": market.price(trade.price),
        "q": market.quantity(trade.lots),
        "f": trade.number,
        "l": trade.number,
        "T": milliseconds(trade.at),
        "m": not trade.taker_buys,
    }


def kline(market: Market, candle: Candle, interval: str) -> list[Any]:
    """Of /klines."""
    end = milliseconds(candle.start + INTERVALS[interval]) - 1
    prices = (candle.open, candle.high, candle.low, candle.close)
    return [
        milliseconds(candle.start),
        *(market.price(price) for price in prices),
        market.quantity(candle.lots),
        end,
        quote(market, candle.tick_lots),
        candle.count,
        market.quantity(candle.taker_lots),
        quote(market, candle.taker_tick_lots),
        "0",
    ]
