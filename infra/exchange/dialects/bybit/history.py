"""Orders and fills that were: realtime, history, executions, newest first, in pages.

https://bybit-exchange.github.io/docs/v5/order/open-order
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from infra.exchange.conditional import Condition
from infra.exchange.dialects.bybit.conditional_rows import STATUSES as STATES
from infra.exchange.dialects.bybit.conditional_rows import known_row
from infra.exchange.dialects.bybit.errors import wrong
from infra.exchange.dialects.bybit.orders import Known, find
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.dialects.bybit.section import (
    Endpoint,
    Section,
    Table,
    category,
    milliseconds,
    page,
    span,
)
from infra.exchange.dialects.bybit.shapes import STATUSES, execution, execution_type
from infra.exchange.orders import Fill, Order

RECENT = 500
"""Closed orders that realtime still knows."""
WEEK = 7 * 86_400_000
ORDERS, MOST_ORDERS, FILLS, MOST_FILLS = 20, 50, 50, 100


def of(section: Section, request: Request, orders: Iterable[Known]) -> Iterator[Known]:
    """Those of orderId or orderLinkId, else of the symbol or coin, newest first."""
    if request.has("orderId") or request.has("orderLinkId"):
        category(request)
        found = find(section, request)
        named = section.market(request) if request.has("symbol") else None
        return (each for each in orders if each is found and named in (None, each.market))
    markets = section.markets(request)
    return (each for each in orders if each.market in markets)


def newest(section: Section, request: Request) -> list[Known]:
    """All orders of the account that are known, and conditional ones that are none."""
    account = request.owner
    conditions = section.house.conditions.of(account)
    found: list[Known] = [each for each in conditions if each.order is None]
    found += account.orders.values()
    return sorted(found, key=lambda each: -each.number)


def is_open(order: Known) -> bool:
    """Whether it may still trade."""
    return order.status.live if isinstance(order, Order) else order.state.live


def status(order: Known) -> str:
    """orderStatus."""
    return STATUSES[order.status] if isinstance(order, Order) else STATES[order.state]


def filtered(request: Request, found: Iterable[Known]) -> Iterable[Known]:
    """Those of orderFilter; what was triggered is of both kinds."""
    kind = request.text("orderFilter", "")
    if kind == "StopOrder":
        return (each for each in found if isinstance(each, Condition) or each.wish.notes)
    if kind == "Order":
        return (each for each in found if isinstance(each, Order))
    return () if kind else found


def told(request: Request, found: Iterable[Known]) -> dict[str, Any]:
    """A page of orders."""
    found = filtered(request, found)
    kept, cursor = page(request, found, lambda each: each.number, ORDERS, MOST_ORDERS)
    rows = [known_row(each) for each in kept]
    return {"category": category(request), "list": rows, "nextPageCursor": cursor}


def realtime(section: Section, request: Request) -> dict[str, Any]:
    """Open orders; with openOnly 1 the recently closed ones; by id, those of either kind."""
    closed_too = request.has("orderId") or request.has("orderLinkId")
    if not closed_too:
        section.markets(request, named=True)
    which = request.whole("openOnly", 0)
    if which not in (0, 1):
        raise wrong("params error: openOnly invalid")
    found = newest(section, request)
    live = [each for each in found if is_open(each)]
    recent = list(islice((each for each in found if not is_open(each)), RECENT))
    if closed_too:
        kept = sorted([*live, *recent], key=lambda each: -each.number)
    else:
        kept = recent if which else live
    return told(request, of(section, request, kept))


def history(section: Section, request: Request) -> dict[str, Any]:
    """Closed orders."""
    wanted = request.text("orderStatus", "")
    if wanted and wanted not in (*STATUSES.values(), *STATES.values()):
        raise wrong("params error: orderStatus invalid")
    times = span(request, WEEK)
    found = [
        each
        for each in of(section, request, newest(section, request))
        if not is_open(each)
        and wanted in ("", status(each))
        and milliseconds(each.created) in times
    ]
    return told(request, found)


def executions(section: Section, request: Request) -> dict[str, Any]:
    """Fills of the account."""
    wanted = set(of(section, request, newest(section, request)))
    kind, times = request.text("execType", ""), span(request, WEEK)
    found = [
        fill
        for fill in reversed(request.owner.fills)
        if fill.order in wanted
        and kind in ("", execution_type(fill))
        and milliseconds(fill.at) in times
    ]
    kept, cursor = page(request, found, fill_key, FILLS, MOST_FILLS)
    rows = [execution(section, each) for each in kept]
    return {"category": category(request), "list": rows, "nextPageCursor": cursor}


def fill_key(fill: Fill) -> int:
    """By trade; of one's own two sides the maker's last."""
    return 2 * fill.trade + (not fill.maker)


TABLE: Table = {
    ("GET", "/v5/order/realtime"): Endpoint(realtime, 50),
    ("GET", "/v5/order/history"): Endpoint(history, 50),
    ("GET", "/v5/execution/list"): Endpoint(executions, 50),
}
