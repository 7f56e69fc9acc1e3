"""A champion's and a challenger's votes at one market, side by side, and what came of them.

The forecast's outcome is that of the training: whether the close is higher `horizon` bars later. A
vote's is that of engine.strategies.outcomes, over as many bars: by quotes, net of fees. Both are
told by the votes alone, so a running desk's decisions are enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

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
    model may have learnt them."""

    horizon: int
    since: int
    fee_bps: float
    rows: list[Row] = field(default_factory=list)
    early: int = 0
    _closes: dict[int, float] = field(default_factory=dict)
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
        row = Row(one.bar_time, (one.up, other.up), [0.0, 0.0])
        self.rows.append(row)
        of = OutcomeSettings(horizon=min(1000, self.horizon), fee_bps=self.fee_bps)
        for place, (vote, votes) in enumerate(zip(pair, self._votes, strict=True)):
            ended = votes.end(vote, quotes, len(self.rows), of)
            row.net[place] = ended.net if ended else 0.0
            votes.begin(vote, quotes, None, len(self.rows), of)

    @property
    def outcomes(self) -> dict[int, float]:
        """By time of a bar, 1 where the close was higher a horizon later, else 0. Bars are as long
        as the least time between two of them; nothing is known across a gap."""
        length = min((b - a for a, b in pairwise(self._closes)), default=0)
        later = ((at, at + self.horizon * length) for at in self._closes)
        return {
            at: float(self._closes[end] > self._closes[at])
            for at, end in later
            if end in self._closes
        }

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
