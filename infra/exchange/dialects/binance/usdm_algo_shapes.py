"""Conditional orders of USD-M futures as rows and events.

https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Query-Algo-Order
https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams/Event-Algo-Order-Update
"""

from __future__ import annotations

from typing import Any

from infra.exchange.conditional import RATE, Condition, Source, State
from infra.exchange.dialects.binance.section import milliseconds
from infra.exchange.dialects.binance.shapes import PREVENTIONS

STATUSES = {State.WAITING: "NEW", State.FAILED: "REJECTED"}
WORKING = {Source.LAST: "CONTRACT_PRICE", Source.MARK: "MARK_PRICE"}


def status(condition: Condition) -> str:
    """algoStatus."""
    return STATUSES.get(condition.state, condition.state.value)


def algo_row(condition: Condition) -> dict[str, Any]:
    """What is told of a new one."""
    market, terms, leg = condition.market, condition.terms, condition.leg
    return {
        "algoId": condition.number,
        "clientAlgoId": terms.client,
        "algoType": "CONDITIONAL",
        "orderType": leg.name,
        "symbol": market.name,
        "side": "BUY" if condition.buys else "SELL",
        "positionSide": "BOTH",
        "timeInForce": terms.notes["timeInForce"],
        "quantity": market.quantity(terms.lots),
        "algoStatus": status(condition),
        "triggerPrice": market.price(leg.trigger),
        "price": market.price(leg.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": PREVENTIONS[terms.prevention],
        "workingType": WORKING[leg.source],
        "priceMatch": "NONE",
        "closePosition": not terms.lots,
        "priceProtect": False,
        "reduceOnly": terms.reduce_only,
        **trailing(condition),
        "createTime": milliseconds(condition.created),
        "updateTime": milliseconds(condition.updated),
        "triggerTime": milliseconds(condition.triggered),
        "goodTillDate": 0,
    }


def trailing(condition: Condition) -> dict[str, Any]:
    """What only a trailing stop has."""
    trail = condition.trail
    if trail is None:
        return {}
    rate = f"{trail.rate * 100 / RATE:g}"
    return {"activatePrice": condition.market.price(trail.activation), "callbackRate": rate}


def queried_row(condition: Condition) -> dict[str, Any]:
    """As algo_row, with the order that it became."""
    order, market = condition.order, condition.market
    average = market.average(order.tick_lots, order.filled, 5) if order else "0.00000"
    return {
        **algo_row(condition),
        "actualOrderId": str(order.number) if order else "",
        "actualPrice": average,
        "tpTriggerPrice": "0.000",
        "tpPrice": "0.000",
        "slTriggerPrice": "0.000",
        "slPrice": "0.000",
        "tpOrderType": "",
    }


def algo_update(condition: Condition, now: int) -> dict[str, Any]:
    """ALGO_UPDATE. rm: why the order was refused when it was sent."""
    row, order, failure = queried_row(condition), condition.order, condition.failure
    told = {
        "caid": row["clientAlgoId"],
        "aid": row["algoId"],
        "at": row["algoType"],
        "o": row["orderType"],
        "s": row["symbol"],
        "S": row["side"],
        "ps": row["positionSide"],
        "f": row["timeInForce"],
        "q": row["quantity"],
        "X": row["algoStatus"],
        "ai": row["actualOrderId"],
        "ap": row["actualPrice"],
        "aq": condition.market.quantity(order.filled) if order else "0.00000",
        "act": order.wish.type.value if order else "0",
        "tp": row["triggerPrice"],
        "p": row["price"],
        "V": row["selfTradePreventionMode"],
        "wt": row["workingType"],
        "pm": row["priceMatch"],
        "cp": row["closePosition"],
        "pP": row["priceProtect"],
        "R": row["reduceOnly"],
        "tt": row["triggerTime"],
        "gtd": row["goodTillDate"],
    }
    if failure is not None:
        told["rm"] = failure.text
    return {"e": "ALGO_UPDATE", "T": milliseconds(condition.updated), "E": now, "o": told}
