"""Messages of USD-M futures streams.

https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams
"""

from __future__ import annotations

from typing import Any

from engine.clearing.codes import Mode
from infra.exchange.depth import Diff
from infra.exchange.dialects.binance.section import Section, milliseconds
from infra.exchange.dialects.binance.shapes import PREVENTIONS, levels, side
from infra.exchange.dialects.binance.usdm_account import entry
from infra.exchange.dialects.binance.usdm_market import premium
from infra.exchange.dialects.binance.usdm_shapes import price, tif
from infra.exchange.facts import Changed, Configured, Execution, Report, Trade
from infra.exchange.listing import Market, money
from infra.exchange.orders import Order


def public_trade(trade: Trade, aggregate: bool) -> dict[str, Any]:
    """trade, or aggTrade."""
    market, at = trade.market, milliseconds(trade.at)
    told: dict[str, Any] = {"e": "aggTrade" if aggregate else "trade", "E": at, "T": at}
    told |= {"s": market.name, "p": market.price(trade.price), "q": market.quantity(trade.lots)}
    if aggregate:
        told |= {"a": trade.number, "f": trade.number, "l": trade.number}
    else:
        told |= {"t": trade.number, "X": "MARKET"}
    return {**told, "m": not trade.taker_buys}


def depth(market: Market, diff: Diff, now: int) -> dict[str, Any]:
    """depthUpdate: U and u of this diff, pu of the one before."""
    return {
        "e": "depthUpdate",
        "E": now,
        "T": now,
        "s": market.name,
        "U": diff.first,
        "u": diff.last,
        "pu": diff.before,
        "b": levels(market, diff.bids),
        "a": levels(market, diff.asks),
    }


def book_ticker(section: Section, market: Market) -> dict[str, Any]:
    """The best prices."""
    book, now = section.house.books.depths[market.number], section.clock.milliseconds()
    bid, ask = book.best(True) or (0, 0), book.best(False) or (0, 0)
    return {
        "e": "bookTicker",
        "u": book.update,
        "E": now,
        "T": now,
        "s": market.name,
        "b": market.price(bid[0]),
        "B": market.quantity(bid[1]),
        "a": market.price(ask[0]),
        "A": market.quantity(ask[1]),
    }


def mark_price(section: Section, market: Market) -> dict[str, Any]:
    """Mark price and funding."""
    row = premium(section, market)
    return {
        "e": "markPriceUpdate",
        "E": row["time"],
        "s": market.name,
        "p": row["markPrice"],
        "i": row["indexPrice"],
        "P": row["estimatedSettlePrice"],
        "r": row["lastFundingRate"],
        "T": row["nextFundingTime"],
    }


def order_update(report: Report, now: int) -> dict[str, Any]:
    """ORDER_TRADE_UPDATE: the order as it was at that moment."""
    order, fill, at = report.order, report.fill, milliseconds(report.at)
    market = order.market
    told = {
        **asked_for(order),
        "ap": market.average(report.tick_lots, report.filled, 5),
        "x": report.what.value,
        "X": report.status.value,
        "l": market.quantity(fill.lots if fill else 0),
        "z": market.quantity(report.filled),
        "L": market.price(fill.price) if fill else "0",
        "T": at,
        "t": fill.trade if fill else 0,
        "m": bool(fill and fill.maker),
        "rp": money(fill.realised if fill else 0),
    }
    if fill and report.what is Execution.TRADE:
        told |= {"N": market.settle, "n": money(fill.fee)}
    return {"e": "ORDER_TRADE_UPDATE", "E": now, "T": at, "o": told}


def asked_for(order: Order) -> dict[str, Any]:
    """What of an order its trades do not change."""
    return {
        "s": order.market.name,
        "c": order.wish.client,
        "i": order.number,
        "S": side(order),
        "o": order.wish.type.value,
        "ot": order.wish.type.value,
        "f": tif(order),
        "q": order.market.quantity(order.lots),
        "p": price(order),
        "R": order.wish.reduce_only,
        "V": PREVENTIONS[order.wish.prevention],
        "ps": "BOTH",
        "sp": "0",
        "wt": "CONTRACT_PRICE",
        "cp": False,
        "pP": False,
        "pm": "NONE",
        "gtd": 0,
        "b": "0",
        "a": "0",
        "si": 0,
        "ss": 0,
    }


def account_update(section: Section, changed: Changed, now: int) -> dict[str, Any]:
    """ACCOUNT_UPDATE: money, and the positions that changed."""
    house, account = section.house, changed.account
    balances = []
    for number in changed.assets:
        asset = house.listing.assets[number]
        wallet = house.wallet(account, asset)
        margins = [house.row(account, each).margin for each in house.listing.markets]
        balances.append(
            {
                "a": asset,
                "wb": money(wallet.money + sum(margins)),
                "cw": money(wallet.money),
                "bc": money(changed.amount),
            }
        )
    return {
        "e": "ACCOUNT_UPDATE",
        "E": now,
        "T": milliseconds(changed.at),
        "a": {
            "m": changed.reason.value,
            "B": balances,
            "P": [position(section, changed, market) for market in changed.markets],
        },
    }


def position(section: Section, changed: Changed, market: Market) -> dict[str, Any]:
    """A position of ACCOUNT_UPDATE."""
    row = section.house.row(changed.account, market)
    isolated = row.mode == Mode.ISOLATED
    return {
        "s": market.name,
        "pa": market.quantity(row.lots),
        "ep": entry(market, row),
        "bep": entry(market, row),
        "cr": "0",
        "up": money(row.result),
        "mt": "isolated" if isolated else "cross",
        "iw": money(row.margin),
        "ps": "BOTH",
        "ma": market.settle,
    }


def config_update(configured: Configured, now: int) -> dict[str, Any]:
    """ACCOUNT_CONFIG_UPDATE: another leverage."""
    return {
        "e": "ACCOUNT_CONFIG_UPDATE",
        "E": now,
        "T": milliseconds(configured.at),
        "ac": {"s": configured.market.name, "l": configured.leverage},
    }
