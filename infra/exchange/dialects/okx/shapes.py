"""Orders, fills, books and candles as rows, alike over REST and WebSocket."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.clearing.codes import OWN_IDS
from engine.matching.codes import CANCEL_BOTH, CANCEL_NEWEST, CANCEL_OLDEST, FOK, IOC
from infra.exchange.dialects.okx.section import SWAP, milliseconds
from infra.exchange.facts import Trade
from infra.exchange.listing import Market, fixed, money
from infra.exchange.orders import Fill, Order, Status, Type
from infra.exchange.tape import INTERVALS, Candle

PREVENTIONS = {
    "cancel_maker": CANCEL_OLDEST,
    "cancel_taker": CANCEL_NEWEST,
    "cancel_both": CANCEL_BOTH,
}
STPS = {flag: name for name, flag in PREVENTIONS.items()}
STATES = {
    Status.NEW: "live",
    Status.PARTIALLY_FILLED: "partially_filled",
    Status.FILLED: "filled",
}


def plain(text: str) -> str:
    """A decimal text without zeros at its end, as OKX writes numbers."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def price(market: Market, ticks: int) -> str:
    """A price."""
    return plain(market.price(ticks))


def size(market: Market, lots: int) -> str:
    """Contracts."""
    return plain(market.quantity(lots))


def coins(market: Market, lots: int) -> str:
    """Contracts in the base."""
    unit = market.contract.unit * 10**8 // market.ladder.tick
    return plain(fixed(lots * unit, 8))


def quote(market: Market, tick_lots: int) -> str:
    """What trades were worth in the quote; tick_lots: ticks times lots."""
    return plain(money(tick_lots * market.contract.unit))


def cash(units: int) -> str:
    """Money."""
    return plain(money(units))


def side(buys: bool) -> str:
    """buy or sell."""
    return "buy" if buys else "sell"


def kind(order: Order) -> str:
    """ordType."""
    if order.wish.type is not Type.LIMIT:
        return order.wish.notes.get("ordType", "market")
    if order.wish.post_only:
        return "post_only"
    return {IOC: "ioc", FOK: "fok"}.get(order.wish.tif, "limit")


def state(status: Status) -> str:
    """state: what is over and not filled is canceled, whoever ended it."""
    return STATES.get(status, "canceled")


def source(order: Order, status: Status) -> str:
    """cancelSource: 1 on request, 31 a post-only order that would have taken, 14 and 15 for an IOC
    and a FOK order, 0 another rule of the venue."""
    if status is Status.CANCELED:
        return "1"
    if status is not Status.EXPIRED:
        return ""
    if order.wish.post_only:
        return "31"
    return {IOC: "14", FOK: "15"}.get(order.wish.tif, "0")


def order_row(order: Order) -> dict[str, Any]:
    """An order as it is."""
    last = order.fills[-1] if order.fills else None
    return {**asked_row(order, order.status), **filled_row(order, order.filled, last)}


def asked_row(order: Order, status: Status) -> dict[str, Any]:
    """What of an order its trades do not change, and its status at some time."""
    market, wish = order.market, order.wish
    return {
        **dict.fromkeys(EMPTY, ""),
        "instType": SWAP,
        "instId": market.name,
        "ordId": str(order.number),
        "clOrdId": wish.client,
        "tag": wish.notes.get("tag", ""),
        "algoId": wish.notes.get("algoId", ""),
        "algoClOrdId": wish.notes.get("algoClOrdId", ""),
        "px": "" if wish.type is Type.MARKET else price(market, order.price),
        "sz": size(market, order.lots),
        "ordType": kind(order),
        "side": side(order.buys),
        "posSide": "net",
        "tdMode": wish.notes.get("tdMode", "cross"),
        "state": state(status),
        "lever": wish.notes.get("lever", ""),
        "reduceOnly": "true" if wish.reduce_only else "false",
        "category": "full_liquidation" if order.number >= OWN_IDS else "normal",
        "stpMode": STPS.get(wish.prevention, ""),
        "cancelSource": source(order, status),
        "rebate": "0",
        "cTime": milliseconds(order.created),
        "uTime": milliseconds(order.updated),
    }


EMPTY = (
    "ccy", "tgtCcy", "source", "slTriggerPx", "slOrdPx", "tpTriggerPx",
    "tpOrdPx", "quickMgnType", "rebateCcy",
)  # fmt: skip


def filled_row(order: Order, filled: int, last: Fill | None) -> dict[str, Any]:
    """What an order had when so many lots were filled, and one of its fills; fees are told as
    negative."""
    market, fills, lots = order.market, [], 0
    for fill in order.fills:
        if lots >= filled:
            break
        fills.append(fill)
        lots += fill.lots
    tick_lots = sum(each.price * each.lots for each in fills)
    return {
        "accFillSz": size(market, filled),
        "avgPx": plain(market.average(tick_lots, lots)) if lots else "",
        "fillPx": price(market, last.price) if last else "",
        "fillSz": size(market, last.lots) if last else "0",
        "fillTime": milliseconds(last.at) if last else "",
        "tradeId": str(last.trade) if last else "",
        "fee": cash(-sum(each.fee for each in fills)),
        "feeCcy": market.settle,
        "pnl": cash(sum(each.realised for each in fills)),
    }


def fill_row(fill: Fill) -> dict[str, Any]:
    """A trade of the account."""
    order = fill.order
    market = order.market
    return {
        "instType": SWAP,
        "instId": market.name,
        "tradeId": str(fill.trade),
        "billId": str(bill(fill)),
        "ordId": str(order.number),
        "clOrdId": order.wish.client,
        "tag": order.wish.notes.get("tag", ""),
        "fillPx": price(market, fill.price),
        "fillSz": size(market, fill.lots),
        "fillPnl": cash(fill.realised),
        "side": side(order.buys),
        "posSide": "net",
        "execType": "M" if fill.maker else "T",
        "fee": cash(-fill.fee),
        "feeCcy": market.settle,
        "fillTime": milliseconds(fill.at),
        "ts": milliseconds(fill.at),
    }


def bill(fill: Fill) -> int:
    """billId: of each of a trade's sides."""
    return 2 * fill.trade + (1 if fill.order.buys else 0)


def levels(market: Market, found: Iterable[tuple[int, int]]) -> list[list[str]]:
    """Prices with contracts; the number of orders is not kept and told as 1."""
    return [
        [price(market, ticks), size(market, lots), "0", "1" if lots else "0"]
        for ticks, lots in found
    ]


def public_trade(trade: Trade) -> dict[str, str]:
    """A trade of the market."""
    market = trade.market
    return {
        "instId": market.name,
        "tradeId": str(trade.number),
        "px": price(market, trade.price),
        "sz": size(market, trade.lots),
        "side": side(trade.taker_buys),
        "source": "0",
        "ts": milliseconds(trade.at),
    }


def candle_row(market: Market, candle: Candle, interval: str, now: int) -> list[str]:
    """A candle; the last field is 1 once it is over."""
    prices = (candle.open, candle.high, candle.low, candle.close)
    return [
        milliseconds(candle.start),
        *(price(market, each) for each in prices),
        size(market, candle.lots),
        coins(market, candle.lots),
        quote(market, candle.tick_lots),
        "1" if now >= candle.start + INTERVALS[interval] else "0",
    ]
