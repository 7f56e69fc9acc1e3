"""Several orders in one request: each by itself, told in two lists of the same order.

Each order counts against the limit of its batch endpoint; those beyond it are refused, the others
are carried out. https://bybit-exchange.github.io/docs/v5/order/batch-place
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra.exchange.dialects.bybit import orders
from infra.exchange.dialects.bybit.errors import Refusal, wrong
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.dialects.bybit.section import Answer, Endpoint, Section, Table, linear

MOST_ORDERS, MOST_A_SECOND = 20, 10
CREATE, AMEND, CANCEL = (f"/v5/order/{name}-batch" for name in ("create", "amend", "cancel"))
Act = Callable[[Section, Request], dict[str, Any]]


def batch(section: Section, request: Request, path: str, act: Act) -> Answer:
    """What became of each of `request`."""
    linear(request)
    asked = request.array("request")
    if not 1 <= len(asked) <= MOST_ORDERS:
        raise wrong(f"params error: request should have between 1 and {MOST_ORDERS} orders")
    rows, codes = [], []
    for params in asked:
        row, code = each(section, request, params, path, act)
        rows.append(row)
        codes.append(code)
    return Answer({"list": rows}, {"list": codes})


def each(
    section: Section, request: Request, params: Any, path: str, act: Act
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A row, and its code and words."""
    row = {"category": "linear", "symbol": "", "orderId": "", "orderLinkId": ""}
    if path == CREATE:
        row["createAt"] = ""
    try:
        inner = request.inner(params)
        for name in ("symbol", "orderLinkId"):
            row[name] = inner.text(name, "")
        section.usage.use(request.owner.number, path, MOST_A_SECOND)
        row |= act(section, inner)
    except Refusal as refusal:
        return row, {"code": refusal.code, "msg": refusal.message}
    if path == CREATE:
        row["createAt"] = str(section.clock.milliseconds())
    return row, {"code": 0, "msg": "OK"}


def create(section: Section, request: Request) -> Answer:
    """Several new orders."""
    return batch(section, request, CREATE, orders.create)


def amend(section: Section, request: Request) -> Answer:
    """Several amendments."""
    return batch(section, request, AMEND, orders.amend)


def cancel(section: Section, request: Request) -> Answer:
    """Several cancellations."""
    return batch(section, request, CANCEL, orders.cancel)


TABLE: Table = {
    ("POST", CREATE): Endpoint(create, MOST_A_SECOND, batch=True),
    ("POST", AMEND): Endpoint(amend, MOST_A_SECOND, batch=True),
    ("POST", CANCEL): Endpoint(cancel, MOST_A_SECOND, batch=True),
}
