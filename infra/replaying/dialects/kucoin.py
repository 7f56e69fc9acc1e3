"""KuCoin's answers: the Pro sockets' words, by which recordings of the classic one are asked for
too, and the book of the classic REST.

Sources: as of engine.feeds.kucoin_pro_frames, "Get Full OrderBook".
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.feeds.events import Trade
from engine.feeds.kucoin import CHANNELS
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

KINDS = {channel: kind for kind, channel in CHANNELS.items()}


def hear(text: str, market: Market) -> Heard:
    """One topic a request."""
    asked = request(text)
    known = {"id": asked.get("id")}
    if asked.get("type") == "ping":
        return Heard((said({**known, "type": "pong"}),))
    kind, action = KINDS.get(str(asked.get("channel"))), asked.get("action")
    name = str(asked.get("symbol"))
    if kind is None or action not in ("SUBSCRIBE", "UNSUBSCRIBE"):
        return Heard((said({**known, "result": False, "reason": "invalid request"}),))
    topic = Topic(kind, name)
    if not market.has(topic):
        return Heard((said({**known, "result": False, "reason": f"symbol {name} not found"}),))
    reply = (said({**known, "result": True}),)
    if action == "SUBSCRIBE":
        return Heard(reply, join=(topic,))
    return Heard(reply, leave=(topic,))


def snapshot(book: Shown) -> str:
    """The first message of the channel obu."""
    kind = "SPOT" if "-" in book.name else "FUTURES"
    last = book.last_id
    data = {"C": last, "M": str(book.time), "O": last, "a": rows(book.asks), "b": rows(book.bids)}
    head = {"T": f"obu.{kind}", "dp": "increment@10ms", "t": "snapshot", "P": str(book.time)}
    return said({**head, "d": {**data, "s": book.name}})


def answer(book: Shown) -> str:
    """GET /api/v3/market/orderbook/level2 of spot."""
    time, last = book.time // MILLISECOND, str(book.last_id)
    data = {"time": time, "sequence": last, "bids": rows(book.bids), "asks": rows(book.asks)}
    return said({"code": "200000", "data": data})


def trades(wanted: Wanted, found: Sequence[Trade]) -> str:
    """GET /api/ua/v1/market/trade: the latest first."""
    rows = [{"sequence": each.trade_id, "tradeId": each.trade_id, "price": each.price,
             "size": each.quantity, "side": each.side, "ts": each.event_time}
            for each in wanted.some(found, 100)]  # fmt: skip
    data = {"tradeType": wanted.query.get("tradeType", ""), "list": rows}
    return said({"code": "200000", "data": data})


def dialect(market: str, address: str) -> Dialect:
    """The Pro sockets; a book of the classic form is given for spot."""
    welcome = said({"sessionId": "1", "data": "welcome", "type": "welcome", "pingInterval": 18000})
    return Dialect(
        hear=hear,
        welcome=(welcome,),
        snapshot=snapshot,
        trades=trades,
        answer=answer if market == "spot" else None,
    )
