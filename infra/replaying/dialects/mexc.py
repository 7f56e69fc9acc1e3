"""MEXC's answers: spot and contracts. No recording of MEXC ships.

Sources: as of engine.feeds.mexc ("Spot V3 / Websocket Market Streams", "Futures / WebSocket API").
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.feeds.events import Trade
from engine.feeds.mexc import KINDS, SPOT, STREAMED
from engine.feeds.speech import Topic
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


def hear(text: str, market: Market) -> Heard:
    """Spot: accepted streams are named, others are told as not subscribed."""
    asked = request(text)
    method, streams = asked.get("method"), asked.get("params")
    if str(method).lower() == "ping":
        return Heard((said({"id": 0, "code": 0, "msg": "PONG"}),))
    if method not in ("SUBSCRIPTION", "UNSUBSCRIPTION") or not isinstance(streams, list):
        return Heard((said({"id": 0, "code": 1, "msg": "invalid request"}),))
    topics = {str(stream): _stream(str(stream)) for stream in streams}
    found = {stream: topic for stream, topic in topics.items() if topic and market.has(topic)}
    wrong = [stream for stream in topics if stream not in found]
    message = ",".join(found)
    if wrong:
        message = f"Not Subscribed successfully! [{','.join(wrong)}]. Reason： Blocked! {message}"
    reply = (said({"id": 0, "code": 0, "msg": message}),)
    if method == "SUBSCRIPTION":
        return Heard(reply, join=tuple(found.values()))
    return Heard(reply, leave=tuple(found.values()))


def _stream(text: str) -> Topic | None:
    parts = text.split("@")
    kind = STREAMED.get(parts[1]) if len(parts) > 1 else None
    return None if kind is None else Topic(kind, parts[-1])


def hear_contract(text: str, market: Market) -> Heard:
    """Contracts: an answer names the kind only."""
    asked = request(text)
    method, time = str(asked.get("method")), market.now // MILLISECOND
    if method == "ping":
        return Heard((said({"channel": "pong", "data": time}),))
    word, _, channel = method.partition(".")
    kind, name = KINDS.get(channel), str(asked.get("param", {}).get("symbol"))
    if word not in ("sub", "unsub") or kind is None:
        return Heard((said({"channel": "rs.error", "data": f"no {method}", "ts": time}),))
    topic = Topic(kind, name)
    if not market.has(topic):
        error = f"Contract [{name}] does not exist"
        return Heard((said({"channel": "rs.error", "data": error, "ts": time}),))
    reply = (said({"channel": f"rs.{method}", "data": "success", "ts": time}),)
    return Heard(reply, join=(topic,)) if word == "sub" else Heard(reply, leave=(topic,))


def spot_book(book: Shown) -> str:
    """GET /api/v3/depth."""
    return said({"lastUpdateId": book.last_id, "bids": rows(book.bids), "asks": rows(book.asks)})


def contract_book(book: Shown) -> str:
    """GET /api/v1/contract/depth; one order a level."""
    form, time = "[{},{},1]", book.time // MILLISECOND
    sides = f'"asks":{numbers(book.asks, form)},"bids":{numbers(book.bids, form)}'
    tail = f'"version":{said(book.last_id)},"timestamp":{time}'
    return f'{{"success":true,"code":0,"data":{{{sides},{tail}}}}}'


def spot_trades(wanted: Wanted, found: Sequence[Trade]) -> str:
    """GET /api/v3/trades: the latest first, without ids."""
    rows = [{"id": None, "price": each.price, "qty": each.quantity, "isBestMatch": True,
             "time": each.event_time // MILLISECOND, "isBuyerMaker": each.side == "sell"}
            for each in wanted.some(found, 1000)]  # fmt: skip
    return said(rows)


def contract_trades(wanted: Wanted, found: Sequence[Trade]) -> str:
    """GET /api/v1/contract/deals/NAME: the latest first, without ids."""
    rows = [f'{{"p":{each.price},"v":{each.quantity},"T":{1 if each.side == "buy" else 2},"O":3,'
            f'"M":2,"t":{each.event_time // MILLISECOND}}}'
            for each in wanted.some(found, 100)]  # fmt: skip
    return f'{{"success":true,"code":0,"data":[{",".join(rows)}]}}'


def dialect(market: str, address: str) -> Dialect:
    """By the market."""
    if market == SPOT:
        return Dialect(hear=hear, answer=spot_book, trades=spot_trades)
    return Dialect(hear=hear_contract, answer=contract_book, trades=contract_trades)
