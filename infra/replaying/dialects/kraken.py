"""Kraken's answers: spot's WebSocket v2 and v1, and the futures'.

Sources: as of engine.feeds.kraken_speech; of v1 "subscribe", "subscriptionStatus", "systemStatus".
A recording of v1 may be asked for in v2's words, by the names that its frames have, and the other
way round: its frames come as they were recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.feeds.events import Trade
from engine.feeds.kraken_names import FUTURES
from engine.feeds.kraken_speech import FEEDS, KINDS
from engine.feeds.speech import Kind, Topic
from infra.replaying.words import (
    MILLISECOND,
    Dialect,
    Heard,
    Market,
    Shown,
    Wanted,
    numbers,
    request,
    rows,
    said,
)

OLD_KINDS = {
    "trade": Kind.TRADES,
    "ticker": Kind.QUOTES,
    "spread": Kind.QUOTES,
    "book": Kind.BOOK,
}
DEPTH = 1000
CONNECTION = 12393906104898154338
LEVEL = '{{"price":{},"qty":{}}}'


def hear(text: str, market: Market) -> Heard:
    """v2: an answer for each symbol."""
    asked = request(text)
    method, number = asked.get("method"), asked.get("req_id")
    known: dict[str, Any] = {"method": method} | ({} if number is None else {"req_id": number})
    if method == "ping":
        return Heard((said(known | {"method": "pong"}),))
    parameters = asked.get("params")
    if method not in ("subscribe", "unsubscribe") or not isinstance(parameters, dict):
        return Heard((said(known | {"error": "Unsupported method", "success": False}),))
    kind = KINDS.get(str(parameters.get("channel")))
    if kind is None:
        return Heard((said(known | {"error": "Unsupported channel", "success": False}),))
    replies, topics = [], []
    for name in parameters.get("symbol", ()):
        if not market.has(Topic(kind, name)):
            error = {"error": f"Currency pair not supported {name}", "success": False}
            replies.append(said(known | error | {"symbol": name}))
            continue
        topics.append(Topic(kind, name))
        result = {key: value for key, value in parameters.items() if key != "symbol"}
        replies.append(said(known | {"result": result | {"symbol": name}, "success": True}))
    if method == "subscribe":
        return Heard(tuple(replies), join=tuple(topics))
    return Heard(tuple(replies), leave=tuple(topics))


def hear_old(text: str, market: Market) -> Heard:
    """v1: a subscriptionStatus for each pair."""
    asked = request(text)
    event, number = asked.get("event"), asked.get("reqid")
    known: dict[str, Any] = {} if number is None else {"reqid": number}
    if event == "ping":
        return Heard((said({"event": "pong"} | known),))
    wanted = asked.get("subscription")
    if event not in ("subscribe", "unsubscribe") or not isinstance(wanted, dict):
        return Heard((said({"event": "error", "errorMessage": "Malformed request"} | known),))
    kind = OLD_KINDS.get(str(wanted.get("name")))
    replies, topics = [], []
    for place, name in enumerate(asked.get("pair", ())):
        told: dict[str, Any] = {"event": "subscriptionStatus", "pair": name, "subscription": wanted}
        if kind is None or not market.has(Topic(kind, name)):
            error = f"Currency pair not supported {name}"
            replies.append(said(told | known | {"errorMessage": error, "status": "error"}))
            continue
        topics.append(Topic(kind, name))
        channel = f"book-{wanted.get('depth', 10)}" if kind is Kind.BOOK else wanted["name"]
        told |= {"channelID": place, "channelName": channel, "status": f"{event}d"}
        replies.append(said(told | known))
    if event == "subscribe":
        return Heard(tuple(replies), join=tuple(topics))
    return Heard(tuple(replies), leave=tuple(topics))


def hear_futures(text: str, market: Market) -> Heard:
    """An answer for each product; a feed serves several kinds."""
    asked = request(text)
    event, feed = asked.get("event"), asked.get("feed")
    if event not in ("subscribe", "unsubscribe"):
        return Heard((said({"event": "error", "message": "Json Error"}),))
    if feed == "heartbeat":
        return Heard((said({"event": f"{event}d", "feed": feed}),))
    served = "ticker" if feed == "ticker_lite" else feed
    kinds = [kind for kind, each in FEEDS.items() if each == served]
    replies, topics = [], []
    for product in asked.get("product_ids", ()):
        name = str(product).upper()
        found = [Topic(kind, name) for kind in kinds if market.has(Topic(kind, name))]
        told = f"{event}d" if found else f"{event}d_failed"
        replies.append(said({"event": told, "feed": feed, "product_ids": [name]}))
        topics += found
    if event == "subscribe":
        return Heard(tuple(replies), join=tuple(topics))
    return Heard(tuple(replies), leave=tuple(topics))


def snapshot(book: Shown) -> str:
    """v2's, of the depth that was recorded, at most DEPTH."""
    bids, asks = numbers(book.bids[:DEPTH], LEVEL), numbers(book.asks[:DEPTH], LEVEL)
    told = f'"symbol":{said(book.name)},"bids":{bids},"asks":{asks},"checksum":{book.checksum}'
    return f'{{"channel":"book","type":"snapshot","data":[{{{told}}}]}}'


def snapshot_old(book: Shown) -> str:
    """v1's; the time of each level is that of the book."""
    seconds, part = divmod(book.time, 1_000_000_000)
    time = f"{seconds}.{part // 1000:06}"
    sides = {"as": rows(book.asks[:DEPTH], time), "bs": rows(book.bids[:DEPTH], time)}
    return said([0, sides, f"book-{DEPTH}", book.name])


def snapshot_futures(book: Shown) -> str:
    """The futures'."""
    head = {
        "feed": "book_snapshot",
        "product_id": book.name,
        "timestamp": book.time // MILLISECOND,
        "seq": book.last_id,
        "tickSize": None,
    }
    bids, asks = numbers(book.bids, LEVEL), numbers(book.asks, LEVEL)
    return f'{said(head)[:-1]},"bids":{bids},"asks":{asks}}}'


def trades(wanted: Wanted, found: Sequence[Trade]) -> str:
    """GET /0/public/Trades: the oldest first, from a time in ns on, or the latest."""
    since = wanted.number("since")
    rows = [_row(each) for each in found if since is None or each.event_time > since]
    limit = min(wanted.number("count") or 1000, 1000)
    some = rows[-limit:] if since is None else rows[:limit]
    return f'{{"error":[],"result":{{{said(wanted.name)}:[{",".join(some)}],"last":"0"}}}}'


def _row(trade: Trade) -> str:
    seconds, rest = divmod(trade.event_time, 1_000_000_000)
    number = f",{trade.trade_id}" if trade.trade_id else ""
    told = f'"{trade.price}","{trade.quantity}",{seconds}.{rest:09},"{trade.side[0]}","l",""'
    return f"[{told}{number}]"


STATUS = {"api_version": "v2", "connection_id": CONNECTION, "system": "online", "version": "2.0.4"}
OLD_STATUS = {
    "connectionID": CONNECTION,
    "event": "systemStatus",
    "status": "online",
    "version": "1.8.3",
}
V2 = Dialect(
    hear=hear,
    welcome=(said({"channel": "status", "data": [STATUS], "type": "update"}),),
    pulse=lambda now: '{"channel":"heartbeat"}',
    every=1.0,
    snapshot=snapshot,
    trades=trades,
)
V1 = Dialect(
    hear=hear_old,
    welcome=(said(OLD_STATUS),),
    pulse=lambda now: '{"event":"heartbeat"}',
    every=1.0,
    snapshot=snapshot_old,
    trades=trades,
)
OF_FUTURES = Dialect(
    hear=hear_futures,
    welcome=('{"event":"info","version":1}',),
    pulse=lambda now: said({"feed": "heartbeat", "time": now // MILLISECOND}),
    every=1.0,
    snapshot=snapshot_futures,
)


def dialect(market: str, address: str) -> Dialect:
    """By the market, and of spot by the path."""
    if market == FUTURES:
        return OF_FUTURES
    return V2 if address.rstrip("/").endswith("/v2") else V1
