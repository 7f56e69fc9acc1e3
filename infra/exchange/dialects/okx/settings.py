"""Leverage, modes and fees of an account: /api/v5/account.

The engine has one margin mode and one leverage of an account in a market; an order's tdMode is what
switches them, and a leverage of the other mode waits for it.

https://www.okx.com/docs-v5/en/#trading-account-rest-api
"""

from __future__ import annotations

from typing import Any

from engine.clearing.codes import Mode
from engine.clearing.codes import Why as Unpaid
from infra.exchange.accounts import Account
from infra.exchange.dialects.okx.account import MODES
from infra.exchange.dialects.okx.errors import Code, Refusal, wrong
from infra.exchange.dialects.okx.request import Request
from infra.exchange.dialects.okx.section import (
    SWAP,
    TYPES,
    Endpoint,
    Section,
    Table,
    milliseconds,
    uid,
)
from infra.exchange.dialects.okx.shapes import plain
from infra.exchange.listing import Market, fixed

BY_NAME = {name: mode for mode, name in MODES.items()}
NAMES = tuple(BY_NAME)
REFUSED = {
    Unpaid.LEVERAGE: Code.LEVERAGE,
    Unpaid.INSUFFICIENT: Code.LOW_LEVERAGE,
    Unpaid.POSITION: Code.SETTING_FAILED,
}


def lever_of(section: Section, account: Account, market: Market, mode: str) -> int:
    """The leverage of a mode: the engine's where it is in that mode, else what waits."""
    row = section.house.row(account, market)
    if MODES[Mode(row.mode)] == mode:
        return row.leverage
    return int(account.settings.get(f"{market.name} {mode}", str(LEVERAGE)))


LEVERAGE = 3
"""Of an account until it asks for another."""


def switch(section: Section, account: Account, market: Market, mode: str) -> None:
    """Let a market be in a mode, with that mode's leverage; 59000 while it has a position or
    orders in the other."""
    row = section.house.row(account, market)
    before = MODES[Mode(row.mode)]
    if before == mode:
        return
    lever = lever_of(section, account, market, mode)
    if section.house.margin_mode(account, market, BY_NAME[mode]) is not None:
        raise Refusal(Code.SETTING_FAILED)
    account.settings[f"{market.name} {before}"] = str(row.leverage)
    section.house.leverage(account, market, lever)


def lever_row(market: Market, mode: str, lever: int) -> dict[str, str]:
    """A leverage."""
    return {
        "instId": market.name,
        "mgnMode": mode,
        "posSide": "net",
        "lever": str(lever),
        "ccy": "",
    }


def set_leverage(section: Section, request: Request) -> list[dict[str, str]]:
    """Another leverage of a mode in a market."""
    market, account = section.market(request), request.owner
    mode, lever = request.choice("mgnMode", NAMES), request.whole("lever", 0)
    request.choice("posSide", ("net",), "net")
    if lever < 1:
        raise wrong("lever")
    if lever > section.levers[market.name]:
        raise Refusal(Code.LEVERAGE)
    if MODES[Mode(section.house.row(account, market).mode)] == mode:
        why = section.house.leverage(account, market, lever)
        if why is not None:
            raise Refusal(REFUSED.get(Unpaid(why), Code.SETTING_FAILED))
    else:
        account.settings[f"{market.name} {mode}"] = str(lever)
    return [lever_row(market, mode, lever)]


def leverage_info(section: Section, request: Request) -> list[dict[str, str]]:
    """The leverage of a mode in markets."""
    mode, account = request.choice("mgnMode", NAMES), request.owner
    request.text("instId")
    return [
        lever_row(market, mode, lever_of(section, account, market, mode))
        for market in section.markets(request)
    ]


def config(section: Section, request: Request) -> list[dict[str, Any]]:
    """A futures account in net mode."""
    user = uid(request.owner)
    return [
        {
            "uid": user,
            "mainUid": user,
            "acctLv": "2",
            "acctStpMode": "cancel_maker",
            "posMode": "net_mode",
            "autoLoan": False,
            "ctIsoMode": "automatic",
            "mgnIsoMode": "automatic",
            "greeksType": "PA",
            "level": "Lv1",
            "levelTmp": "",
            "label": request.owner.key.name,
            "roleType": "0",
            "type": "0",
            "kycLv": "3",
            "perm": "read_only,trade" + ",withdraw" * request.owner.key.withdraws,
            "ip": "",
            "enableSpotBorrow": False,
            "settleCcy": "USDT",
            "settleCcyList": ["USDT"],
        }
    ]


def set_position_mode(section: Section, request: Request) -> list[dict[str, str]]:
    """Net mode; 51010 for another, as from an account whose mode has none."""
    mode = request.choice("posMode", ("net_mode", "long_short_mode"))
    if mode != "net_mode":
        raise Refusal(Code.ACCOUNT_MODE)
    return [{"posMode": mode}]


def set_isolated_mode(section: Section, request: Request) -> list[dict[str, str]]:
    """Margin comes and goes by itself."""
    request.choice("type", ("CONTRACTS",))
    return [{"isoMode": request.choice("isoMode", ("automatic",))}]


def trade_fee(section: Section, request: Request) -> list[dict[str, str]]:
    """Fees, negative as OKX tells them."""
    if request.choice("instType", TYPES) != SWAP:
        raise wrong("instType")
    contract = section.house.listing.markets[0].contract
    maker, taker = (plain(fixed(-rate, 8)) for rate in (contract.maker, contract.taker))
    return [
        {
            "instType": SWAP,
            "level": "Lv1",
            "category": "1",
            "maker": maker,
            "taker": taker,
            "makerU": maker,
            "takerU": taker,
            "delivery": "",
            "exercise": "",
            "ts": milliseconds(section.clock.now()),
        }
    ]


TABLE: Table = {
    ("POST", "/account/set-leverage"): Endpoint(set_leverage, 40, signed=True),
    ("GET", "/account/leverage-info"): Endpoint(leverage_info, 20, signed=True),
    ("GET", "/account/config"): Endpoint(config, 5, signed=True),
    ("POST", "/account/set-position-mode"): Endpoint(set_position_mode, 5, signed=True),
    ("POST", "/account/set-isolated-mode"): Endpoint(set_isolated_mode, 5, signed=True),
    ("GET", "/account/trade-fee"): Endpoint(trade_fee, 5, signed=True),
}
