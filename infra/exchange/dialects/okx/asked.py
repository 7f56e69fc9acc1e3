"""Orders and fills that are asked for: /api/v5/trade.

https://www.okx.com/docs-v5/en/#order-book-trading-trade
"""

from __future__ import annotations

from typing import Any

from infra.exchange.dialects.okx.errors import Code
from infra.exchange.dialects.okx.orders import KINDS
from infra.exchange.dialects.okx.request import Request
from infra.exchange.dialects.okx.section import TYPES, Endpoint, Section, Table, page
from infra.exchange.dialects.okx.shapes import bill, fill_row, kind, order_row, state
from infra.exchange.orders import Order

PENDING, DONE = ("live", "partially_filled"), ("canceled", "filled")


def order(section: Section, request: Request) -> list[dict[str, Any]]:
    """An order by its id, or the last one of a client id."""
    return [order_row(section.order(request, Code.NO_ORDER))]


def matching(section: Section, request: Request, live: bool) -> list[Order]:
    """Orders that may trade, or may not any more, of the markets, types and state asked for."""
    account, markets = request.owner, section.markets(request)
    states = PENDING if live else DONE
    wanted = (request.choice("state", states),) if request.has("state") else states
    kinds = request.params.get("ordType", "").split(",")
    for each in kinds if request.has("ordType") else ():
        Request({"ordType": each}, None, "").choice("ordType", KINDS)
    found = account.live if live else account.orders
    return [
        each
        for each in found.values()
        if each.market in markets
        and each.status.live == live
        and state(each.status) in wanted
        and (kinds == [""] or kind(each) in kinds)
    ]


def orders_pending(section: Section, request: Request) -> list[dict[str, Any]]:
    """Orders that may trade, newest first."""
    return rows(request, matching(section, request, live=True))


def orders_history(section: Section, request: Request) -> list[dict[str, Any]]:
    """Orders that are done, of a mandatory instType, newest first."""
    request.choice("instType", TYPES)
    return rows(request, matching(section, request, live=False))


def rows(request: Request, found: list[Order]) -> list[dict[str, Any]]:
    """A page of orders."""
    kept = page(request, found, lambda each: each.number, lambda each: each.updated)
    return [order_row(each) for each in kept]


def fills(section: Section, request: Request) -> list[dict[str, Any]]:
    """Trades of the account, newest first, by billId."""
    markets, number = section.markets(request), request.whole("ordId", 0)
    found = [
        fill
        for fill in request.owner.fills
        if fill.order.market in markets and number in (0, fill.order.number)
    ]
    return [fill_row(fill) for fill in page(request, found, bill, lambda fill: fill.at)]


def fills_history(section: Section, request: Request) -> list[dict[str, Any]]:
    """As fills, of a mandatory instType."""
    request.choice("instType", TYPES)
    return fills(section, request)


TABLE: Table = {
    ("GET", "/trade/order"): Endpoint(order, 60, signed=True),
    ("GET", "/trade/orders-pending"): Endpoint(orders_pending, 60, signed=True),
    ("GET", "/trade/orders-history"): Endpoint(orders_history, 40, signed=True),
    ("GET", "/trade/orders-history-archive"): Endpoint(orders_history, 20, signed=True),
    ("GET", "/trade/fills"): Endpoint(fills, 60, signed=True),
    ("GET", "/trade/fills-history"): Endpoint(fills_history, 10, signed=True),
}
