"""Money and positions of USD-M futures accounts.

https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api
https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api
"""

from __future__ import annotations

from typing import Any

from engine.clearing.codes import Mode
from engine.clearing.state import Row
from infra.exchange import risk
from infra.exchange.accounts import Account
from infra.exchange.dialects.binance.request import Request
from infra.exchange.dialects.binance.section import (
    Endpoint,
    Section,
    Security,
    Table,
)
from infra.exchange.listing import Market, fixed, money, money_units


def entry(market: Market, row: Row) -> str:
    """The average price of a position."""
    return fixed(risk.entry(market, row), 8, 8) if row.lots else "0.0"


def asset_row(section: Section, account: Account, asset: str) -> dict[str, Any]:
    """An asset of /account."""
    house = section.house
    wallet = house.wallet(account, asset)
    rows = [
        house.row(account, market) for market in house.listing.markets if market.settle == asset
    ]
    margin, result = sum(row.margin for row in rows), sum(row.result for row in rows)
    positions = sum(abs(row.cost) // row.leverage for row in rows)
    return {
        "asset": asset,
        "walletBalance": money(wallet.money + margin),
        "unrealizedProfit": money(result),
        "marginBalance": money(wallet.money + margin + result),
        "maintMargin": money(sum(row.keep for row in rows)),
        "initialMargin": money(wallet.used + margin),
        "positionInitialMargin": money(positions),
        "openOrderInitialMargin": money(max(0, wallet.used + margin - positions)),
        "crossWalletBalance": money(wallet.money),
        "crossUnPnl": money(wallet.gain),
        "availableBalance": money(max(0, wallet.money + wallet.gain - wallet.used)),
        "maxWithdrawAmount": money(max(0, wallet.money + min(0, wallet.gain) - wallet.used)),
        "marginAvailable": True,
        "updateTime": section.clock.milliseconds(),
    }


def position_row(section: Section, account: Account, market: Market) -> dict[str, Any]:
    """A position of /account."""
    row = section.house.row(account, market)
    initial = abs(row.cost) // row.leverage
    return {
        "symbol": market.name,
        "positionSide": "BOTH",
        "positionAmt": market.quantity(row.lots),
        "entryPrice": entry(market, row),
        "breakEvenPrice": entry(market, row),
        "unrealizedProfit": money(row.result),
        "isolated": row.mode == Mode.ISOLATED,
        "isolatedMargin": money(row.margin + row.result if row.margin else 0),
        "isolatedWallet": money(row.margin),
        "notional": money(risk.notional(section.house, market, row)),
        "initialMargin": money(row.needed + row.margin),
        "positionInitialMargin": money(initial),
        "openOrderInitialMargin": money(max(0, row.needed + row.margin - initial)),
        "maintMargin": money(row.keep) if row.keep else "0",
        "leverage": str(row.leverage),
        "maxNotional": "1200000000",
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": section.clock.milliseconds(),
    }


def account_of(section: Section, request: Request) -> dict[str, Any]:
    """All of the account."""
    house, account = section.house, request.owner
    assets = [asset_row(section, account, each) for each in settled(section)]
    names = {
        "totalInitialMargin": "initialMargin",
        "totalMaintMargin": "maintMargin",
        "totalWalletBalance": "walletBalance",
        "totalUnrealizedProfit": "unrealizedProfit",
        "totalMarginBalance": "marginBalance",
        "totalPositionInitialMargin": "positionInitialMargin",
        "totalOpenOrderInitialMargin": "openOrderInitialMargin",
        "totalCrossWalletBalance": "crossWalletBalance",
        "totalCrossUnPnl": "crossUnPnl",
        "availableBalance": "availableBalance",
        "maxWithdrawAmount": "maxWithdrawAmount",
    }
    totals = {
        name: money(sum(money_units(row[part]) for row in assets)) for name, part in names.items()
    }
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": False,
        "multiAssetsMargin": False,
        "updateTime": 0,
        **totals,
        "assets": assets,
        "positions": [position_row(section, account, each) for each in house.listing.markets],
    }


def settled(section: Section) -> list[str]:
    """Assets that a market settles in."""
    return sorted({market.settle for market in section.house.listing.markets})


def balance(section: Section, request: Request) -> list[dict[str, Any]]:
    """Money by asset."""
    found = []
    for asset in settled(section):
        row = asset_row(section, request.owner, asset)
        kept = ("crossWalletBalance", "crossUnPnl", "availableBalance", "maxWithdrawAmount")
        found.append(
            {
                "accountAlias": str(request.owner.number),
                "asset": asset,
                "balance": row["walletBalance"],
                **{name: row[name] for name in kept},
                "marginAvailable": True,
                "updateTime": row["updateTime"],
            }
        )
    return found


def position_risk(section: Section, request: Request) -> list[dict[str, Any]]:
    """Positions; V2 tells all markets, V3 those with a position or an order."""
    return [risk_row(section, request.owner, market) for market in section.markets(request)]


def position_risk_open(section: Section, request: Request) -> list[dict[str, Any]]:
    """As position_risk, of markets that have something."""
    house, account = section.house, request.owner
    found = (market for market in section.markets(request))
    return [
        risk_row(section, account, market)
        for market in found
        if house.row(account, market).lots or house.row(account, market).needed
    ]


def risk_row(section: Section, account: Account, market: Market) -> dict[str, Any]:
    """A position of /positionRisk."""
    house = section.house
    row = house.row(account, market)
    isolated, found = row.mode == Mode.ISOLATED, risk.liquidation(house, account, market, row)
    return {
        **position_row(section, account, market),
        "markPrice": market.price(house.books.marks[market.number]),
        "unRealizedProfit": money(row.result),
        "liquidationPrice": market.price(found) if found else "0",
        "marginType": "isolated" if isolated else "cross",
        "isAutoAddMargin": "false",
        "maxNotionalValue": "1200000000",
        "marginAsset": market.settle,
        "adl": 0,
    }


TABLE: Table = {
    ("GET", "/fapi/v2/account"): Endpoint(account_of, Security.SIGNED, 5),
    ("GET", "/fapi/v3/account"): Endpoint(account_of, Security.SIGNED, 5),
    ("GET", "/fapi/v2/balance"): Endpoint(balance, Security.SIGNED, 5),
    ("GET", "/fapi/v3/balance"): Endpoint(balance, Security.SIGNED, 5),
    ("GET", "/fapi/v2/positionRisk"): Endpoint(position_risk, Security.SIGNED, 5),
    ("GET", "/fapi/v3/positionRisk"): Endpoint(position_risk_open, Security.SIGNED, 5),
}
