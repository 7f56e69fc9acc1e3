"""How Kraken's public sockets are spoken to: spot by WebSocket v2, futures by their own v1.

Sources: as of the frames' modules; of v2 "Subscribe", "Unsubscribe"; of the futures
"Subscriptions". A socket serves spot or futures; a name with a slash is spot's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from engine.feeds.kraken_names import FUTURES, SPOT
from engine.feeds.speech import Answer, Kind, Request, Speech, Topic, parts, said, text_of
from engine.spans import SECOND

CHANNELS = {Kind.TRADES: "trade", Kind.QUOTES: "ticker", Kind.BOOK: "book"}
KINDS = {channel: kind for kind, channel in CHANNELS.items()}
PARAMETERS: dict[Kind, dict[str, Any]] = {
    Kind.TRADES: {"snapshot": True},
    Kind.QUOTES: {"event_trigger": "bbo"},
    Kind.BOOK: {"depth": 1000},
}
"""What a subscription says besides channel and symbols; a snapshot's trades are the last 50."""
FEEDS = {
    Kind.TRADES: "trade", Kind.LIQUIDATIONS: "trade", Kind.BOOK: "book", Kind.QUOTES: "ticker",
    Kind.FUNDING: "ticker", Kind.MARK: "ticker", Kind.INTEREST: "ticker",
}  # fmt: skip
"""Of futures; one feed serves several kinds, and is left when any of them is."""
TOGETHER = 50
"""Topics of one request."""
ORDER = tuple(CHANNELS)
"""A request's id is its number times this length, plus the place of its kind: errors do not name
the channel."""


def _say(operation: str, topics: Sequence[Topic], number: int) -> list[Request]:
    """Requests of one kind each."""
    found: list[Request] = []
    spot = [topic for topic in topics if "/" in topic.name]
    for kind in CHANNELS:
        asked = [topic for topic in spot if topic.kind is kind]
        for part in parts(asked, TOGETHER):
            found.append(_ask_spot(operation, part, number + len(found)))
    for feed in dict.fromkeys(FEEDS.values()):
        products = tuple(
            topic for topic in topics if "/" not in topic.name and FEEDS[topic.kind] == feed
        )
        for part in parts(products, TOGETHER):
            names = list(dict.fromkeys(topic.name for topic in part))
            frame = {"event": operation, "feed": feed, "product_ids": names}
            found.append(Request(orjson.dumps(frame).decode(), part))
    return found


def _ask_spot(operation: str, topics: tuple[Topic, ...], number: int) -> Request:
    kind = topics[0].kind
    extra = PARAMETERS[kind] if operation == "subscribe" or kind is Kind.BOOK else {}
    frame = {
        "method": operation,
        "params": {
            "channel": CHANNELS[kind], "symbol": [topic.name for topic in topics], **extra,
        },
        "req_id": number * len(ORDER) + ORDER.index(kind),
    }  # fmt: skip
    return Request(orjson.dumps(frame).decode(), topics)


def hear(frame: str | bytes) -> Answer | None:
    """Data of v2 begin with a channel, the futures' with a feed; all else is an answer."""
    text = text_of(frame)
    if text.startswith('{"feed"') or (text.startswith('{"channel"') and '"method"' not in text):
        return None
    match said(text):
        case {"method": "subscribe" | "unsubscribe" as method, **rest}:
            return _answered(method, rest)
        case {"event": "subscribed" | "unsubscribed" as event, "feed": feed, **rest}:
            return _told(event, feed, rest)
        case {"event": str(event), **rest} if event.endswith("_failed"):
            return _told(event, rest.get("feed"), rest)
        case {"event": "error", **rest}:
            return Answer(reason=str(rest.get("message")))
        case {"method": _} | {"event": _}:
            return Answer()
    return None


def _answered(method: str, said: Mapping[Any, Any]) -> Answer:
    """v2 answers for each symbol; an error has the symbol beside the id of the request."""
    result, number = said.get("result"), said.get("req_id")
    if said.get("success") is not False:
        if not isinstance(result, dict) or result.get("channel") not in KINDS:
            return Answer()
        topic = Topic(KINDS[result["channel"]], str(result.get("symbol", "")))
        return Answer(accepted=(topic,)) if method == "subscribe" else Answer(ended=(topic,))
    reason = str(said.get("error"))
    if not isinstance(number, int):
        return Answer(reason=reason)
    if not isinstance(name := said.get("symbol"), str):
        return Answer(request=number // len(ORDER), reason=reason)
    return Answer(refused=(Topic(ORDER[number % len(ORDER)], name),), reason=reason)


def _told(event: str, feed: object, said: Mapping[Any, Any]) -> Answer:
    """The futures answer for all kinds that a feed serves."""
    names = said.get("product_ids")
    if not isinstance(names, list):
        return Answer(reason=event if event.endswith("_failed") else "")
    kinds = [kind for kind, served in FEEDS.items() if served == feed]
    topics = tuple(Topic(kind, str(name)) for kind in kinds for name in names)
    if event.endswith("_failed"):
        return Answer(refused=topics, reason=f"{event} {feed}")
    return Answer(accepted=topics) if event == "subscribed" else Answer(ended=topics)


_TRADES = "https://api.kraken.com/0/public/Trades?pair={}&count=1000"


def _trades(market: str, name: str) -> str | None:
    """Of spot; the futures' socket tells the last hundred with each subscription, as REST does."""
    return _TRADES.format(name) if market == SPOT else None


SPEECH = Speech(
    kinds={SPOT: frozenset(CHANNELS), FUTURES: frozenset(FEEDS)},
    address=lambda market, kind: (
        "wss://ws.kraken.com/v2" if market == SPOT else "wss://futures.kraken.com/ws/v1"
    ),
    subscribe=lambda topics, number: _say("subscribe", topics, number),
    unsubscribe=lambda topics, number: _say("unsubscribe", topics, number),
    hear=hear,
    ping=lambda now: '{"event":"subscribe","feed":"heartbeat"}',
    quiet=5 * SECOND,
    most=200,
    pace=SECOND // 10,
    trades=_trades,
    between=lambda market, name, last, first: f"{_TRADES.format(name)}&since={last.event_time}",
)
"""v2 sends a heartbeat a second once anything is subscribed, so that only the futures ever hear our
ping: it subscribes theirs. Sockets are closed after a minute without a frame. `most` is our own."""
