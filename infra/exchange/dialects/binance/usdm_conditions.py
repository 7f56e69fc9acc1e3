"""What a conditional order of USD-M futures asks for, and what is sent when it is met.

https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/New-Algo-Order
"""

from __future__ import annotations

from engine.matching.codes import BUY, FOK, GTC, IOC
from engine.matching.codes import Why as Reject
from infra.exchange.accounts import Account
from infra.exchange.conditional import RATE, Condition, Failure, Leg, Source, Terms, Trail
from infra.exchange.dialects.binance.errors import Code, Refusal, futures_refusal, refused
from infra.exchange.dialects.binance.filters import (
    bound,
    check_distance,
    check_notional,
    price_in_ticks,
    quantity_in_lots,
)
from infra.exchange.dialects.binance.ordering import SIDES, chosen, named, prevention_of
from infra.exchange.dialects.binance.request import Request, illegal
from infra.exchange.dialects.binance.section import Section
from infra.exchange.listing import Market
from infra.exchange.orders import Order, Type, Wish

MARKETS = ("STOP_MARKET", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET")
TARGETS = ("TAKE_PROFIT", "TAKE_PROFIT_MARKET")
TYPES = ("STOP", "TAKE_PROFIT", *MARKETS)
TRAILING = "TRAILING_STOP_MARKET"
WORKING = {"CONTRACT_PRICE": Source.LAST, "MARK_PRICE": Source.MARK}
TIFS = {"GTC": GTC, "IOC": IOC, "FOK": FOK, "GTX": GTC, "GTE_GTC": GTC}
LEAST_RATE, MOST_RATE, RATE_STEP = RATE // 1000, RATE // 10, RATE // 1000
"""A trailing stop's callbackRate is 0.1 to 10 %, in tenths."""
UNSPOKEN = {
    "priceProtect": "FALSE",
    "priceMatch": "NONE",
    "goodTillDate": "0",
    "positionSide": "BOTH",
}


def invalid(name: str) -> Refusal:
    """A parameter that is none of its values."""
    return Refusal(Code.INVALID_PARAMETER, f"Data sent for parameter '{name}' is not valid.")


def terms_of(section: Section, request: Request) -> tuple[Terms, Trail | None]:
    """The conditional order that a request asks for, checked as far as that is done before it is
    met: margin is not."""
    if request.text("algoType") != "CONDITIONAL":
        raise invalid("algoType")
    market, side = section.market(request), chosen(request, "side", SIDES, Code.INVALID_SIDE)
    check_unspoken(request)
    kind = request.text("type")
    if kind not in TYPES:
        raise refused(Code.INVALID_ORDER_TYPE)
    closes = request.flag("closePosition")
    tif = "GTE_GTC" if closes else request.params.get("timeInForce") or "GTC"
    if tif not in TIFS:
        raise refused(Code.INVALID_TIF)
    check_closing(request, kind, closes)
    lots = 0 if closes else quantity_in_lots(market, request.quantity("quantity"))
    leg, trail = leg_of(section, request, market, side, kind)
    reduce_only = request.flag("reduceOnly")
    if lots and not reduce_only:
        check_notional(
            market, leg.price or leg.trigger or latest(section, market, leg.source), lots
        )
    terms = Terms(
        market, side, lots, request.client("clientAlgoId") or named(section), (leg,), reduce_only,
        tif == "GTE_GTC", "", TIFS[tif], tif == "GTX", prevention_of(request), {"timeInForce": tif},
    )  # fmt: skip
    return terms, trail


def check_unspoken(request: Request) -> None:
    """What is not taken here must be as it is where it is not sent."""
    for name, value in UNSPOKEN.items():
        if request.has(name) and request.params[name].upper() != value:
            if name == "positionSide":
                raise refused(Code.POSITION_SIDE_NOT_MATCH)
            raise invalid(name)


def check_closing(request: Request, kind: str, closes: bool) -> None:
    """closePosition goes with market orders, without quantity and reduceOnly."""
    if not closes:
        return
    if kind not in ("STOP_MARKET", "TAKE_PROFIT_MARKET"):
        raise Refusal(-4136, f"Target strategy invalid for orderType {kind},closePosition True")
    if request.has("quantity") and request.quantity("quantity"):
        raise refused(Code.QUANTITY_WITH_CLOSE_POSITION)
    if request.has("reduceOnly"):
        if request.flag("reduceOnly"):
            raise Refusal(Code.TIF_NOT_REQUIRED, "Parameter 'reduceonly' sent when not required.")
        raise refused(Code.REDUCE_ONLY_WITH_CLOSE_POSITION)


def leg_of(
    section: Section, request: Request, market: Market, side: int, kind: str
) -> tuple[Leg, Trail | None]:
    """The trigger; -2021 where it is met already."""
    word = request.params.get("workingType") or "CONTRACT_PRICE"
    if word not in WORKING:
        raise illegal("workingType", "|".join(WORKING))
    source, rises = WORKING[word], (side == BUY) != (kind in TARGETS)
    if kind == TRAILING:
        return Leg(0, rises, source, name=kind), trail_of(section, request, market, rises, source)
    trigger = price_in_ticks(market, request.price("triggerPrice"))
    price = 0 if kind in MARKETS else price_in_ticks(market, request.price("price"))
    leg = Leg(trigger, rises, source, Type.LIMIT if price else Type.MARKET, price, kind)
    if leg.met(source, latest(section, market, source)):
        raise refused(Code.WOULD_TRIGGER)
    return leg, None


def trail_of(
    section: Section, request: Request, market: Market, rises: bool, source: Source
) -> Trail:
    """callbackRate in percent; activatePrice better than the price of now."""
    rate, rest = divmod(request.price("callbackRate"), 10**8 * 100 // RATE)
    if rest or rate % RATE_STEP or not LEAST_RATE <= rate <= MOST_RATE:
        raise invalid("callbackRate")
    name = next((each for each in ("activatePrice", "activationPrice") if request.has(each)), None)
    if name is None:
        return Trail(rate, best=latest(section, market, source))
    activation, now = price_in_ticks(market, request.price(name)), latest(section, market, source)
    if activation >= now if rises else activation <= now:
        raise refused(Code.INVALID_ACTIVATION_PRICE)
    return Trail(rate, activation)


def latest(section: Section, market: Market, source: Source) -> int:
    """The price of now."""
    books = section.house.books
    return (books.lasts if source is Source.LAST else books.marks)[market.number]


def closable(account: Account, market: Market, side: int) -> int:
    """Lots of the position that an order of a side would close."""
    lots = account.position(market.number).lots
    return abs(lots) if lots and (lots < 0) == (side == BUY) else 0


def send(section: Section, condition: Condition) -> Order | Failure:
    """Place the order of one that was met, under its client id. It is judged as any other now."""
    house, market, terms, leg = section.house, condition.market, condition.terms, condition.leg
    lots = terms.lots or closable(condition.account, market, terms.side)
    if not lots:
        return failed(futures_refusal(Reject.REDUCE_ONLY))
    mark, price = house.books.marks[market.number], leg.price
    if not price:
        price = bound(market, mark, condition.buys)
    else:
        try:
            check_distance(market, mark, condition.buys, price)
        except Refusal as refusal:
            return failed(refusal)
    wish = Wish(
        market, terms.side, leg.type, lots, price, terms.client, terms.tif, terms.post_only,
        terms.reduce_only or not terms.lots, terms.prevention,
    )  # fmt: skip
    placed = house.place(condition.account, wish)
    return placed if isinstance(placed, Order) else failed(futures_refusal(placed))


def failed(refusal: Refusal) -> Failure:
    """A refusal as ALGO_UPDATE tells it."""
    reduces = refusal.code == Code.REDUCE_ONLY_REJECT
    return Failure(refusal.code, "Reduce Only reject" if reduces else refusal.message)
