"""What a venue's side of a socket says: the counterpart of engine.feeds.speech, and as pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import orjson

from engine.feeds.events import Trade
from engine.feeds.speech import Topic
from schemas.ticks import Level

MILLISECOND = 1_000_000


class Shown(NamedTuple):
    """A book at a moment: levels as received, best first; ids as of engine.feeds.events.Depth.

    checksum: of this book by the venue's rule, None where there is none. time: ns.
    """

    name: str
    time: int
    last_id: int | None
    bids: Sequence[Level]
    asks: Sequence[Level]
    checksum: int | None = None


class Wanted(NamedTuple):
    """What a request for trades asks: the venue's name, and the parameters of its address."""

    name: str
    query: Mapping[str, str]

    def number(self, parameter: str) -> int | None:
        """A parameter that is a number; None where it is not there."""
        text = self.query.get(parameter, "")
        return int(text) if text.isdecimal() else None

    def some(self, trades: Sequence[Trade], most: int, parameter: str = "limit") -> list[Trade]:
        """The last of them, as many as are asked for and given, the newest first."""
        asked = self.number(parameter)
        limit = most if asked is None else min(asked, most)
        return [*trades[::-1][:limit]]


class Market(Protocol):
    """What a venue knows when it answers."""

    @property
    def now(self) -> int:
        """The recording's time, ns."""
        ...

    def has(self, topic: Topic) -> bool:
        """Whether there is such a topic."""
        ...

    def book(self, name: str) -> Shown | None:
        """The book as it is now, None before it is known."""
        ...


class Heard(NamedTuple):
    """What is answered to a request, and which topics the connection gets from then on, or no
    more.
    """

    replies: tuple[str, ...] = ()
    join: tuple[Topic, ...] = ()
    leave: tuple[Topic, ...] = ()


SILENCE = Heard()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a venue answers on one of its sockets.

    hear: a request, to what comes of it. welcome: what it says first. pulse: what it says of itself
    each `every` seconds, at a time in ns, once something is subscribed. pack: a text as it is sent.
    snapshot: a book as it comes in the stream when it is subscribed, None where none does.
    answer: a book by REST. trades: trades by REST, of all that have been played, oldest first.
    joined: the topics that an address itself asks for.
    """

    hear: Callable[[str, Market], Heard]
    welcome: tuple[str, ...] = ()
    pulse: Callable[[int], str] | None = None
    every: float = 0.0
    pack: Callable[[str], str | bytes] = str
    snapshot: Callable[[Shown], str] | None = None
    answer: Callable[[Shown], str] | None = None
    trades: Callable[[Wanted, Sequence[Trade]], str] | None = None
    joined: Callable[[str], tuple[Topic, ...]] = lambda address: ()


def said(value: Any) -> str:
    """A JSON value as text."""
    return orjson.dumps(value).decode()


def request(text: str) -> dict[str, Any]:
    """A request, {} for what is no JSON object."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def rows(levels: Sequence[Level], *more: str) -> list[list[str]]:
    """Levels as lists of texts."""
    return [[*level, *more] for level in levels]


def numbers(levels: Sequence[Level], form: str = "[{},{}]") -> str:
    """Levels as JSON with the texts as numbers; form: of one of them."""
    return "[" + ",".join(form.format(*level) for level in levels) + "]"
