"""Unified symbols, as ccxt writes them: BTC/USDT, BTC/USDT:USDT, BTC/USD:BTC-220527."""

from __future__ import annotations

from collections.abc import Mapping

from engine.feeds.fields import days

COMMON = {"XBT": "BTC", "BCHSV": "BSV"}
"""Codes that venues use for the same thing, whatever the venue (ccxt's `commonCurrencies`)."""

NONE: Mapping[str, str] = {}


def currency(code: str, renamed: Mapping[str, str] = NONE) -> str:
    """The unified code of a venue's; renamed: what is particular to the venue."""
    code = code.upper()
    return renamed.get(code) or COMMON.get(code, code)


def pair(base: str, quote: str) -> str:
    """Spot."""
    return f"{base}/{quote}"


def contract(base: str, quote: str, settles: str, dated: str = "") -> str:
    """A perpetual, or a future that ends on a date given as YYMMDD."""
    return f"{base}/{quote}:{settles}-{dated}" if dated else f"{base}/{quote}:{settles}"


def last_friday(year: int, month: int) -> int:
    """The day of the month on which quarterly futures end."""
    after = days(year + (month == 12), month % 12 + 1, 1)
    last = after - 1
    friday = last - (last - 1) % 7
    return friday - days(year, month, 1) + 1
