"""Money, fees and counts of spot accounts.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/account-endpoints
"""

from __future__ import annotations

from typing import Any

from infra.exchange.dialects.binance.request import Request
from infra.exchange.dialects.binance.section import Endpoint, Section, Security, Table
from infra.exchange.listing import fixed, money


def account_of(section: Section, request: Request) -> dict[str, Any]:
    """All of the account."""
    house, account = section.house, request.owner
    omits, rows = request.flag("omitZeroBalances"), []
    for asset in house.listing.assets:
        wallet = house.wallet(account, asset)
        if wallet.money or wallet.held or not omits:
            told = {"asset": asset, "free": money(wallet.money), "locked": money(wallet.held)}
            rows.append(told)
    market = house.listing.markets[0]
    return {
        "makerCommission": market.maker // 10**4,
        "takerCommission": market.taker // 10**4,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": rates(market.maker, market.taker),
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": section.clock.milliseconds(),
        "accountType": "SPOT",
        "balances": rows,
        "permissions": ["SPOT"],
        "uid": account.number,
    }


def rates(maker: int, taker: int) -> dict[str, str]:
    """Commission of makers and takers; buyers and sellers as such pay none."""
    told = {"maker": maker, "taker": taker, "buyer": 0, "seller": 0}
    return {name: fixed(rate, 8) for name, rate in told.items()}


def commission(section: Section, request: Request) -> dict[str, Any]:
    """Fees of a market; nothing is taken off for BNB."""
    market = section.market(request)
    return {
        "symbol": market.name,
        "standardCommission": rates(market.maker, market.taker),
        "specialCommission": rates(0, 0),
        "taxCommission": rates(0, 0),
        "discount": {
            "enabledForAccount": False,
            "enabledForSymbol": False,
            "discountAsset": "BNB",
            "discount": "0.75000000",
        },
    }


def order_counts(section: Section, request: Request) -> list[dict[str, Any]]:
    """What was used of the limits of orders."""
    rows = [row for row in section.limits.told() if row["rateLimitType"] == "ORDERS"]
    counts = section.weights.orders(request.owner.number)
    return [{**row, "count": counts[row["interval"]]} for row in rows]


SIGNED = Security.SIGNED
TABLE: Table = {
    ("GET", "/api/v3/account"): Endpoint(account_of, SIGNED, 20),
    ("GET", "/api/v3/account/commission"): Endpoint(commission, SIGNED, 20),
    ("GET", "/api/v3/rateLimit/order"): Endpoint(order_counts, SIGNED, 40),
}
