"""Positions and their leverage, in one-way mode.

https://bybit-exchange.github.io/docs/v5/position
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.clearing.codes import Why as Unpaid
from infra.exchange import risk
from infra.exchange.accounts import Account
from infra.exchange.dialects.bybit.errors import Code, refused, wrong
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.dialects.bybit.section import (
    LINEAR,
    Endpoint,
    Section,
    Table,
    category,
    linear,
    milliseconds,
)
from infra.exchange.dialects.bybit.shapes import side
from infra.exchange.dialects.bybit.stops import NAMES, TRAILING, of_position
from infra.exchange.listing import Market, fixed, money

LIMIT, MOST = 20, 200
UNUSED = {
    "tradeMode": 0,
    "autoAddMargin": 0,
    "positionStatus": "Normal",
    "tpslMode": "Full",
    "sessionAvgPrice": "",
    "adlRankIndicator": 0,
    "isReduceOnly": False,
    "mmrSysUpdatedTime": "",
    "leverageSysUpdatedTime": "",
}
"""What is alike for all positions of this exchange."""


def position_row(section: Section, account: Account, market: Market) -> dict[str, Any]:
    """A position; of a flat one side is "", and what has no meaning is "" or 0."""
    house, row = section.house, section.house.row(account, market)
    record, tiers = section.ledger.record(account.number, market), market.contract.tiers
    tier = next((n for n, each in enumerate(tiers) if abs(row.cost) <= each.cap), len(tiers) - 1)
    return {
        "positionIdx": 0,
        "riskId": tier + 1,
        "riskLimitValue": str(tiers[tier].cap // 10**8),
        "symbol": market.name,
        "side": side(row.lots > 0) if row.lots else "",
        "size": market.quantity(abs(row.lots)),
        "avgPrice": fixed(risk.entry(market, row), 8) if row.lots else "0",
        "leverage": str(row.leverage),
        "markPrice": market.price(house.books.marks[market.number]),
        **amounts(section, account, market),
        "curRealisedPnl": money(record.current),
        "cumRealisedPnl": money(record.all),
        "createdTime": str(milliseconds(record.created)),
        "updatedTime": str(milliseconds(record.updated)),
        "seq": record.seq,
        **UNUSED,
        **stops(section, account, market),
    }


def stops(section: Section, account: Account, market: Market) -> dict[str, str]:
    """What is set for the whole position; "" of what is not."""
    found = of_position(section, account, market)
    told = {
        name: market.price(found[kind].leg.trigger) if kind in found else ""
        for kind, name in NAMES.items()
    }
    trail = found[TRAILING].trail if TRAILING in found else None
    return {**told, "trailingStop": market.price(trail.distance) if trail else "0"}


def amounts(section: Section, account: Account, market: Market) -> dict[str, str]:
    """What a position is worth and needs; "" of a flat one."""
    row = section.house.row(account, market)
    margin = abs(row.cost) // row.leverage
    found = risk.liquidation(section.house, account, market, row)
    told = {
        "positionValue": abs(row.cost),
        "positionIM": margin,
        "positionIMByMp": margin,
        "positionMM": row.keep,
        "positionMMByMp": row.keep,
        "positionBalance": row.margin or margin,
        "unrealisedPnl": row.result,
    }
    texts = {name: money(amount) if row.lots else "" for name, amount in told.items()}
    return {**texts, "liqPrice": market.price(found) if found else "", "bustPrice": ""}


def position_list(section: Section, request: Request) -> dict[str, Any]:
    """The position of a symbol, held or not; else those that are held."""
    found = section.markets(request, named=True)
    limit = request.whole("limit", LIMIT)
    if not 1 <= limit <= MOST:
        raise wrong(f"params error: limit should be between 1 and {MOST}")
    account = request.owner
    if not request.has("symbol"):
        found = tuple(each for each in found if section.house.row(account, each).lots)
    rows = [position_row(section, account, each) for each in found[:limit]]
    return {"category": category(request), "list": rows, "nextPageCursor": ""}


def position_event(section: Section, account: Account, market: Market) -> dict[str, Any]:
    """A position of the stream, which says entryPrice for avgPrice."""
    told = position_row(section, account, market)
    entry = told.pop("avgPrice")
    return {**told, "entryPrice": entry, "category": LINEAR}


def set_leverage(section: Section, request: Request) -> dict[str, Any]:
    """Another leverage; 110043 where it is that already. Whole numbers only, here."""
    linear(request)
    market, account = section.market(request), request.owner
    asked = {leverage(request.text(name)) for name in ("buyLeverage", "sellLeverage")}
    if len(asked) != 1:
        raise wrong("buyLeverage must equal sellLeverage in one-way mode")
    found = asked.pop()
    if not 1 <= found <= market.contract.tiers[0].leverage:
        raise wrong("params error: leverage invalid")
    if section.house.row(account, market).leverage == found:
        raise refused(Code.LEVERAGE_NOT_MODIFIED)
    why = section.house.leverage(account, market, found)
    if why is not None:
        raise refused(Code.INSUFFICIENT if why is Unpaid.INSUFFICIENT else Code.RISK_LIMIT)
    return {}


def leverage(text: str) -> int:
    """A leverage of a decimal text."""
    if not (text.isascii() and text.replace(".", "", 1).isdigit() and len(text) < 12):
        raise wrong("params error: leverage invalid")
    found = Decimal(text)
    if found != found.to_integral_value():
        raise wrong("params error: leverage invalid")
    return int(found)


def switch_mode(section: Section, request: Request) -> dict[str, Any]:
    """110025 for one-way mode, which it is; hedge mode is refused: 110029."""
    linear(request)
    mode = request.whole("mode")
    if request.has("symbol"):
        section.market(request)
    elif not request.has("coin"):
        raise wrong("params error: symbol or coin is required")
    if mode not in (0, 3):
        raise wrong("params error: mode invalid")
    raise refused(Code.NO_HEDGE_MODE if mode else Code.POSITION_MODE_NOT_MODIFIED)


def switch_isolated(section: Section, request: Request) -> dict[str, Any]:
    """Unified accounts set the margin mode of the account: 100028."""
    raise refused(Code.UNIFIED_ACCOUNT)


TABLE: Table = {
    ("GET", "/v5/position/list"): Endpoint(position_list, 50),
    ("POST", "/v5/position/set-leverage"): Endpoint(set_leverage, 10),
    ("POST", "/v5/position/switch-mode"): Endpoint(switch_mode, 10),
    ("POST", "/v5/position/switch-isolated"): Endpoint(switch_isolated, 10),
}
