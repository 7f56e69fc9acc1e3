"""Binance's answers: spot, USD-M and COIN-M alike.

Source: binance-spot-api-docs, "WebSocket Streams" (live subscribing, errors), "Order book". Streams
that are well written are accepted, whether there is such a symbol or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from engine.feeds.events import Trade
from engine.feeds.speech import Kind, Topic
from infra.replaying.words import (
    MILLISECOND,
    Dialect,
    Heard,
    Market,
    Shown,
    Wanted,
    request,
    rows,
    said,
)

CHANNELS = {
    "trade": Kind.TRADES,
    "aggTrade": Kind.TRADES,
    "bookTicker": Kind.QUOTES,
    "depth": Kind.BOOK,
    "markPrice": Kind.FUNDING,
    "forceOrder": Kind.LIQUIDATIONS,
}
_stream = re.compile(rf"([a-z0-9_]+)@({'|'.join(CHANNELS)})(?:@\w+)?").fullmatch
_streams = re.compile(r"[?&]streams=([^&]+)|/ws/(.+)").search


def topics(names: Iterable[object]) -> tuple[Topic, ...] | None:
    """Of streams; None if one of them is none."""
    found = [_stream(name) if isinstance(name, str) else None for name in names]
    if None in found:
        return None
    return tuple(Topic(CHANNELS[each.group(2)], each.group(1).upper()) for each in found if each)


def hear(text: str, market: Market) -> Heard:
    """{"result":null,"id":1}, or {"error":{"code":2,"msg":"..."},"id":1}."""
    asked = request(text)
    number, names = asked.get("id"), asked.get("params")
    if asked.get("method") not in ("SUBSCRIBE", "UNSUBSCRIBE"):
        return Heard((said({"error": {"code": 2, "msg": "Invalid request"}, "id": number}),))
    found = topics(names) if isinstance(names, list) else None
    if found is None:
        error = {"code": 2, "msg": "Invalid request: request ID or streams are wrong"}
        return Heard((said({"error": error, "id": number}),))
    reply = (said({"result": None, "id": number}),)
    if asked["method"] == "SUBSCRIBE":
        return Heard(reply, join=found)
    return Heard(reply, leave=found)


def joined(address: str) -> tuple[Topic, ...]:
    """/stream?streams=btcusdt@trade/btcusdt@depth, /ws/btcusdt@trade."""
    match = _streams(address)
    return () if match is None else topics((match.group(1) or match.group(2)).split("/")) or ()


def spot_book(book: Shown) -> str:
    """GET /api/v3/depth."""
    return said({"lastUpdateId": book.last_id, "bids": rows(book.bids), "asks": rows(book.asks)})


def futures_book(book: Shown, **more: str) -> str:
    """GET /fapi/v1/depth."""
    time = book.time // MILLISECOND
    sides = {"bids": rows(book.bids), "asks": rows(book.asks)}
    return said({"lastUpdateId": book.last_id, "E": time, "T": time, **more, **sides})


def coin_book(book: Shown) -> str:
    """GET /dapi/v1/depth."""
    return futures_book(book, symbol=book.name, pair=book.name.partition("_")[0])


def trades(wanted: Wanted, found: Sequence[Trade]) -> str:
    """GET /trades: the oldest of the latest first; /historicalTrades: from a number on."""
    start = wanted.number("fromId")
    rows = [{"id": int(each.trade_id), "price": each.price, "qty": each.quantity,
             "time": each.event_time // MILLISECOND, "isBuyerMaker": each.side == "sell"}
            for each in found if start is None or int(each.trade_id) >= start]  # fmt: skip
    limit = min(wanted.number("limit") or MOST, MOST)
    return said(rows[-limit:] if start is None else rows[:limit])


MOST = 1000
"""Trades that REST gives."""
ANSWERS = {"spot": spot_book, "usdm": futures_book, "cm": coin_book}


def dialect(market: str, address: str) -> Dialect:
    """Of one of the three."""
    return Dialect(hear=hear, answer=ANSWERS[market], joined=joined, trades=trades)
