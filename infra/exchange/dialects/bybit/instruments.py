"""Instruments and risk limits: /v5/market/instruments-info and risk-limit.

https://bybit-exchange.github.io/docs/v5/market/instrument
"""

from __future__ import annotations

from typing import Any

from infra.exchange.dialects.bybit.errors import wrong
from infra.exchange.dialects.bybit.filters import most_lots, ratios
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.dialects.bybit.section import Endpoint, Section, Table, category
from infra.exchange.listing import Market, fixed

LAUNCHED = 1_585_526_400_000
MOST = 1_000


def instruments_info(section: Section, request: Request) -> dict[str, Any]:
    """Markets in pages; the cursor is the symbol that the next page begins with."""
    limit, cursor = request.whole("limit", 500), request.text("cursor", "")
    if not 1 <= limit <= MOST:
        raise wrong(f"params error: limit should be between 1 and {MOST}")
    status = request.text("status", "Trading")
    found = section.markets(request) if status == "Trading" else ()
    if cursor and cursor not in (market.name for market in found):
        raise wrong("params error: cursor invalid")
    names = [market.name for market in found]
    first = names.index(cursor) if cursor else 0
    rows = [instrument(market) for market in found[first : first + limit]]
    after = names[first + limit] if first + limit < len(names) else ""
    return {"category": category(request), "list": rows, "nextPageCursor": after}


def instrument(market: Market) -> dict[str, Any]:
    """A market."""
    x, y = ratios(market)
    return {
        "symbol": market.name,
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": market.base,
        "quoteCoin": market.quote,
        "settleCoin": market.settle,
        "launchTime": str(LAUNCHED),
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(market.price_digits),
        "leverageFilter": leverages(market),
        "priceFilter": prices(market),
        "lotSizeFilter": sizes(market),
        "unifiedMarginTrade": True,
        "fundingInterval": market.contract.interval // 60_000_000_000,
        "copyTrading": "none",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {"priceLimitRatioX": str(x), "priceLimitRatioY": str(y)},
        "symbolType": "",
    }


def leverages(market: Market) -> dict[str, str]:
    """leverageFilter: whole numbers."""
    most = market.contract.tiers[0].leverage
    return {"minLeverage": "1", "maxLeverage": f"{most}.00", "leverageStep": "1.00"}


def prices(market: Market) -> dict[str, str]:
    """priceFilter."""
    return {
        "minPrice": market.price(market.ladder.lowest),
        "maxPrice": market.price(market.ladder.highest),
        "tickSize": market.price(market.rules.tick),
    }


def sizes(market: Market) -> dict[str, str]:
    """lotSizeFilter."""
    most = market.quantity(most_lots(market))
    return {
        "maxOrderQty": most,
        "postOnlyMaxOrderQty": most,
        "maxMktOrderQty": most,
        "minOrderQty": market.quantity(market.rules.least),
        "qtyStep": market.quantity(market.rules.lot),
        "minNotionalValue": market.rules.notional or "0",
    }


def risk_limit(section: Section, request: Request) -> dict[str, Any]:
    """Tiers of markets: caps of a position, margins, leverage."""
    rows = []
    for market in section.markets(request):
        amounts = market.contract.amounts()
        for number, tier in enumerate(market.contract.tiers):
            rows.append(
                {
                    "id": number + 1,
                    "symbol": market.name,
                    "riskLimitValue": str(tier.cap // 10**8),
                    "maintenanceMargin": fixed(tier.rate, 8, 4),
                    "initialMargin": f"{1 / tier.leverage:.4f}",
                    "isLowestRisk": int(number == 0),
                    "maxLeverage": f"{tier.leverage}.00",
                    "mmDeduction": str(amounts[number] // 10**8),
                }
            )
    return {"category": category(request), "list": rows, "nextPageCursor": ""}


TABLE: Table = {
    ("GET", "/v5/market/instruments-info"): Endpoint(instruments_info),
    ("GET", "/v5/market/risk-limit"): Endpoint(risk_limit),
}
