"""Orders: /api/v5/trade, what changes something. The WebSocket's operations are the same.

https://www.okx.com/docs-v5/en/#order-book-trading-trade
"""

from __future__ import annotations

from engine.matching.codes import BUY, CANCEL_OLDEST, FOK, GTC, IOC, SELL
from engine.matching.codes import Why as Reject
from infra.exchange.accounts import Account
from infra.exchange.dialects.okx.errors import Code, Refusal, not_amended, not_placed, wrong
from infra.exchange.dialects.okx.filters import limits_of, price_in_ticks, size_in_lots
from infra.exchange.dialects.okx.request import Request
from infra.exchange.dialects.okx.section import (
    Act,
    Answers,
    Endpoint,
    Section,
    Table,
    milliseconds,
)
from infra.exchange.dialects.okx.settings import NAMES, lever_of, switch
from infra.exchange.dialects.okx.shapes import PREVENTIONS
from infra.exchange.listing import Market
from infra.exchange.orders import Order, Type, Wish

SIDES = {"buy": BUY, "sell": SELL}
TIFS = {"limit": GTC, "post_only": GTC, "ioc": IOC, "fok": FOK}
TAKING = ("market", "optimal_limit_ioc")
KINDS = (*TIFS, *TAKING)
MOST = 20
ATTACHED = ("attachAlgoOrds", "slTriggerPx", "tpTriggerPx", "pxUsd", "pxVol")
"""What an order may not have here."""


def wish_of(section: Section, request: Request) -> Wish:
    """The order that a request asks for, checked."""
    market, buys = section.market(request), request.choice("side", tuple(SIDES)) == "buy"
    mode, kind = request.choice("tdMode", NAMES), request.choice("ordType", KINDS)
    request.choice("posSide", ("net",), "net")
    for name in ATTACHED:
        if request.has(name):
            raise wrong(name)
    lots, reduces = size_in_lots(market, request.quantity("sz")), request.flag("reduceOnly")
    mark = section.house.books.marks[market.number]
    price = limits_of(market, mark)[1 if buys else 0]
    if kind not in TAKING:
        if not request.has("px"):
            raise Refusal(Code.NO_PRICE)
        price = price_in_ticks(market, request.price("px"), mark, buys)
    prevention = CANCEL_OLDEST
    if request.has("stpMode"):
        prevention = PREVENTIONS[request.choice("stpMode", tuple(PREVENTIONS))]
    lever = str(lever_of(section, request.owner, market, mode))
    notes = {"ordType": kind, "tdMode": mode, "tag": request.tag(), "lever": lever}
    return Wish(
        market, SIDES["buy" if buys else "sell"],
        Type.MARKET if kind in TAKING else Type.LIMIT, lots, price, request.client(),
        TIFS.get(kind, GTC), kind == "post_only", reduces, prevention, notes,
    )  # fmt: skip


def place(section: Section, request: Request) -> dict[str, str]:
    """A new order. What would take although it is post-only is taken and ends at once, as an FOK
    that cannot be filled does. A client id is free again once its order is done."""
    account, wish = request.owner, wish_of(section, request)
    if wish.client and any(pending(account, market, wish.client) for market in all_of(section)):
        raise Refusal(Code.DUPLICATED)
    order = placed(section, account, wish)
    return done(section, order, request, "Order placed")


def placed(section: Section, account: Account, wish: Wish) -> Order:
    """The order that a wish becomes; the market is in its mode, or as it was if it is refused."""
    market, row = wish.market, section.house.row(account, wish.market)
    before, settings = NAMES[row.mode], dict(account.settings)
    switch(section, account, market, wish.notes["tdMode"])
    made = section.house.place(account, wish)
    if made in (Reject.WOULD_TAKE, Reject.UNFILLED) and not isinstance(made, Order):
        made = section.house.stillborn(account, wish, made)
    if not isinstance(made, Order):
        switch(section, account, market, before)
        account.settings = settings
        raise not_placed(made, market.settle)
    return made


def all_of(section: Section) -> tuple[Market, ...]:
    """The section's markets."""
    return section.house.listing.markets


def pending(account: Account, market: Market, client: str) -> bool:
    """Whether a client id has an order that may trade."""
    order = account.called(market.number, client)
    return order is not None and order.status.live


def done(section: Section, order: Order, request: Request, words: str = "") -> dict[str, str]:
    """What is said of an order for which a command was carried out."""
    return {
        "ordId": str(order.number),
        "clOrdId": order.wish.client,
        "tag": order.wish.notes.get("tag", ""),
        "reqId": request.params.get("reqId", ""),
        "ts": milliseconds(section.clock.now()),
        "sCode": "0",
        "sMsg": words,
    }


def live_order(section: Section, request: Request, missing: Code) -> Order:
    """An order that may still trade."""
    order = section.order(request, missing)
    if not order.status.live:
        raise Refusal(missing)
    return order


def cancel(section: Section, request: Request) -> dict[str, str]:
    """Withdraw an order."""
    order = live_order(section, request, Code.NOT_CANCELLED)
    if section.house.cancel(order) is not None:
        raise Refusal(Code.NOT_CANCELLED)
    return done(section, order, request)


def amend(section: Section, request: Request) -> dict[str, str]:
    """Another price, another whole size, or both; cxlOnFail: withdraw it where that fails."""
    order, ends = live_order(section, request, Code.NOT_AMENDED), request.flag("cxlOnFail")
    try:
        change(section, order, request)
    except Refusal:
        if ends:
            section.house.cancel(order)
        raise
    return done(section, order, request)


def change(section: Section, order: Order, request: Request) -> None:
    """Let an order be as newPx and newSz want it."""
    market, mark = order.market, section.house.books.marks[order.market.number]
    if not request.has("newPx") and not request.has("newSz"):
        raise Refusal(Code.NOTHING_AMENDED)
    ticks, lots = order.price, order.lots
    if request.has("newPx"):
        ticks = price_in_ticks(market, request.price("newPx"), mark, order.buys)
    if request.has("newSz"):
        lots = size_in_lots(market, request.quantity("newSz"))
    why = section.house.amend(order, ticks, lots)
    if why is not None:
        raise not_amended(why, market.settle)


def close_position(section: Section, request: Request) -> list[dict[str, str]]:
    """Close a position at the market, by an order that only reduces."""
    market, account = section.market(request), request.owner
    mode = request.choice("mgnMode", NAMES)
    request.choice("posSide", ("net",), "net")
    row = section.house.row(account, market)
    if not row.lots or NAMES[row.mode] != mode:
        raise Refusal(Code.NO_POSITION)
    if request.flag("autoCxl"):
        for order in [each for each in account.live.values() if each.market is market]:
            section.house.cancel(order)
    buys = row.lots < 0
    price = limits_of(market, section.house.books.marks[market.number])[1 if buys else 0]
    notes = {"ordType": "market", "tdMode": mode, "tag": request.tag(), "lever": str(row.leverage)}
    placed(
        section,
        account,
        Wish(
            market, BUY if buys else SELL, Type.MARKET, abs(row.lots), price, request.client(),
            reduce_only=True, notes=notes,
        ),
    )  # fmt: skip
    return [
        {"instId": market.name, "posSide": "net", "clOrdId": request.client(), "tag": request.tag()}
    ]


def each(section: Section, request: Request, act: Act) -> dict[str, str]:
    """What becomes of one order."""
    try:
        found: dict[str, str] = act(section, request)
    except Refusal as refusal:
        return {
            "ordId": request.params.get("ordId", ""),
            "clOrdId": request.params.get("clOrdId", ""),
            "tag": request.params.get("tag", ""),
            "ts": milliseconds(section.clock.now()),
            "sCode": str(int(refusal.code)),
            "sMsg": refusal.message,
        }
    return found


def one(act: Act) -> Act:
    """A command of one order."""

    def command(section: Section, request: Request) -> Answers:
        if request.several:
            raise Refusal(Code.BAD_JSON)
        return Answers([each(section, request, act)])

    return command


def batch(act: Act, too_many: Code) -> Act:
    """A command of up to 20 orders, each by itself."""

    def command(section: Section, request: Request) -> Answers:
        if request.params or not request.several:
            raise Refusal(Code.BAD_JSON)
        if len(request.several) > MOST:
            raise Refusal(too_many, str(MOST))
        orders = [request.inner(params) for params in request.several]
        return Answers([each(section, order, act) for order in orders])

    return command


PLACE, CANCEL, AMEND = one(place), one(cancel), one(amend)
PLACE_BATCH = batch(place, Code.TOO_MANY_IN_BULK)
CANCEL_BATCH = batch(cancel, Code.TOO_MANY_CANCELLED)
AMEND_BATCH = batch(amend, Code.TOO_MANY_AMENDED)
TABLE: Table = {
    ("POST", "/trade/order"): Endpoint(PLACE, 60, signed=True, orders=True),
    ("POST", "/trade/batch-orders"): Endpoint(PLACE_BATCH, 300, signed=True, orders=True),
    ("POST", "/trade/cancel-order"): Endpoint(CANCEL, 60, signed=True, orders=True),
    ("POST", "/trade/cancel-batch-orders"): Endpoint(CANCEL_BATCH, 300, signed=True, orders=True),
    ("POST", "/trade/amend-order"): Endpoint(AMEND, 60, signed=True, orders=True),
    ("POST", "/trade/amend-batch-orders"): Endpoint(AMEND_BATCH, 300, signed=True, orders=True),
    ("POST", "/trade/close-position"): Endpoint(close_position, 20, signed=True),
}
