"""What came of votes: the return that each would have had, net of what trading it costs.

An outcome begins where an advisor says LONG or SHORT on a book that is whole while none of its own
is open: at the ask, or the bid. It ends on the first record on which `horizon` bars more have
closed, or when the advisor says the other side or EXIT before, at the quote that leaves the
position. So it is known from quotes that had come by then, and it has paid the spread. Net of it,
in basis points:

    10^4 (way (exit / entry - 1)) - 2 fee_bps       way 1 for LONG, -1 for SHORT

It is a hit where net is above 0, and the vote's confidence is taken for the probability of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from engine.indicators import rounded
from engine.learning.exact import log_loss
from schemas.decisions import Verdict, Vote
from schemas.signals import Signal
from schemas.ticks import BookState

BASIS = 1e4
WAYS: Mapping[Verdict, int] = {Verdict.LONG: 1, Verdict.SHORT: -1}

SURE = 1e-3
"""Confidences are taken for probabilities from here to as far from 1."""


class OutcomeSettings(BaseModel):
    """horizon: bars that an outcome lasts at most; fee_bps: of one side, as a taker pays."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    horizon: int = Field(default=12, ge=1, le=1000)
    fee_bps: float = Field(default=5.0, ge=0, le=1000)


class Quotes(NamedTuple):
    """Best bid and ask, in quote."""

    bid: float
    ask: float


class Outcome(NamedTuple):
    """net: in basis points. gain: net over the ATR times the root of the horizon, -1 to 1, which is
    what weights are learnt of; its sign where no ATR was known."""

    net: float
    gain: float


@dataclass
class Open:
    """A vote whose outcome is to come. due: the number of the bar at which it ends; scale: basis
    points that are a gain of 1."""

    way: int
    entry: float
    due: int
    confidence: float
    scale: float


@dataclass
class Told:
    """What came of an advisor's votes at a market: their count, the hits among them, sums of net
    (basis points), of log losses and of Brier scores of its confidence."""

    count: int = 0
    hits: int = 0
    net: float = 0.0
    log_loss: float = 0.0
    brier: float = 0.0

    def add(self, net: float, confidence: float) -> None:
        """One outcome more."""
        sure, hit = min(1 - SURE, max(SURE, confidence)), net > 0
        self.count += 1
        self.hits += hit
        self.net += net
        self.log_loss += log_loss(sure, hit)
        self.brier += (sure - hit) ** 2

    @property
    def words(self) -> str:
        """Of a reason."""
        if not self.count:
            return "no outcomes yet"
        hits, loss = self.hits / self.count, self.log_loss / self.count
        return (
            f"{self.count} outcomes, {hits:.1%} hit, {self.net / self.count:+.3g} bps each, "
            f"log loss {loss:.3f}"
        )


@dataclass
class Votes:
    """One advisor's votes at a market: the open one, and what came of those before it."""

    open: Open | None = None
    told: Told = field(default_factory=Told)

    def end(
        self, vote: Vote, quotes: Quotes | None, bars: int, of: OutcomeSettings
    ) -> Outcome | None:
        """The open vote's outcome where it ends now: it is due, or the advisor has turned."""
        held = self.open
        if held is None or quotes is None:
            return None
        way = WAYS.get(vote.verdict, 0)
        if bars < held.due and way != -held.way and vote.verdict is not Verdict.EXIT:
            return None
        leave = quotes.bid if held.way > 0 else quotes.ask
        net = rounded(BASIS * held.way * (leave / held.entry - 1) - 2 * of.fee_bps)
        self.open = None
        self.told.add(net, held.confidence)
        gain = net / held.scale if held.scale else (net > 0) - (net < 0)
        return Outcome(net, rounded(min(1.0, max(-1.0, gain))))

    def begin(
        self, vote: Vote, quotes: Quotes | None, atr: float | None, bars: int, of: OutcomeSettings
    ) -> None:
        """Open an outcome of a vote for a side, unless one is open."""
        way = WAYS.get(vote.verdict)
        if way is None or self.open is not None or quotes is None:
            return
        entry = quotes.ask if way > 0 else quotes.bid
        scale = BASIS * (atr or 0.0) * sqrt(of.horizon) / entry
        self.open = Open(way, entry, bars + of.horizon, vote.confidence, rounded(scale))


def quotes_of(signal: Signal) -> Quotes | None:
    """What could be traded at; None where the book is not whole."""
    if signal.book is not BookState.OK or signal.bid is None or signal.ask is None:
        return None
    return Quotes(float(signal.bid[0]), float(signal.ask[0]))
