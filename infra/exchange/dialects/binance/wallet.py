"""/sapi/v1: what ccxt asks by itself while it loads markets.

https://developers.binance.com/docs/wallet/capital/all-coins-info
"""

from __future__ import annotations

from typing import Any

from infra.exchange.dialects.binance.request import Request
from infra.exchange.dialects.binance.section import Endpoint, Section, Security, Table


def coins(section: Section, request: Request) -> list[dict[str, Any]]:
    """Every asset; none can be deposited or withdrawn, for there is no chain."""
    return [
        {
            "coin": asset,
            "name": asset,
            "depositAllEnable": False,
            "withdrawAllEnable": False,
            "trading": True,
            "isLegalMoney": False,
            "free": "0",
            "locked": "0",
            "freeze": "0",
            "withdrawing": "0",
            "ipoing": "0",
            "ipoable": "0",
            "storage": "0",
            "networkList": [],
        }
        for asset in section.house.listing.assets
    ]


def status(section: Section, request: Request) -> dict[str, Any]:
    """Normal."""
    return {"status": 0, "msg": "normal"}


def none(section: Section, request: Request) -> list[dict[str, Any]]:
    """There is no margin trading."""
    return []


TABLE: Table = {
    ("GET", "/sapi/v1/capital/config/getall"): Endpoint(coins, Security.SIGNED, 10),
    ("GET", "/sapi/v1/margin/allAssets"): Endpoint(none, Security.KEY),
    ("GET", "/sapi/v1/margin/allPairs"): Endpoint(none, Security.KEY),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): Endpoint(none, Security.KEY),
    ("GET", "/sapi/v1/system/status"): Endpoint(status),
}
