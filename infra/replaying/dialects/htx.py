"""HTX's answers, all of them packed: spot, linear and inverse contracts.

Sources: as of engine.feeds.htx ("Heartbeat and Connection", "Subscribe to Topic", "Pull Request").
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from typing import Any

from engine.feeds.events import Trade
from engine.feeds.htx import CHANNELS
from engine.feeds.speech import Kind, Topic
from infra.replaying.words import (
    MILLISECOND,
    SILENCE,
    Dialect,
    Heard,
    Market,
    Shown,
    Wanted,
    numbers,
    request,
    said,
)

HEADS = {
    "trade": Kind.TRADES,
    "bbo": Kind.QUOTES,
    "ticker": Kind.QUOTES,
    "depth": Kind.BOOK,
    "mbp": Kind.BOOK,
    "mark_price": Kind.MARK,
    "funding_rate": Kind.FUNDING,
    "liquidation_orders": Kind.LIQUIDATIONS,
}
_channel = re.compile(r"(?:market|public)\.([^.]+)\.([a-z_]+)(?:\..+)?").fullmatch


def topic_of(channel: object) -> Topic | None:
    """What a channel brings."""
    match = _channel(channel) if isinstance(channel, str) else None
    kind = HEADS.get(match.group(2)) if match else None
    return Topic(kind, match.group(1)) if match and kind is not None else None


def hear(text: str, market: Market) -> Heard:
    """Subscriptions, and books that are asked for; a pong is not answered."""
    asked = request(text)
    time = market.now // MILLISECOND
    known = {"id": asked.get("id"), "ts": time}
    for word in ("sub", "unsub", "req"):
        if word in asked:
            return _answered(word, asked[word], known, market)
    operation = asked.get("op")
    if operation in ("sub", "unsub"):
        return _notified(asked, time, market)
    if "pong" in asked or operation == "pong":
        return SILENCE
    return Heard((_refused(known, "bad-request", "invalid command"),))


def _refused(known: dict[str, Any], code: str, message: str) -> str:
    return said({"status": "error", **known, "err-code": code, "err-msg": message})


def _answered(word: str, channel: object, known: dict[str, Any], market: Market) -> Heard:
    topic = topic_of(channel)
    if topic is None or not market.has(topic):
        return Heard((_refused(known, "bad-request", f"invalid topic {channel}"),))
    if word == "req":
        book = market.book(topic.name)
        return Heard((asked_book(str(channel), known, book),)) if book else SILENCE
    reply = (said({**known, "status": "ok", f"{word}bed": channel}),)
    return Heard(reply, join=(topic,)) if word == "sub" else Heard(reply, leave=(topic,))


def _notified(asked: dict[str, Any], time: int, market: Market) -> Heard:
    """On the socket of notifications."""
    topic = topic_of(asked.get("topic"))
    known = {name: asked[name] for name in ("op", "cid", "topic") if name in asked} | {"ts": time}
    if topic is None or not market.has(topic):
        return Heard((said({**known, "err-code": 2014, "err-msg": "invalid topic"}),))
    reply = (said({**known, "err-code": 0}),)
    return Heard(reply, join=(topic,)) if asked["op"] == "sub" else Heard(reply, leave=(topic,))


def asked_book(channel: str, known: dict[str, Any], book: Shown) -> str:
    """The answer to "req" of spot's mbp."""
    head = said({"id": known["id"], "rep": channel, "status": "ok", "ts": known["ts"]})[:-1]
    sides = f'"bids":{numbers(book.bids)},"asks":{numbers(book.asks)}'
    return f'{head},"data":{{"seqNum":{said(book.last_id)},{sides}}}}}'


def snapshot(book: Shown) -> str:
    """The first message of a contract's depth.size_150.high_freq."""
    channel = CHANNELS[Kind.BOOK].format(book.name)
    time, version = book.time // MILLISECOND, said(book.last_id)
    head = said({"ch": channel, "ts": time})[:-1]
    sides = f'"asks":{numbers(book.asks)},"bids":{numbers(book.bids)}'
    tail = f'"event":"snapshot","id":1,"mrid":1,"ts":{time},"version":{version}'
    return f'{head},"tick":{{{sides},"ch":{said(channel)},{tail}}}}}'


def trades(wanted: Wanted, found: Sequence[Trade]) -> str:
    """GET /market/history/trade: the latest first; of spot the id is called trade-id."""
    channel = f"market.{wanted.name}.trade.detail"
    batches = [_batch(each, "-" not in wanted.name) for each in wanted.some(found, 2000, "size")]
    return f'{{"ch":{said(channel)},"status":"ok","ts":0,"data":[{",".join(batches)}]}}'


def _batch(trade: Trade, spot: bool) -> str:
    time, name = trade.event_time // MILLISECOND, trade.trade_id
    called = f'"trade-id":{name},"id":1' if spot else f'"id":{name}'
    told = f'"amount":{trade.quantity},"price":{trade.price},"direction":"{trade.side}"'
    return f'{{"id":1,"ts":{time},"data":[{{{called},"ts":{time},{told}}}]}}'


def pulse(now: int) -> str:
    """Of sockets of market data."""
    return said({"ping": now // MILLISECOND})


def pulse_notified(now: int) -> str:
    """Of notifications."""
    return said({"op": "ping", "ts": str(now // MILLISECOND)})


def pack(text: str) -> bytes:
    """gzip, the same for the same text."""
    return gzip.compress(text.encode(), 6, mtime=0)


def dialect(market: str, address: str) -> Dialect:
    """By the address; books of contracts come whole when they are subscribed."""
    told = "notification" in address
    return Dialect(
        hear=hear,
        pulse=pulse_notified if told else pulse,
        every=5.0,
        pack=pack,
        trades=trades,
        snapshot=None if market == "spot" else snapshot,
    )
