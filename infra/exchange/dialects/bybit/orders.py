"""Orders: what they may be, created, amended, cancelled.

An answer says only that the request was taken. What the matching refuses (post-only that would
take, nothing to fill) is an order that ends at once: the order stream tells its rejectReason.
https://bybit-exchange.github.io/docs/v5/order/create-order
"""

from __future__ import annotations

from math import ceil
from typing import Any

from engine.matching.codes import (
    BUY,
    CANCEL_BOTH,
    CANCEL_NEWEST,
    CANCEL_OLDEST,
    FOK,
    GTC,
    IOC,
    SELL,
)
from engine.matching.codes import Why as Reject
from infra.exchange.accounts import Account
from infra.exchange.dialects.bybit.errors import Code, Refusal, refusal, refused, wrong
from infra.exchange.dialects.bybit.filters import (
    MOST_ORDERS,
    check_notional,
    limit,
    price_in_ticks,
    quantity_in_lots,
    within_limit,
)
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.dialects.bybit.section import Endpoint, Section, Table, linear
from infra.exchange.dialects.bybit.shapes import number_of, order_id
from infra.exchange.listing import Market
from infra.exchange.orders import Order, Type, Wish

SIDES = {"Buy": BUY, "Sell": SELL}
TYPES = {"Limit": Type.LIMIT, "Market": Type.MARKET}
TIFS = {"GTC": GTC, "IOC": IOC, "FOK": FOK, "PostOnly": GTC}
SMP = {"None": 0, "CancelMaker": CANCEL_OLDEST, "CancelTaker": CANCEL_NEWEST}
SMP |= {"CancelBoth": CANCEL_BOTH}
NOT_SPOKEN = ("triggerPrice", "takeProfit", "stopLoss", "closeOnTrigger", "bboSideType", "orderIv")
MATCHED = (Reject.WOULD_TAKE, Reject.UNFILLED, Reject.SELF_TRADE)
"""Refusals that are the matching's, and so come after the answer."""


def chosen(request: Request, name: str, choices: dict[str, Any], default: str | None = None) -> Any:
    """One of a few words; mandatory without a default."""
    text = request.text(name, default)
    if text not in choices:
        raise wrong(f"{name} invalid")
    return choices[text]


def wish_of(section: Section, request: Request) -> Wish:
    """The order that a request asks for, checked."""
    linear(request)
    market, account = section.market(request), request.owner
    side, kind = chosen(request, "side", SIDES), chosen(request, "orderType", TYPES)
    spoken(request)
    lots = quantity_in_lots(market, request.quantity("qty"))
    reduce_only = request.flag("reduceOnly")
    mark = section.house.books.marks[market.number]
    tif, post_only = GTC, False
    if kind is Type.LIMIT:
        tif = chosen(request, "timeInForce", TIFS, "GTC")
        post_only = request.text("timeInForce", "GTC") == "PostOnly"
        price = price_in_ticks(market, request.price("price"))
        price = within_limit(account, market, mark, side == BUY, price)
    else:
        tif, price = IOC, bound(section, request, market, side == BUY)
    if not reduce_only:
        check_notional(market, price if kind is Type.LIMIT else mark, lots)
    link, prevention = unused(section, request), chosen(request, "smpType", SMP, "None")
    return Wish(market, side, kind, lots, price, link, tif, post_only, reduce_only, prevention)


def spoken(request: Request) -> None:
    """Refuse hedge mode, and what is not spoken here: conditional orders, take profit, RPI."""
    if request.whole("positionIdx", 0):
        raise wrong("position idx not match position mode")
    if request.text("timeInForce", "GTC") == "RPI":
        raise refused(Code.RPI)
    for name in NOT_SPOKEN:
        if request.params.get(name) not in (None, "", "0", 0, False):
            raise wrong(f"params error: {name} is not supported")


def bound(section: Section, request: Request, market: Market, buys: bool) -> int:
    """How far a market order goes: to the price limit, or to its slippage tolerance if nearer."""
    edge = limit(market, section.house.books.marks[market.number], buys)
    tolerance = request.text("slippageToleranceType", "UNKNOWN")
    best = section.house.books.depths[market.number].best(not buys)
    if tolerance == "UNKNOWN" or best is None:
        return edge
    if tolerance == "TickSize":
        away = request.whole("slippageTolerance")
        if not 1 <= away <= 10_000:
            raise refused(Code.TICKS_OF_TOLERANCE)
    elif tolerance == "Percent":
        share = request.price("slippageTolerance")
        if not 10**6 <= share <= 10**9 or share % 10**6:
            raise refused(Code.PERCENT_OF_TOLERANCE)
        away = ceil(best[0] * share / 10**10)
    else:
        raise wrong("slippageToleranceType invalid")
    return min(edge, best[0] + away) if buys else max(edge, best[0] - away)


def unused(section: Section, request: Request) -> str:
    """orderLinkId, which no order of the account has had that is remembered (110072)."""
    link = request.link()
    if link and linked(section, request.owner, link) is not None:
        raise refused(Code.DUPLICATE_LINK)
    return link


def linked(section: Section, account: Account, link: str) -> Order | None:
    """The order of an orderLinkId, in whichever market."""
    markets = section.house.listing.markets
    found = (account.called(market.number, link) for market in markets)
    return next((order for order in found if order is not None), None)


def find(section: Section, request: Request) -> Order | None:
    """The order of orderId, else of orderLinkId."""
    account = request.owner
    if request.has("orderId"):
        number = number_of("order", request.text("orderId"))
        if number is None:
            return None
        return account.order(number)
    link = request.link()
    if not link:
        raise wrong("params error: orderId or orderLinkId is required")
    return linked(section, account, link)


def taken(order: Order) -> dict[str, Any]:
    """The answer: which order it is, and nothing of what became of it."""
    return {"orderId": order_id(order), "orderLinkId": order.wish.client}


def create(section: Section, request: Request) -> dict[str, Any]:
    """A new order."""
    account, wish = request.owner, wish_of(section, request)
    live = (each.market is wish.market for each in account.live.values())
    if sum(live) >= MOST_ORDERS:
        raise refused(Code.TOO_MANY_ORDERS)
    made = section.house.place(account, wish)
    if not isinstance(made, Order):
        if made not in MATCHED:
            raise refusal(made)
        made = section.house.stillborn(account, wish, made)
    return taken(made)


def open_order(section: Section, request: Request, too_late: str) -> Order:
    """An order of the symbol that may still trade; 110001 where there is none: too late for it."""
    linear(request)
    market, order = section.market(request), find(section, request)
    if order is None or order.market is not market or not order.status.live:
        raise Refusal(Code.NO_SUCH_ORDER, f"order not exists or too late to {too_late}")
    return order


def amend(section: Section, request: Request) -> dict[str, Any]:
    """Another price, another whole quantity, or both."""
    order = open_order(section, request, "replace")
    spoken(request)
    market, price, lots = order.market, order.price, order.lots
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
    return taken(order)


def cancel(section: Section, request: Request) -> dict[str, Any]:
    """Withdraw an order."""
    order = open_order(section, request, "cancel")
    why = section.house.cancel(order)
    if why is not None:
        raise refusal(why)
    return taken(order)


def cancel_all(section: Section, request: Request) -> dict[str, Any]:
    """All orders of a symbol, of a base coin or of a settle coin."""
    linear(request)
    markets, account = section.markets(request, named=True), request.owner
    if request.text("orderFilter", "Order") != "Order":
        return {"list": [], "success": "1"}
    found = [order for order in account.live.values() if order.market in markets]
    for order in found:
        section.house.cancel(order)
    return {"list": [taken(order) for order in found], "success": "1"}


TABLE: Table = {
    ("POST", "/v5/order/create"): Endpoint(create, 10),
    ("POST", "/v5/order/amend"): Endpoint(amend, 10),
    ("POST", "/v5/order/cancel"): Endpoint(cancel, 10),
    ("POST", "/v5/order/cancel-all"): Endpoint(cancel_all, 10),
}
