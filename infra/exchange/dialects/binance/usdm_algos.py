"""Conditional orders of USD-M futures: Binance's algo service, since 2025-12-09.

https://developers.binance.com/docs/derivatives/change-log#2025-11-06
https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/New-Algo-Order
"""

from __future__ import annotations

from typing import Any

from infra.exchange.accounts import Account
from infra.exchange.conditional import Condition, State, Terms
from infra.exchange.dialects.binance.errors import Code, Refusal, refused
from infra.exchange.dialects.binance.filters import MOST_CONDITIONAL
from infra.exchange.dialects.binance.request import Request
from infra.exchange.dialects.binance.section import (
    Endpoint,
    Section,
    Security,
    Table,
    milliseconds,
    within,
)
from infra.exchange.dialects.binance.usdm_algo_shapes import algo_row, queried_row
from infra.exchange.dialects.binance.usdm_conditions import TARGETS, closable, terms_of


def place(section: Section, request: Request) -> dict[str, Any]:
    """A new conditional order. A client id is free again once the order that had it is done."""
    account, conditions = request.owner, section.house.conditions
    terms, trail = terms_of(section, request)
    before = conditions.called(account, terms.client)
    if before is not None and before.state.live:
        raise refused(Code.DUPLICATED_CLIENT_ID)
    waiting = conditions.waiting(account, terms.market)
    check_bound(account, terms, waiting)
    if len(waiting) >= MOST_CONDITIONAL:
        raise refused(Code.MAX_STOP_ORDER_EXCEEDED)
    return algo_row(conditions.add(account, terms, trail))


def check_bound(account: Account, terms: Terms, waiting: list[Condition]) -> None:
    """What ends with a position needs one; of those that close it there is one stop and one
    target."""
    if terms.bound and not closable(account, terms.market, terms.side):
        raise refused(Code.GTE_WITHOUT_POSITION)
    target = terms.legs[0].name in TARGETS
    for each in waiting if not terms.lots else ():
        same = (each.leg.name in TARGETS) == target and each.terms.side == terms.side
        if same and not each.terms.lots:
            raise refused(Code.CLOSE_POSITION_EXISTS)


def found(section: Section, request: Request, missing: Code) -> Condition:
    """The one of algoId, else the last of clientAlgoId."""
    conditions, account = section.house.conditions, request.owner
    if request.has("algoId"):
        condition = conditions.numbered(account, request.whole("algoId"))
    elif request.has("clientAlgoId"):
        condition = conditions.called(account, request.text("clientAlgoId"))
    else:
        raise Refusal(
            Code.MANDATORY_PARAM,
            "Param 'clientAlgoId' or 'algoId' must be sent, but both were empty/null!",
        )
    if condition is None:
        raise refused(missing)
    return condition


def query(section: Section, request: Request) -> dict[str, Any]:
    """One, waiting or done."""
    return queried_row(found(section, request, Code.NO_SUCH_ORDER))


def cancel(section: Section, request: Request) -> dict[str, Any]:
    """Withdraw one that waits; the order that it became is another's business."""
    condition = found(section, request, Code.CANCEL_REJECTED)
    if condition.state is not State.WAITING:
        raise refused(Code.CANCEL_REJECTED)
    section.house.conditions.end(condition)
    told = {"algoId": condition.number, "clientAlgoId": condition.terms.client}
    return {**told, "code": "200", "msg": "success"}


def cancel_all(section: Section, request: Request) -> dict[str, Any]:
    """All of a market that wait."""
    conditions = section.house.conditions
    for condition in conditions.waiting(request.owner, section.market(request)):
        conditions.end(condition)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def open_orders(section: Section, request: Request) -> list[dict[str, Any]]:
    """Those that wait, of a market or of all."""
    markets, only = section.markets(request), request.whole("algoId", 0)
    waiting = section.house.conditions.waiting(request.owner)
    rows = [each for each in waiting if each.market in markets and only in (0, each.number)]
    return [queried_row(each) for each in rows]


def all_orders(section: Section, request: Request) -> list[dict[str, Any]]:
    """Those of a market, waiting or done, from an id on and within times."""
    market, first = section.market(request), request.whole("algoId", 0)
    rows = [
        each
        for each in section.house.conditions.of(request.owner)
        if each.market is market and each.number >= first
    ]
    kept = within(request, lambda each: milliseconds(each.created), rows, 1000)
    return [queried_row(each) for each in kept]


SIGNED = Security.SIGNED
TABLE: Table = {
    ("POST", "/fapi/v1/algoOrder"): Endpoint(place, SIGNED, 0, orders=1),
    ("GET", "/fapi/v1/algoOrder"): Endpoint(query, SIGNED),
    ("DELETE", "/fapi/v1/algoOrder"): Endpoint(cancel, SIGNED),
    ("DELETE", "/fapi/v1/algoOpenOrders"): Endpoint(cancel_all, SIGNED),
    ("GET", "/fapi/v1/openAlgoOrders"): Endpoint(open_orders, SIGNED),
    ("GET", "/fapi/v1/allAlgoOrders"): Endpoint(all_orders, SIGNED, 5),
}
