"""Bybit's answers, v5's words; a recording of v2 of 2021 is asked for by them too.

Source: Bybit's API guide v5, "Connect" ("How to Send Heartbeat", "Subscribe"), "Orderbook".
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

CONNECTION = "2324d924-aa4d-45b0-a858-7b8be29ab52b"
HEADS = {
    "publicTrade": Kind.TRADES,
    "trade": Kind.TRADES,
    "tickers": Kind.FUNDING,
    "allLiquidation": Kind.LIQUIDATIONS,
}


def topic_of(text: object) -> Topic | None:
    """publicTrade.BTCUSDT, orderbook.50.BTCUSDT."""
    if not isinstance(text, str):
        return None
    head, _, name = text.rpartition(".")
    if head.startswith("orderBook"):
        return Topic(Kind.BOOK, name)
    if head.startswith("orderbook."):
        return Topic(Kind.QUOTES if head == "orderbook.1" else Kind.BOOK, name)
    kind = HEADS.get(head)
    return None if kind is None else Topic(kind, name)


def hear(text: str, market: Market) -> Heard:
    """All of a request is accepted, or none."""
    asked = request(text)
    operation = asked.get("op")
    known: dict[str, Any] = {"conn_id": CONNECTION, "req_id": asked.get("req_id", "")}
    if operation == "ping":
        return Heard((said({"success": True, "ret_msg": "pong", **known, "op": "ping"}),))
    arguments = asked.get("args")
    if operation not in ("subscribe", "unsubscribe") or not isinstance(arguments, list):
        return Heard((said({"success": False, "ret_msg": "Params Error", **known, "op": ""}),))
    topics = [topic_of(argument) for argument in arguments]
    found = tuple(topic for topic in topics if topic is not None and market.has(topic))
    if len(found) < len(arguments):
        wrong = next(a for a, t in zip(arguments, topics, strict=True) if t not in found)
        message = f"error:handler not found,topic:{wrong}"
        return Heard((said({"success": False, "ret_msg": message, **known, "op": operation}),))
    told = (said({"success": True, "ret_msg": operation, **known, "op": operation}),)
    return Heard(told, join=found) if operation == "subscribe" else Heard(told, leave=found)


def snapshot(book: Shown) -> str:
    """The first message of orderbook.50; u is that of the recording."""
    time = book.time // MILLISECOND
    data = {"s": book.name, "b": rows(book.bids), "a": rows(book.asks), "u": book.last_id or 2}
    topic = f"orderbook.50.{book.name}"
    return said({"topic": topic, "type": "snapshot", "ts": time, "data": data, "cts": time})


def trades(wanted: Wanted, found: Sequence[Trade]) -> str:
    """GET /v5/market/recent-trade: the latest first."""
    category = wanted.query.get("category", "")
    rows = [{"execId": each.trade_id, "symbol": wanted.name, "price": each.price,
             "size": each.quantity, "side": each.side.capitalize(),
             "time": str(each.event_time // MILLISECOND), "isBlockTrade": False}
            for each in wanted.some(found, 60 if category == "spot" else 1000)]  # fmt: skip
    return said({"retCode": 0, "retMsg": "OK", "result": {"category": category, "list": rows}})


def dialect(market: str, address: str) -> Dialect:
    """The public sockets."""
    return Dialect(hear=hear, snapshot=snapshot, trades=trades)
