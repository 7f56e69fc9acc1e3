"""The words of a venue's public sockets: what to ask, what its control frames say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

import orjson

from engine.feeds.events import Trade

T = TypeVar("T")


class Kind(StrEnum):
    """What can be subscribed. FUNDING brings marks and open interest where these have no channel of
    their own.
    """

    TRADES = "trades"
    QUOTES = "quotes"
    BOOK = "book"
    FUNDING = "funding"
    MARK = "mark"
    INTEREST = "interest"
    LIQUIDATIONS = "liquidations"


class Topic(NamedTuple):
    """One kind of one symbol, by the venue's name; of Speech.whole, by that of a group."""

    kind: Kind
    name: str


class Request(NamedTuple):
    """A frame to send, and the topics that it is about."""

    text: str
    topics: tuple[Topic, ...]


class Answer(NamedTuple):
    """What a control frame says: which topics were accepted, refused or ended, and what to reply.

    request: the number of the request that is answered, where the frame names that and no topics.
    oldest: the kind of the topics that are answered, where it names neither: those of the oldest
    request without an answer. over: that the topics of the request are ended.
    """

    accepted: tuple[Topic, ...] = ()
    refused: tuple[Topic, ...] = ()
    ended: tuple[Topic, ...] = ()
    request: int | None = None
    reason: str = ""
    reply: str | bytes | None = None
    oldest: Kind | None = None
    over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """The words and limits of a venue's public sockets.

    kinds: what each market has; whole: kinds that are subscribed for a whole market at once, by
    the names of its parts to which the wanted names belong (`groups`).
    polled: addresses of REST for what the sockets of a market do not tell, by a name: it is asked
    for again and again.
    address: of the socket for a market and kind; topics of one address may share a connection.
    subscribe, unsubscribe: the requests for topics, numbered on from a number.
    hear: what a frame says to us; None for market data, and must be quick for that.
    ping: what to send after `quiet` ns without a frame; None where the protocol's own ping does.
    steady: send it every `quiet` ns, whatever comes: the venue closes a connection without pings.
    most: topics of one connection. pace: least ns between two requests on it.
    snapshot: address of a REST request for the book of a market's name; None: not needed.
    numbered: a frame's number, where a connection's count up by one; None for a frame without.
    trades: address of one for its latest trades, as many as the venue gives at once, to fetch what
    was missed; None where the venue has none that go with those of the socket.
    between: address of one for more of them: of a hole between the last trade known before it and
    the first behind it, from either end; None where the venue has no such request without a key.
    stamp: a request's text with the time in it, for venues that want it there; called when sent.
    """

    kinds: Mapping[str, frozenset[Kind]]
    address: Callable[[str, Kind], str]
    subscribe: Callable[[Sequence[Topic], int], list[Request]]
    unsubscribe: Callable[[Sequence[Topic], int], list[Request]]
    hear: Callable[[str | bytes], Answer | None]
    ping: Callable[[int], str | bytes] | None
    quiet: int
    most: int
    pace: int = 0
    whole: frozenset[Kind] = frozenset()
    groups: Callable[[str, Sequence[str]], Sequence[str]] = lambda market, names: (market,)
    polled: Mapping[str, Mapping[Kind, str]] = field(default_factory=dict)
    snapshot: Callable[[str, str], str | None] = lambda market, name: None
    numbered: Callable[[str | bytes], int | None] | None = None
    trades: Callable[[str, str], str | None] = lambda market, name: None
    between: Callable[[str, str, Trade, Trade], str | None] = lambda market, name, last, first: None
    steady: bool = False
    stamp: Callable[[str, int], str] = lambda text, now: text


def text_of(frame: str | bytes) -> str:
    """A frame as text, whatever is in it."""
    return frame if isinstance(frame, str) else frame.decode(errors="replace")


def said(text: str) -> Any:
    """What a control frame says in JSON; None for what is none."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def request_of(number: object) -> int | None:
    """The request that an answer names by the number that we gave it as text."""
    text = str(number)
    return int(text) if text.isdecimal() and len(text) <= 18 else None


def parts(asked: Sequence[T], most: int) -> Iterator[tuple[T, ...]]:
    """In their order, so many at a time."""
    return (tuple(asked[at : at + most]) for at in range(0, len(asked), most))
