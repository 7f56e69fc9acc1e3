"""trading.decisions: judgments on the market, free of any account."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from schemas.orders import Read
from schemas.record import Message, Record
from schemas.refusals import Reason
from schemas.signals import Prices
from schemas.ticks import BookState, Level

Direction = Literal["up", "down", "flat"]
"""Where a trend goes."""

MAIN = "main"
"""The strategy that there is where the settings name none."""


class Verdict(StrEnum):
    """What a decision says to do."""

    LONG = "long"
    SHORT = "short"
    EXIT = "exit"
    HOLD = "hold"
    REFUSED = "refused"


class Forecast(Message):
    """What a model that follows, or is tried in shadow, foretells at a bar, whatever it says of it.

    model: digest of its bytes; up: probability that it gives the direction; close: of the bar, in
    quote; bar_time: the bar's end, ns; cutoff: up to which the model knows what happened, ns.
    bar: open, high, low and close, atr: in quote, where it foretells which of two barriers is met
    first; left out, also of the bytes, elsewhere.
    """

    model: str
    up: float
    close: float
    bar_time: int
    cutoff: int
    bar: Prices | None = Field(default=None, exclude_if=lambda bar: bar is None)
    atr: float | None = Field(default=None, exclude_if=lambda atr: atr is None)


class Vote(Message):
    """One advisor's opinion: where the trend goes, where to enter and leave (decimal strings in
    quote, None: as the strategy's settings have it), and how risky it is, 0 to 1: what a strategy's
    `caution` takes from the confidence. forecast: left out, also of the bytes, where there is none.
    """

    advisor: str
    verdict: Verdict
    confidence: float
    weight: float
    trend: Direction = "flat"
    entry: str | None = None
    stop: str | None = None
    target: str | None = None
    risk: float | None = None
    reasons: tuple[str, ...] = ()
    forecast: Forecast | None = Field(default=None, exclude_if=lambda forecast: forecast is None)


class Newest(Message):
    """The input of a judgment that was received last: its place, and the times that it rests on.

    seen_time: when it was received, ns, never later than the judgment's own; of a signal it is that
    of the last frame behind it. event_time: the latest time of a venue that any of the inputs
    tells, of an event or of the end of a bar; None where none does.
    """

    topic: str
    key: str
    seq: int
    seen_time: int
    event_time: int | None = None


class Decision(Record):
    """A verdict with its prices (decimal strings in quote), or hold, or a refusal with its reason.

    strategy: whose verdict it is; there is one decision a signal and strategy.
    tick: sequence of the market.ticks record it rests on; atr: in quote, for accounts whose stops
    are multiples of it; confidence: of the votes behind the verdict (engine.strategies.ensemble).
    strength: of the verdict, what an account's minimum_strength is held against. That of the
    signal's scores (the larger side's over both) where a rule advisor is behind the verdict, and of
    a hold; else the confidence, since nothing else says how strong it is.
    bid, ask and book: the market it was made on.
    newest: the newest input that it has seen; None in records of before there was that field.
    reads: where the market's strategies read books over venues (market.books): the signal, and how
    far each book was read since the decision before. Left out, also of the bytes, where none does.
    """

    venue: str
    symbol: str
    strategy: str = MAIN
    tick: int = -1
    verdict: Verdict
    reason: Reason | None = None
    entry: str | None = None
    stop: str | None = None
    target: str | None = None
    strength: float | None = None
    confidence: float = 0.0
    atr: float | None = None
    votes: tuple[Vote, ...] = ()
    book: BookState = BookState.NONE
    bid: Level | None = None
    ask: Level | None = None
    newest: Newest | None = None
    reads: tuple[Read, ...] = Field(default=(), exclude_if=lambda reads: not reads)

    @property
    def urgent(self) -> bool:
        """Something is to be done."""
        return self.verdict not in (Verdict.HOLD, Verdict.REFUSED)
