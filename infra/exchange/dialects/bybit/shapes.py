"""Ids, orders, fills, trades and books as Bybit's rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from engine.clearing.codes import Why as Unpaid
from engine.matching.codes import CANCEL_BOTH, CANCEL_NEWEST, CANCEL_OLDEST, FOK, IOC
from engine.matching.codes import Why as Reject
from infra.exchange.conditional import Condition
from infra.exchange.dialects.bybit.section import LINEAR, Section, milliseconds
from infra.exchange.facts import Report
from infra.exchange.listing import Market, fixed, money
from infra.exchange.orders import Fill, Order, Status, Type
from infra.exchange.tape import Candle

SMP = {0: "None", CANCEL_NEWEST: "CancelTaker", CANCEL_OLDEST: "CancelMaker"}
SMP |= {CANCEL_BOTH: "CancelBoth"}
STATUSES = {
    Status.NEW: "New",
    Status.PARTIALLY_FILLED: "PartiallyFilled",
    Status.FILLED: "Filled",
    Status.CANCELED: "Cancelled",
    Status.EXPIRED: "Cancelled",
    Status.REJECTED: "Rejected",
}
CANCELLED_BY: dict[int, str] = {
    Reject.REDUCE_ONLY: "CancelByReduceOnly",
    Reject.SELF_TRADE: "CancelBySmp",
    Unpaid.LIQUIDATED: "CancelAllBeforeLiq",
}
REASONS: dict[int, str] = {
    Reject.WOULD_TAKE: "EC_PostOnlyWillTakeLiquidity",
    Reject.SELF_TRADE: "EC_BySelfMatch",
}
_MARK = 1 << 63


def uuid(kind: str, number: int) -> str:
    """A number below 2^62 as a UUID of its kind, the same each time."""
    digest = hashlib.blake2b(f"{kind} {number}".encode(), digest_size=8).hexdigest()
    low = f"{_MARK | number:016x}"
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-{low[:4]}-{low[4:]}"


def number_of(kind: str, text: str) -> int | None:
    """The number of a UUID of its kind, None where it is none."""
    try:
        found = int(text.replace("-", "")[16:], 16) ^ _MARK
    except ValueError:
        return None
    return found if 0 <= found < _MARK and uuid(kind, found) == text else None


def order_id(order: Order | Condition) -> str:
    """orderId, which is one for a conditional order and what it becomes."""
    return uuid("order", order.number)


def link(order: Order) -> str:
    """orderLinkId; the venue's own orders have none."""
    return "" if order.wish.type is Type.LIQUIDATION else order.wish.client


def link_of(order: Order | Condition) -> str:
    """As link, of a conditional order too."""
    return order.terms.client if isinstance(order, Condition) else link(order)


def side(buys: bool) -> str:
    """Buy or Sell."""
    return "Buy" if buys else "Sell"


def tif(order: Order) -> str:
    """The time in force; of a market order IOC."""
    if order.wish.post_only:
        return "PostOnly"
    usual = "IOC" if order.wish.type is not Type.LIMIT else "GTC"
    return {IOC: "IOC", FOK: "FOK"}.get(order.wish.tif, usual)


def kind(order: Order) -> str:
    """Limit or Market."""
    return "Limit" if order.wish.type is Type.LIMIT else "Market"


def value(market: Market, tick_lots: int) -> str:
    """Value of trades: ticks times lots."""
    return fixed(tick_lots * market.contract.unit, 8)


def reason(order: Order, status: Status, filled: int) -> tuple[str, str]:
    """cancelType and rejectReason."""
    if status is Status.CANCELED:
        return "CancelByUser", "EC_PerCancelRequest"
    if status is not Status.EXPIRED:
        return "UNKNOWN", "EC_NoError"
    told = REASONS.get(order.why)
    if told is None and order.why == Reject.UNFILLED:
        told = "EC_NoEnoughQtyToFill" if order.wish.tif == FOK else "EC_NoImmediateQtyToFill"
        told = "EC_CancelForNoFullFill" if filled else told
    return CANCELLED_BY.get(order.why, "UNKNOWN"), told or "EC_NoError"


def order_row(order: Order, report: Report | None = None) -> dict[str, Any]:
    """An order as it is, or as a report has it."""
    told, market = report or order, order.market
    status, filled, tick_lots = told.status, told.filled, told.tick_lots
    left = order.lots - filled if status.live else 0
    cancelled, rejected = reason(order, status, filled)
    fee = money(sum(fill.fee for fill in order.fills))
    return {
        "orderId": order_id(order),
        "orderLinkId": link(order),
        "symbol": market.name,
        "price": market.price(order.price),
        "qty": market.quantity(order.lots),
        "side": side(order.buys),
        "orderStatus": STATUSES[status],
        "cancelType": cancelled,
        "rejectReason": rejected,
        "avgPrice": market.average(tick_lots, filled) if filled else "",
        "leavesQty": market.quantity(left),
        "leavesValue": value(market, left * order.price),
        "cumExecQty": market.quantity(filled),
        "cumExecValue": value(market, tick_lots),
        "cumExecFee": fee,
        "cumFeeDetail": {market.settle: fee} if order.fills else {},
        "timeInForce": tif(order),
        "orderType": kind(order),
        "reduceOnly": order.wish.reduce_only,
        "smpType": SMP[order.wish.prevention],
        "updatedTime": str(milliseconds(report.at if report else order.updated)),
        **born(order),
    }


def born(order: Order) -> dict[str, Any]:
    """How an order came to be, by a trigger or without one."""
    told = {"createType": create_type(order), "createdTime": str(milliseconds(order.created))}
    return {**UNCONDITIONAL, **told, **trigger(order.wish.notes)}


def create_type(order: Order) -> str:
    """Who made it."""
    made = order.wish.notes.get("createType", "CreateByUser")
    return "CreateByLiq" if order.wish.type is Type.LIQUIDATION else made


def trigger(notes: Mapping[str, str]) -> dict[str, Any]:
    """What an order of a trigger is told with, of the notes of its wish."""
    if not notes:
        return {}
    direction, closes = int(notes["triggerDirection"]), notes["closeOnTrigger"] == "true"
    return {**notes, "triggerDirection": direction, "closeOnTrigger": closes}


UNCONDITIONAL = {
    "positionIdx": 0,
    "blockTradeId": "",
    "isLeverage": "",
    "stopOrderType": "",
    "orderIv": "",
    "triggerPrice": "",
    "takeProfit": "",
    "stopLoss": "",
    "tpslMode": "",
    "tpLimitPrice": "",
    "slLimitPrice": "",
    "tpTriggerBy": "",
    "slTriggerBy": "",
    "triggerDirection": 0,
    "triggerBy": "",
    "lastPriceOnCreated": "",
    "closeOnTrigger": False,
    "placeType": "",
    "smpGroup": 0,
    "smpOrderId": "",
}
"""What is alike for all orders that wait for no trigger."""


def execution_type(fill: Fill) -> str:
    """Trade, or BustTrade of a liquidation."""
    return "BustTrade" if fill.order.wish.type is Type.LIQUIDATION else "Trade"


def execution(section: Section, fill: Fill) -> dict[str, Any]:
    """A fill of an account."""
    order = fill.order
    market = order.market
    rate = market.contract.maker if fill.maker else market.contract.taker
    done = sum(each.lots for each in order.fills if each.trade <= fill.trade)
    return {
        **fast_execution(fill),
        "orderLinkId": link(order),
        "orderType": kind(order),
        "stopOrderType": order.wish.notes.get("stopOrderType", "UNKNOWN"),
        "leavesQty": market.quantity(max(0, order.lots - done)),
        "feeCurrency": market.settle,
        "execFee": money(fill.fee),
        "feeRate": fixed(rate, 8, 5) if fill.fee else "0",
        "tradeIv": "",
        "blockTradeId": "",
        "markPrice": market.price(section.house.books.marks[market.number]),
        "indexPrice": "",
        "underlyingPrice": "",
        "markIv": "",
        "orderPrice": market.price(order.price),
        "orderQty": market.quantity(order.lots),
        "execValue": value(market, fill.price * fill.lots),
        "execType": execution_type(fill),
        "execPnl": money(fill.realised),
        "closedSize": "",
        "extraFees": "",
        "createType": create_type(order),
    }


def fast_execution(fill: Fill) -> dict[str, Any]:
    """A fill of execution.fast, where the orderLinkId of a maker is always ""."""
    order = fill.order
    return {
        "category": LINEAR,
        "symbol": order.market.name,
        "execId": uuid("trade", fill.trade),
        "execPrice": order.market.price(fill.price),
        "execQty": order.market.quantity(fill.lots),
        "orderId": order_id(order),
        "isMaker": fill.maker,
        "orderLinkId": "" if fill.maker else link(order),
        "side": side(order.buys),
        "execTime": str(milliseconds(fill.at)),
        "seq": fill.trade,
    }


def candle_row(market: Market, candle: Candle) -> list[str]:
    """Start, open, high, low, close, volume, turnover."""
    prices = (candle.open, candle.high, candle.low, candle.close)
    return [
        str(milliseconds(candle.start)),
        *(market.price(price) for price in prices),
        market.quantity(candle.lots),
        value(market, candle.tick_lots),
    ]


def levels(market: Market, lots: list[tuple[int, int]]) -> list[list[str]]:
    """Prices with quantities."""
    return [[market.price(price), market.quantity(each)] for price, each in lots]
