"""OKX v5 among the venues: its names, its book's rule, its sockets. The example for other venues.

Frames are read by engine.feeds.okx_frames, whose sources hold here too; of the guide also
"Overview / WebSocket" (connect, subscribe) and "Public data / Get instruments".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from engine.feeds.bridging import InStream, Top, alternating
from engine.feeds.events import Depth
from engine.feeds.feed import Feed, Row
from engine.feeds.names import contract, currency, pair
from engine.feeds.okx_frames import VENUE, parse
from engine.feeds.speech import (
    Answer,
    Kind,
    Request,
    Speech,
    Topic,
    parts,
    request_of,
    said,
    text_of,
)
from engine.spans import SECOND
from schemas.raw import Listing, ReceivedFrame, Source

MARKET = "v5"
"""A name stands for one symbol, whatever its type: there is one market."""

_name = re.compile(r'"instId"\s*:\s*"([^"]*)"').search
_every = re.compile(r'"instId"\s*:\s*"([^"]*)"').findall
_asked = re.compile(r"[?&]instId=([^&]+)").search
_form = re.compile(r"([A-Z0-9]+)-([A-Z0-9]+)(?:-(SWAP|[0-9]{6}))?").fullmatch


class OkxBook(InStream):
    """prevSeqId is the seqId of the message before; a CRC32 of the best 25 levels where it is sent.

    A message of no change has both ids equal to the last; after maintenance seqId may be smaller
    than prevSeqId, and counts on from there. Source: "Order book channel / Sequence ID".
    Until 2022 there were no ids, and later the checksum went ("its value is fixed to 0").
    """

    name = "okx"

    def old(self, diff: Depth, snapshot: int) -> bool:
        """A repetition: of a message that counts up to an id already reached."""
        if diff.last_id is None or diff.previous_id is None:
            return False
        return diff.previous_id < diff.last_id <= snapshot

    def checksum(self, top: Top) -> int:
        """Source: the guide's "Checksum" of 2022."""
        return alternating(top)


def name_in(frame: ReceivedFrame) -> str | None:
    """The first instId of a frame; an acknowledgement has one too, and belongs to no symbol.

    Frames of liquidations are of a whole market, and about the contract that their data name, if it
    is one. An answer of REST is about what was asked.
    """
    if frame.source is Source.REST:
        match = _asked(frame.channel)
    elif frame.text.find('"event"', 0, 80) >= 0:
        return None
    else:
        match = _name(frame.text)
        if frame.text.find("liquidation-orders", 0, 80) >= 0 and len({*_every(frame.text)}) > 1:
            return None
    return match.group(1) if match else None


def symbol(market: str, name: str) -> str | None:
    """BTC-USDT, BTC-USDT-SWAP, BTC-USD-220527: a contract on USD is inverse, others settle in their
    quote.
    """
    match = _form(name)
    if match is None:
        return None
    base, quote = (currency(code, RENAMED) for code in match.group(1, 2))
    kind = match.group(3)
    if kind is None:
        return pair(base, quote)
    return contract(base, quote, base if quote == "USD" else quote, kind.removeprefix("SWAP"))


RENAMED = {"AE": "AET"}
"""OKX's AE is the token of that name (ccxt)."""


def listings(rows: Iterable[Row]) -> Iterator[Listing]:
    """Rows of GET /api/v5/public/instruments: spot, swaps and dated futures, without options."""
    for row in rows:
        name, kind = row["instId"], row["instType"]
        if kind in ("SPOT", "MARGIN"):
            base, quote = currency(row["baseCcy"], RENAMED), currency(row["quoteCcy"], RENAMED)
            yield Listing(VENUE, MARKET, name, pair(base, quote))
        elif kind in ("SWAP", "FUTURES"):
            base, quote = (currency(code, RENAMED) for code in row["uly"].split("-"))
            dated = name.rsplit("-", 1)[1] if kind == "FUTURES" else ""
            settles = currency(row["settleCcy"], RENAMED)
            yield Listing(VENUE, MARKET, name, contract(base, quote, settles, dated))


CHANNELS = {
    Kind.TRADES: "trades",
    Kind.QUOTES: "bbo-tbt",
    Kind.BOOK: "books",
    Kind.FUNDING: "funding-rate",
    Kind.MARK: "mark-price",
    Kind.INTEREST: "open-interest",
    Kind.LIQUIDATIONS: "liquidation-orders",
}
KINDS = {channel: kind for kind, channel in CHANNELS.items()} | {"tickers": Kind.QUOTES}
TOGETHER = 100
"""Topics of one request: all texts of a request may have 64 KB, and 480 requests an hour."""


def _argument(topic: Topic) -> dict[str, str]:
    """liquidation-orders are of a type of instruments, all others of one instrument."""
    field = "instType" if topic.kind is Kind.LIQUIDATIONS else "instId"
    return {"channel": CHANNELS[topic.kind], field: topic.name}


def _say(operation: str, topics: Sequence[Topic], number: int) -> list[Request]:
    found: list[Request] = []
    for part in parts(topics, TOGETHER):
        arguments = [_argument(topic) for topic in part]
        frame = {"id": str(number + len(found)), "op": operation, "args": arguments}
        found.append(Request(orjson.dumps(frame).decode(), part))
    return found


def hear(frame: str | bytes) -> Answer | None:
    """Acknowledgements name their topic; an error names its request by the id that we gave it."""
    text = text_of(frame)
    if text == "pong":
        return Answer()
    if text.find('"event"', 0, 80) < 0:
        return None
    match said(text):
        case {"event": "subscribe", "arg": {"channel": str(channel), **rest}} if channel in KINDS:
            return Answer(accepted=(_topic(channel, rest),))
        case {"event": "unsubscribe", "arg": {"channel": str(channel), **rest}} if channel in KINDS:
            return Answer(ended=(_topic(channel, rest),))
        case {"event": "error", **rest}:
            reason = f"{rest.get('code')}: {rest.get('msg')}"
            return Answer(request=request_of(rest.get("id")), reason=reason)
    return Answer()


def _topic(channel: str, argument: Mapping[Any, object]) -> Topic:
    return Topic(KINDS[channel], str(argument.get("instId", argument.get("instType", ""))))


def _groups(market: str, names: Sequence[str]) -> tuple[str, ...]:
    """The types of instruments among the names that liquidations are told of."""
    types = {
        "SWAP" if name.endswith("-SWAP") else "FUTURES" for name in names if name.count("-") > 1
    }
    return tuple(sorted(types))


_MARKET = "https://www.okx.com/api/v5/market"

SPEECH = Speech(
    kinds={MARKET: frozenset(Kind)},
    address=lambda market, kind: "wss://ws.okx.com:8443/ws/v5/public",
    subscribe=lambda topics, number: _say("subscribe", topics, number),
    unsubscribe=lambda topics, number: _say("unsubscribe", topics, number),
    hear=hear,
    ping=lambda now: "ping",
    quiet=5 * SECOND,
    most=200,
    pace=SECOND,
    whole=frozenset((Kind.LIQUIDATIONS,)),
    groups=_groups,
    trades=lambda market, name: f"{_MARKET}/trades?instId={name}&limit=500",
    between=lambda market, name, last, first: (
        f"{_MARKET}/history-trades?instId={name}&limit=100&after={first.trade_id}"
    ),
)
"""Closed after 30 s without data or ping; 480 requests an hour. Of books of 400 levels the guide
recommends fewer than 30 a connection; `most` is our own bound for all topics together."""

FEED = Feed(
    name=VENUE,
    markets=(MARKET,),
    aliases={"okex": None, "okx_swap": None, "okx_spot": None, "okx_futures": None},
    parse=parse,
    name_in=name_in,
    symbol=symbol,
    listings=listings,
    rules={"all": OkxBook()},
    speech=SPEECH,
    market_at=lambda address: MARKET,
    book_marks=('"books',),
)
