"""Orders and trades of spot as rows."""

from __future__ import annotations

from typing import Any

from engine.matching.codes import FOK, IOC
from engine.matching.codes import Why as Reject
from infra.exchange.dialects.binance.section import milliseconds
from infra.exchange.dialects.binance.shapes import PREVENTIONS, quote, side
from infra.exchange.listing import money
from infra.exchange.orders import Fill, Order, Status, Type


def kind(order: Order) -> str:
    """LIMIT, LIMIT_MAKER or MARKET."""
    return "LIMIT_MAKER" if order.wish.post_only else order.wish.type.value


def tif(order: Order) -> str:
    """The time in force; a market order's is GTC, as Binance tells it."""
    return {IOC: "IOC", FOK: "FOK"}.get(order.wish.tif, "GTC")


def price(order: Order) -> str:
    """The limit; 0 of a market order."""
    return order.market.price(0 if order.wish.type is Type.MARKET else order.price)


def budget(order: Order) -> str:
    """The money that a market order was sized by; 0 where it was by quantity."""
    return order.wish.notes.get("quote", money(0))


def status(order: Order, at: Status) -> str:
    """A status of an order; EXPIRED_IN_MATCH where it met its own account."""
    met = at is Status.EXPIRED and order.why == Reject.SELF_TRADE
    return "EXPIRED_IN_MATCH" if met else at.value


def about(order: Order) -> dict[str, Any]:
    """What is told of an order in every answer but ACK."""
    market = order.market
    return {
        "price": price(order),
        "origQty": market.quantity(order.lots),
        "executedQty": market.quantity(order.filled),
        "origQuoteOrderQty": budget(order),
        "cummulativeQuoteQty": quote(market, order.tick_lots),
        "status": status(order, order.status),
        "timeInForce": tif(order),
        "type": kind(order),
        "side": side(order),
        "selfTradePreventionMode": PREVENTIONS[order.wish.prevention],
    }


def named(order: Order) -> dict[str, Any]:
    """Which order it is."""
    return {
        "symbol": order.market.name,
        "orderId": order.number,
        "orderListId": -1,
        "clientOrderId": order.wish.client,
    }


def order_row(order: Order) -> dict[str, Any]:
    """An order as it is."""
    return {
        **named(order),
        **about(order),
        "stopPrice": order.market.price(0),
        "icebergQty": order.market.quantity(0),
        "time": milliseconds(order.created),
        "updateTime": milliseconds(order.updated),
        "isWorking": True,
        "workingTime": milliseconds(order.created),
    }


def placed(order: Order, kind_of_answer: str) -> dict[str, Any]:
    """A new order as ACK, RESULT or FULL."""
    row = {**named(order), "transactTime": milliseconds(order.updated)}
    if kind_of_answer != "ACK":
        row |= {**about(order), "workingTime": milliseconds(order.created)}
    if kind_of_answer == "FULL":
        row["fills"] = [fill_row(fill) for fill in order.fills]
    return row


def fill_row(fill: Fill) -> dict[str, Any]:
    """A fill of FULL."""
    market = fill.order.market
    return {
        "price": market.price(fill.price),
        "qty": market.quantity(fill.lots),
        "commission": money(fill.fee),
        "commissionAsset": fill.charged,
        "tradeId": fill.trade,
    }


def cancelled(order: Order, client: str) -> dict[str, Any]:
    """A withdrawn order; client: the id of the cancel."""
    return {
        **named(order),
        "origClientOrderId": order.wish.client,
        "clientOrderId": client,
        "transactTime": milliseconds(order.updated),
        **about(order),
    }


def user_trade(fill: Fill) -> dict[str, Any]:
    """A trade of the account."""
    order, market = fill.order, fill.order.market
    return {
        "symbol": market.name,
        "id": fill.trade,
        "orderId": order.number,
        "orderListId": -1,
        "price": market.price(fill.price),
        "qty": market.quantity(fill.lots),
        "quoteQty": quote(market, fill.price * fill.lots),
        "commission": money(fill.fee),
        "commissionAsset": fill.charged,
        "time": milliseconds(fill.at),
        "isBuyer": order.buys,
        "isMaker": fill.maker,
        "isBestMatch": True,
    }


def cancelling(order: Order) -> str:
    """Under which name the account keeps the client id of a cancel while it is carried out."""
    return f"cancelling {order.number}"
