"""Take profit, stop loss and trailing stop of a position: conditional orders that end with it.

https://bybit-exchange.github.io/docs/v5/position/trading-stop
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.matching.codes import BUY, GTC, SELL
from infra.exchange.accounts import Account
from infra.exchange.conditional import Condition, Leg, Source, State, Terms, Trail
from infra.exchange.dialects.bybit.conditional import SOURCES, born, latest
from infra.exchange.dialects.bybit.errors import Code, refused, wrong
from infra.exchange.dialects.bybit.filters import price_in_ticks, quantity_in_lots
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.dialects.bybit.section import Endpoint, Section, Table, linear
from infra.exchange.dialects.bybit.wishes import TYPES, chosen
from infra.exchange.listing import Market
from infra.exchange.orders import Type

TARGET, LOSS, TRAILING = "TakeProfit", "StopLoss", "TrailingStop"
NAMES = {TARGET: "takeProfit", LOSS: "stopLoss"}
MOST_PARTIAL = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """A request about the position of an account in a market. partial: of a part of it."""

    section: Section
    request: Request
    account: Account
    market: Market
    partial: bool

    @property
    def long(self) -> bool:
        """Whether the position is one."""
        return self.account.position(self.market.number).lots > 0

    def set(self, kind: str) -> Condition | None:
        """The one of the whole position that is set."""
        return of_position(self.section, self.account, self.market).get(kind)


def of_position(section: Section, account: Account, market: Market) -> dict[str, Condition]:
    """What is set for a whole position, by stopOrderType."""
    waiting = section.house.conditions.waiting(account, market)
    return {each.leg.name: each for each in waiting if not each.terms.lots and each.terms.bound}


def trading_stop(section: Section, request: Request) -> dict[str, Any]:
    """Set, change or with 0 remove them; 34040 where nothing is to be done."""
    linear(request)
    market, account = section.market(request), request.owner
    if request.whole("positionIdx", 0):
        raise wrong("position idx not match position mode")
    mode = request.text("tpslMode", "Full")
    if mode not in ("Full", "Partial"):
        raise wrong("TpslMode invalid")
    asked = Asked(section, request, account, market, mode == "Partial")
    if not account.position(market.number).lots:
        raise wrong("can not set tp/sl/ts for zero position")
    names = [kind for kind, name in NAMES.items() if request.has(name)]
    pair = paired(asked)
    made = [terms_of(asked, kind, pair) for kind in names if not removed(request, NAMES[kind])]
    trail = trail_of(asked)
    if asked.partial and len(partial_ones(asked)) + len(made) > MOST_PARTIAL:
        raise refused(Code.TOO_MANY_PARTIAL)
    if not changes(asked, names, made, trail):
        raise refused(Code.NOT_MODIFIED)
    return {}


def changes(
    asked: Asked, names: list[str], made: list[Terms], trail: tuple[Terms, Trail] | None
) -> int:
    """Carry it out; how many came or went."""
    conditions, count = asked.section.house.conditions, 0
    ended = [] if asked.partial else names
    if asked.request.has("trailingStop"):
        ended = [*ended, TRAILING]
    wanted = {terms.legs[0].name: terms.legs[0] for terms in made}
    same = {kind for kind in ended if (old := asked.set(kind)) and old.leg == wanted.get(kind)}
    for kind in ended:
        old = asked.set(kind)
        if old is not None and kind not in same:
            conditions.end(old, State.EXPIRED)
            count += 1
    for terms in made:
        if terms.legs[0].name not in same:
            conditions.add(asked.account, terms)
            count += 1
    if trail is not None:
        conditions.add(asked.account, *trail)
        count += 1
    return count


def partial_ones(asked: Asked) -> list[Condition]:
    """Those of parts of the position."""
    waiting = asked.section.house.conditions.waiting(asked.account, asked.market)
    return [each for each in waiting if each.leg.name.startswith("Partial")]


def removed(request: Request, name: str) -> bool:
    """Whether a price is 0: there shall be none."""
    return request.price(name) == 0


def terms_of(asked: Asked, kind: str, pair: str) -> Terms:
    """A take profit or a stop loss."""
    request, market, prefix = asked.request, asked.market, "tp" if kind == TARGET else "sl"
    source = chosen(request, f"{prefix}TriggerBy", SOURCES, "LastPrice")
    rises = asked.long == (kind == TARGET)
    price, order = 0, chosen(request, f"{prefix}OrderType", TYPES, "Market")
    if order is Type.LIMIT:
        if not asked.partial:
            raise wrong(f"{prefix}OrderType invalid")
        price = price_in_ticks(market, request.price(f"{prefix}LimitPrice"))
    trigger = price_in_ticks(market, request.price(NAMES[kind]))
    name = f"Partial{kind}" if asked.partial else kind
    leg = Leg(trigger, rises, source, order, price, name)
    check_side(asked, kind, leg)
    lots = 0
    if asked.partial:
        lots = quantity_in_lots(market, request.quantity(f"{prefix}Size"))
    return made_of(asked, leg, lots, pair, request.text(f"{prefix}TriggerBy", "LastPrice"))


def paired(asked: Asked) -> str:
    """The name that the two of one request share: one ends the other."""
    request = asked.request
    if not (asked.partial and request.has("takeProfit") and request.has("stopLoss")):
        return ""
    if request.text("tpSize", "") != request.text("slSize", ""):
        raise wrong("tpSize and slSize should be equal")
    return f"pair {asked.section.house.number()}"


def check_side(asked: Asked, kind: str, leg: Leg) -> None:
    """A take profit is better than now, a stop loss worse."""
    now = latest(asked.section, asked.market, leg.source)
    if leg.met(leg.source, now):
        side, should = "Buy" if asked.long else "Sell", "higher" if leg.rises else "lower"
        trigger, base = asked.market.price(leg.trigger), asked.market.price(now)
        told = f"{kind}:{trigger} set for {side} position should be {should}"
        raise wrong(f"{told} than base_price:{base}??LastPrice")


def trail_of(asked: Asked) -> tuple[Terms, Trail] | None:
    """A trailing stop, so many ticks behind the best price since activePrice."""
    request, market = asked.request, asked.market
    if not request.has("trailingStop") or removed(request, "trailingStop"):
        return None
    distance, rest = divmod(request.price("trailingStop"), market.ladder.tick)
    if rest or not distance:
        raise wrong("params error: trailingStop invalid")
    now, activation = latest(asked.section, market, Source.LAST), 0
    if request.text("activePrice", "0") != "0":
        activation = price_in_ticks(market, request.price("activePrice"))
        if activation <= now if asked.long else activation >= now:
            raise wrong("params error: activePrice invalid")
    leg = Leg(activation, not asked.long, Source.LAST, name=TRAILING)
    best = 0 if activation else now
    return made_of(asked, leg, 0, "", "LastPrice"), Trail(0, activation, best, distance)


def made_of(asked: Asked, leg: Leg, lots: int, pair: str, by: str) -> Terms:
    """An order that reduces the position and ends with it."""
    mode = "Partial" if asked.partial else "Full"
    notes = {
        "timeInForce": "GTC" if leg.price else "IOC",
        "triggerBy": by,
        "closeOnTrigger": "true",
        **born(asked.section, asked.market, f"CreateBy{leg.name}", mode),
    }
    side = SELL if asked.long else BUY
    return Terms(asked.market, side, lots, "", (leg,), True, True, pair, GTC, False, 0, notes)


TABLE: Table = {("POST", "/v5/position/trading-stop"): Endpoint(trading_stop, 10)}
