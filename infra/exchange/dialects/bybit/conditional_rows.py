"""Conditional orders as Bybit's rows, until they are orders."""

from __future__ import annotations

from typing import Any

from infra.exchange.conditional import Condition, State
from infra.exchange.dialects.bybit.conditional import closable, notes_of
from infra.exchange.dialects.bybit.section import milliseconds
from infra.exchange.dialects.bybit.shapes import (
    SMP,
    UNCONDITIONAL,
    order_id,
    order_row,
    side,
    trigger,
)
from infra.exchange.orders import Order, Type

STATUSES = {
    State.WAITING: "Untriggered",
    State.TRIGGERING: "Triggered",
    State.CANCELED: "Deactivated",
    State.EXPIRED: "Deactivated",
    State.FAILED: "Rejected",
}
ENDS = {
    State.CANCELED: ("CancelByUser", "EC_PerCancelRequest"),
    State.EXPIRED: ("CancelByTpSlTsClear", "EC_NoError"),
    State.FAILED: ("UNKNOWN", "EC_Others"),
}
"""cancelType and rejectReason."""


def known_row(order: Order | Condition) -> dict[str, Any]:
    """A row of either kind."""
    return condition_row(order) if isinstance(order, Condition) else order_row(order)


def condition_row(condition: Condition) -> dict[str, Any]:
    """One that is no order yet, or never was; of the whole position, what that is now."""
    market, terms, leg = condition.market, condition.terms, condition.leg
    waiting = condition.state in (State.WAITING, State.TRIGGERING)
    lots = terms.lots or closable(condition.account, market, terms.side)
    left = lots if waiting else 0
    cancelled, rejected = ENDS.get(condition.state, ("UNKNOWN", "EC_NoError"))
    return {
        "orderId": order_id(condition),
        "orderLinkId": terms.client,
        "symbol": market.name,
        "price": market.price(leg.price),
        "qty": market.quantity(lots),
        "side": side(condition.buys),
        "orderStatus": STATUSES[condition.state],
        "cancelType": cancelled,
        "rejectReason": rejected,
        "avgPrice": "",
        "leavesQty": market.quantity(left),
        "leavesValue": "0",
        "cumExecQty": market.quantity(0),
        "cumExecValue": "0",
        "cumExecFee": "0",
        "cumFeeDetail": {},
        "timeInForce": terms.notes["timeInForce"],
        "orderType": "Limit" if leg.type is Type.LIMIT else "Market",
        "reduceOnly": terms.reduce_only or not terms.lots,
        "smpType": SMP[terms.prevention],
        **UNCONDITIONAL,
        **trigger(notes_of(condition)),
        "updatedTime": str(milliseconds(condition.updated)),
    }
