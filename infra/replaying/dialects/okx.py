"""OKX's answers.

Source: OKX's API guide v5, "Subscribe", "Connection", "Order book channel", "Get trades".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from engine.feeds.events import Trade
from engine.feeds.okx import KINDS
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

CHANNELS = KINDS | {"trades-all": Kind.TRADES}
CONNECTION = "a4d3ae55"
MOST = 500
"""Trades that REST gives."""
_type = re.compile(r'"instType":"([^"]*)"').search


def whole_name(payload: str) -> str:
    """What a frame of a whole market is about."""
    match = _type(payload)
    return match.group(1) if match else ""


def hear(text: str, market: Market) -> Heard:
    """An answer for each argument; what there is not is refused with 60018."""
    if text == "ping":
        return Heard(("pong",))
    asked = request(text)
    operation, arguments = asked.get("op"), asked.get("args")
    known = {"id": asked["id"]} if "id" in asked else {}
    if operation not in ("subscribe", "unsubscribe") or not isinstance(arguments, list):
        return Heard((_error(known, "60012", f"Invalid request: {text}"),))
    replies, topics = [], []
    for argument in arguments:
        topic = _topic(argument)
        if topic is None or not market.has(topic):
            named = said(argument)
            replies.append(_error(known, "60018", f"Wrong URL or {named} doesn't exist."))
            continue
        topics.append(topic)
        told = {"event": operation, "arg": argument, "connId": CONNECTION}
        replies.append(said(known | told))
    if operation == "subscribe":
        return Heard(tuple(replies), join=tuple(topics))
    return Heard(tuple(replies), leave=tuple(topics))


def _topic(argument: Any) -> Topic | None:
    if not isinstance(argument, dict):
        return None
    kind = CHANNELS.get(str(argument.get("channel")))
    if kind is None:
        return None
    return Topic(kind, str(argument.get("instId", argument.get("instType", ""))))


def _error(known: dict[str, Any], code: str, message: str) -> str:
    error = {"event": "error", "code": code, "msg": message, "connId": CONNECTION}
    return said(known | error)


def snapshot(book: Shown) -> str:
    """The first message of the channel `books`; of 2022 with a checksum and without ids."""
    data: dict[str, Any] = {
        "asks": rows(book.asks, "0", "1"),
        "bids": rows(book.bids, "0", "1"),
        "ts": str(book.time // MILLISECOND),
        "checksum": 0,
    }
    if book.last_id is None:
        data["checksum"] = book.checksum
    else:
        data |= {"prevSeqId": -1, "seqId": book.last_id}
    argument = {"channel": "books", "instId": book.name}
    return said({"arg": argument, "action": "snapshot", "data": [data]})


def trades(wanted: Wanted, found: Sequence[Trade]) -> str:
    """GET /api/v5/market/trades and history-trades: the latest first."""
    after = wanted.number("after")
    older = [trade for trade in found if after is None or int(trade.trade_id) < after]
    data = [_row(wanted.name, trade) for trade in wanted.some(older, MOST)]
    return said({"code": "0", "msg": "", "data": data})


def _row(name: str, trade: Trade) -> dict[str, str]:
    first, last = trade.numbers or (0, 0)
    told = {"px": trade.price, "sz": trade.quantity, "tradeId": trade.trade_id, "side": trade.side}
    time = str(trade.event_time // MILLISECOND)
    return {"instId": name, "count": str(last - first + 1), "ts": time, **told}


def dialect(market: str, address: str) -> Dialect:
    """The public socket."""
    return Dialect(hear=hear, snapshot=snapshot, trades=trades)
