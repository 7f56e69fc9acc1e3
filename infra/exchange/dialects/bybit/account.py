"""Money and settings of unified accounts.

https://bybit-exchange.github.io/docs/v5/account/wallet-balance
"""

from __future__ import annotations

from typing import Any

from engine.clearing.codes import Mode
from infra.exchange.accounts import Account
from infra.exchange.dialects.bybit.errors import WORDS, Code, Refusal, wrong
from infra.exchange.dialects.bybit.filters import REFUSES
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.dialects.bybit.section import Endpoint, Section, Table, category
from infra.exchange.listing import fixed, money

MODES = {"REGULAR_MARGIN": Mode.CROSS, "ISOLATED_MARGIN": Mode.ISOLATED}
UNIFIED_PRO = 6
"""unifiedMarginStatus: unified trading account 2.0 (pro version)."""
CHANGED = "margin mode changed at"


def coin_row(section: Section, account: Account, coin: str) -> dict[str, Any]:
    """A coin of a wallet. availableToWithdraw is "" in a unified account."""
    house = section.house
    wallet = house.wallet(account, coin)
    markets = [market for market in house.listing.markets if market.settle == coin]
    rows = [house.row(account, market) for market in markets]
    margin, result = sum(row.margin for row in rows), sum(row.result for row in rows)
    positions = sum(abs(row.cost) // row.leverage for row in rows)
    balance = wallet.money + margin
    realised = sum(section.ledger.record(account.number, market).all for market in markets)
    return {
        "coin": coin,
        "equity": money(balance + result),
        "usdValue": money(balance + result),
        "walletBalance": money(balance),
        "availableToWithdraw": "",
        "availableToBorrow": "",
        "borrowAmount": "0",
        "accruedInterest": "0",
        "totalOrderIM": money(max(0, wallet.used + margin - positions)),
        "totalPositionIM": money(positions),
        "totalPositionMM": money(sum(row.keep for row in rows)),
        "unrealisedPnl": money(result),
        "cumRealisedPnl": money(realised),
        "bonus": "0",
        "collateralSwitch": True,
        "marginCollateral": True,
        "locked": "0",
        "spotHedgingQty": "0",
        "spotBorrow": "0",
    }


def wallet_row(section: Section, account: Account) -> dict[str, Any]:
    """The wallet: one coin, what all markets settle in, which counts as a dollar."""
    house = section.house
    coin = house.listing.markets[0].settle
    wallet, told = house.wallet(account, coin), coin_row(section, account, coin)
    rows = [house.row(account, market) for market in house.listing.markets]
    margin, keep = sum(row.margin for row in rows), sum(row.keep for row in rows)
    used, equity = wallet.used + margin, wallet.money + margin + sum(row.result for row in rows)
    free = max(0, wallet.money + wallet.gain - wallet.used)
    rates = [f"{part / equity:.4f}" if equity > 0 else "0" for part in (used, keep)]
    return {
        "accountType": "UNIFIED",
        "accountLTV": "0",
        "accountIMRate": rates[0],
        "accountIMRateByMp": rates[0],
        "accountMMRate": rates[1],
        "accountMMRateByMp": rates[1],
        "totalEquity": told["equity"],
        "totalWalletBalance": told["walletBalance"],
        "totalMarginBalance": told["equity"],
        "totalAvailableBalance": money(free),
        "totalPerpUPL": told["unrealisedPnl"],
        "totalInitialMargin": money(used),
        "totalInitialMarginByMp": money(used),
        "totalMaintenanceMargin": money(keep),
        "totalMaintenanceMarginByMp": money(keep),
        "coin": [told],
    }


def wallet_balance(section: Section, request: Request) -> dict[str, Any]:
    """The wallet, of the coins that are named."""
    if request.text("accountType") != "UNIFIED":
        raise wrong("accountType only support UNIFIED.")
    told = wallet_row(section, request.owner)
    coins = request.text("coin", "")
    if coins:
        told["coin"] = [row for row in told["coin"] if row["coin"] in coins.split(",")]
    return {"list": [told]}


def margin_mode(section: Section, account: Account) -> str:
    """The account's, which is that of each of its markets."""
    mode = section.house.row(account, section.house.listing.markets[0]).mode
    return next(name for name, each in MODES.items() if each == mode)


def info(section: Section, request: Request) -> dict[str, Any]:
    """Unified trading account 2.0, its margin mode."""
    return {
        "marginMode": margin_mode(section, request.owner),
        "updatedTime": request.owner.settings.get(CHANGED, "0"),
        "unifiedMarginStatus": UNIFIED_PRO,
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def set_margin_mode(section: Section, request: Request) -> dict[str, Any]:
    """Cross or isolated, of all markets at once; not while there is a position or an order."""
    account, name = request.owner, request.text("setMarginMode")
    if name not in MODES:
        raise margin_refused("3400000", f"{name} is not available")
    markets = section.house.listing.markets
    if margin_mode(section, account) == name:
        return {"reasons": []}
    if account.live or any(section.house.row(account, market).lots for market in markets):
        raise margin_refused("3400057", "There are open orders or positions")
    for market in markets:
        section.house.margin_mode(account, market, MODES[name])
    account.settings[CHANGED] = str(section.clock.milliseconds())
    return {"reasons": []}


def margin_refused(code: str, words: str) -> Refusal:
    """3400045 with its reason."""
    reasons = [{"reasonCode": code, "reasonMsg": words}]
    return Refusal(Code.MARGIN_MODE, WORDS[Code.MARGIN_MODE], {"reasons": reasons})


def set_price_limit(section: Section, request: Request) -> dict[str, Any]:
    """Whether prices beyond the limit are adjusted, as they are until this is called."""
    category(request)
    if not isinstance(request.params.get("modifyEnable"), bool):
        raise wrong("params error: modifyEnable invalid")
    if request.flag("modifyEnable"):
        request.owner.settings.pop(REFUSES, None)
    else:
        request.owner.settings[REFUSES] = "yes"
    return {}


def user_setting(section: Section, request: Request) -> dict[str, Any]:
    """lpaPerp: whether prices beyond the limit are refused."""
    refuses = REFUSES in request.owner.settings
    return {"lpaSpot": False, "lpaPerp": refuses, "deltaEnable": False, "smsef": False}


def fee_rate(section: Section, request: Request) -> dict[str, Any]:
    """Fees of markets."""
    rows = [
        {
            "symbol": market.name,
            "baseCoin": "",
            "takerFeeRate": fixed(market.contract.taker, 8, 6),
            "makerFeeRate": fixed(market.contract.maker, 8, 6),
        }
        for market in section.markets(request)
    ]
    return {"category": category(request), "list": rows}


def api_key(section: Section, request: Request) -> dict[str, Any]:
    """The key: of a master of a unified account, that may trade."""
    return {
        "id": str(request.owner.number),
        "note": request.owner.key.name,
        "apiKey": request.owner.key.name,
        "readOnly": 0,
        "secret": "",
        "permissions": {
            "ContractTrade": ["Order", "Position"],
            "Spot": [],
            "Wallet": ["Withdraw"] if request.owner.key.withdraws else [],
            "Options": [],
            "Derivatives": ["DerivativesTrade"],
        },
        "ips": ["*"],
        "type": 1,
        "deadlineDay": 90,
        "unified": 0,
        "uta": 1,
        "userID": request.owner.number,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
    }


def coins(section: Section, request: Request) -> dict[str, Any]:
    """Every coin; none can be deposited or withdrawn, for there is no chain."""
    named = request.text("coin", "")
    rows = [
        {"name": asset, "coin": asset, "remainAmount": "0", "chains": []}
        for asset in section.house.listing.assets
        if named in ("", asset)
    ]
    return {"rows": rows}


TABLE: Table = {
    ("GET", "/v5/account/wallet-balance"): Endpoint(wallet_balance, 50),
    ("GET", "/v5/account/info"): Endpoint(info, 50),
    ("GET", "/v5/account/fee-rate"): Endpoint(fee_rate, 5),
    ("GET", "/v5/account/user-setting-config"): Endpoint(user_setting, 50),
    ("POST", "/v5/account/set-margin-mode"): Endpoint(set_margin_mode, 5),
    ("POST", "/v5/account/set-limit-px-action"): Endpoint(set_price_limit, 10),
    ("GET", "/v5/user/query-api"): Endpoint(api_key, 10),
    ("GET", "/v5/asset/coin/query-info"): Endpoint(coins, 5),
}
