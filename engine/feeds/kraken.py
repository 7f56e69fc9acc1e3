"""Kraken among the venues: spot (WebSocket v2, and v1's recordings) and futures.

Frames are read by engine.feeds.kraken_v1_frames, kraken_v2_frames and kraken_futures_frames, which
name the sources; names are in kraken_names, the sockets' words in kraken_speech.
"""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import msgspec
from msgspec import Struct

from engine.feeds import fields, kraken_rest
from engine.feeds import kraken_futures_frames as futures
from engine.feeds import kraken_v1_frames as v1
from engine.feeds import kraken_v2_frames as v2
from engine.feeds.bridging import InStream, Top
from engine.feeds.events import Depth, Event
from engine.feeds.feed import Feed
from engine.feeds.kraken_names import (
    FUTURES,
    SPOT,
    VENUE,
    listings,
    market_at,
    market_in,
    name_in,
    symbol,
)
from engine.feeds.kraken_speech import SPEECH
from schemas.errors import Poison

CONTROL = frozenset(
    ("heartbeat", "systemStatus", "pong", "info", "subscribed", "unsubscribed", "alert")
)
"""What v1 and the futures say about the connection; alert: "Already subscribed to feed, ..."."""


class SpotBook(InStream):
    """No ids: the CRC32 of the best 10 levels a side tells whether the book is whole.

    Source: guides "Spot Websockets (v1) Book Checksum" and "(v2)": all asks from the lowest, then
    all bids from the highest, of each price and then quantity without the point and leading zeros.
    """

    name = "kraken"

    def checksum(self, top: Top) -> int:
        """As the guides say, unsigned."""
        levels = (*top("asks", 10), *top("bids", 10))
        parts = [text.replace(".", "").lstrip("0") for level in levels for text in level]
        return crc32("".join(parts).encode())


class FuturesBook(InStream):
    """`seq` counts the messages of a product's book up by one, the snapshot's included."""

    name = "kraken_futures"

    def follows(self, diff: Depth, last: int) -> bool:
        """seq == previous seq + 1."""
        return diff.last_id == last + 1


BEAT = '{"event":"heartbeat"}'
"""What v1 says each second."""


class _Control(Struct, gc=False):
    """An answer of v1 or of the futures."""

    event: str
    status: str = ""
    errorMessage: str = ""
    message: str = ""


class _Pair(Struct, gc=False):
    altname: str


class _Pairs(Struct, gc=False):
    """The answer of REST /0/public/AssetPairs."""

    error: list[str]
    result: dict[str, _Pair]


class _Product(Struct, gc=False):
    symbol: str
    type: str


class _Products(Struct, gc=False):
    """The answer of the futures' REST /instruments."""

    instruments: list[_Product]


_control = msgspec.json.Decoder(_Control).decode
_pairs = msgspec.json.Decoder(_Pairs).decode
_products = msgspec.json.Decoder(_Products).decode


@fields.reading(VENUE)
def parse(frame: str | bytes) -> tuple[Event, ...]:
    """As engine.feeds.feed says; the four kinds of frames are told by how they look."""
    text = frame if isinstance(frame, str) else frame.decode()
    if text.startswith("["):
        return v1.read(text)
    if text.startswith('{"channel":'):
        return v2.read(text)
    if text == BEAT:
        return ()
    if text.startswith('{"feed"'):
        return futures.read(text)
    for mark, read in LOOKS:
        if mark in text:
            return read(text)
    raise Poison("neither data nor an answer")


def _said(text: str) -> tuple[Event, ...]:
    """What v1 and the futures say about the connection."""
    control = _control(text)
    refused = control.event == "subscriptionStatus" and control.status == "error"
    if control.event in CONTROL or (control.event == "subscriptionStatus" and not refused):
        return ()
    raise Poison(f"{control.event[:40]}: {(control.errorMessage or control.message)[:200]}")


def _listed(text: str) -> tuple[Event, ...]:
    """Trades, and lists of instruments."""
    if '"last"' in text and '"altname"' not in text:
        return kraken_rest.trades(text)
    if '"instruments"' in text:
        _products(text)
    elif (answer := _pairs(text)).error:
        raise Poison("; ".join(answer.error)[:200])
    return ()


LOOKS: tuple[tuple[str, Callable[[str], tuple[Event, ...]]], ...] = (
    ('"event"', _said),
    ('"feed"', futures.read),
    ('"channel"', v2.read),
    ('"method"', v2.answered),
    ('"result"', _listed),
)
"""What is only in frames of a kind, in the order in which to look."""

FEED = Feed(
    name=VENUE,
    markets=(SPOT, FUTURES),
    aliases={"krakenfutures": FUTURES},
    parse=parse,
    name_in=name_in,
    symbol=symbol,
    listings=listings,
    rules={"spot": SpotBook(), "contract": FuturesBook()},
    speech=SPEECH,
    market_at=market_at,
    market_in=market_in,
    book_marks=("book",),
)
