"""A tape as it is played: how far it has come, and which of its trades does something next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.columns.tape import Tape
from engine.columns.touch import touch
from engine.numbers import PRICE_DECIMALS
from engine.replay.passing import NEVER, Reach
from schemas.ticks import Ticks

END = 1 << 63
"""The time of what does not come any more."""


class Reel:
    """place: among the reels, for trades of one time.

    next, time, asked: the next trade that does something, when it is received (END: none is left),
    and whether the stages are to see it, not the venue alone. must: ns from which on a record is
    wanted whatever it says. stale: what it waits for may have changed. marked: when
    what is held was marked last.
    """

    def __init__(self, tape: Tape, place: int) -> None:
        self.tape, self.place, self.key = tape, place, tape.key
        self.grain = tape.trades.price_grain.units(PRICE_DECIMALS)
        self.spread = tape.shown.spread * self.grain // tape.trades.price_grain.step
        self.next, self.time, self.asked = 0, 0, False
        self.must: int | None = None
        self.stale = True
        self.marked = 0
        self._at = 0
        self._clocks = 0
        self._made = -1
        self._bars = tape.bars.at
        self._bar = 0
        self._clear: dict[int, tuple[int, int, int]] = {}

    def look(self, unread: int | None, expiry: int, reaches: Sequence[Reach]) -> None:
        """Find the next trade. unread: ns from which on an account has news to read; expiry: of
        what waits for a person; reaches: what each account has in the market.

        O(log n), and O(1) compiled a trade that is passed.
        """
        asked = self._next_asked(unread, expiry)
        found = asked
        for number, each in enumerate(reaches):
            if not each.still:
                found = min(found, self._touched(number, each, found))
        self.next, self.asked, self.stale = found, found == asked, False
        seen = self.tape.trades.seen_time
        self.time = int(seen[found]) if found < len(seen) else END

    def ticks(self, at: int) -> Ticks:
        """The record of a trade."""
        return self.tape.ticks(at, at + self._clocks)

    def meets(self, at: int, reach: Reach) -> bool:
        """Whether a trade may move what an account has there."""
        trades = self.tape.trades
        return reach.meets(int(trades.price[at]) * self.grain, int(trades.seen_time[at]))

    def clock(self, at: int, now: int) -> Ticks:
        """The next record, which only carries time, behind a trade."""
        self._clocks += 1
        return self.tape.clock(at, at + self._clocks, now)

    def passed(self, at: int) -> None:
        """The trade is done with."""
        self._at, self.stale = at + 1, True
        while self._bar < len(self._bars) and self._bars[self._bar] < self._at:
            self._bar += 1

    def skipped(self, seq: int) -> int:
        """How many records came before this one since the last that was asked about."""
        before, self._made = self._made, seq
        return seq - before - 1

    def _next_asked(self, unread: int | None, expiry: int) -> int:
        """The next trade that closes a bar, or that an account waits for."""
        found = len(self.tape.trades)
        if self._bar < len(self._bars):
            found = int(self._bars[self._bar])
        for when in (unread, self.must):
            if when is not None:
                found = min(found, self._first(when))
        return found if expiry == END else min(found, self._first(expiry + 1))

    def _first(self, when: int) -> int:
        """The first trade that is received at a time or later, and has not passed."""
        return max(self._at, int(np.searchsorted(self.tape.trades.seen_time, when)))

    def _touched(self, number: int, reach: Reach, end: int) -> int:
        """The first trade before `end` that moves what the account has there, else `end`."""
        if reach.every:
            return self._at
        if reach.due != NEVER:
            end = min(end, self._first(reach.due + 1))
        low, high = reach.low // self.grain, -(-reach.high // self.grain)
        known = self._clear.get(number)
        start = self._at if known is None or known[:2] != (low, high) else max(self._at, known[2])
        found = touch(self.tape.trades.price, start, end, low, high)
        self._clear[number] = low, high, max(start, found)
        return found
