"""What an order asks for, read and checked.

https://bybit-exchange.github.io/docs/v5/order/create-order
"""

from __future__ import annotations

from math import ceil
from typing import Any

from engine.matching.codes import (
    BUY,
    CANCEL_BOTH,
    CANCEL_NEWEST,
    CANCEL_OLDEST,
    FOK,
    GTC,
    IOC,
    SELL,
)
from engine.matching.codes import Why as Reject
from infra.exchange.dialects.bybit.errors import Code, refused, wrong
from infra.exchange.dialects.bybit.filters import (
    check_notional,
    limit,
    price_in_ticks,
    quantity_in_lots,
    within_limit,
)
from infra.exchange.dialects.bybit.request import Request
from infra.exchange.dialects.bybit.section import Section
from infra.exchange.listing import Market
from infra.exchange.orders import Type, Wish

SIDES = {"Buy": BUY, "Sell": SELL}
TYPES = {"Limit": Type.LIMIT, "Market": Type.MARKET}
TIFS = {"GTC": GTC, "IOC": IOC, "FOK": FOK, "PostOnly": GTC}
SMP = {"None": 0, "CancelMaker": CANCEL_OLDEST, "CancelTaker": CANCEL_NEWEST}
SMP |= {"CancelBoth": CANCEL_BOTH}
NOT_SPOKEN = ("takeProfit", "stopLoss", "bboSideType", "orderIv")
MATCHED = (Reject.WOULD_TAKE, Reject.UNFILLED, Reject.SELF_TRADE)
"""Refusals that are the matching's, and so come after the answer."""


def chosen(request: Request, name: str, choices: dict[str, Any], default: str | None = None) -> Any:
    """One of a few words; mandatory without a default."""
    text = request.text(name, default)
    if text not in choices:
        raise wrong(f"{name} invalid")
    return choices[text]


def wish_of(section: Section, request: Request, link: str) -> Wish:
    """The order that a request asks for, checked."""
    market, account = section.market(request), request.owner
    side, kind = chosen(request, "side", SIDES), chosen(request, "orderType", TYPES)
    if request.flag("closeOnTrigger"):
        raise wrong("params error: closeOnTrigger is of conditional orders")
    lots = quantity_in_lots(market, request.quantity("qty"))
    reduce_only = request.flag("reduceOnly")
    mark = section.house.books.marks[market.number]
    tif, post_only = GTC, False
    if kind is Type.LIMIT:
        tif = chosen(request, "timeInForce", TIFS, "GTC")
        post_only = request.text("timeInForce", "GTC") == "PostOnly"
        price = price_in_ticks(market, request.price("price"))
        price = within_limit(account, market, mark, side == BUY, price)
    else:
        tif, price = IOC, bound(section, request, market, side == BUY)
    if not reduce_only:
        check_notional(market, price if kind is Type.LIMIT else mark, lots)
    prevention = chosen(request, "smpType", SMP, "None")
    return Wish(market, side, kind, lots, price, link, tif, post_only, reduce_only, prevention)


def spoken(request: Request) -> None:
    """Refuse hedge mode, and what is not spoken here: take profit, RPI."""
    if request.whole("positionIdx", 0):
        raise wrong("position idx not match position mode")
    if request.text("timeInForce", "GTC") == "RPI":
        raise refused(Code.RPI)
    for name in NOT_SPOKEN:
        if request.params.get(name) not in (None, "", "0", 0, False):
            raise wrong(f"params error: {name} is not supported")


def bound(section: Section, request: Request, market: Market, buys: bool) -> int:
    """How far a market order goes: to the price limit, or to its slippage tolerance if nearer."""
    edge = limit(market, section.house.books.marks[market.number], buys)
    tolerance = request.text("slippageToleranceType", "UNKNOWN")
    best = section.house.books.depths[market.number].best(not buys)
    if tolerance == "UNKNOWN" or best is None:
        return edge
    if tolerance == "TickSize":
        away = request.whole("slippageTolerance")
        if not 1 <= away <= 10_000:
            raise refused(Code.TICKS_OF_TOLERANCE)
    elif tolerance == "Percent":
        share = request.price("slippageTolerance")
        if not 10**6 <= share <= 10**9 or share % 10**6:
            raise refused(Code.PERCENT_OF_TOLERANCE)
        away = ceil(best[0] * share / 10**10)
    else:
        raise wrong("slippageToleranceType invalid")
    return min(edge, best[0] + away) if buys else max(edge, best[0] - away)
