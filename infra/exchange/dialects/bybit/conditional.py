"""Conditional orders: orders with a triggerPrice. They keep their orderId when they are triggered.

https://bybit-exchange.github.io/docs/v5/order/create-order
"""

from __future__ import annotations

from dataclasses import replace

from engine.matching.codes import BUY, IOC
from infra.exchange.accounts import Account
from infra.exchange.conditional import Condition, Failure, Leg, Source, State, Terms
from infra.exchange.dialects.bybit.errors import Code, Refusal, refusal, refused, wrong
from infra.exchange.dialects.bybit.filters import (
    check_notional,
    limit,
    price_in_ticks,
    quantity_in_lots,
    within_limit,
)
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.dialects.bybit.section import Section, milliseconds
from infra.exchange.dialects.bybit.wishes import MATCHED, SIDES, SMP, TIFS, TYPES, chosen
from infra.exchange.listing import Market
from infra.exchange.orders import Order, Type, Wish

MOST_STOPS = 10
STOP = "Stop"
SOURCES = {"LastPrice": Source.LAST, "MarkPrice": Source.MARK, "IndexPrice": Source.MARK}
"""The index is the mark here."""
DIRECTIONS = {1: True, 2: False}


def latest(section: Section, market: Market, source: Source) -> int:
    """The price of now."""
    books = section.house.books
    return (books.lasts if source is Source.LAST else books.marks)[market.number]


def closable(account: Account, market: Market, side: int) -> int:
    """Lots of the position that an order of a side would close."""
    lots = account.position(market.number).lots
    return abs(lots) if lots and (lots < 0) == (side == BUY) else 0


def terms_of(section: Section, request: Request, link: str) -> Terms:
    """The conditional order that a request asks for, checked as far as that is done before it is
    triggered: margin is not."""
    market, account = section.market(request), request.owner
    side, kind = chosen(request, "side", SIDES), chosen(request, "orderType", TYPES)
    closes = request.flag("closeOnTrigger")
    reduces = request.flag("reduceOnly") or closes
    whole = reduces and closes and request.text("qty") == "0"
    lots = 0 if whole else quantity_in_lots(market, request.quantity("qty"))
    if reduces and not closable(account, market, side):
        raise refused(Code.REDUCE_ONLY)
    if request.text("slippageToleranceType", "UNKNOWN") != "UNKNOWN":
        raise wrong("params error: slippageTolerance is not supported")
    tif, price = "IOC", 0
    if kind is Type.LIMIT:
        tif = request.text("timeInForce", "GTC")
        chosen(request, "timeInForce", TIFS, "GTC")
        price = price_in_ticks(market, request.price("price"))
    leg = Leg(0, direction(request), Source.LAST, kind, price, STOP)
    leg = triggered_by(section, request, market, leg)
    if not reduces:
        check_notional(market, price or leg.trigger, lots)
    notes = {
        "timeInForce": tif,
        "triggerBy": request.text("triggerBy", "LastPrice"),
        "closeOnTrigger": "true" if closes else "",
        **born(section, market, "CreateByUser", ""),
    }
    return Terms(
        market, side, lots, link, (leg,), reduces, False, "", TIFS[tif], tif == "PostOnly",
        chosen(request, "smpType", SMP, "None"), notes,
    )  # fmt: skip


def born(section: Section, market: Market, created: str, mode: str) -> dict[str, str]:
    """What is told of how it came to be."""
    last = market.price(section.house.books.lasts[market.number])
    return {"lastPriceOnCreated": last, "createType": created, "tpslMode": mode}


def direction(request: Request) -> bool:
    """Whether the price is to rise."""
    found = request.whole("triggerDirection", 0)
    if found not in DIRECTIONS:
        raise wrong("TriggerDirection invalid")
    return DIRECTIONS[found]


def triggered_by(section: Section, request: Request, market: Market, leg: Leg) -> Leg:
    """A leg with triggerPrice and triggerBy; 110092 or 110093 where it is met already."""
    trigger = price_in_ticks(market, request.price("triggerPrice"))
    default = next(name for name, source in SOURCES.items() if source is leg.source)
    made = replace(leg, trigger=trigger, source=chosen(request, "triggerBy", SOURCES, default))
    now = latest(section, market, made.source)
    if made.met(made.source, now):
        told, current = market.price(trigger), market.price(now)
        if made.rises:
            text = f"expect Rising, but trigger_price[{told}] <= current[{current}]??laste"
            raise Refusal(Code.EXPECT_RISING, text)
        text = f"expect Falling, but trigger_price[{told}] >= current[{current}]??last"
        raise Refusal(Code.EXPECT_FALLING, text)
    return made


def create(section: Section, request: Request, link: str) -> Condition:
    """A new conditional order."""
    account, conditions = request.owner, section.house.conditions
    terms = terms_of(section, request, link)
    waiting = conditions.waiting(account, terms.market)
    if sum(each.leg.name == STOP for each in waiting) >= MOST_STOPS:
        raise refused(Code.TOO_MANY_STOPS)
    return conditions.add(account, terms)


def amend(section: Section, request: Request, condition: Condition) -> None:
    """Another trigger, price or quantity of one that waits."""
    terms, leg, market = condition.terms, condition.leg, condition.market
    if request.has("triggerPrice"):
        leg = triggered_by(section, request, market, leg)
    if request.has("price") and leg.type is Type.LIMIT:
        leg = replace(leg, price=price_in_ticks(market, request.price("price")))
    lots = terms.lots
    if request.has("qty") and lots:
        lots = quantity_in_lots(market, request.quantity("qty"))
    if (leg, lots) == (condition.leg, terms.lots):
        raise wrong("The order remains unchanged as the parameters entered match the existing ones")
    if not terms.reduce_only:
        check_notional(market, leg.price or leg.trigger, lots)
    notes = {**terms.notes, "triggerBy": request.text("triggerBy", terms.notes["triggerBy"])}
    made = replace(terms, legs=(leg,), lots=lots, notes=notes)
    section.house.conditions.amend(condition, made)


def waits(found: Order | Condition | None) -> bool:
    """Whether it is one that waits."""
    return isinstance(found, Condition) and found.state is State.WAITING


def notes_of(condition: Condition) -> dict[str, str]:
    """What its order is told with."""
    leg, notes = condition.leg, condition.terms.notes
    return {
        **{name: text for name, text in notes.items() if name != "timeInForce"},
        "stopOrderType": leg.name,
        "triggerPrice": condition.market.price(leg.trigger),
        "triggerDirection": "1" if leg.rises else "2",
        "createdTime": str(milliseconds(condition.created)),
    }


def send(section: Section, condition: Condition) -> Order | Failure:
    """Place the order of one that was triggered, under its number and its orderLinkId."""
    house, account, market = section.house, condition.account, condition.market
    terms, leg = condition.terms, condition.leg
    lots, mark = terms.lots or closable(account, market, terms.side), house.books.marks
    try:
        if not lots:
            raise refused(Code.REDUCE_ONLY)
        price = limit(market, mark[market.number], condition.buys)
        if leg.price:
            at = mark[market.number]
            price = within_limit(account, market, at, condition.buys, leg.price)
        wish = Wish(
            market, terms.side, leg.type, lots, price, terms.client,
            terms.tif if leg.price else IOC, terms.post_only, terms.reduce_only or not terms.lots,
            terms.prevention, notes_of(condition),
        )  # fmt: skip
        placed = house.place(account, wish, condition.number)
        if isinstance(placed, Order):
            return placed
        if placed in MATCHED:
            return house.stillborn(account, wish, placed, condition.number)
        raise refusal(placed)
    except Refusal as told:
        return Failure(told.code, told.message)
