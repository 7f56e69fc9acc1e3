"""What a venue's module gives, so that all else can be the same for all venues: its Feed.

A venue is one module (or a few) of engine/feeds/, pure and sans-io, that ends with a Feed, and one
line in engine/feeds/catalogue.py. engine/feeds/okx.py is the example to copy; docs/feeds.md has the
table of venues. The parts:

parse     one frame, as text or bytes, to all events in it, in its order; () for what says nothing
          of a market (acknowledgements, pongs, channels that are known and not used). Raises Poison
          with a reason for everything else, whatever the bytes: all of a frame or nothing of it.
name_in   the venue's own name of the one symbol that a frame is about, found by a look at its text
          and not by parsing; None for control frames and those of several symbols, which go to the
          key `venue:*` and must give no events.
symbol    the unified symbol (ccxt's) of a venue's name, by its form alone; None if that cannot be
          said. Listings come first; this is for names that no list of today has any more.
listings  the names of a list of instruments as the venue gives it, one row an instrument.
rules     the book's rule of each market (engine.feeds.bridging).
market_at the market that an address (of a socket or a request) serves, None if it serves several.
market_in the market that a frame alone shows, None if it may be of several; most need not look.
speech    how the venue's socket is spoken to (engine.feeds.session).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.feeds.bridging import Bridging
from engine.feeds.events import Event
from engine.feeds.speech import Speech
from schemas.raw import Listing, ReceivedFrame

Row = Mapping[str, Any]


class Routing(Protocol):
    """Keys of the frames of one recording or connection."""

    def route(self, frame: ReceivedFrame) -> tuple[str, ReceivedFrame]:
        """The frame with the key it belongs to; marked unreadable where it belongs to none."""
        ...


RouterOf = Callable[[list[ReceivedFrame], list[Listing], str | None, str | None], Routing]
"""Of the first frames, the venue's listings, the market if it is known, and if nothing else says
it."""


def _unsaid(frame: ReceivedFrame) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One venue (see the module's text).

    name: as in keys, ccxt's where it has one. markets: where its names may stand for different
    symbols, e.g. spot and linear; a single one where names are unique. aliases: other names that
    people and recordings use for it, with the market that they mean (None: they say none).
    router: only where the routing of engine.feeds.routing is not enough. speeches: of markets whose
    sockets are spoken to otherwise than `speech` says. book_marks: a frame of text that has none of
    these has no update of a book; (): nothing is said.
    """

    name: str
    markets: tuple[str, ...]
    parse: Callable[[str | bytes], tuple[Event, ...]]
    name_in: Callable[[ReceivedFrame], str | None]
    symbol: Callable[[str, str], str | None]
    listings: Callable[[Iterable[Row]], Iterator[Listing]]
    rules: Mapping[str, Bridging]
    speech: Speech
    market_at: Callable[[str], str | None]
    market_in: Callable[[ReceivedFrame], str | None] = _unsaid
    router: RouterOf | None = None
    aliases: Mapping[str, str | None] = field(default_factory=dict)
    speeches: Mapping[str, Speech] = field(default_factory=dict)
    book_marks: tuple[str, ...] = ()

    def speech_of(self, market: str) -> Speech:
        """How the sockets of one of the markets are spoken to."""
        return self.speeches.get(market, self.speech)

    def may_tell_book(self, frame: str | bytes) -> bool:
        """Whether a frame may hold an update of a book, by a look at its text."""
        if not self.book_marks or isinstance(frame, bytes):
            return True
        return any(map(frame.__contains__, self.book_marks))

    def rule(self, symbol: str) -> Bridging:
        """The rule of a unified symbol's book: by its market, or the only one there is.

        Keys of `rules` are "spot" and "contract" where a venue's two differ, else any one name.
        """
        if len(self.rules) == 1:
            return next(iter(self.rules.values()))
        return self.rules["contract" if ":" in symbol else "spot"]
