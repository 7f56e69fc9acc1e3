"""Each execution counts once, where the venue does not number them one by one: told by their times.

A connection brings all trades from its first to its last; what lies between the last before a cut
and the first behind it is a hole. An answer of REST, too, has all trades between its ends. Of such
an answer those count that lie in a hole, and fill it; all others were there, or will come on the
socket. Where a trade has the very time of a hole's edge, those that were told at that time decide:
by the venue's id, or where one of the two has none, by price, quantity and side, each once.

Trades that come on a new connection with times before the cut are a venue's history (Bitget), and
are repetitions, however many; if the last one before the cut is among them, that history fills the
hole. Before the first connection nothing is missing. Where trades have a number that grows
(Trade.order), that stands for the time here. A few trades more or less of one instant are all that
can go wrong, where a venue does not tell them in the order of their times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.feeds.events import Trade

HOLES = 8
"""Holes that are kept; the oldest are given up."""

Told = tuple[str, str, str, str]
"""A trade's id, price, quantity and side."""


def place(trade: Trade) -> int:
    """Where it stands among a market's trades: its number that grows, or its time in ns."""
    return trade.event_time if trade.order is None else trade.order


def told(trade: Trade) -> Told:
    """What tells a trade from others of its time."""
    return trade.trade_id, trade.price, trade.quantity, trade.side


def take_out(trade: Trade, among: list[Told]) -> bool:
    """Whether the trade is among them; it is then no more."""
    mine = told(trade)
    for place, other in enumerate(among):
        same = mine[0] == other[0] if mine[0] and other[0] else _alike(mine, other)
        if same:
            del among[place]
            return True
    return False


def _alike(one: Told, other: Told) -> bool:
    if one[3] != other[3]:
        return False
    return all(Decimal(a) == Decimal(b) for a, b in zip(one[1:3], other[1:3], strict=True))


@dataclass
class Hole:
    """From the last trade before it to the first behind it (None: there is none yet), with what was
    told at these two times. since: event time (ns) before which nothing is of interest.
    """

    start: int
    before: list[Told]
    end: int | None = None
    behind: list[Told] = field(default_factory=list)
    since: int = 0

    def takes(self, trade: Trade, before: list[Told], behind: list[Told]) -> bool:
        """The trade belongs into it; before, behind: what of its edges was not met yet."""
        time = place(trade)
        if time < self.start or trade.event_time < self.since:
            return False
        if self.end is not None and time > self.end:
            return False
        if time == self.start and take_out(trade, before):
            return False
        return not (time == self.end and take_out(trade, behind))

    def without(self, trades: Sequence[Trade]) -> list[Hole]:
        """What is left of it when all between the first and the last of these has been told."""
        first, last = place(trades[0]), place(trades[-1])
        if self.end is not None and (last < self.start or first > self.end):
            return [self]
        left: list[Hole] = []
        if first > self.start or (first == self.start and not self._met(trades)):
            left.append(Hole(self.start, self.before, first, _at(trades, first), self.since))
        if self.end is not None and last < self.end:
            left.append(Hole(last, _at(trades, last), self.end, self.behind, self.since))
        return left

    def _met(self, trades: Sequence[Trade]) -> bool:
        there = [trade for trade in trades if place(trade) == self.start]
        return any(take_out(trade, [*self.before]) for trade in there)


def _at(trades: Sequence[Trade], time: int) -> list[Told]:
    return [told(trade) for trade in trades if place(trade) == time]


@dataclass
class TradeTimes:
    """latest: the newest time that the socket told of, at: what it told at that time.

    holes: ascending; only the last may be open. ahead: what REST told and the socket has still to
    tell, up to the time `until`. joined: a venue's history reaches back into what is known.
    """

    latest: int = 0
    at: list[Told] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    ahead: list[Told] = field(default_factory=list)
    until: int = 0
    joined: bool = False

    def cut(self, since: int) -> None:
        """The socket brings no more trades for now. since: as of Hole, if it brought none yet."""
        self.ahead, self.joined = [], False
        if not self._open:
            hole = Hole(self.latest, [*self.at]) if self.latest else Hole(0, [], since=since)
            self.holes = [*self.holes, hole][-HOLES:]

    @property
    def _open(self) -> bool:
        return bool(self.holes) and self.holes[-1].end is None

    def take(self, trade: Trade, known: bool = False) -> bool:
        """A trade came on the socket; whether it was counted before. known: it came there before,
        as its id tells.
        """
        if (self.ahead or self._open) and self._repeats(trade):
            return True
        if known:
            return True
        time = place(trade)
        if time > self.latest:
            self.latest, self.at = time, [told(trade)]
        elif time == self.latest:
            self.at.append(told(trade))
        return False

    def _repeats(self, trade: Trade) -> bool:
        """After a cut, or after an answer of REST that was ahead of the socket."""
        time = place(trade)
        if self.ahead:
            if time <= self.until:
                return take_out(trade, self.ahead)
            self.ahead = []
        if not self._open:
            return False
        hole = self.holes[-1]
        if time < hole.start:
            return True
        if time == hole.start and take_out(trade, [*hole.before]):
            self.joined = True
            return True
        if self.joined:
            self.holes.pop()
        else:
            hole.end, self.at = time, []
            hole.behind, self.latest = self.at, time
        return False

    def fetched(self, trades: Sequence[Trade]) -> list[Trade]:
        """An answer of REST, oldest trade first; those of it that were not counted before."""
        if not trades or not self.holes:
            return []
        edges = [([*hole.before], [*hole.behind]) for hole in self.holes]
        new = [
            trade
            for trade in trades
            if any(h.takes(trade, *e) for h, e in zip(self.holes, edges, strict=True))
        ]
        newest = self.holes[-1]
        self.holes = [left for hole in self.holes for left in hole.without(trades)][-HOLES:]
        if newest.end is None:
            self._lead(newest, trades, new)
        elif led := [told(trade) for trade in new if place(trade) == newest.end == self.latest]:
            self.ahead, self.until = [*self.ahead, *led], self.latest
            self.at += led
        return new

    def _lead(self, hole: Hole, trades: Sequence[Trade], new: Sequence[Trade]) -> None:
        """REST was first to tell what came after the cut: the socket may tell it once more."""
        last = place(trades[-1])
        if last < hole.start:
            self.holes.append(hole)
            return
        self.ahead, self.until = [told(each) for each in new], last
        self.latest, self.at = last, _at(trades, last)

    def dump(self) -> dict[str, Any]:
        """All of it as JSON values."""
        holes = [
            [each.start, _rows(each.before), each.end, _rows(each.behind), each.since]
            for each in self.holes
        ]
        return {
            "latest": self.latest, "at": _rows(self.at), "holes": holes,
            "ahead": _rows(self.ahead), "until": self.until, "joined": self.joined,
        }  # fmt: skip

    @classmethod
    def load(cls, data: dict[str, Any]) -> TradeTimes:
        """What `dump` gave; nothing told for {}."""
        if not data:
            return cls()
        holes = [Hole(a, _read(b), c, _read(d), e) for a, b, c, d, e in data["holes"]]
        at = _read(data["at"])
        for hole in holes:
            if hole.end == data["latest"]:
                hole.behind = at
        return cls(data["latest"], at, holes, _read(data["ahead"]), data["until"], data["joined"])


def _rows(found: Sequence[Told]) -> list[list[str]]:
    return [list(each) for each in found]


def _read(rows: Sequence[Sequence[str]]) -> list[Told]:
    return [(a, b, c, d) for a, b, c, d in rows]
