"""Money and positions of USD-M futures accounts.

https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api
https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api
"""

from __future__ import annotations

from typing import Any

from engine.clearing.codes import Mode
from engine.clearing.state import Row
from engine.numbers import QUANTITY_DECIMALS
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
    """The average price of a position: its cost over its lots."""
    if not row.lots:
        return "0.0"
    units = abs(row.cost) * 10**QUANTITY_DECIMALS // (abs(row.lots) * market.ladder.lot)
    return fixed(units, 8, 8)


def notional(section: Section, market: Market, row: Row) -> int:
    """A position at the mark, signed."""
    worth = market.worth(section.house.books.marks[market.number], abs(row.lots))
    return worth if row.lots > 0 else -worth


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
        "notional": money(notional(section, market, row)),
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
    return [risk(section, request.owner, market) for market in section.markets(request)]


def position_risk_open(section: Section, request: Request) -> list[dict[str, Any]]:
    """As position_risk, of markets that have something."""
    house, account = section.house, request.owner
    found = (market for market in section.markets(request))
    return [
        risk(section, account, market)
        for market in found
        if house.row(account, market).lots or house.row(account, market).needed
    ]


def risk(section: Section, account: Account, market: Market) -> dict[str, Any]:
    """A position of /positionRisk."""
    house = section.house
    row = house.row(account, market)
    isolated = row.mode == Mode.ISOLATED
    return {
        **position_row(section, account, market),
        "markPrice": market.price(house.books.marks[market.number]),
        "unRealizedProfit": money(row.result),
        "liquidationPrice": liquidation(section, account, market, row),
        "marginType": "isolated" if isolated else "cross",
        "isAutoAddMargin": "false",
        "maxNotionalValue": "1200000000",
        "marginAsset": market.settle,
        "adl": 0,
    }


def liquidation(section: Section, account: Account, market: Market, row: Row) -> str:
    """The mark at which the position would be liquidated, others unchanged; 0 for none.

    money + (mark - entry) * lots = maintenance, the rate of maintenance staying as it is.
    """
    if not row.lots:
        return "0"
    wallet = section.house.wallet(account, market.settle)
    own = wallet.money + wallet.gain - row.result - (wallet.keep - row.keep)
    buffer = row.margin if row.mode == Mode.ISOLATED else own
    worth, sign = abs(notional(section, market, row)), 1 if row.lots > 0 else -1
    rate = row.keep / worth if worth else 0.0
    price = (sign * abs(row.cost) - buffer) / (sign - rate) / (abs(row.lots) * market.contract.unit)
    return market.price(round(price)) if price > 0 else "0"


TABLE: Table = {
    ("GET", "/fapi/v2/account"): Endpoint(account_of, Security.SIGNED, 5),
    ("GET", "/fapi/v3/account"): Endpoint(account_of, Security.SIGNED, 5),
    ("GET", "/fapi/v2/balance"): Endpoint(balance, Security.SIGNED, 5),
    ("GET", "/fapi/v3/balance"): Endpoint(balance, Security.SIGNED, 5),
    ("GET", "/fapi/v2/positionRisk"): Endpoint(position_risk, Security.SIGNED, 5),
    ("GET", "/fapi/v3/positionRisk"): Endpoint(position_risk_open, Security.SIGNED, 5),
}
