"""Messages of spot's streams and of its user data.

https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
https://developers.binance.com/docs/binance-spot-api-docs/user-data-stream
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.matching.codes import Why as Reject
from infra.exchange.accounts import Account
from infra.exchange.depth import Diff
from infra.exchange.dialects.binance import spot_shapes as shapes
from infra.exchange.dialects.binance.section import Section, milliseconds
from infra.exchange.dialects.binance.shapes import PREVENTIONS, levels, quote, side
from infra.exchange.dialects.binance.spot_market import best, ticker
from infra.exchange.facts import Execution, Report, Trade
from infra.exchange.listing import Market, money

MINI = ("e", "E", "s", "c", "o", "h", "l", "v", "q")
"""What of a ticker a miniTicker has."""
TICKER = {
    "p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "x": "prevClosePrice",
    "c": "lastPrice", "Q": "lastQty", "b": "bidPrice", "B": "bidQty", "a": "askPrice",
    "A": "askQty", "o": "openPrice", "h": "highPrice", "l": "lowPrice", "v": "volume",
    "q": "quoteVolume", "O": "openTime", "C": "closeTime", "F": "firstId", "L": "lastId",
    "n": "count",
}  # fmt: skip


def public_trade(trade: Trade, aggregate: bool) -> dict[str, Any]:
    """trade, or aggTrade."""
    market, at = trade.market, milliseconds(trade.at)
    told: dict[str, Any] = {"e": "aggTrade" if aggregate else "trade", "E": at, "s": market.name}
    told |= {"p": market.price(trade.price), "q": market.quantity(trade.lots)}
    if aggregate:
        told |= {"a": trade.number, "f": trade.number, "l": trade.number}
    else:
        told["t"] = trade.number
    return {**told, "T": at, "m": not trade.taker_buys, "M": True}


def depth(market: Market, diff: Diff, now: int) -> dict[str, Any]:
    """depthUpdate: U is one more than u of the one before."""
    return {
        "e": "depthUpdate",
        "E": now,
        "s": market.name,
        "U": diff.first,
        "u": diff.last,
        "b": levels(market, diff.bids),
        "a": levels(market, diff.asks),
    }


def book_ticker(section: Section, market: Market) -> dict[str, Any]:
    """The best prices; Binance tells no event and no time here."""
    row = best(section, market)
    names = {"b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty"}
    told = {short: row[name] for short, name in names.items()}
    return {"u": section.house.books.depths[market.number].update, "s": market.name, **told}


def day(section: Section, market: Market, now: int, mini: bool) -> dict[str, Any]:
    """24hrTicker, or 24hrMiniTicker."""
    row = ticker(section, market)
    told = {"e": "24hrTicker", "E": now, "s": market.name}
    told |= {short: row[name] for short, name in TICKER.items()}
    if not mini:
        return told
    return {**{name: told[name] for name in MINI}, "e": "24hrMiniTicker"}


def execution_report(report: Report, now: int) -> dict[str, Any]:
    """executionReport: the order as it was at that moment."""
    order, fill, at = report.order, report.fill, milliseconds(report.at)
    market = order.market
    cancel = order.account.settings.get(shapes.cancelling(order), "")
    return {
        "e": "executionReport",
        "E": now,
        **asked_for(report),
        "c": cancel or order.wish.client,
        "C": order.wish.client if cancel else "",
        "x": execution(report),
        "X": shapes.status(order, report.status),
        "l": market.quantity(fill.lots if fill else 0),
        "z": market.quantity(report.filled),
        "L": market.price(fill.price if fill else 0),
        "n": money(fill.fee) if fill else "0",
        "N": fill.charged if fill else None,
        "T": at,
        "t": fill.trade if fill else -1,
        "w": report.status.live,
        "m": bool(fill and fill.maker),
        "Z": quote(market, report.tick_lots),
        "Y": quote(market, fill.price * fill.lots if fill else 0),
    }


def execution(report: Report) -> str:
    """What happened, in spot's words."""
    if report.what is Execution.EXPIRED and report.order.why == Reject.SELF_TRADE:
        return "TRADE_PREVENTION"
    return report.what.value


def asked_for(report: Report) -> dict[str, Any]:
    """What of an order its trades do not change."""
    order, created = report.order, milliseconds(report.order.created)
    market = order.market
    return {
        "s": market.name,
        "S": side(order),
        "o": shapes.kind(order),
        "f": shapes.tif(order),
        "q": market.quantity(order.lots),
        "p": shapes.price(order),
        "P": market.price(0),
        "F": market.quantity(0),
        "g": -1,
        "r": "NONE",
        "i": order.number,
        "I": report.at,
        "M": False,
        "O": created,
        "Q": shapes.budget(order),
        "W": created,
        "V": PREVENTIONS[order.wish.prevention],
    }


def position(
    section: Section, account: Account, assets: Iterable[str], at: int, now: int
) -> dict[str, Any]:
    """outboundAccountPosition: what the account has of assets now."""
    rows = []
    for asset in assets:
        wallet = section.house.wallet(account, asset)
        rows.append({"a": asset, "f": money(wallet.money), "l": money(wallet.held)})
    return {"e": "outboundAccountPosition", "E": now, "u": at, "B": rows}


def balance_update(asset: str, amount: int, at: int, now: int) -> dict[str, Any]:
    """balanceUpdate: a deposit or a withdrawal."""
    return {"e": "balanceUpdate", "E": now, "a": asset, "d": money(amount), "T": at}
