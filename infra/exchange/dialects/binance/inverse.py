"""COIN-M as far as ccxt asks by itself: there are no markets.

https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api
"""

from __future__ import annotations

from typing import Any

from infra.exchange.dialects.binance.market_data import ping, time
from infra.exchange.dialects.binance.request import Request
from infra.exchange.dialects.binance.section import Endpoint, Section, Table


def exchange_info(section: Section, request: Request) -> dict[str, Any]:
    """No symbols."""
    return {
        "timezone": "UTC",
        "serverTime": section.clock.milliseconds(),
        "rateLimits": [],
        "exchangeFilters": [],
        "symbols": [],
    }


TABLE: Table = {
    ("GET", "/dapi/v1/ping"): Endpoint(ping),
    ("GET", "/dapi/v1/time"): Endpoint(time),
    ("GET", "/dapi/v1/exchangeInfo"): Endpoint(exchange_info),
}
