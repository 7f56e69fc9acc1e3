"""A tape as it is played: how far it has come, and which of its trades does something next."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Literal, cast

import numpy as np

from engine.columns.tape import Tape
from engine.columns.touch import NOWHERE, touch
from engine.columns.trades import Integers
from engine.numbers import PRICE_DECIMALS
from engine.replay.passing import NEVER, Reach
from engine.replay.poll import Poll
from schemas.record import symbol_of
from schemas.ticks import Ticks

END = 1 << 63
"""The time of what does not come any more."""

Bounds = tuple[int, int, tuple[tuple[int, int], ...]]
"""What a trade may not leave: the prices of a `Reach`, and the levels that it has shown."""


class Reel:
    """place: among the reels, for trades of one time.

    next, time, asked: the next trade that does something, when it is received (END: none is left),
    and whether the stages are to see it, not the venue alone. must: ns from which on a record is
    wanted whatever it says. stale: what it waits for may have changed. marked: when
    what is held was marked last. bar: number of the next trade that closes bars, among those.
    """

    def __init__(self, tape: Tape, place: int, poll: Poll) -> None:
        self.tape, self.place, self.key, self.poll = tape, place, tape.key, poll
        self.symbol = symbol_of(tape.key)
        self.grain = tape.trades.price_grain.units(PRICE_DECIMALS)
        self.spread = tape.shown.spread * self.grain // tape.trades.price_grain.step
        self.next, self.time, self.asked = 0, 0, False
        self.must: int | None = None
        self.stale = True
        self.marked = 0
        self.bar = 0
        self._at = 0
        self._clocks = 0
        self._made = -1
        self._shown: Ticks | None = None
        self._clear: dict[int, tuple[Bounds, int]] = {}
        self._closings: list[int] = poll.signals.at.tolist()
        self._closed: list[int] = poll.signals.times.tolist()
        trades = tape.trades
        self._seen: Any = memoryview(cast(Any, trades.seen_time))
        self._prices: Any = memoryview(cast(Any, trades.price))
        self._buys: Any = memoryview(cast(Any, trades.buys))

    @property
    def soonest(self) -> int:
        """When the first trade is received that has not passed."""
        return self._seen[self._at] if self._at < len(self._seen) else END

    def begin(self, since: int) -> int:
        """Pass by what is received before a time, ns; how many records those are."""
        before = int(self.tape.trades.seen_time.searchsorted(since))
        if before:
            self.passed(before - 1)
            self._made = before - 1
        return before

    def look(self, bar: int, unread: int | None, expiry: int, reaches: Sequence[Reach]) -> None:
        """Find the next trade. bar: number of the next one that closes bars and is wanted; unread:
        ns from which on an account has news to read; expiry: of what waits for a person; reaches:
        what each account has in the market.

        O(log n), and O(1) compiled a trade that is passed.
        """
        asked = self._next_asked(bar, unread, expiry)
        found = asked
        for number, each in enumerate(reaches):
            if not each.still:
                found = min(found, self._touched(number, each, found))
        self.next, self.asked, self.stale = found, found == asked, False
        self.time = self._seen[found] if found < len(self._seen) else END

    def mark(self, pause: int) -> int:
        """Number of the next bar at which what is held is to be marked, a pause in ns after the
        last time.
        """
        return bisect_left(self._closed, self.marked + pause, self.bar)

    def closing(self, at: int) -> int | None:
        """Number of a trade among those that close bars; None where it is none of them."""
        closings = self._closings
        number = bisect_left(closings, at)
        return number if number < len(closings) and closings[number] == at else None

    def seq(self, at: int) -> int:
        """Sequence of a trade's record."""
        return at + self._clocks

    def shown(self, at: int, seq: int) -> Ticks:
        """The record of a trade, with its sequence, as a venue looks at it."""
        if self._shown is None or self._shown.seq != seq:
            self._shown = self.tape.seen(at, seq)
        return self._shown

    def ticks(self, at: int, seq: int) -> Ticks:
        """The whole record of a trade, with its sequence."""
        return self.tape.named(self.shown(at, seq), at)

    def meets(self, at: int, reach: Reach) -> bool:
        """Whether a trade may move what an account has there."""
        price, time = self._prices[at] * self.grain, self._seen[at]
        return reach.meets(price, time, buys=self._buys[at])

    def clock(self, at: int, now: int) -> Ticks:
        """The next record, which only carries time, behind a trade."""
        self._clocks += 1
        return self.tape.clock(at, at + self._clocks, now)

    def passed(self, at: int) -> None:
        """The trade is done with, and all before it."""
        self.stale = True
        if at >= self._at:
            self._at = at + 1
            self.bar = bisect_left(self._closings, self._at, self.bar)

    def come(self, time: int, place: int) -> None:
        """All is done with that comes before a time, ns, and the place of a reel."""
        seen, at = self._seen, self._at
        if at < len(seen) and (seen[at] < time or (seen[at] == time and self.place < place)):
            side: Literal["left", "right"] = "right" if self.place < place else "left"
            self.passed(int(self.tape.trades.seen_time.searchsorted(time, side)) - 1)

    def skipped(self, seq: int) -> int:
        """How many records came before this one since the last that was asked about."""
        before, self._made = self._made, seq
        return seq - before - 1

    def _next_asked(self, bar: int, unread: int | None, expiry: int) -> int:
        """The next trade that closes a wanted bar, or that an account waits for."""
        closings = self._closings
        found = closings[bar] if bar < len(closings) else len(self._seen)
        for when in (unread, self.must):
            if when is not None:
                found = min(found, self._first(when))
        return found if expiry == END else min(found, self._first(expiry + 1))

    def _first(self, when: int) -> int:
        """The first trade that is received at a time or later, and has not passed."""
        return max(self._at, int(self.tape.trades.seen_time.searchsorted(when)))

    def _touched(self, number: int, reach: Reach, end: int) -> int:
        """The first trade before `end` that moves what the account has there, else `end`."""
        if reach.every:
            return self._at
        if reach.due != NEVER:
            end = min(end, self._first(reach.due + 1))
        bounds = reach.low, reach.high, reach.shown
        known = self._clear.get(number)
        start = self._at if known is None or known[0] != bounds else max(self._at, known[1])
        if start >= end:
            self._clear[number] = bounds, start
            return end
        trades, low, high = self.tape.trades, reach.low // self.grain, -(-reach.high // self.grain)
        levels = self._levels(reach.shown) if reach.shown else NOWHERE
        found = touch(trades.price, trades.buys, start, end, low, high, levels)
        self._clear[number] = bounds, max(start, found)
        return found

    def _levels(self, shown: Sequence[tuple[int, int]]) -> Integers:
        """In the column's grain, a seller's price first; a price that no trade can have as 0."""
        prices = [each for buyers, sellers in shown for each in (sellers, buyers)]
        found = [each // self.grain if each % self.grain == 0 else 0 for each in prices]
        return np.array(found, dtype=np.int64).reshape(-1, 2)
