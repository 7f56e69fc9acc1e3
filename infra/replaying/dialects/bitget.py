"""Bitget's answers, v2's words; a recording of v1 is asked for by them too.

Source: Bitget's API documents, "Websocket API" (connect, subscribe), "Depth Channel".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.feeds.bitget import KINDS, KINDS_OF
from engine.feeds.events import Trade
from engine.feeds.speech import Topic
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

ENDINGS = {kind: ending for ending, kind in KINDS_OF.items()}


def hear(text: str, market: Market) -> Heard:
    """An answer for each argument."""
    if text == "ping":
        return Heard(("pong",))
    asked = request(text)
    operation, arguments = asked.get("op"), asked.get("args")
    if operation not in ("subscribe", "unsubscribe") or not isinstance(arguments, list):
        return Heard((said({"event": "error", "code": 30003, "msg": "INVALID op", "op": None}),))
    replies, topics = [], []
    for argument in arguments:
        topic = _topic(argument)
        if topic is None or not market.has(topic):
            error = {"code": 30001, "msg": f"{said(argument)} doesn't exist", "op": operation}
            replies.append(said({"event": "error", "arg": argument, **error}))
            continue
        topics.append(topic)
        replies.append(said({"event": operation, "arg": argument}))
    if operation == "subscribe":
        return Heard(tuple(replies), join=tuple(topics))
    return Heard(tuple(replies), leave=tuple(topics))


def _topic(argument: Any) -> Topic | None:
    if not isinstance(argument, dict):
        return None
    kind = KINDS.get(str(argument.get("channel")))
    ending = ENDINGS.get(str(argument.get("instType")))
    if kind is None or ending is None:
        return None
    return Topic(kind, f"{argument.get('instId')}_{ending}")


def snapshot(book: Shown) -> str:
    """The first message of the channel `books`."""
    name, _, ending = book.name.partition("_")
    time = str(book.time // MILLISECOND)
    data: dict[str, Any] = {"asks": rows(book.asks), "bids": rows(book.bids)}
    data |= {"checksum": book.checksum, "ts": time}
    if book.last_id is not None:
        data["seq"] = book.last_id
    argument = {"instType": KINDS_OF[ending], "channel": "books", "instId": name}
    return said({"action": "snapshot", "arg": argument, "data": [data], "ts": int(time)})


def trades(wanted: Wanted, found: Sequence[Trade]) -> str:
    """GET /market/fills and fills-history: the latest first. A recording of v1 has no ids: none is
    given then either.
    """
    before = wanted.number("idLessThan")
    older = [each for each in found if before is None or (each.order or 0) < before]
    rows = [{"symbol": wanted.name, "tradeId": each.trade_id, "side": each.side.capitalize(),
             "price": each.price, "size": each.quantity, "ts": str(each.event_time // MILLISECOND)}
            for each in wanted.some(older, 1000)]  # fmt: skip
    return said({"code": "00000", "msg": "success", "data": rows})


def dialect(market: str, address: str) -> Dialect:
    """The public socket."""
    return Dialect(hear=hear, snapshot=snapshot, trades=trades)
