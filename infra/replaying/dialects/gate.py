"""Gate's answers: spot and contracts.

Source: Gate API v4, "Client Subscription", "Application ping pong", "Retrieve order book".
"""

from __future__ import annotations

from typing import Any

from engine.feeds.speech import Kind, Topic
from infra.replaying.words import MILLISECOND, Dialect, Heard, Market, Shown, request, rows, said

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


def dialect(market: str, address: str) -> Dialect:
    """By the market."""
    return Dialect(hear=hear, answer=spot_book if market == "spot" else futures_book)
