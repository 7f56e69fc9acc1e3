"""Messages of streams that USD-M and spot tell alike."""

from __future__ import annotations

from typing import Any

from infra.exchange.dialects.binance.section import milliseconds
from infra.exchange.dialects.binance.shapes import quote
from infra.exchange.listing import Market
from infra.exchange.tape import INTERVALS, Candle


def kline(market: Market, candle: Candle, interval: str, now: int) -> dict[str, Any]:
    """A candle that may be over."""
    end = milliseconds(candle.start + INTERVALS[interval]) - 1
    return {
        "e": "kline",
        "E": now,
        "s": market.name,
        "k": {
            "t": milliseconds(candle.start),
            "T": end,
            "s": market.name,
            "i": interval,
            "f": candle.first,
            "L": candle.last,
            "o": market.price(candle.open),
            "c": market.price(candle.close),
            "h": market.price(candle.high),
            "l": market.price(candle.low),
            "v": market.quantity(candle.lots),
            "n": candle.count,
            "x": now > end,
            "q": quote(market, candle.tick_lots),
            "V": market.quantity(candle.taker_lots),
            "Q": quote(market, candle.taker_tick_lots),
            "B": "0",
        },
    }
