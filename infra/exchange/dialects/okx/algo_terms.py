"""What a conditional order asks for, and what is sent when it is met.

https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading-post-place-algo-order
"""

from __future__ import annotations

from engine.matching.codes import BUY, CANCEL_OLDEST, GTC
from infra.exchange.accounts import Account
from infra.exchange.conditional import RATE, Condition, Failure, Leg, Source, Terms, Trail
from infra.exchange.dialects.okx.errors import Code, Refusal, wrong
from infra.exchange.dialects.okx.filters import limits_of, size_in_lots
from infra.exchange.dialects.okx.orders import SIDES, placed
from infra.exchange.dialects.okx.request import Request
from infra.exchange.dialects.okx.section import Section
from infra.exchange.dialects.okx.settings import NAMES, lever_of
from infra.exchange.dialects.okx.shapes import price
from infra.exchange.listing import Market
from infra.exchange.orders import Order, Type, Wish

TRAILING = "move_order_stop"
KINDS = ("conditional", "oco", "trigger", TRAILING)
SOURCES = {"last": Source.LAST, "mark": Source.MARK, "index": Source.MARK}
"""The index is the mark here."""
MET = {
    ("tp", "buy"): (Code.TP_HIGH, Code.TP_HIGH_MARK, Code.TP_HIGH_INDEX),
    ("sl", "buy"): (Code.SL_LOW, Code.SL_LOW_MARK, Code.SL_LOW_INDEX),
    ("tp", "sell"): (Code.TP_LOW, Code.TP_LOW_MARK, Code.TP_LOW_INDEX),
    ("sl", "sell"): (Code.SL_HIGH, Code.SL_HIGH_MARK, Code.SL_HIGH_INDEX),
}
"""Of a trigger that is met already: by the last price, the mark and the index."""
LEAST_RATE = RATE // 1000


def latest(section: Section, market: Market, source: Source) -> int:
    """The price of now."""
    books = section.house.books
    return (books.lasts if source is Source.LAST else books.marks)[market.number]


def closable(account: Account, market: Market, side: int) -> int:
    """Lots of the position that an order of a side would close."""
    lots = account.position(market.number).lots
    return abs(lots) if lots and (lots < 0) == (side == BUY) else 0


def terms_of(section: Section, request: Request) -> tuple[Terms, Trail | None]:
    """The conditional order that a request asks for, checked as far as that is done before it is
    met: margin is not."""
    market, side = section.market(request), request.choice("side", tuple(SIDES))
    mode, kind = request.choice("tdMode", NAMES), request.choice("ordType", KINDS)
    request.choice("posSide", ("net",), "net")
    if request.has("attachAlgoOrds"):
        raise wrong("attachAlgoOrds")
    reduces, bound = request.flag("reduceOnly"), request.flag("cxlOnClosePos")
    whole = closes(request, kind, reduces)
    if bound and not reduces:
        raise wrong("cxlOnClosePos")
    if (bound or whole) and not closable(request.owner, market, SIDES[side]):
        raise Refusal(Code.NOTHING_TO_REDUCE)
    lots = 0 if whole else size_in_lots(market, request.quantity("sz"))
    legs, trail = legs_of(section, request, market, side, kind)
    if whole and any(leg.price for leg in legs):
        raise Refusal(Code.FRACTION_MARKET)
    notes = {
        **{f"{leg.name} type": request.params.get(field_of(leg)) or "last" for leg in legs},
        "ordType": kind,
        "tdMode": mode,
        "tag": request.tag(),
        "lever": str(lever_of(section, request.owner, market, mode)),
        "clOrdId": request.client(),
        "last": price(market, latest(section, market, Source.LAST)),
    }
    client = request.client("algoClOrdId") or request.client()
    terms = Terms(market, SIDES[side], lots, client, legs, reduces, bound or whole, notes=notes)
    return terms, trail


def closes(request: Request, kind: str, reduces: bool) -> bool:
    """Whether it is of the whole position: closeFraction 1."""
    if not request.has("closeFraction"):
        return False
    if request.params["closeFraction"] != "1" or kind not in ("conditional", "oco"):
        raise wrong("closeFraction")
    if not reduces:
        raise Refusal(Code.FRACTION_REDUCES)
    return True


def field_of(leg: Leg) -> str:
    """The parameter that names a leg's price."""
    return {"sl": "slTriggerPxType", "tp": "tpTriggerPxType"}.get(leg.name, "triggerPxType")


def legs_of(
    section: Section, request: Request, market: Market, side: str, kind: str
) -> tuple[tuple[Leg, ...], Trail | None]:
    """Its triggers. Of a conditional order with both, the stop loss alone counts, as at OKX."""
    if kind == TRAILING:
        return trail_of(section, request, market, side)
    if kind == "trigger":
        return (trigger_of(section, request, market),), None
    names = [name for name in ("sl", "tp") if request.has(f"{name}TriggerPx")]
    if kind == "oco" and len(names) < 2:
        raise Refusal(Code.EMPTY, "tpTriggerPx" if "sl" in names else "slTriggerPx")
    if not names:
        raise Refusal(Code.EMPTY, "slTriggerPx")
    if kind == "conditional":
        names = names[:1]
    return tuple(leg_of(section, request, market, side, name) for name in names), None


def leg_of(
    section: Section, request: Request, market: Market, side: str, name: str, new: str = ""
) -> Leg:
    """A take profit or a stop loss; new: "new" of an amendment's parameters."""

    def field(what: str) -> str:
        return f"{new}{name.capitalize() if new else name}{what}"

    word = request.choice(field("TriggerPxType"), tuple(SOURCES), "last")
    trigger = ticks_of(market, request, field("TriggerPx"))
    limit = order_price(market, request, field("OrdPx"))
    rises = (side == "sell") == (name == "tp")
    leg = Leg(trigger, rises, SOURCES[word], kind_of(limit), limit, name)
    if leg.met(leg.source, latest(section, market, leg.source)):
        raise Refusal(MET[name, side][tuple(SOURCES).index(word)])
    return leg


def trigger_of(section: Section, request: Request, market: Market, new: bool = False) -> Leg:
    """A trigger that waits for the price to come to it, from where it is now."""
    names = ("newTriggerPx", "newOrdPx") if new else ("triggerPx", "orderPx")
    word = "newTriggerPxType" if new else "triggerPxType"
    source = SOURCES[request.choice(word, tuple(SOURCES), "last")]
    trigger = ticks_of(market, request, names[0])
    limit = order_price(market, request, names[1])
    rises = trigger > latest(section, market, source)
    return Leg(trigger, rises, source, kind_of(limit), limit, "trigger")


def kind_of(limit: int) -> Type:
    """What follows a trigger."""
    return Type.LIMIT if limit else Type.MARKET


def ticks_of(market: Market, request: Request, name: str) -> int:
    """A price in ticks, checked against the tick and the ladder."""
    ticks, rest = divmod(request.price(name), market.ladder.tick)
    if rest or ticks % market.rules.tick:
        raise Refusal(Code.PRECISION)
    if not market.ladder.lowest <= ticks <= market.ladder.highest:
        raise Refusal(Code.ALGO_PRICE)
    return ticks


def order_price(market: Market, request: Request, name: str) -> int:
    """The limit in ticks; 0 where it is -1: a market order."""
    return 0 if request.text(name) == "-1" else ticks_of(market, request, name)


def trail_of(
    section: Section, request: Request, market: Market, side: str
) -> tuple[tuple[Leg, ...], Trail]:
    """A trailing stop: callbackRatio or callbackSpread behind the best price since activePx."""
    now, activation = latest(section, market, Source.LAST), 0
    if request.has("callbackRatio") == request.has("callbackSpread"):
        raise wrong("callbackRatio")
    rate = distance = 0
    if request.has("callbackRatio"):
        rate, rest = divmod(request.price("callbackRatio"), 10**8 // RATE)
        if rest or not LEAST_RATE <= rate <= RATE:
            raise Refusal(Code.CALLBACK)
    else:
        distance = ticks_of_spread(market, request)
    if request.has("activePx"):
        activation = ticks_of(market, request, "activePx")
        if side == "sell" and activation <= now:
            raise Refusal(Code.ACTIVE_SELL)
        if side == "buy" and activation >= now:
            raise Refusal(Code.ACTIVE_BUY)
    leg = Leg(activation, side == "buy", Source.LAST, name=TRAILING)
    return (leg,), Trail(rate, activation, 0 if activation else now, distance)


def ticks_of_spread(market: Market, request: Request) -> int:
    """callbackSpread in ticks."""
    ticks, rest = divmod(request.price("callbackSpread"), market.ladder.tick)
    if rest or not 0 < ticks <= market.ladder.highest:
        raise wrong("callbackSpread")
    return ticks


def send(section: Section, condition: Condition) -> Order | Failure:
    """Place the order of one that was met. It has no clOrdId, but tells algoId and algoClOrdId."""
    market, terms, leg = condition.market, condition.terms, condition.leg
    lots = terms.lots or closable(condition.account, market, terms.side)
    lowest, highest = limits_of(market, section.house.books.marks[market.number])
    limit = leg.price or (highest if condition.buys else lowest)
    notes = {
        **{name: terms.notes[name] for name in ("tdMode", "tag", "lever")},
        "ordType": "limit" if leg.price else "market",
        "algoId": str(condition.number),
        "algoClOrdId": terms.client,
    }
    try:
        if not lots:
            raise Refusal(Code.NOTHING_TO_REDUCE)
        if limit > highest if condition.buys else limit < lowest:
            raise Refusal(Code.PRICE_LIMIT, price(market, highest), price(market, lowest))
        wish = Wish(
            market, terms.side, leg.type, lots, limit, "", GTC,
            reduce_only=terms.reduce_only, prevention=CANCEL_OLDEST, notes=notes,
        )  # fmt: skip
        return placed(section, condition.account, wish)
    except Refusal as refusal:
        return Failure(int(refusal.code), refusal.message)
