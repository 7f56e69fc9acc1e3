"""How Coinbase's public sockets are spoken to: Advanced Trade's, and the Exchange's.

Sources: as of the frames' modules; of Advanced Trade also "WebSocket Rate Limits" (8 messages a
second; the first within 5 s; heartbeats keep channels open that say nothing), of
the Exchange "WebSocket Overview" and "Rate Limits". Both answer with all that is subscribed then,
so an end is not told. level2 of the Exchange asks for a key, level2_batch (50 ms) does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import orjson

from engine.feeds.coinbase_advanced_frames import numbered
from engine.feeds.events import Trade
from engine.feeds.speech import Answer, Kind, Request, Speech, Topic, parts, said, text_of
from engine.spans import SECOND

ADVANCED, EXCHANGE = "advanced", "exchange"

CHANNELS = {Kind.TRADES: "market_trades", Kind.QUOTES: "ticker", Kind.BOOK: "level2"}
OLD_CHANNELS = {Kind.TRADES: "matches", Kind.QUOTES: "ticker", Kind.BOOK: "level2_batch"}
"""The Exchange's."""
KINDS = {
    **{channel: kind for each in (CHANNELS, OLD_CHANNELS) for kind, channel in each.items()},
    "level2_50": Kind.BOOK,
}
"""By what answers call it: the Exchange may call level2_batch so."""
TOGETHER = 50
"""Products of one request."""
HEARTBEATS = '{"type":"subscribe","channel":"heartbeats"}'


def _parts(topics: Sequence[Topic], kind: Kind) -> Iterable[tuple[Topic, ...]]:
    asked = tuple(topic for topic in topics if topic.kind is kind)
    return parts(asked, TOGETHER)


def _request(operation: str, part: tuple[Topic, ...], channel: Mapping[str, object]) -> Request:
    """An end is not answered, so its request is about no topics."""
    frame = {"type": operation, "product_ids": [topic.name for topic in part], **channel}
    return Request(orjson.dumps(frame).decode(), part if operation == "subscribe" else ())


def _say(operation: str, topics: Sequence[Topic]) -> list[Request]:
    """A request has one channel; heartbeats come first."""
    found = [
        _request(operation, part, {"channel": channel})
        for kind, channel in CHANNELS.items()
        for part in _parts(topics, kind)
    ]
    return [Request(HEARTBEATS, ()), *found] if operation == "subscribe" else found


def _say_old(operation: str, topics: Sequence[Topic]) -> list[Request]:
    """The first product's heartbeat, once a second, shows that the connection lives."""
    found = [
        _request(operation, part, {"channels": [channel]})
        for kind, channel in OLD_CHANNELS.items()
        for part in _parts(topics, kind)
    ]
    if operation == "subscribe" and topics:
        frame = {
            "type": operation, "product_ids": [topics[0].name], "channels": ["heartbeat"],
        }  # fmt: skip
        found.append(Request(orjson.dumps(frame).decode(), ()))
    return found


def hear(frame: str | bytes) -> Answer | None:
    """What is subscribed, or an error; both say so at their start."""
    text = text_of(frame)
    head = text[:64]
    if '"subscriptions"' not in head and '"error"' not in head:
        return None
    match said(text):
        case {"type": "error", **rest}:
            return Answer(reason=f"{rest.get('message')} {rest.get('reason', '')}".strip())
        case {"type": "subscriptions", "channels": [*channels]}:
            pairs = [(each.get("name"), each) for each in channels if isinstance(each, dict)]
            return Answer(accepted=_topics((name, e.get("product_ids")) for name, e in pairs))
        case {"channel": "subscriptions", "events": [{"subscriptions": dict(channels)}, *_]}:
            return Answer(accepted=_topics(channels.items()))
    return Answer()


def _topics(channels: Iterable[tuple[object, object]]) -> tuple[Topic, ...]:
    return tuple(
        Topic(KINDS[channel], str(name))
        for channel, names in channels
        if isinstance(channel, str) and channel in KINDS and isinstance(names, list)
        for name in names
    )


_ADVANCED = "https://api.coinbase.com/api/v3/brokerage/market/products/{}/ticker?limit=1000"
_EXCHANGE = "https://api.exchange.coinbase.com/products/{}/trades?limit=1000"


def _between(market: str, name: str, last: Trade, first: Trade) -> str:
    """Advanced Trade's, by the second."""
    start, end = last.event_time // SECOND, first.event_time // SECOND + 1
    return f"{_ADVANCED.format(name)}&start={start}&end={end}"


ADVANCED_SPEECH = Speech(
    kinds={ADVANCED: frozenset(CHANNELS)},
    address=lambda market, kind: "wss://advanced-trade-ws.coinbase.com",
    subscribe=lambda topics, number: _say("subscribe", topics),
    unsubscribe=lambda topics, number: _say("unsubscribe", topics),
    hear=hear,
    ping=lambda now: HEARTBEATS,
    quiet=5 * SECOND,
    most=100,
    pace=SECOND // 5,
    numbered=numbered,
    trades=lambda market, name: _ADVANCED.format(name),
    between=_between,
)
EXCHANGE_SPEECH = Speech(
    kinds={EXCHANGE: frozenset(OLD_CHANNELS)},
    address=lambda market, kind: "wss://ws-feed.exchange.coinbase.com",
    subscribe=lambda topics, number: _say_old("subscribe", topics),
    unsubscribe=lambda topics, number: _say_old("unsubscribe", topics),
    hear=hear,
    ping=None,
    quiet=5 * SECOND,
    most=100,
    pace=SECOND // 5,
    trades=lambda market, name: _EXCHANGE.format(name),
    between=lambda market, name, last, first: f"{_EXCHANGE.format(name)}&after={first.trade_id}",
)
"""`most` of both is our own."""
