"""What a request for a new spot order asks for, checked as Binance does.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints#new-order-trade
"""

from __future__ import annotations

import re
from dataclasses import replace

from engine.matching.codes import BUY, FOK, GTC, IOC
from infra.exchange.dialects.binance import spot_filters as filters
from infra.exchange.dialects.binance.errors import Code, Refusal, refused
from infra.exchange.dialects.binance.ordering import SIDES, chosen, named, prevention_of
from infra.exchange.dialects.binance.request import Request, illegal, missing
from infra.exchange.dialects.binance.section import Section
from infra.exchange.listing import Market, money
from infra.exchange.orders import Type, Wish

TIFS = {"GTC": GTC, "IOC": IOC, "FOK": FOK}
TYPES = {"LIMIT": Type.LIMIT, "LIMIT_MAKER": Type.LIMIT, "MARKET": Type.MARKET}
STOPS = {
    "STOP_LOSS": "Stop loss orders",
    "STOP_LOSS_LIMIT": "Stop loss limit orders",
    "TAKE_PROFIT": "Take profit orders",
    "TAKE_PROFIT_LIMIT": "Take profit limit orders",
}
ANSWERS = ("ACK", "RESULT", "FULL")
UNWANTED = {
    "LIMIT": ("quoteOrderQty", "stopPrice", "trailingDelta"),
    "LIMIT_MAKER": ("quoteOrderQty", "stopPrice", "trailingDelta", "timeInForce"),
    "MARKET": ("price", "stopPrice", "trailingDelta", "timeInForce", "icebergQty"),
}
"""Parameters that must not come with a type."""
CLIENT_ID = r"^[a-zA-Z0-9-_]{1,36}$"
_CLIENT = re.compile(r"[a-zA-Z0-9_-]{1,36}").fullmatch


def client_of(section: Section, request: Request, name: str) -> str:
    """A client order id, made up where none was sent."""
    if not request.has(name):
        return named(section)
    if not _CLIENT(request.params[name]):
        raise illegal(name, CLIENT_ID)
    return request.params[name]


def unsupported(what: str) -> Refusal:
    """A kind of order that a market does not have."""
    return Refusal(Code.NEW_ORDER_REJECTED, f"{what} are not supported for this symbol.")


def check_parameters(request: Request) -> str:
    """The type of an order, which has no parameter that it must not have."""
    kind = request.text("type")
    if kind in STOPS:
        raise unsupported(STOPS[kind])
    if kind not in TYPES:
        raise refused(Code.INVALID_ORDER_TYPE)
    for name in UNWANTED[kind]:
        if request.has(name):
            raise Refusal(Code.TIF_NOT_REQUIRED, f"Parameter '{name}' sent when not required.")
    if request.has("icebergQty"):
        raise unsupported("Iceberg orders")
    return kind


def answer_of(request: Request) -> str:
    """ACK, RESULT or FULL; LIMIT_MAKER is ACK where none is named, others FULL."""
    usual = "ACK" if request.params.get("type") == "LIMIT_MAKER" else "FULL"
    found = request.params.get("newOrderRespType") or usual
    if found not in ANSWERS:
        raise illegal("newOrderRespType", "|".join(ANSWERS))
    return found


def wish_of(section: Section, request: Request) -> Wish:
    """The order that a request asks for."""
    market, side = section.market(request), chosen(request, "side", SIDES, Code.INVALID_SIDE)
    kind, prevention = check_parameters(request), prevention_of(request)
    answer_of(request)
    client = client_of(section, request, "newClientOrderId")
    blank = Wish(market, side, TYPES[kind], 0, 0, client, prevention=prevention)
    if kind == "MARKET":
        found = market_order(section, request, blank)
    else:
        found = limit_order(section, request, replace(blank, post_only=kind == "LIMIT_MAKER"))
    filters.check_count(request.owner, market)
    return found


def limit_order(section: Section, request: Request, blank: Wish) -> Wish:
    """An order with a limit."""
    market, buys = blank.market, blank.side == BUY
    tif = GTC if blank.post_only else chosen(request, "timeInForce", TIFS, Code.INVALID_TIF)
    lots = filters.quantity_in_lots(market, request.quantity("quantity"))
    price = filters.price_in_ticks(market, request.price("price"))
    filters.check_price(section, market, buys, price)
    filters.check_notional(market, market.worth(price, lots))
    return replace(blank, lots=lots, price=price, tif=tif)


def market_order(section: Section, request: Request, blank: Wish) -> Wish:
    """An order of so much of base, or of so much money."""
    market = blank.market
    if request.has("quoteOrderQty"):
        if request.has("quantity"):
            told = "Combination of optional parameters invalid."
            raise Refusal(Code.OPTIONAL_PARAMS_BAD_COMBO, told)
        return money_order(section, request, blank)
    if not request.has("quantity"):
        raise missing("quantity")
    lots = filters.quantity_in_lots(market, request.quantity("quantity"))
    mean = filters.average(section, market)
    filters.check_notional(market, market.worth(mean, lots), most=False)
    price, _ = reach(section, market, blank.side == BUY, lots=lots)
    return replace(blank, lots=lots, price=price)


def money_order(section: Section, request: Request, blank: Wish) -> Wish:
    """As many lots as the money goes at what is displayed, and at the last price of that."""
    market, budget = blank.market, request.price("quoteOrderQty")
    filters.check_notional(market, budget, most=False)
    buys = blank.side == BUY
    price, lots = reach(section, market, buys, budget=budget)
    free = section.house.wallet(request.owner, market.quote).money
    if buys and budget <= free:
        lots = min(lots, free // market.worth(price, 1))
    lots -= lots % market.rules.lot
    if lots < market.rules.least:
        raise Refusal(
            Code.NEW_ORDER_REJECTED,
            "Order book liquidity is less than LOT_SIZE filter minimum quantity.",
        )
    return replace(blank, lots=lots, price=price, notes={"quote": money(budget)})


def reach(
    section: Section, market: Market, buys: bool, lots: int | None = None, budget: int = 0
) -> tuple[int, int]:
    """The last price that so many lots, or so much money, needs of what is displayed, and how many
    lots there are up to it; within PERCENT_PRICE_BY_SIDE. Of an empty side the last price."""
    lowest, highest = filters.edges(section, market, buys)
    depth = section.house.books.depths[market.number]
    side = depth.asks if buys else depth.bids
    last, found = section.house.books.lasts[market.number], 0
    for price, there in side.items(descending=not buys):
        wanted = budget // market.worth(price, 1) if lots is None else lots - found
        if wanted < 1 or (price > highest if buys else price < lowest):
            break
        taken = min(there, wanted)
        last, found, budget = price, found + taken, budget - market.worth(price, taken)
    return last, found
