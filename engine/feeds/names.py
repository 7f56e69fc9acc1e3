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


def day(milliseconds: int) -> str:
    """The UTC date of a time in ms as YYMMDD.

    Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    """
    era, of_era = divmod(milliseconds // 86_400_000 + 719468, 146097)
    of_years = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * of_years + of_years // 4 - of_years // 100)
    moved = (5 * of_year + 2) // 153
    month = moved + 3 if moved < 10 else moved - 9
    year = era * 400 + of_years + (month <= 2)
    return f"{year % 100:02}{month:02}{of_year - (153 * moved + 2) // 5 + 1:02}"


def last_friday(year: int, month: int) -> int:
    """The day of the month on which quarterly futures end."""
    after = days(year + (month == 12), month % 12 + 1, 1)
    last = after - 1
    friday = last - (last - 1) % 7
    return friday - days(year, month, 1) + 1
