"""trading.signals and market.books."""

from __future__ import annotations

from enum import StrEnum

from schemas.orders import Read
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


Prices = tuple[str, str, str, str]
"""Open, high, low and close of a bar."""


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
    bar: open, high, low and close of the bar that closed with this record, the last of several,
    decimal strings in quote; None where none did.
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
    bar: Prices | None = None


class VenueState(StrEnum):
    """Whether a venue's book counts in the consolidated one: only when it is OK.

    none to crossed: as its ticks say (BookState), or stale by the symbol's time. silent: no record
    of the venue has come for a while; incomplete: this stage lacks records of its book; unlisted:
    quantities are in contracts, and no instrument tells their size.
    """

    OK = "ok"
    NONE = "none"
    GAPPED = "gapped"
    STALE = "stale"
    CROSSED = "crossed"
    SILENT = "silent"
    INCOMPLETE = "incomplete"
    UNLISTED = "unlisted"


class Touch(StrEnum):
    """How the best bid over venues stands to the best ask: below it, at it, or above it."""

    NONE = "none"
    NORMAL = "normal"
    LOCKED = "locked"
    CROSSED = "crossed"


class VenueBook(Message):
    """One venue's part: whether it counts, and its own best levels, whether it counts or not.

    tick: sequence of the market.ticks record it rests on. fresh: seen_time of the last update that
    was applied to its book; heard: of its last record. Its age is the book's `now` less `fresh`.
    """

    venue: str
    state: VenueState
    tick: int
    fresh: int | None = None
    heard: int = 0
    bid: Level | None = None
    ask: Level | None = None


class ConsolidatedBook(Record):
    """market.books: one symbol's book over venues after one ticks record of one of them.

    bids, asks: best price first, each row (price, quantity, venue); rows of one price stand
    together, by name of the venue. Prices as received; quantities in base (in quote for inverse
    contracts).
    bid, ask: the best prices, each with its quantity over all venues that have it.
    bid_venues, ask_venues: who has them. spread: ask - bid, negative when crossed.
    touch: a locked or crossed market is a fact over venues, no error: venues in it are sound.
    venues: all that have been heard of, by name; one whose state is not OK is left out of all else.
    full: `bids`, `asks` and `venues` are told. A record that changed none of them leaves them out;
    each clock record tells them. now: the symbol's time, running maximum of seen_time over venues.
    venue, tick: the market.ticks record that gave this one.
    reads: that record, and the instruments newly read before it.
    """

    symbol: str
    bids: tuple[tuple[str, str, str], ...] = ()
    asks: tuple[tuple[str, str, str], ...] = ()
    venue: str = ""
    tick: int = -1
    now: int = 0
    touch: Touch = Touch.NONE
    bid: Level | None = None
    ask: Level | None = None
    bid_venues: tuple[str, ...] = ()
    ask_venues: tuple[str, ...] = ()
    spread: str | None = None
    full: bool = True
    venues: tuple[VenueBook, ...] = ()
    reads: tuple[Read, ...] = ()

    @property
    def moment(self) -> int:
        """The symbol's time, which never goes back."""
        return self.now

    def upon(self, before: Record | None) -> ConsolidatedBook:
        """With rows and venues where the book before has told them; `full` says that they are."""
        if self.full or not isinstance(before, ConsolidatedBook) or before.seq + 1 != self.seq:
            return self
        told = {"bids": before.bids, "asks": before.asks, "venues": before.venues}
        return self.model_copy(update={**told, "full": before.full})
