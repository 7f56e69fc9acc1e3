"""/sapi/v1: what ccxt asks of the wallet, some of it by itself while it loads markets.

https://developers.binance.com/docs/wallet/capital/all-coins-info
"""

from __future__ import annotations

from typing import Any

from infra.exchange.accounts import Account
from infra.exchange.dialects.binance.request import Request
from infra.exchange.dialects.binance.section import Endpoint, Section, Security, Table
from infra.exchange.listing import fixed, money


def coins(section: Section, request: Request) -> list[dict[str, Any]]:
    """Every asset; none can be deposited or withdrawn, for there is no chain."""
    return [coin(section, request.owner, asset) for asset in section.house.listing.assets]


def coin(section: Section, account: Account, asset: str) -> dict[str, Any]:
    """One of them."""
    has = section.house.wallet(account, asset)
    nothing = ("freeze", "withdrawing", "ipoing", "ipoable", "storage")
    return {
        "coin": asset,
        "name": asset,
        "depositAllEnable": False,
        "withdrawAllEnable": False,
        "trading": True,
        "isLegalMoney": False,
        "free": money(has.money),
        "locked": money(has.held),
        **dict.fromkeys(nothing, "0"),
        "networkList": [],
    }


def trade_fee(section: Section, request: Request) -> list[dict[str, Any]]:
    """Fees of spot markets."""
    return [
        {
            "symbol": market.name,
            "makerCommission": fixed(market.maker, 8),
            "takerCommission": fixed(market.taker, 8),
        }
        for market in section.markets(request)
    ]


def status(section: Section, request: Request) -> dict[str, Any]:
    """Normal."""
    return {"status": 0, "msg": "normal"}


def none(section: Section, request: Request) -> list[dict[str, Any]]:
    """There is no margin trading."""
    return []


def restrictions(section: Section, request: Request) -> dict[str, Any]:
    """What the key may do: trade in spot and contracts, and withdraw if it was opened so.

    https://developers.binance.com/docs/wallet/account/api-key-permission
    """
    never = ("enableInternalTransfer", "enableMargin", "enableVanillaOptions")
    return {
        "ipRestrict": False,
        "createTime": 1_698_645_219_000,
        "enableReading": True,
        "enableWithdrawals": request.owner.key.withdraws,
        **dict.fromkeys((*never, "permitsUniversalTransfer", "enableFixApiTrade"), False),
        "enableFutures": True,
        "enableSpotAndMarginTrading": True,
        "enablePortfolioMarginTrading": False,
    }


TABLE: Table = {
    ("GET", "/sapi/v1/capital/config/getall"): Endpoint(coins, Security.SIGNED, 10),
    ("GET", "/sapi/v1/account/apiRestrictions"): Endpoint(restrictions, Security.SIGNED),
    ("GET", "/sapi/v1/asset/tradeFee"): Endpoint(trade_fee, Security.SIGNED),
    ("GET", "/sapi/v1/margin/allAssets"): Endpoint(none, Security.KEY),
    ("GET", "/sapi/v1/margin/allPairs"): Endpoint(none, Security.KEY),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): Endpoint(none, Security.KEY),
    ("GET", "/sapi/v1/system/status"): Endpoint(status),
}
