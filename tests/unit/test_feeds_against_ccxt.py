"""Trades and books of every recorded frame beside ccxt.pro's, field by field.

A venue's module names in DIFFERENCES what ccxt reads otherwise and why, by what `told` gives.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from engine.book_sync import BookSync
from engine.feeds.catalogue import FEEDS
from engine.feeds.events import Depth, Event, Trade
from engine.feeds.routing import routing
from engine.spans import SECOND
from schemas.errors import Poison
from schemas.raw import ReceivedFrame, Source
from tests.unit.ccxt_venue import Theirs
from tests.unit.venue_tables import VENUES, frames

LEVELS, NEAR, SPACED = 400, 25, 10
"""Levels that are compared: all of them each tenth time, the nearest ones always."""
CURRENT = [(name, address) for name, module in VENUES.items() for address in module.CURRENT]
COMPARED = [(name, file) for name, module in VENUES.items() for file in module.WITH_CCXT]


class Pair:
    """Frames read by both; address: of the socket that ccxt would have had them from."""

    def __init__(self, venue: str, address: str, frames: Iterable[ReceivedFrame]) -> None:
        self.module, self.feed = VENUES[venue], FEEDS[venue]
        frames = list(frames)
        router = routing(venue, frames, (), address=address)
        self.frames = [(router.route(frame)[0], frame) for frame in frames]
        named = {self.feed.name_in(frame): key.split(":", 1)[1] for key, frame in self.frames}
        called = getattr(self.module, "their_name", str)
        symbols = {called(name): symbol for name, symbol in named.items() if name is not None}
        self.theirs = Theirs(self.module.theirs(), symbols, address)
        self.books: dict[str, BookSync] = {}
        self.compared: Counter[str] = Counter()
        self.unlike: Counter[str] = Counter()

    def play(self) -> None:
        """Read all of it."""
        for key, frame in self.frames:
            binary = frame.encoding == "base64"
            content = base64.b64decode(frame.text) if binary else frame.text
            try:
                events = self.feed.parse(content)
            except Poison:
                continue
            self.theirs.take(self.module.unpacked(content) if binary else content)
            self._trades(key, [event for event in events if isinstance(event, Trade)])
            for event in events:
                if isinstance(event, Depth):
                    self._book(key, event, last=event is events[-1])

    def _trades(self, key: str, ours: list[Trade]) -> None:
        symbol = key.split(":", 1)[1]
        if not ours:
            return
        theirs = self.theirs.trades(symbol)[-len(ours) :]
        assert len(theirs) == len(ours)
        for our, their in zip(ours, theirs, strict=True):
            self.compared["trade"] += 1
            self._alike("id", our, our.trade_id, their["id"])
            self._alike("time", our, our.event_time, their["timestamp"] * 1_000_000)
            self._alike("price", our, float(our.price), their["price"])
            self._alike("quantity", our, float(our.quantity), their["amount"])
            self._alike("side", our, our.side, their["side"])

    def _book(self, key: str, update: Depth, *, last: bool) -> None:
        symbol = key.split(":", 1)[1]
        sync = self.books.setdefault(key, BookSync(self.feed.rule(symbol), 5 * SECOND))
        taken = sync.take(update, 0)
        assert taken.gap is None, taken.gap
        if not last or not taken.applied:
            return
        levels = NEAR if self.compared["book"] % SPACED else LEVELS
        self.compared["book"] += 1
        theirs = self.theirs.book(symbol, levels)
        for side in ("bids", "asks"):
            ours = [[float(p), float(q)] for p, q in sync.book.top(side, levels)]
            self._alike(side, update, ours, theirs[side])

    def _alike(self, field: str, ours: Event, mine: Any, their: Any) -> None:
        if mine != their:
            reason = self.module.DIFFERENCES.get(field, lambda *given: None)(ours, mine, their)
            assert reason, f"{field}: ours {mine!r}, ccxt's {their!r} of {ours}"
            self.unlike[reason] += 1


@pytest.mark.parametrize(("venue", "file"), COMPARED)
def test_recorded_trades_and_books_are_those_of_ccxt(venue: str, file: str) -> None:
    pair = Pair(venue, VENUES[venue].WITH_CCXT[file], frames(file))
    pair.play()
    expected = VENUES[venue].RECORDINGS[file]
    assert pair.compared["trade"] == expected.get("trade", 0)
    assert pair.compared["book"] == VENUES[venue].BOOKS_COMPARED.get(file, expected.get("book", 0))
    assert dict(pair.unlike) == VENUES[venue].UNLIKE.get(file, {})


@pytest.mark.parametrize(("venue", "address"), CURRENT)
def test_trades_and_books_of_today_are_those_of_ccxt(venue: str, address: str) -> None:
    texts = VENUES[venue].CURRENT[address]
    told = [ReceivedFrame(n, Source.WS, "stream", text) for n, text in enumerate(texts)]
    pair = Pair(venue, address, told)
    pair.play()
    assert pair.compared["trade"]
    assert pair.compared["book"]
    assert dict(pair.unlike) == VENUES[venue].UNLIKE.get(address, {})
