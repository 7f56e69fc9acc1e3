"""Orders of spot: placed, asked about, withdrawn.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints
"""

from __future__ import annotations

from typing import Any

from engine.matching.codes import Why as Reject
from infra.exchange.dialects.binance import spot_shapes as shapes
from infra.exchange.dialects.binance.errors import Code, Refusal, refused, spot_refusal
from infra.exchange.dialects.binance.ordering import fills_of, live_order, orders_of
from infra.exchange.dialects.binance.request import Request, illegal
from infra.exchange.dialects.binance.section import Endpoint, Section, Security, Table
from infra.exchange.dialects.binance.spot_wishes import answer_of, client_of, wish_of
from infra.exchange.orders import Order, Status, Wish

RESTRICTIONS = {"ONLY_NEW": Status.NEW, "ONLY_PARTIALLY_FILLED": Status.PARTIALLY_FILLED}


def place(section: Section, request: Request) -> dict[str, Any]:
    """A new order. A client id may be used again once the order that had it is done."""
    return carry_out(section, request, wish_of(section, request))


def carry_out(section: Section, request: Request, wish: Wish) -> dict[str, Any]:
    """Place what was checked. A FOK order that cannot be filled was there, and expired."""
    account = request.owner
    before = account.called(wish.market.number, wish.client)
    if before is not None and before.status.live:
        raise Refusal(Code.NEW_ORDER_REJECTED, "Duplicate order sent.")
    order = section.house.place(account, wish)
    if order is Reject.UNFILLED:
        order = section.house.stillborn(account, wish, order)
    if not isinstance(order, Order):
        raise spot_refusal(order)
    return shapes.placed(order, answer_of(request))


def test_place(section: Section, request: Request) -> dict[str, Any]:
    """As place, and nothing happens."""
    market = wish_of(section, request).market
    if not request.flag("computeCommissionRates"):
        return {}
    rates = {"maker": market.maker / 10**8, "taker": market.taker / 10**8}
    return {"standardCommissionForOrder": {name: f"{rate:.8f}" for name, rate in rates.items()}}


def query(section: Section, request: Request) -> dict[str, Any]:
    """An order by its id, or the last one of a client id."""
    return shapes.order_row(section.order(request))


def cancel(section: Section, request: Request) -> dict[str, Any]:
    """Withdraw an order."""
    client = client_of(section, request, "newClientOrderId")
    order, only = live_order(section, request), request.params.get("cancelRestrictions") or ""
    if only and only not in RESTRICTIONS:
        raise illegal("cancelRestrictions", "|".join(RESTRICTIONS))
    if only and order.status is not RESTRICTIONS[only]:
        told = "Order was not canceled due to cancel restrictions."
        raise Refusal(Code.CANCEL_REJECTED, told)
    return withdraw(section, order, client)


def withdraw(section: Section, order: Order, client: str) -> dict[str, Any]:
    """Withdraw a live order; client: the id of the cancel, which its event tells."""
    settings = order.account.settings
    settings[shapes.cancelling(order)] = client
    why = section.house.cancel(order)
    del settings[shapes.cancelling(order)]
    if why is not None:
        raise spot_refusal(why)
    return shapes.cancelled(order, client)


def cancel_all(section: Section, request: Request) -> list[dict[str, Any]]:
    """All orders of a market; -2011 where there is none."""
    market = section.market(request)
    found = [order for order in request.owner.live.values() if order.market is market]
    if not found:
        raise refused(Code.CANCEL_REJECTED)
    client = client_of(section, request, "newClientOrderId")
    return [withdraw(section, order, client) for order in found]


def open_orders(section: Section, request: Request) -> list[dict[str, Any]]:
    """Orders that may trade."""
    markets = section.markets(request)
    found = (order for order in request.owner.live.values() if order.market in markets)
    return [shapes.order_row(order) for order in found]


def all_orders(section: Section, request: Request) -> list[dict[str, Any]]:
    """Orders of a market, done or not."""
    return [shapes.order_row(order) for order in orders_of(section, request)]


def my_trades(section: Section, request: Request) -> list[dict[str, Any]]:
    """The account's trades."""
    return [shapes.user_trade(fill) for fill in fills_of(section, request)]


SIGNED = Security.SIGNED
TABLE: Table = {
    ("POST", "/api/v3/order"): Endpoint(place, SIGNED, orders=1),
    ("POST", "/api/v3/order/test"): Endpoint(test_place, SIGNED),
    ("GET", "/api/v3/order"): Endpoint(query, SIGNED, 4),
    ("DELETE", "/api/v3/order"): Endpoint(cancel, SIGNED),
    ("DELETE", "/api/v3/openOrders"): Endpoint(cancel_all, SIGNED),
    ("GET", "/api/v3/openOrders"): Endpoint(open_orders, SIGNED, 6),
    ("GET", "/api/v3/allOrders"): Endpoint(all_orders, SIGNED, 20),
    ("GET", "/api/v3/myTrades"): Endpoint(my_trades, SIGNED, 20),
}
