"""Coinbase's answers: Advanced Trade's, and the Exchange's.

Sources: as of engine.feeds.coinbase_speech. What Advanced Trade says itself has no sequence_num
here: the numbers of the recorded frames are those of the recorded connection, and a client that
asks for less than was recorded sees holes in them. For the same reason no book is made for it: who
comes late has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from engine.feeds.coinbase_speech import ADVANCED, KINDS
from engine.feeds.events import Trade
from engine.feeds.speech import Topic
from engine.spans import SECOND
from infra.replaying.words import Dialect, Heard, Market, Shown, Wanted, request, rows, said

MAKER = {"buy": "sell", "sell": "buy"}
SILENT = ("heartbeats", "heartbeat")


def hear(text: str, market: Market) -> Heard:
    """Advanced Trade: a channel a request; what there is not is refused as a whole."""
    asked = request(text)
    operation, channel = asked.get("type"), asked.get("channel")
    if operation not in ("subscribe", "unsubscribe"):
        return _refused(f"invalid type {operation}", "")
    if channel in SILENT:
        return Heard((_channels({"heartbeats": ["heartbeats"]}),))
    return _asked(asked, [str(channel)], market, _channels)


def hear_old(text: str, market: Market) -> Heard:
    """The Exchange: several channels a request."""
    asked = request(text)
    operation = asked.get("type")
    if operation not in ("subscribe", "unsubscribe"):
        return _refused("Malformed JSON", "")
    channels = [each for each in asked.get("channels", ()) if each not in SILENT]
    return _asked(asked, channels, market, _old_channels)


def _asked(asked: dict[str, Any], channels: list[str], market: Market, told: Any) -> Heard:
    names = [str(name) for name in asked.get("product_ids", ())]
    unknown = [channel for channel in channels if channel not in KINDS]
    if unknown:
        return _refused("Failed to subscribe", f"{unknown[0]} is not a valid channel")
    topics = tuple(Topic(KINDS[channel], name) for channel in channels for name in names)
    wrong = [topic.name for topic in topics if not market.has(topic)]
    if wrong:
        return _refused("Failed to subscribe", f"{wrong[0]} is not a valid product")
    if asked["type"] == "unsubscribe":
        return Heard((told({}),), leave=topics)
    return Heard((told({channel: names for channel in channels}),), join=topics)


def _refused(message: str, reason: str) -> Heard:
    return Heard((said({"type": "error", "message": message, "reason": reason}),))


def _channels(channels: dict[str, list[str]]) -> str:
    return said({"channel": "subscriptions", "events": [{"subscriptions": channels}]})


def _old_channels(channels: dict[str, list[str]]) -> str:
    found = [{"name": name, "product_ids": names} for name, names in channels.items()]
    return said({"type": "subscriptions", "channels": found})


def snapshot(book: Shown) -> str:
    """The Exchange's level2."""
    sides = {"bids": rows(book.bids), "asks": rows(book.asks)}
    return said({"type": "snapshot", "product_id": book.name, **sides})


def trades(wanted: Wanted, found: Sequence[Trade]) -> str:
    """The Exchange's GET /products/NAME/trades: the latest first, with the side of the maker."""
    before = wanted.number("after")
    older = [each for each in found if before is None or int(each.trade_id) < before]
    return said([_row(each) | {"side": MAKER[each.side]} for each in wanted.some(older, 1000)])


def trades_advanced(wanted: Wanted, found: Sequence[Trade]) -> str:
    """Advanced Trade's GET /market/products/NAME/ticker; start and end are in seconds."""
    start, end = (wanted.number(each) for each in ("start", "end"))
    some = [each for each in found if start is None or each.event_time >= start * SECOND]
    some = [each for each in some if end is None or each.event_time < end * SECOND]
    more = {"product_id": wanted.name, "bid": "", "ask": ""}
    rows = [_row(each) | more | {"side": MAKER[each.side].upper()}
            for each in wanted.some(some, 1000)]  # fmt: skip
    return said({"trades": rows, "best_bid": "", "best_ask": ""})


def _row(trade: Trade) -> dict[str, str]:
    time = datetime.fromtimestamp(trade.event_time // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    told = {"trade_id": trade.trade_id, "price": trade.price, "size": trade.quantity}
    return told | {"time": f"{time}.{trade.event_time % SECOND:09}Z"}


def dialect(market: str, address: str) -> Dialect:
    """By the market."""
    if market == ADVANCED:
        return Dialect(hear=hear, trades=trades_advanced)
    return Dialect(hear=hear_old, snapshot=snapshot, trades=trades)
