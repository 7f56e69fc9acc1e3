"""Conditional orders: /api/v5/trade, what changes something.

https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from infra.exchange.conditional import Condition, Leg, State, Terms
from infra.exchange.dialects.okx.algo_terms import TRAILING, field_of, leg_of, terms_of, trigger_of
from infra.exchange.dialects.okx.errors import Code, Refusal
from infra.exchange.dialects.okx.filters import size_in_lots
from infra.exchange.dialects.okx.request import Request
from infra.exchange.dialects.okx.section import Act, Answers, Endpoint, Section, Table
from infra.exchange.dialects.okx.shapes import side

MOST_WAITING, MOST_CANCELLED = 100, 10
TOO_MANY = {TRAILING: Code.MOST_TRAILING, "trigger": Code.MOST_TRIGGERS}
AMENDMENTS = ("newSz", "newTpTriggerPx", "newSlTriggerPx", "newTriggerPx", "newOrdPx")


def place(section: Section, request: Request) -> dict[str, str]:
    """A new conditional order. A client id is free again once the order that had it is done."""
    account, conditions = request.owner, section.house.conditions
    terms, trail = terms_of(section, request)
    before = conditions.called(account, terms.client) if terms.client else None
    if before is not None and before.state.live:
        raise Refusal(Code.ALGO_DUPLICATED)
    check_room(terms, conditions.waiting(account, terms.market))
    return done(conditions.add(account, terms, trail), request)


def check_room(terms: Terms, waiting: Sequence[Condition]) -> None:
    """So many of a type in a market, and one that closes the position."""
    kind = terms.notes["ordType"]
    if sum(each.terms.notes["ordType"] == kind for each in waiting) >= MOST_WAITING:
        raise Refusal(TOO_MANY.get(kind, Code.MOST_STOPS), str(MOST_WAITING))
    if not terms.lots and any(not each.terms.lots for each in waiting):
        raise Refusal(Code.ONE_CLOSES)


def done(condition: Condition, request: Request) -> dict[str, str]:
    """What is said of one for which a command was carried out."""
    notes = condition.terms.notes
    return {
        "algoId": str(condition.number),
        "algoClOrdId": condition.terms.client,
        "clOrdId": notes["clOrdId"],
        "tag": notes["tag"],
        "reqId": request.params.get("reqId", ""),
        "sCode": "0",
        "sMsg": "",
    }


def found(section: Section, request: Request, missing: Code) -> Condition:
    """The one of algoId, else the last of algoClOrdId."""
    account, conditions = request.owner, section.house.conditions
    if request.has("algoId"):
        condition = conditions.numbered(account, request.whole("algoId", 0))
    elif request.has("algoClOrdId"):
        condition = conditions.called(account, request.client("algoClOrdId"))
    else:
        raise Refusal(Code.EITHER, "algoId", "algoClOrdId")
    if condition is None:
        raise Refusal(missing)
    return condition


def waiting_one(section: Section, request: Request, missing: Code) -> Condition:
    """One of the market of instId that waits."""
    market, condition = section.market(request), found(section, request, missing)
    if condition.market is not market or condition.state is not State.WAITING:
        raise Refusal(missing)
    return condition


def cancel(section: Section, request: Request) -> dict[str, str]:
    """Withdraw one that waits; the order that it became is another's business."""
    condition = waiting_one(section, request, Code.NOT_CANCELLED)
    section.house.conditions.end(condition)
    return done(condition, request)


def amend(section: Section, request: Request) -> dict[str, str]:
    """Other triggers, prices or size; cxlOnFail: withdraw it where that fails."""
    condition, ends = waiting_one(section, request, Code.NO_STOP), request.flag("cxlOnFail")
    try:
        section.house.conditions.amend(condition, changed(section, request, condition))
    except Refusal:
        if ends:
            section.house.conditions.end(condition)
        raise
    return done(condition, request)


def changed(section: Section, request: Request, condition: Condition) -> Terms:
    """Its terms as an amendment wants them."""
    terms = condition.terms
    if condition.trail is not None:
        raise Refusal(Code.ORDER_TYPE_FIXED)
    if not any(request.has(name) for name in AMENDMENTS):
        raise Refusal(Code.NOTHING_AMENDED)
    lots = terms.lots
    if request.has("newSz"):
        if not lots:
            raise Refusal(Code.WHOLE_SIZE_FIXED)
        lots = size_in_lots(terms.market, request.quantity("newSz"))
    legs = tuple(changed_leg(section, request, condition, leg) for leg in terms.legs)
    if not lots and any(leg.price for leg in legs):
        raise Refusal(Code.WHOLE_PRICE_FIXED)
    names = {leg.name for leg in legs}
    for name, field in (("tp", "newTpTriggerPx"), ("sl", "newSlTriggerPx")):
        if request.has(field) and name not in names:
            raise Refusal(Code.LEGS_FIXED)
    return replace(terms, lots=lots, legs=legs, notes={**terms.notes, **sources(request, legs)})


def changed_leg(section: Section, request: Request, condition: Condition, leg: Leg) -> Leg:
    """A leg as an amendment wants it, or as it was."""
    market = condition.market
    if leg.name == "trigger":
        if request.has("newTriggerPx") or request.has("newOrdPx"):
            return trigger_of(section, request, market, new=True)
        return leg
    if not request.has(f"new{leg.name.capitalize()}TriggerPx"):
        return leg
    if request.params[f"new{leg.name.capitalize()}TriggerPx"] == "0":
        raise Refusal(Code.LEGS_FIXED)
    return leg_of(section, request, market, side(condition.buys), leg.name, "new")


def sources(request: Request, legs: Sequence[Leg]) -> dict[str, str]:
    """Which price each leg that was changed is compared with."""
    names = {f"{leg.name} type": new_field(leg) for leg in legs}
    changed_ones = {key: name for key, name in names.items() if request.has(name)}
    return {key: request.params[name] for key, name in changed_ones.items()}


def new_field(leg: Leg) -> str:
    """The parameter of an amendment that names a leg's price."""
    name = field_of(leg)
    return f"new{name[0].upper()}{name[1:]}"


def each(section: Section, request: Request, act: Act) -> dict[str, str]:
    """What becomes of one."""
    try:
        told: dict[str, str] = act(section, request)
    except Refusal as refusal:
        kept = {name: request.params.get(name, "") for name in ("algoId", "algoClOrdId", "clOrdId")}
        tag = request.params.get("tag", "")
        return {**kept, "tag": tag, "sCode": str(int(refusal.code)), "sMsg": refusal.message}
    return told


def one(act: Act) -> Act:
    """A command of one."""

    def command(section: Section, request: Request) -> Answers:
        if request.several:
            raise Refusal(Code.BAD_JSON)
        return Answers([each(section, request, act)])

    return command


def cancel_several(section: Section, request: Request) -> Answers:
    """Up to ten, each by itself."""
    if request.params or not request.several:
        raise Refusal(Code.BAD_JSON)
    if len(request.several) > MOST_CANCELLED:
        raise Refusal(Code.TOO_MANY_CANCELLED, str(MOST_CANCELLED))
    orders: list[Any] = [request.inner(params) for params in request.several]
    return Answers([each(section, order, cancel) for order in orders])


TABLE: Table = {
    ("POST", "/trade/order-algo"): Endpoint(one(place), 20, signed=True),
    ("POST", "/trade/cancel-algos"): Endpoint(cancel_several, 20, signed=True),
    ("POST", "/trade/amend-algos"): Endpoint(one(amend), 20, signed=True),
}
