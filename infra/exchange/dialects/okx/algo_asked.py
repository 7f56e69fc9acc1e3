"""Conditional orders that are asked for: /api/v5/trade.

https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading
"""

from __future__ import annotations

from typing import Any

from infra.exchange.conditional import Condition, State
from infra.exchange.dialects.okx.algo_rows import algo_row, state
from infra.exchange.dialects.okx.algo_terms import KINDS
from infra.exchange.dialects.okx.algos import found
from infra.exchange.dialects.okx.errors import Code, Refusal, wrong
from infra.exchange.dialects.okx.request import Request
from infra.exchange.dialects.okx.section import Endpoint, Section, Table, page

OTHERS = ("chase", "iceberg", "twap", "smart_iceberg")
"""Types that OKX has and this exchange has none of."""
TOGETHER = {"conditional", "oco"}
DONE = ("effective", "canceled", "order_failed")


def order(section: Section, request: Request) -> list[dict[str, Any]]:
    """One, waiting or done."""
    return [algo_row(found(section, request, Code.NO_ORDER))]


def kinds_of(request: Request) -> set[str]:
    """The mandatory ordType; conditional and oco may be asked for together."""
    kinds = set(request.text("ordType").split(","))
    if not kinds <= {*KINDS, *OTHERS} or (len(kinds) > 1 and kinds != TOGETHER):
        raise wrong("ordType")
    return kinds


def matching(section: Section, request: Request, waiting: bool) -> list[Condition]:
    """Those that wait, or do not any more, of the types, markets and id asked for."""
    kinds, markets = kinds_of(request), section.markets(request)
    only = request.whole("algoId", 0)
    return [
        each
        for each in section.house.conditions.of(request.owner)
        if each.terms.notes["ordType"] in kinds
        and each.market in markets
        and only in (0, each.number)
        and (each.state is State.WAITING) == waiting
    ]


def rows(request: Request, conditions: list[Condition]) -> list[dict[str, Any]]:
    """A page, newest first."""
    kept = page(request, conditions, lambda each: each.number, lambda each: each.created)
    return [algo_row(each) for each in kept]


def pending(section: Section, request: Request) -> list[dict[str, Any]]:
    """Those that wait."""
    return rows(request, matching(section, request, waiting=True))


def history(section: Section, request: Request) -> list[dict[str, Any]]:
    """Those that were met or ended, of a state, or one by its id."""
    conditions = matching(section, request, waiting=False)
    if request.has("state"):
        wanted = request.choice("state", DONE)
        conditions = [each for each in conditions if state(each) == wanted]
    elif not request.has("algoId"):
        raise Refusal(Code.EITHER, "state", "algoId")
    return rows(request, conditions)


TABLE: Table = {
    ("GET", "/trade/order-algo"): Endpoint(order, 20, signed=True),
    ("GET", "/trade/orders-algo-pending"): Endpoint(pending, 20, signed=True),
    ("GET", "/trade/orders-algo-history"): Endpoint(history, 20, signed=True),
}
