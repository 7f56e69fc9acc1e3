"""Gate's answers: spot and contracts.

Source: Gate API v4, "Client Subscription", "Application ping pong", "Retrieve order book".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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

HEADS = {
    "trades": Kind.TRADES,
    "book_ticker": Kind.QUOTES,
    "order_book_update": Kind.BOOK,
    "tickers": Kind.FUNDING,
    "public_liquidates": Kind.LIQUIDATIONS,
}
SECOND = 1_000_000_000


def hear(text: str, market: Market) -> Heard:
    """All of a request is accepted, or none; of books it is about one."""
    asked = request(text)
    channel, event = str(asked.get("channel")), asked.get("event")
    head, _, kind_name = channel.partition(".")
    known: dict[str, Any] = {
        "time": market.now // SECOND,
        "id": asked.get("id"),
        "channel": channel,
        "event": event or "",
    }
    if kind_name == "ping":
        known = {"time": known["time"], "channel": f"{head}.pong", "event": ""}
        return Heard((said({**known, "error": None, "result": None}),))
    kind, payload = HEADS.get(kind_name), asked.get("payload")
    if event not in ("subscribe", "unsubscribe") or kind is None or not isinstance(payload, list):
        return _refused(known, 1, "invalid argument")
    names = payload[:1] if kind is Kind.BOOK else payload
    topics = tuple(Topic(kind, str(name)) for name in names)
    wrong = [topic.name for topic in topics if not market.has(topic)]
    if wrong:
        return _refused(known, 2, f"unknown currency pair: {wrong[0]}")
    reply = (said({**known, "payload": payload, "result": {"status": "success"}}),)
    return Heard(reply, join=topics) if event == "subscribe" else Heard(reply, leave=topics)


def _refused(known: dict[str, Any], code: int, message: str) -> Heard:
    error = {"code": code, "message": message}
    return Heard((said({**known, "error": error, "result": {"status": "fail"}}),))


def spot_book(book: Shown) -> str:
    """GET /spot/order_book with its id."""
    time = book.time // MILLISECOND
    sides = {"asks": rows(book.asks), "bids": rows(book.bids)}
    return said({"id": book.last_id, "current": time, "update": time, **sides})


def futures_book(book: Shown) -> str:
    """GET /futures/SETTLE/order_book with its id; quantities are integers."""
    time = book.time // MILLISECOND / 1000
    asks, bids = ([{"s": int(s), "p": p} for p, s in side] for side in (book.asks, book.bids))
    return said({"id": book.last_id, "current": time, "update": time, "asks": asks, "bids": bids})


def spot_trades(wanted: Wanted, found: Sequence[Trade]) -> str:
    """GET /spot/trades: the latest first; with last_id and reverse those of smaller ids."""
    before = wanted.number("last_id")
    older = [each for each in found if before is None or int(each.trade_id) < before]
    return said([_spot_row(wanted.name, each) for each in wanted.some(older, 1000)])


def _spot_row(name: str, trade: Trade) -> dict[str, str]:
    time, rest = divmod(trade.event_time, MILLISECOND)
    times = {"create_time": str(trade.event_time // SECOND), "create_time_ms": f"{time}.{rest:06}"}
    number = {} if trade.numbers is None else {"sequence_id": str(trade.numbers[1])}
    told = {"amount": trade.quantity, "price": trade.price, "side": trade.side}
    return {"id": trade.trade_id, **times, "currency_pair": name, **told, **number}


def futures_trades(wanted: Wanted, found: Sequence[Trade]) -> str:
    """GET /futures/SETTLE/trades: the latest first; from and to are in seconds."""
    start, end = (wanted.number(each) for each in ("from", "to"))
    some = [each for each in found if start is None or each.event_time >= start * SECOND]
    some = [each for each in some if end is None or each.event_time < end * SECOND]
    return said([_futures_row(wanted.name, each) for each in wanted.some(some, 1000)])


def _futures_row(name: str, trade: Trade) -> dict[str, Any]:
    size = int(trade.quantity) if trade.side == "buy" else -int(trade.quantity)
    time = trade.event_time // MILLISECOND / 1000
    told = {"size": size, "price": trade.price, "create_time": time, "create_time_ms": time}
    return {"id": int(trade.trade_id), "contract": name, **told}


def dialect(market: str, address: str) -> Dialect:
    """By the market."""
    if market == "spot":
        return Dialect(hear=hear, answer=spot_book, trades=spot_trades)
    return Dialect(hear=hear, answer=futures_book, trades=futures_trades)
