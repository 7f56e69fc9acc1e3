"""Orders and trades of USD-M futures as rows."""

from __future__ import annotations

from typing import Any

from engine.matching.codes import FOK, IOC
from infra.exchange.dialects.binance.section import milliseconds
from infra.exchange.dialects.binance.shapes import PREVENTIONS, quote, side
from infra.exchange.listing import money
from infra.exchange.orders import Fill, Order, Type


def tif(order: Order) -> str:
    """The time in force; GTX is post-only."""
    if order.wish.post_only:
        return "GTX"
    return {IOC: "IOC", FOK: "FOK"}.get(order.wish.tif, "GTC")


def price(order: Order) -> str:
    """The limit; 0 of a market order."""
    return order.market.price(order.price) if order.wish.type is not Type.MARKET else "0"


def order_row(order: Order) -> dict[str, Any]:
    """An order as it is."""
    market, kind = order.market, order.wish.type.value
    return {
        "orderId": order.number,
        "symbol": market.name,
        "status": order.status.value,
        "clientOrderId": order.wish.client,
        "price": price(order),
        "avgPrice": market.average(order.tick_lots, order.filled, 5),
        "origQty": market.quantity(order.lots),
        "executedQty": market.quantity(order.filled),
        "cumQty": market.quantity(order.filled),
        "cumQuote": quote(market, order.tick_lots),
        "timeInForce": tif(order),
        "type": kind,
        "reduceOnly": order.wish.reduce_only,
        "closePosition": False,
        "side": side(order),
        "positionSide": "BOTH",
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": kind,
        "priceMatch": "NONE",
        "selfTradePreventionMode": PREVENTIONS[order.wish.prevention],
        "goodTillDate": 0,
        "time": milliseconds(order.created),
        "updateTime": milliseconds(order.updated),
    }


def user_trade(fill: Fill) -> dict[str, Any]:
    """A trade of the account."""
    order = fill.order
    market = order.market
    return {
        "symbol": market.name,
        "id": fill.trade,
        "orderId": order.number,
        "side": side(order),
        "price": market.price(fill.price),
        "qty": market.quantity(fill.lots),
        "realizedPnl": money(fill.realised),
        "quoteQty": quote(market, fill.price * fill.lots),
        "commission": money(fill.fee),
        "commissionAsset": market.settle,
        "time": milliseconds(fill.at),
        "positionSide": "BOTH",
        "buyer": order.buys,
        "maker": fill.maker,
    }
