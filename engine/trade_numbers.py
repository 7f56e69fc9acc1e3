"""Each execution counts once: the venue's consecutive trade numbers of one market.

Binance numbers a symbol's executions one by one ("t"); an aggregated trade stands for the numbers
"f" to "l" and has one of its own ("a"), consecutive too. So a number seen before is a repetition
(a reconnect, two recordings that overlap), and one that is jumped over is a hole, which a trade
that comes out of order fills. Streams of both kinds meet in the numbers of executions. Those of
aggregated trades are not whole on futures (liquidations by insurance fund and ADL are left out), so
a hole between two of these shows in "a" only. Before the first trade everything is a hole.

Trades of other venues have ids that are no such numbers. Bitget sends its latest 50 trades with
each subscription, newest first, and venues repeat a frame now and then (Gate), so an id that is
among the latest seen is a repetition too, if its time is the same; what is missing does not show.
Trades without an id (Bitget's v1, Kraken's v1, MEXC's spot) count as often as they come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.feeds.events import Trade

HOLES = 1000
"""Holes that are kept; what belongs into an older one is a repetition."""

RECENT = 128
"""Ids that are kept: more than any venue sends again."""

ANEW = 60_000_000_000
"""A number seen before on a trade this much (ns) later than all is no repetition: the venue has
begun to number anew."""


class Numbered(NamedTuple):
    """repeated: it was counted before. gap: which numbers before it are missing, in words."""

    repeated: bool = False
    gap: str | None = None


NEW = Numbered()
"""What nearly every trade is: the next one."""
AGAIN = Numbered(repeated=True)


@dataclass
class TradeNumbers:
    """What has been seen: up to `last` but for `holes` (first and last, ascending).

    first: the number that all began with. aggregate: the highest number of an aggregated trade;
    time: the latest event time in ns. recent: ids of trades without numbers, oldest first, with
    their event times.
    """

    last: int | None = None
    aggregate: int | None = None
    time: int = 0
    holes: list[tuple[int, int]] = field(default_factory=list)
    recent: dict[str, int] = field(default_factory=dict)
    first: int | None = None

    def take(self, trade: Trade) -> Numbered:
        """Note the trade's numbers, or its id; one without either is never a repetition."""
        if trade.numbers is None:
            return self._named(trade) if trade.trade_id else NEW
        first, last = trade.numbers
        if self.last is None:
            self._begin(trade, first, last)
            return NEW
        if first > self.last:
            return self._ahead(trade, first, last)
        if last <= self.last and not self._fills(first, last):
            if trade.event_time <= self.time + ANEW:
                return AGAIN
            gap = f"the venue numbers its trades anew: {first} after {self.last}"
            self._begin(trade, first, last)
            return Numbered(gap=gap)
        self._fill(first, last)
        self._reach(trade, last)
        return NEW

    def _named(self, trade: Trade) -> Numbered:
        """Of an id that stands alone."""
        if self.recent.get(trade.trade_id) == trade.event_time:
            return AGAIN
        self.recent[trade.trade_id] = trade.event_time
        if len(self.recent) > RECENT:
            del self.recent[next(iter(self.recent))]
        return NEW

    def _begin(self, trade: Trade, first: int, last: int) -> None:
        self.last, self.aggregate, self.time = last, trade.aggregate, trade.event_time
        self.holes = [(0, first - 1)] if first else []
        self.first = first

    def _ahead(self, trade: Trade, first: int, last: int) -> Numbered:
        """The trade is beyond all that has been seen."""
        expected = (self.last or 0) + 1
        if first == expected:
            self._reach(trade, last)
            return NEW
        gap = self._missing(trade, expected, first)
        self.holes = [*self.holes, (expected, first - 1)][-HOLES:]
        self._reach(trade, last)
        return Numbered(gap=gap)

    def _missing(self, trade: Trade, expected: int, first: int) -> str | None:
        if trade.aggregate is None:
            return f"trades {expected}..{first - 1} are missing"
        if self.aggregate is None or trade.aggregate <= self.aggregate + 1:
            return None
        return f"aggregated trades {self.aggregate + 1}..{trade.aggregate - 1} are missing"

    def _reach(self, trade: Trade, last: int) -> None:
        self.last = max(last, self.last or 0)
        self.time = max(trade.event_time, self.time)
        if trade.aggregate is not None:
            self.aggregate = max(trade.aggregate, self.aggregate or 0)

    def _fills(self, first: int, last: int) -> bool:
        """Some of these numbers have not been seen."""
        return any(first <= end and last >= start for start, end in self.holes)

    def _fill(self, first: int, last: int) -> None:
        holes: list[tuple[int, int]] = []
        for start, end in self.holes:
            parts = ((start, min(end, first - 1)), (max(start, last + 1), end))
            holes += dict.fromkeys(part for part in parts if part[0] <= part[1])
        self.holes = holes

    def dump(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "last": self.last,
            "aggregate": self.aggregate,
            "time": self.time,
            "holes": [list(hole) for hole in self.holes],
            "recent": [[name, time] for name, time in self.recent.items()],
            "first": self.first,
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> TradeNumbers:
        """What `dump` gave; nothing seen for {}."""
        if not data:
            return cls()
        holes = [(start, end) for start, end in data["holes"]]
        recent = {name: time for name, time in data.get("recent", ())}
        first = data.get("first")
        return cls(data["last"], data["aggregate"], data["time"], holes, recent, first)
