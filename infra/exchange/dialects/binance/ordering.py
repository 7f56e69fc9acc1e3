"""What USD-M and spot read alike of a request about orders."""

from __future__ import annotations

from engine.matching.codes import BUY, CANCEL_BOTH, CANCEL_NEWEST, CANCEL_OLDEST, SELL
from infra.exchange.dialects.binance.errors import Code, refused
from infra.exchange.dialects.binance.request import Request, illegal
from infra.exchange.dialects.binance.section import Section, milliseconds, within
from infra.exchange.orders import Fill, Order

SIDES = {"BUY": BUY, "SELL": SELL}
PREVENTIONS = {
    "NONE": 0,
    "EXPIRE_TAKER": CANCEL_NEWEST,
    "EXPIRE_MAKER": CANCEL_OLDEST,
    "EXPIRE_BOTH": CANCEL_BOTH,
}


def chosen(
    request: Request, name: str, choices: dict[str, int], code: Code, default: str = ""
) -> int:
    """One of a few words; mandatory without a default."""
    text = request.params.get(name) or default or request.text(name)
    if text not in choices:
        raise refused(code)
    return choices[text]


def prevention_of(request: Request) -> int:
    """Self-trade prevention; EXPIRE_MAKER where none is named."""
    mode = request.params.get("selfTradePreventionMode") or "EXPIRE_MAKER"
    if mode not in PREVENTIONS:
        raise illegal("selfTradePreventionMode", "|".join(PREVENTIONS))
    return PREVENTIONS[mode]


def named(section: Section) -> str:
    """A client order id for an order that came without one."""
    return f"auto-{section.clock.now():x}-{len(section.house.books.live)}"


def live_order(section: Section, request: Request) -> Order:
    """An order that may still trade; -2011 where it is done or unknown."""
    order = section.order(request, Code.CANCEL_REJECTED)
    if not order.status.live:
        raise refused(Code.CANCEL_REJECTED)
    return order


def fills_of(section: Section, request: Request) -> list[Fill]:
    """Fills of a market, of an order, from an id on and within times."""
    market = section.market(request)
    first, number = request.whole("fromId", 0), request.whole("orderId", 0)
    found = [
        fill
        for fill in request.owner.fills
        if fill.order.market is market
        and fill.trade >= first
        and (not number or fill.order.number == number)
    ]
    return within(request, lambda fill: milliseconds(fill.at), found, 1000)


def orders_of(section: Section, request: Request) -> list[Order]:
    """Orders of a market, done or not, from an id on and within times."""
    market, first = section.market(request), request.whole("orderId", 0)
    found = [
        order
        for order in request.owner.orders.values()
        if order.market is market and order.number >= first
    ]
    return within(request, lambda order: milliseconds(order.created), found, 1000)
