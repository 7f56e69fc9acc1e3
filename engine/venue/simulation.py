"""The venue: what a market does with a command and with a ticks record."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from operator import attrgetter

from engine.venue.arrivals import arrive
from engine.venue.commands import Command
from engine.venue.events import Event
from engine.venue.following import expire
from engine.venue.funding import announce, expect, pay
from engine.venue.liquidation import watches
from engine.venue.market import D, Market
from engine.venue.passage import displays, passes, recover, reference
from engine.venue.protection import settle
from engine.venue.turn import Hear, Rules, Turn
from schemas.ticks import BookState, BookUpdates, Ticks


@dataclass(frozen=True)
class Venue(Rules):
    """The rules, without state."""

    def place(self, market: Market[D], command: Command) -> None:
        """Put the command on its way; it is carried out by a later `follow`."""
        insort(market.pending, command, key=attrgetter("due"))

    def follow(
        self, market: Market[D], ticks: Ticks, hear: Hear | None = None, *, moves: bool = True
    ) -> list[Event]:
        """Carry out what is due before this record, then let it pass; a double is dropped.

        hear: is told of the events as they happen, so that what it sends is carried out when due.
        moves: False where it is known that the record moves nothing that the account has there.

        A market that lacks a record has no book until the next snapshot: a book with a hole in it
        must not be traded on, and the account's orders must not wait for ever. Cost without orders
        at the venue: that of the book.
        """
        if ticks.seq <= market.followed:
            return []
        if ticks.seq > market.followed + 1:
            market.built, market.book = False, BookState.NONE
        turn = Turn(self, market, hear=hear, key=ticks.key)
        expect(turn, ticks.seen_time - 1)
        if market.pending or market.announced is not None or market.until is not None:
            _due(turn, ticks.seen_time)
        market.followed = ticks.seq
        market.built |= ticks.seq == 0 or _rebuilt(ticks.books)
        book = ticks.book if market.built else BookState.NONE
        if self.margin is not None and not market.marked:
            market.marked = any(mark is not None for mark in ticks.fundings.mark)
        if moves and (market.resting or watches(turn)):
            _pass(turn, ticks, book)
        elif any(market.taken.values()):
            for row in range(len(ticks.books)):
                displays(turn, ticks.books, row)
        elif ticks.books:
            market.depth.follow(ticks.books)
        market.book = book
        market.last = reference(market.last, ticks, self.reference == "mark")
        if ticks.fundings:
            announce(market, ticks.fundings)
        turn.tell()
        return turn.events


def _due(turn: Turn[D], upto: int) -> None:
    """Commands, ends of time and funding that are due before a time, in order; at once, in that."""
    market = turn.market
    while True:
        command = market.pending[0].due if market.pending else upto
        funding = market.announced.due if market.announced is not None else upto
        ends = upto if market.until is None else market.until
        turn.at = min(command, ends, funding)
        if turn.at >= upto:
            return
        if command == turn.at:
            arrive(turn, market.pending.pop(0))
        elif ends == turn.at:
            expire(turn)
            settle(turn)
        else:
            pay(turn)
        turn.tell()


def _pass(turn: Turn[D], ticks: Ticks, book: BookState) -> None:
    """A book that is not OK before and after the record is not met while it passes."""
    if book is not BookState.OK:
        turn.market.book = book
    passes(turn, ticks)
    turn.market.book, turn.at = book, ticks.seen_time
    recover(turn, changed=bool(ticks.books))


def _rebuilt(books: BookUpdates) -> bool:
    """True when the record holds a snapshot: what was missed before it matters no more."""
    return any([snap and done for snap, done in zip(books.snapshot, books.applied, strict=True)])
