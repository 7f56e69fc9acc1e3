"""Conditional orders as rows, alike over REST and WebSocket.

https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading
"""

from __future__ import annotations

from typing import Any

from infra.exchange.conditional import RATE, Condition, Leg, State
from infra.exchange.dialects.okx.section import SWAP, milliseconds
from infra.exchange.dialects.okx.shapes import plain, price, quote, side, size

STATES = {
    State.WAITING: "live",
    State.TRIGGERED: "effective",
    State.CANCELED: "canceled",
    State.EXPIRED: "canceled",
    State.FAILED: "order_failed",
}
"""Those that the stream tells."""
FINISHED = "effective"
PREFIXES = {"sl": "sl", "tp": "tp", "trigger": ""}
EMPTY = (
    "activePx", "actualSide", "callbackRatio", "callbackSpread", "ccy", "closeFraction", "failCode",
    "isTradeBorrowMode", "moveTriggerPx", "ordId", "ordPx", "pxLimit", "pxSpread", "pxVar",
    "quickMgnType", "slOrdPx", "slTriggerPx", "slTriggerPxType", "szLimit", "tgtCcy",
    "timeInterval", "tpOrdPx", "tpTriggerPx", "tpTriggerPxType", "triggerPx", "triggerPxType",
    "triggerTime", "tradeQuoteCcy",
)  # fmt: skip


def state(condition: Condition) -> str:
    """state."""
    return STATES.get(condition.state, FINISHED)


def algo_row(condition: Condition) -> dict[str, Any]:
    """A conditional order as it is."""
    market, terms = condition.market, condition.terms
    return {
        **dict.fromkeys(EMPTY, ""),
        "algoId": str(condition.number),
        "algoClOrdId": terms.client,
        "clOrdId": terms.notes["clOrdId"],
        "instType": SWAP,
        "instId": market.name,
        "ordType": terms.notes["ordType"],
        "side": side(condition.buys),
        "posSide": "net",
        "tdMode": terms.notes["tdMode"],
        "sz": size(market, terms.lots) if terms.lots else "",
        "closeFraction": "" if terms.lots else "1",
        "reduceOnly": "true" if terms.reduce_only else "false",
        "lever": terms.notes["lever"],
        "tag": terms.notes["tag"],
        "last": terms.notes["last"],
        "state": state(condition),
        "attachAlgoOrds": [],
        "linkedOrd": {"ordId": ""},
        "amendPxOnTriggerType": "0",
        **trail_row(condition),
        **became(condition),
        "cTime": milliseconds(condition.created),
        "uTime": milliseconds(condition.updated),
    }


def trail_row(condition: Condition) -> dict[str, str]:
    """The triggers; of a trailing stop how far it is behind, and the price now."""
    market, trail = condition.market, condition.trail
    if trail is None:
        legs = (leg_row(condition, leg) for leg in condition.terms.legs)
        return {name: text for row in legs for name, text in row.items()}
    rises = condition.leg.rises
    behind = trail.best * trail.rate // RATE + trail.distance
    trigger = (trail.best + behind if rises else trail.best - behind) if trail.best else 0
    return {
        "activePx": price(market, trail.activation) if trail.activation else "",
        "callbackRatio": plain(f"{trail.rate / RATE:.4f}") if trail.rate else "",
        "callbackSpread": price(market, trail.distance) if trail.distance else "",
        "moveTriggerPx": price(market, trigger) if trigger else "",
    }


def leg_row(condition: Condition, leg: Leg) -> dict[str, str]:
    """A trigger with what follows; -1 is a market order."""
    prefix, market = PREFIXES[leg.name], condition.market
    told = {
        "TriggerPx": price(market, leg.trigger),
        "TriggerPxType": condition.terms.notes[f"{leg.name} type"],
        "OrdPx": price(market, leg.price) if leg.price else "-1",
    }
    if prefix:
        return {f"{prefix}{name}": text for name, text in told.items()}
    return {name[0].lower() + name[1:]: text for name, text in told.items()}


def became(condition: Condition) -> dict[str, Any]:
    """The order that was sent, or why it was refused."""
    order, failure, market = condition.order, condition.failure, condition.market
    told: dict[str, Any] = {"actualSz": "0", "actualPx": "", "ordIdList": []}
    if condition.fired is not None and condition.fired.name in ("sl", "tp"):
        told["actualSide"] = condition.fired.name
    if condition.triggered:
        told["triggerTime"] = milliseconds(condition.triggered)
    if failure is not None:
        told["failCode"] = str(failure.code)
    if order is None:
        return told
    number, average = str(order.number), plain(market.average(order.tick_lots, order.filled))
    told |= {"ordId": number, "ordIdList": [number], "actualSz": size(market, order.lots)}
    return {**told, "actualPx": average if order.filled else price(market, order.price)}


def algo_push(condition: Condition) -> dict[str, Any]:
    """As the channel tells it."""
    worth = quote(condition.market, condition.terms.lots * condition.leg.trigger)
    return {**algo_row(condition), "notionalUsd": worth, "reqId": "", "amendResult": ""}
