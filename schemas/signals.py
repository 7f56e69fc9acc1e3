"""trading.signals and market.books."""

from __future__ import annotations

from enum import StrEnum

from schemas.record import Message, Record
from schemas.ticks import BookState, Level


class Action(StrEnum):
    """What the scores say."""

    STRONG_BUY = "strong_buy"
    BUY = "buy"
    HOLD = "hold"
    SELL = "sell"
    STRONG_SELL = "strong_sell"


class Score(Message):
    """One rule that spoke: its points and why, in words and numbers."""

    rule: str
    side: str
    points: int
    reason: str


class Signal(Record):
    """Indicators and scores after one ticks record.

    tick: sequence of the market.ticks record it rests on.
    fresh: a bar closed with this record, so the indicators are new; bar_time is its close in ns.
    indicators: by name, rounded to 12 significant digits; None while warming up.
    strength: the larger side's score over both, 0 to 1, None when nothing scored; published: it is
    above the bound (0.6 by default) from which a signal is told; below, the action is HOLD.
    last: price of the last trade; bid and ask: best of the book.
    micro: microstructure of this moment (pressure, imbalance, spread, depth, outliers), by name;
    features: what models read, each normalised so that markets compare.
    """

    venue: str
    symbol: str
    tick: int = -1
    fresh: bool = False
    bar_time: int | None = None
    indicators: dict[str, float | None] = {}
    scores: tuple[Score, ...] = ()
    buy_score: int = 0
    sell_score: int = 0
    strength: float | None = None
    published: bool = False
    action: Action = Action.HOLD
    book: BookState = BookState.NONE
    bid: Level | None = None
    ask: Level | None = None
    last: str | None = None
    micro: dict[str, float | None] = {}
    features: dict[str, float | None] = {}


class ConsolidatedBook(Record):
    """market.books: best levels of one symbol over venues, each (price, quantity, venue)."""

    symbol: str
    bids: tuple[tuple[str, str, str], ...] = ()
    asks: tuple[tuple[str, str, str], ...] = ()
