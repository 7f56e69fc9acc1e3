"""Orders: what they may be, created, amended, cancelled.

An answer says only that the request was taken. What the matching refuses (post-only that would
take, nothing to fill) is an order that ends at once: the order stream tells its rejectReason.
https://bybit-exchange.github.io/docs/v5/order/create-order
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.matching.codes import Why as Reject
from infra.exchange.accounts import Account
from infra.exchange.conditional import Condition
from infra.exchange.dialects.bybit import conditional
from infra.exchange.dialects.bybit.conditional import STOP, waits
from infra.exchange.dialects.bybit.errors import Code, Refusal, refusal, refused, wrong
from infra.exchange.dialects.bybit.filters import (
    MOST_ORDERS,
    check_notional,
    price_in_ticks,
    quantity_in_lots,
    within_limit,
)
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.dialects.bybit.section import Endpoint, Section, Table, linear
from infra.exchange.dialects.bybit.shapes import link_of, number_of, order_id
from infra.exchange.dialects.bybit.wishes import MATCHED, spoken, wish_of
from infra.exchange.listing import Market
from infra.exchange.orders import Order, Wish

Known = Order | Condition
"""An order, or one that has not become one (yet)."""
FILTERS = ("Order", "StopOrder", "OpenOrder")


def unused(section: Section, request: Request) -> str:
    """orderLinkId, which no order of the account has had that is remembered (110072)."""
    link = request.link()
    if link and linked(section, request.owner, link) is not None:
        raise refused(Code.DUPLICATE_LINK)
    return link


def linked(section: Section, account: Account, link: str) -> Known | None:
    """The order of an orderLinkId, in whichever market."""
    markets = section.house.listing.markets
    found = (account.called(market.number, link) for market in markets)
    order = next((order for order in found if order is not None), None)
    return order or section.house.conditions.called(account, link)


def find(section: Section, request: Request) -> Known | None:
    """The order of orderId, else of orderLinkId."""
    account = request.owner
    if request.has("orderId"):
        number = number_of("order", request.text("orderId"))
        if number is None:
            return None
        return account.order(number) or section.house.conditions.numbered(account, number)
    link = request.link()
    if not link:
        raise wrong("params error: orderId or orderLinkId is required")
    return linked(section, account, link)


def taken(order: Known) -> dict[str, Any]:
    """The answer: which order it is, and nothing of what became of it."""
    return {"orderId": order_id(order), "orderLinkId": link_of(order)}


def create(section: Section, request: Request) -> dict[str, Any]:
    """A new order, or with a triggerPrice a conditional one."""
    linear(request)
    spoken(request)
    link = unused(section, request)
    if request.text("triggerPrice", "0") != "0":
        return taken(conditional.create(section, request, link))
    return taken(placed(section, request.owner, wish_of(section, request, link)))


def placed(section: Section, account: Account, wish: Wish) -> Order:
    """The order of a wish, which may have ended already."""
    live = (each.market is wish.market for each in account.live.values())
    if sum(live) >= MOST_ORDERS:
        raise refused(Code.TOO_MANY_ORDERS)
    made = section.house.place(account, wish)
    if isinstance(made, Order):
        return made
    if made not in MATCHED:
        raise refusal(made)
    return section.house.stillborn(account, wish, made)


def open_order(section: Section, request: Request, too_late: str) -> Known:
    """An order of the symbol that may still trade; 110001 where there is none: too late for it."""
    linear(request)
    market, found = section.market(request), find(section, request)
    live = found.status.live if isinstance(found, Order) else waits(found)
    if found is None or found.market is not market or not live:
        raise Refusal(Code.NO_SUCH_ORDER, f"order not exists or too late to {too_late}")
    return found


def amend(section: Section, request: Request) -> dict[str, Any]:
    """Another price, another whole quantity, or both; of one that waits another trigger too."""
    order = open_order(section, request, "replace")
    spoken(request)
    if isinstance(order, Condition):
        conditional.amend(section, request, order)
    else:
        amend_order(section, request, order)
    return taken(order)


def amend_order(section: Section, request: Request, order: Order) -> None:
    """Of an order in the book."""
    market, price, lots = order.market, order.price, order.lots
    if request.text("triggerPrice", "0") != "0":
        raise wrong("params error: triggerPrice is of conditional orders")
    if request.has("price"):
        price = price_in_ticks(market, request.price("price"))
        mark = section.house.books.marks[market.number]
        price = within_limit(request.owner, market, mark, order.buys, price)
    if request.has("qty"):
        lots = quantity_in_lots(market, request.quantity("qty"))
    if (price, lots) == (order.price, order.lots):
        raise wrong("The order remains unchanged as the parameters entered match the existing ones")
    if lots <= order.filled:
        raise refused(Code.NOT_ABOVE_FILLED)
    if not order.wish.reduce_only:
        check_notional(market, price, lots)
    why = section.house.amend(order, price, lots)
    if why is Reject.WOULD_TAKE:
        section.house.withdraw(order, why)
    elif why is not None:
        raise refusal(why)


def withdraw(section: Section, order: Known) -> None:
    """End one that is open."""
    if isinstance(order, Condition):
        section.house.conditions.end(order)
        return
    why = section.house.cancel(order)
    if why is not None:
        raise refusal(why)


def cancel(section: Section, request: Request) -> dict[str, Any]:
    """Withdraw an order."""
    order = open_order(section, request, "cancel")
    withdraw(section, order)
    return taken(order)


def cancel_all(section: Section, request: Request) -> dict[str, Any]:
    """All orders of a symbol, of a base coin or of a settle coin: of both kinds, or of the one that
    orderFilter names."""
    linear(request)
    markets = section.markets(request, named=True)
    kinds = request.text("orderFilter", "")
    if kinds not in ("", *FILTERS):
        raise wrong("params error: orderFilter invalid")
    found: list[Known] = []
    if kinds != "StopOrder":
        found += [each for each in request.owner.live.values() if each.market in markets]
    if kinds in ("", "StopOrder"):
        found += stops(section, request, markets)
    for order in found:
        withdraw(section, order)
    return {"list": [taken(order) for order in found], "success": "1"}


def stops(section: Section, request: Request, markets: tuple[Market, ...]) -> Iterable[Condition]:
    """Those that wait; with stopOrderType Stop, those that are no take profit or stop loss."""
    only = request.text("stopOrderType", "")
    if only not in ("", STOP):
        raise wrong("params error: stopOrderType invalid")
    waiting = section.house.conditions.waiting(request.owner)
    return [each for each in waiting if each.market in markets and only in ("", each.leg.name)]


TABLE: Table = {
    ("POST", "/v5/order/create"): Endpoint(create, 10),
    ("POST", "/v5/order/amend"): Endpoint(amend, 10),
    ("POST", "/v5/order/cancel"): Endpoint(cancel, 10),
    ("POST", "/v5/order/cancel-all"): Endpoint(cancel_all, 10),
}
