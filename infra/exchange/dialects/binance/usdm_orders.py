"""Orders of USD-M futures.

https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from engine.matching.codes import BUY, FOK, GTC, IOC
from engine.matching.codes import Why as Reject
from infra.exchange.dialects.binance.errors import Code, Refusal, futures_refusal, refused
from infra.exchange.dialects.binance.filters import (
    bound,
    check_distance,
    check_notional,
    price_in_ticks,
    quantity_in_lots,
)
from infra.exchange.dialects.binance.ordering import (
    SIDES,
    chosen,
    fills_of,
    live_order,
    named,
    orders_of,
    prevention_of,
)
from infra.exchange.dialects.binance.request import Request, missing, text_of
from infra.exchange.dialects.binance.section import Endpoint, Section, Security, Table
from infra.exchange.dialects.binance.usdm_shapes import order_row, user_trade
from infra.exchange.orders import Order, Status, Type, Wish

TIFS = {"GTC": GTC, "IOC": IOC, "FOK": FOK, "GTX": GTC}
CONDITIONAL = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET")
MOST_IN_BATCH, MOST_CANCELLED = 5, 10


def type_of(request: Request) -> Type:
    """LIMIT or MARKET; conditional orders have endpoints of their own."""
    text = request.text("type")
    if text in CONDITIONAL:
        raise refused(Code.STOP_ORDER_SWITCH_ALGO)
    if text not in (Type.LIMIT, Type.MARKET):
        raise refused(Code.INVALID_ORDER_TYPE)
    return Type(text)


def wish_of(section: Section, request: Request) -> Wish:
    """The order that a request asks for, checked."""
    market, side = section.market(request), chosen(request, "side", SIDES, Code.INVALID_SIDE)
    kind = type_of(request)
    if request.params.get("positionSide", "BOTH") != "BOTH":
        raise refused(Code.POSITION_SIDE_NOT_MATCH)
    lots = quantity_in_lots(market, request.quantity("quantity"))
    reduce_only = request.flag("reduceOnly")
    mark = section.house.books.marks[market.number]
    tif, post_only = GTC, False
    if kind is Type.LIMIT:
        tif = chosen(request, "timeInForce", TIFS, Code.INVALID_TIF)
        post_only = request.params["timeInForce"] == "GTX"
        price = price_in_ticks(market, request.price("price"))
        check_distance(market, mark, side == BUY, price)
    else:
        price = bound(market, mark, side == BUY)
    if not reduce_only:
        check_notional(market, price if kind is Type.LIMIT else mark, lots)
    prevention = prevention_of(request)
    client = request.client("newClientOrderId") or named(section)
    return Wish(market, side, kind, lots, price, client, tif, post_only, reduce_only, prevention)


def place(section: Section, request: Request) -> dict[str, Any]:
    """A new order. A client id may be used again once the order that had it is done."""
    account, wish = request.owner, wish_of(section, request)
    before = account.called(wish.market.number, wish.client)
    if before is not None and before.status.live:
        raise refused(Code.DUPLICATED_CLIENT_ID)
    order = section.house.place(account, wish)
    if not isinstance(order, Order):
        raise futures_refusal(order)
    if order.status is Status.EXPIRED and wish.tif == FOK:
        raise futures_refusal(Reject.UNFILLED)
    row = order_row(order)
    if request.params.get("newOrderRespType", "ACK") == "ACK":
        row |= {"status": "NEW", "executedQty": "0", "cumQty": "0", "cumQuote": "0"}
        row["avgPrice"] = "0.00"
    return row


def test_place(section: Section, request: Request) -> dict[str, Any]:
    """As place, and nothing happens."""
    wish_of(section, request)
    return {}


def query(section: Section, request: Request) -> dict[str, Any]:
    """An order by its id, or the last one of a client id."""
    return order_row(section.order(request))


def query_open(section: Section, request: Request) -> dict[str, Any]:
    """As query, of an order that is open."""
    order = section.order(request)
    if not order.status.live:
        raise refused(Code.NO_SUCH_ORDER)
    return order_row(order)


def cancel(section: Section, request: Request) -> dict[str, Any]:
    """Withdraw an order."""
    order = live_order(section, request)
    why = section.house.cancel(order)
    if why is not None:
        raise futures_refusal(why)
    return order_row(order)


def modify(section: Section, request: Request) -> dict[str, Any]:
    """Another price and whole quantity of a limit order."""
    order = section.order(request)
    if not order.status.live:
        raise refused(Code.NO_SUCH_ORDER)
    market = order.market
    if chosen(request, "side", SIDES, Code.INVALID_SIDE) != order.wish.side:
        raise refused(Code.INVALID_SIDE)
    lots = quantity_in_lots(market, request.quantity("quantity"))
    price = price_in_ticks(market, request.price("price"))
    check_distance(market, section.house.books.marks[market.number], order.buys, price)
    if (price, lots) == (order.price, order.lots):
        raise refused(Code.SAME_ORDER)
    if not order.wish.reduce_only:
        check_notional(market, price, lots)
    why = section.house.amend(order, price, lots)
    if why is not None:
        raise futures_refusal(why)
    return order_row(order)


def in_batch(
    section: Section, request: Request, act: Callable[[Section, Request], Any]
) -> list[Any]:
    """Each order of batchOrders by itself: its row, or its refusal."""
    orders = request.array("batchOrders")
    if not 1 <= len(orders) <= MOST_IN_BATCH:
        raise refused(Code.INVALID_BATCH_PLACE_ORDER_SIZE)
    return [each(section, request.inner(params), act) for params in orders]


def each(
    section: Section, request: Request, act: Callable[[Section, Request], Any]
) -> dict[str, Any]:
    """What becomes of one of several."""
    try:
        found: dict[str, Any] = act(section, request)
    except Refusal as refusal:
        return refusal.body()
    return found


def place_batch(section: Section, request: Request) -> list[Any]:
    """Several new orders."""
    return in_batch(section, request, place)


def modify_batch(section: Section, request: Request) -> list[Any]:
    """Several modifications."""
    return in_batch(section, request, modify)


def cancel_batch(section: Section, request: Request) -> list[Any]:
    """Several orders by id, or by client id."""
    symbol = request.text("symbol")
    ids: Iterable[Any]
    name = "orderId"
    if request.has("orderIdList") or request.has("orderidlist"):
        ids = request.array("orderIdList" if request.has("orderIdList") else "orderidlist")
    else:
        name = "origClientOrderId"
        lists = ("origClientOrderIdList", "origclientorderidlist")
        found = next((each for each in lists if request.has(each)), None)
        if found is None:
            raise missing("orderIdList")
        ids = request.array(found)
    asked = [{"symbol": symbol, name: text_of(one)} for one in ids]
    if not 1 <= len(asked) <= MOST_CANCELLED:
        raise refused(Code.INVALID_BATCH_PLACE_ORDER_SIZE)
    return [each(section, request.inner(params), cancel) for params in asked]


def cancel_all(section: Section, request: Request) -> dict[str, Any]:
    """All orders of a market."""
    market, account = section.market(request), request.owner
    for order in [order for order in account.live.values() if order.market is market]:
        section.house.cancel(order)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def open_orders(section: Section, request: Request) -> list[dict[str, Any]]:
    """Orders that may trade."""
    markets = section.markets(request)
    return [order_row(each) for each in request.owner.live.values() if each.market in markets]


def all_orders(section: Section, request: Request) -> list[dict[str, Any]]:
    """Orders of a market, done or not."""
    return [order_row(order) for order in orders_of(section, request)]


def user_trades(section: Section, request: Request) -> list[dict[str, Any]]:
    """The account's trades."""
    return [user_trade(fill) for fill in fills_of(section, request)]


SIGNED = Security.SIGNED
TABLE: Table = {
    ("POST", "/fapi/v1/order"): Endpoint(place, SIGNED, 0, orders=1),
    ("POST", "/fapi/v1/order/test"): Endpoint(test_place, SIGNED),
    ("GET", "/fapi/v1/order"): Endpoint(query, SIGNED),
    ("PUT", "/fapi/v1/order"): Endpoint(modify, SIGNED, orders=1),
    ("DELETE", "/fapi/v1/order"): Endpoint(cancel, SIGNED),
    ("POST", "/fapi/v1/batchOrders"): Endpoint(place_batch, SIGNED, 5, orders=5),
    ("PUT", "/fapi/v1/batchOrders"): Endpoint(modify_batch, SIGNED, 5, orders=5),
    ("DELETE", "/fapi/v1/batchOrders"): Endpoint(cancel_batch, SIGNED),
    ("DELETE", "/fapi/v1/allOpenOrders"): Endpoint(cancel_all, SIGNED),
    ("GET", "/fapi/v1/openOrder"): Endpoint(query_open, SIGNED),
    ("GET", "/fapi/v1/openOrders"): Endpoint(open_orders, SIGNED, 1),
    ("GET", "/fapi/v1/allOrders"): Endpoint(all_orders, SIGNED, 5),
    ("GET", "/fapi/v1/userTrades"): Endpoint(user_trades, SIGNED, 5),
}
