"""Unified symbols, as ccxt writes them: BTC/USDT, BTC/USDT:USDT, BTC/USD:BTC-220527."""

from __future__ import annotations

from collections.abc import Mapping

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
