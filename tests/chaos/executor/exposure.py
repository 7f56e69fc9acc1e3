"""Stretches of time in which a position that wants a stop was not covered by one, pure.

A position wants one from when an entry that named a stop opened it, or added to it, until it is
flat or has turned around; all of it is then to be covered by live stops that close it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

LIMIT = 1_000_000_000
"""ns for which a position may be bare while executor and venue are up."""


class Span(NamedTuple):
    """From `begin` to before `end`, in ns."""

    begin: int
    end: int


class Filled(NamedTuple):
    """An execution of an order, by its client id; lots: negative where it sold."""

    at: int
    symbol: str
    client: str
    lots: int


class Covers(NamedTuple):
    """What a stop would trade from here on: lots, negative where it would sell, 0: it is gone."""

    at: int
    symbol: str
    number: int
    lots: int


class Bare(NamedTuple):
    """A position was bare for a time."""

    symbol: str
    span: Span


@dataclass
class _Position:
    """One symbol as the exchange has it."""

    held: int = 0
    wants: bool = False
    since: int | None = None
    stops: dict[int, int] = field(default_factory=dict)

    def fill(self, event: Filled, wanting: Collection[str]) -> None:
        before, self.held = self.held, self.held + event.lots
        if self.held * before <= 0:
            self.wants = False
        if event.client in wanting and self.held * event.lots > 0:
            self.wants = True

    @property
    def bare(self) -> bool:
        covered = sum(abs(lots) for lots in self.stops.values() if lots * self.held < 0)
        return self.wants and covered < abs(self.held)

    def ended(self, at: int) -> Span | None:
        """The bare time that is over at that moment, if one is."""
        begun = self.since
        if self.bare:
            self.since = at if begun is None else begun
            return None
        self.since = None
        return Span(begun, at) if begun is not None and begun < at else None


def bare(events: Iterable[Filled | Covers], wanting: Collection[str], until: int) -> list[Bare]:
    """The times in which a position was bare, by their begin; one that goes on ends at `until`.

    events: of one account, in order; wanting: client ids of entries that named a stop.
    """
    positions: dict[str, _Position] = {}
    found = []
    for event in events:
        position = positions.setdefault(event.symbol, _Position())
        if isinstance(event, Filled):
            position.fill(event, wanting)
        else:
            position.stops[event.number] = event.lots
        if (span := position.ended(event.at)) is not None:
            found.append(Bare(event.symbol, span))
    for symbol, position in positions.items():
        if position.since is not None and position.since < until:
            found.append(Bare(symbol, Span(position.since, until)))
    return sorted(found, key=lambda each: each.span)


def during(span: Span, windows: Iterable[Span]) -> Iterator[Span]:
    """The parts of a span that are in windows."""
    for window in windows:
        part = Span(max(span.begin, window.begin), min(span.end, window.end))
        if part.begin < part.end:
            yield part


def outside(span: Span, windows: Iterable[Span]) -> list[Span]:
    """The parts of a span that are in none of the windows."""
    found, begin = [], span.begin
    for part in sorted(during(span, windows)):
        if begin < part.begin:
            found.append(Span(begin, part.begin))
        begin = max(begin, part.end)
    return [*found, Span(begin, span.end)] if begin < span.end else found
