"""A champion's and a challenger's votes at one market, side by side, and what came of them.

The forecast's outcome is that of the training: whether the close is higher `horizon` bars later,
or which of two barriers is met first. A vote's is that of engine.strategies.outcomes, over as many
bars: by quotes, net of fees. Both are told by the votes alone, so a running desk's decisions are
enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from engine.learning.outcomes import Bar, Waiting, settled
from engine.learning.rivals import Rows
from engine.strategies.outcomes import OutcomeSettings, Quotes, Votes
from schemas.decisions import Vote

Pair = tuple[Vote, Vote]
"""The champion's and the challenger's."""


@dataclass
class Row:
    """One bar that both have foretold. net: basis points of the outcomes that ended at it."""

    time: int
    up: tuple[float, float]
    net: list[float]


@dataclass
class Contest:
    """One market. horizon: bars of an outcome; since: bars that ended up to it are left out, ns: a
    model may have learnt them. barrier: in ATR, where that is what both foretell, else 0."""

    horizon: int
    since: int
    fee_bps: float
    barrier: float = 0.0
    rows: list[Row] = field(default_factory=list)
    early: int = 0
    _closes: dict[int, float] = field(default_factory=dict)
    _bars: dict[int, tuple[Bar, float]] = field(default_factory=dict)
    _votes: tuple[Votes, Votes] = field(default_factory=lambda: (Votes(), Votes()))

    def take(self, pair: Pair, quotes: Quotes | None) -> None:
        """Votes on the signal of a bar, in the order of the bars; others are not looked at."""
        one, other = (vote.forecast for vote in pair)
        if one is None or other is None or one.bar_time != other.bar_time:
            return
        if one.bar_time <= self.since:
            self.early += 1
            return
        if self._closes and one.bar_time <= next(reversed(self._closes)):
            return
        self._closes[one.bar_time] = one.close
        if one.bar is not None and one.atr is not None:
            self._bars[one.bar_time] = Bar.of(one.bar), self.barrier * one.atr
        row = Row(one.bar_time, (one.up, other.up), [0.0, 0.0])
        self.rows.append(row)
        of = OutcomeSettings(horizon=min(1000, self.horizon), fee_bps=self.fee_bps)
        for place, (vote, votes) in enumerate(zip(pair, self._votes, strict=True)):
            ended = votes.end(vote, quotes, len(self.rows), of)
            row.net[place] = ended.net if ended else 0.0
            votes.begin(vote, quotes, None, len(self.rows), of)

    @property
    def outcomes(self) -> dict[int, float]:
        """By time of a bar, 1 where the close was higher a horizon later, or the upper barrier was
        met first, else 0. Bars are as long as the least time between two of them; nothing is known
        across a gap."""
        length = min((b - a for a, b in pairwise(self._closes)), default=0)
        if self.barrier:
            return dict(self._met(length))
        later = ((at, at + self.horizon * length) for at in self._closes)
        return {
            at: float(self._closes[end] > self._closes[at])
            for at, end in later
            if end in self._closes
        }

    def _met(self, length: int) -> Iterator[tuple[int, float]]:
        """The same of barriers. Those that wait are of bars one after the other, so each one's time
        follows from how many have closed since."""
        waiting: list[Waiting] = []
        before: int | None = None
        for at, (bar, width) in self._bars.items():
            if before is None or at - before != length:
                waiting = []
            waiting, done = settled(waiting, bar, self.horizon)
            yield from ((at - (each.bars + 1) * length, came) for each, came in done)
            if width > 0:
                waiting.append(Waiting(bar.close, 0.5, width))
            before = at

    @property
    def blank(self) -> dict[int, float]:
        """The same of all bars, where nothing rests on what came."""
        return {row.time: 0.0 for row in self.rows}


def together(parts: Iterable[tuple[Contest, Mapping[int, float]]]) -> Rows:
    """The rows of several markets, each with what came of its bars; a bar of which that is not
    known is left out."""
    found: Sequence[tuple[Row, float]] = [
        (row, came[row.time]) for one, came in parts for row in one.rows if row.time in came
    ]
    count = len(found)
    return Rows(
        times=np.array([row.time for row, _ in found], dtype=np.int64),
        up=np.array([row.up for row, _ in found], dtype=float).reshape(count, 2),
        came=np.array([came for _, came in found], dtype=float),
        net=np.array([row.net for row, _ in found], dtype=float).reshape(count, 2),
    )
