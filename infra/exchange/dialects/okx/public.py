"""Public data: /api/v5/public and what ccxt asks by itself without a key.

https://www.okx.com/docs-v5/en/#public-data-rest-api
"""

from __future__ import annotations

from typing import Any

from infra.exchange.dialects.okx.errors import Code, Refusal, wrong
from infra.exchange.dialects.okx.filters import limits_of, most_lots
from infra.exchange.dialects.okx.request import Request
from infra.exchange.dialects.okx.section import (
    SWAP,
    TYPES,
    Endpoint,
    Section,
    Table,
    code_of,
    family_of,
    milliseconds,
)
from infra.exchange.dialects.okx.shapes import coins, plain, price, size
from infra.exchange.listing import Market, fixed

RATE = "0.0001"
"""The funding rate that is told: funding is a call of the house."""
EMPTY = (
    "alias", "auctionEndTime", "baseCcy", "contTdSwTime", "expTime", "maxMktAmt", "openType",
    "optType", "quoteCcy", "stk",
)  # fmt: skip


def time(section: Section, request: Request) -> list[dict[str, str]]:
    """The server's time."""
    return [{"ts": milliseconds(section.clock.now())}]


def instrument_row(section: Section, market: Market) -> dict[str, Any]:
    """What may be traded, and in which steps."""
    most = size(market, most_lots(market))
    return {
        **dict.fromkeys(EMPTY, ""),
        "category": "1",
        "ctMult": "1",
        "ctType": "linear",
        "ctVal": market.record.contract_size,
        "ctValCcy": market.base,
        "futureSettlement": False,
        "instFamily": family_of(market),
        "instId": market.name,
        "instIdCode": code_of(market),
        "instType": SWAP,
        "lever": str(section.levers[market.name]),
        "listTime": section.since[market.name],
        "lotSz": size(market, market.rules.lot),
        "maxIcebergSz": most,
        "maxLmtAmt": "20000000",
        "maxLmtSz": most,
        "maxMktSz": most,
        "maxStopSz": most,
        "maxTriggerSz": most,
        "maxTwapSz": most,
        "minSz": size(market, market.rules.least),
        "ruleType": "normal",
        "settleCcy": market.settle,
        "state": "live",
        "tickSz": price(market, market.rules.tick),
        "uly": family_of(market),
    }


def instruments(section: Section, request: Request) -> list[dict[str, Any]]:
    """All of a mandatory instType; there are swaps only."""
    request.text("instType")
    return [instrument_row(section, market) for market in section.markets(request)]


def mark_row(section: Section, market: Market) -> dict[str, str]:
    """The mark price."""
    return {
        "instType": SWAP,
        "instId": market.name,
        "markPx": price(market, section.house.books.marks[market.number]),
        "ts": milliseconds(section.clock.now()),
    }


def mark_price(section: Section, request: Request) -> list[dict[str, str]]:
    """Of a market, or of all of an instType. ccxt asks for one without its instType."""
    return [mark_row(section, market) for market in section.markets(request)]


def funding_row(section: Section, market: Market) -> dict[str, str]:
    """The rate that is to be paid next."""
    now, interval = section.clock.now(), market.contract.interval
    coming = now - now % interval + interval
    return {
        "instType": SWAP,
        "instId": market.name,
        "formulaType": "withRate",
        "fundingRate": RATE,
        "fundingTime": milliseconds(coming),
        "nextFundingRate": "",
        "nextFundingTime": milliseconds(coming + interval),
        "minFundingRate": "-0.00375",
        "maxFundingRate": "0.00375",
        "method": "current_period",
        "premium": "0",
        "settFundingRate": RATE,
        "settState": "settled",
        "ts": milliseconds(now),
    }


def funding_rate(section: Section, request: Request) -> list[dict[str, str]]:
    """Of a market, or with ANY of all."""
    if request.text("instId") == "ANY":
        return [funding_row(section, market) for market in section.house.listing.markets]
    return [funding_row(section, section.market(request))]


def none(section: Section, request: Request) -> list[Any]:
    """There is none."""
    return []


def price_limit(section: Section, request: Request) -> list[dict[str, Any]]:
    """The highest price of a buy, and the lowest of a sell."""
    market = section.market(request)
    lowest, highest = limits_of(market, section.house.books.marks[market.number])
    return [
        {
            "instType": SWAP,
            "instId": market.name,
            "buyLmt": price(market, highest),
            "sellLmt": price(market, lowest),
            "enabled": True,
            "ts": milliseconds(section.clock.now()),
        }
    ]


def open_interest(section: Section, request: Request) -> list[dict[str, str]]:
    """Contracts that are long, of everybody."""
    request.text("instType")
    return [interest_row(section, market) for market in section.markets(request)]


def interest_row(section: Section, market: Market) -> dict[str, str]:
    """Of one market."""
    accounts = section.house.books.accounts.values()
    lots = sum(max(0, account.position(market.number).lots) for account in accounts)
    return {
        "instType": SWAP,
        "instId": market.name,
        "oi": size(market, lots),
        "oiCcy": coins(market, lots),
        "ts": milliseconds(section.clock.now()),
    }


def position_tiers(section: Section, request: Request) -> list[dict[str, str]]:
    """Tiers in contracts at the reference price."""
    request.choice("instType", TYPES)
    request.choice("tdMode", ("cross", "isolated"))
    markets = section.markets(request)
    if not request.has("uly") and not request.has("instFamily"):
        raise Refusal(Code.EITHER, "uly", "instFamily")
    return [row for market in markets for row in tier_rows(section, market)]


def tier_rows(section: Section, market: Market) -> list[dict[str, str]]:
    """A market's tiers, least leverage last."""
    rows, floor = [], 0
    per_lot = market.worth(market.ladder.reference, 1)
    for number, tier in enumerate(market.contract.tiers):
        leverage = min(tier.leverage, section.levers[market.name])
        rows.append(
            {
                "tier": str(number + 1),
                "instFamily": family_of(market),
                "uly": family_of(market),
                "instId": "",
                "minSz": size(market, floor),
                "maxSz": size(market, tier.cap // per_lot),
                "mmr": plain(fixed(tier.rate, 8)),
                "imr": plain(fixed(10**8 // leverage, 8)),
                "maxLever": str(leverage),
                "optMgnFactor": "0",
            }
        )
        floor = tier.cap // per_lot + 1
    return rows


def underlying(section: Section, request: Request) -> list[list[str]]:
    """Families of an instType."""
    if request.choice("instType", TYPES) == "SPOT":
        raise wrong("instType")
    return [[family_of(market) for market in section.markets(request)]]


TABLE: Table = {
    ("GET", "/public/time"): Endpoint(time, 10),
    ("GET", "/public/instruments"): Endpoint(instruments, 20),
    ("GET", "/public/mark-price"): Endpoint(mark_price, 10),
    ("GET", "/public/funding-rate"): Endpoint(funding_rate, 20),
    ("GET", "/public/funding-rate-history"): Endpoint(none, 10),
    ("GET", "/public/price-limit"): Endpoint(price_limit, 20),
    ("GET", "/public/open-interest"): Endpoint(open_interest, 20),
    ("GET", "/public/position-tiers"): Endpoint(position_tiers, 10),
    ("GET", "/public/underlying"): Endpoint(underlying, 20),
    ("GET", "/system/status"): Endpoint(none, 10),
}
