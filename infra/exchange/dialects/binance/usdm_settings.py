"""Settings, fees, income and listen keys of USD-M futures accounts.

https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api
"""

from __future__ import annotations

from typing import Any

from engine.clearing.codes import Mode
from engine.clearing.codes import Why as Unpaid
from infra.exchange.dialects.binance.errors import Code, futures_refusal, refused
from infra.exchange.dialects.binance.request import Request, illegal
from infra.exchange.dialects.binance.section import (
    Endpoint,
    Section,
    Security,
    Table,
    milliseconds,
    within,
)
from infra.exchange.listing import fixed, money

MODES = {"CROSSED": Mode.CROSS, "ISOLATED": Mode.ISOLATED}


def set_leverage(section: Section, request: Request) -> dict[str, Any]:
    """Another leverage."""
    market, leverage = section.market(request), request.whole("leverage")
    most = market.contract.tiers[0].leverage
    if not 1 <= leverage <= most:
        raise refused(Code.INVALID_LEVERAGE)
    why = section.house.leverage(request.owner, market, leverage)
    if why is not None:
        raise futures_refusal(why)
    caps = [tier.cap for tier in market.contract.tiers if tier.leverage >= leverage]
    return {
        "symbol": market.name,
        "leverage": leverage,
        "maxNotionalValue": str(max(caps) // 10**8),
    }


def set_margin_type(section: Section, request: Request) -> dict[str, Any]:
    """Cross or isolated."""
    market, text = section.market(request), request.text("marginType").upper()
    if text not in MODES:
        raise illegal("marginType", "ISOLATED|CROSSED")
    mode, row = MODES[text], section.house.row(request.owner, market)
    if row.mode == mode:
        raise refused(Code.NO_NEED_TO_CHANGE_MARGIN_TYPE)
    why = section.house.margin_mode(request.owner, market, mode)
    if why is Unpaid.POSITION:
        kept = Code.POSITION_KEEPS_MARGIN_TYPE if row.lots else Code.OPEN_ORDERS_KEEP_MARGIN_TYPE
        raise refused(kept)
    if why is not None:
        raise futures_refusal(why)
    return {"code": 200, "msg": "success"}


def position_mode(section: Section, request: Request) -> dict[str, Any]:
    """One-way: there is no hedge mode."""
    return {"dualSidePosition": False}


def set_position_mode(section: Section, request: Request) -> dict[str, Any]:
    """-4059 for one-way, which it is; hedge mode is refused."""
    if request.flag("dualSidePosition"):
        raise refused(Code.POSITION_SIDE_NOT_MATCH)
    raise refused(Code.NO_NEED_TO_CHANGE_POSITION_SIDE)


def multi_assets(section: Section, request: Request) -> dict[str, Any]:
    """Single-asset mode."""
    return {"multiAssetsMargin": False}


def brackets(section: Section, request: Request) -> Any:
    """Leverage brackets."""
    rows = []
    for market in section.markets(request):
        floor, told = 0, []
        amounts = market.contract.amounts()
        for number, tier in enumerate(market.contract.tiers):
            told.append(
                {
                    "bracket": number + 1,
                    "initialLeverage": tier.leverage,
                    "notionalCap": tier.cap // 10**8,
                    "notionalFloor": floor // 10**8,
                    "maintMarginRatio": tier.rate / 10**8,
                    "cum": amounts[number] / 10**8,
                }
            )
            floor = tier.cap
        rows.append({"symbol": market.name, "notionalCoef": 1.0, "brackets": told})
    return rows


def symbol_config(section: Section, request: Request) -> list[dict[str, Any]]:
    """Leverage and margin type of markets."""
    found = []
    for market in section.markets(request):
        row = section.house.row(request.owner, market)
        isolated = row.mode == Mode.ISOLATED
        found.append(
            {
                "symbol": market.name,
                "marginType": "ISOLATED" if isolated else "CROSSED",
                "isAutoAddMargin": False,
                "leverage": row.leverage,
                "maxNotionalValue": "1200000000",
            }
        )
    return found


def account_config(section: Section, request: Request) -> dict[str, Any]:
    """What the account may do."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": False,
        "dualSidePosition": False,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def commission_rate(section: Section, request: Request) -> dict[str, Any]:
    """Fees of a market."""
    market = section.market(request)
    return {
        "symbol": market.name,
        "makerCommissionRate": fixed(market.contract.maker, 8, 6),
        "takerCommissionRate": fixed(market.contract.taker, 8, 6),
    }


def income(section: Section, request: Request) -> list[dict[str, Any]]:
    """Money that came and went."""
    kind, name = request.params.get("incomeType", ""), request.params.get("symbol", "")
    found = [
        each
        for each in request.owner.income
        if (not kind or each.kind == kind) and (not name or each.market == name)
    ]
    kept = within(request, lambda each: milliseconds(each.at), found, 1000)
    return [
        {
            "symbol": each.market,
            "incomeType": each.kind,
            "income": money(each.amount),
            "asset": each.asset,
            "info": each.kind,
            "time": milliseconds(each.at),
            "tranId": each.number,
            "tradeId": str(each.trade) if each.trade else "",
        }
        for each in kept
    ]


def open_listen_key(section: Section, request: Request) -> dict[str, Any]:
    """The account's listen key."""
    return {"listenKey": section.listens.open(request.owner)}


def keep_listen_key(section: Section, request: Request) -> dict[str, Any]:
    """An hour more."""
    key = section.listens.keep(request.owner)
    if key is None:
        raise refused(Code.INVALID_LISTEN_KEY)
    return {"listenKey": key}


def close_listen_key(section: Section, request: Request) -> dict[str, Any]:
    """No more user data."""
    section.listens.close(request.owner)
    return {}


SIGNED, KEY = Security.SIGNED, Security.KEY
TABLE: Table = {
    ("POST", "/fapi/v1/leverage"): Endpoint(set_leverage, SIGNED),
    ("POST", "/fapi/v1/marginType"): Endpoint(set_margin_type, SIGNED),
    ("GET", "/fapi/v1/positionSide/dual"): Endpoint(position_mode, SIGNED, 30),
    ("POST", "/fapi/v1/positionSide/dual"): Endpoint(set_position_mode, SIGNED),
    ("GET", "/fapi/v1/multiAssetsMargin"): Endpoint(multi_assets, SIGNED, 30),
    ("GET", "/fapi/v1/leverageBracket"): Endpoint(brackets, SIGNED),
    ("GET", "/fapi/v1/symbolConfig"): Endpoint(symbol_config, SIGNED, 5),
    ("GET", "/fapi/v1/accountConfig"): Endpoint(account_config, SIGNED, 5),
    ("GET", "/fapi/v1/commissionRate"): Endpoint(commission_rate, SIGNED, 20),
    ("GET", "/fapi/v1/income"): Endpoint(income, SIGNED, 30),
    ("POST", "/fapi/v1/listenKey"): Endpoint(open_listen_key, KEY),
    ("PUT", "/fapi/v1/listenKey"): Endpoint(keep_listen_key, KEY),
    ("DELETE", "/fapi/v1/listenKey"): Endpoint(close_listen_key, KEY),
}
