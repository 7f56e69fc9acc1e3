"""market.ticks and market.bars: one raw record's events as columns, and closed bars.

Columns of one group have equal lengths. `index` is the place of the event's frame in the raw record
(file order); `event_time` and `seen_time` are ns; prices and quantities are decimal strings exactly
as received. A quantity is in base, or in contracts where the venue trades such (contract_size of
the Instrument), and so are a bar's volumes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from schemas.record import Message, Record

Level = tuple[str, str]
"""Price and quantity; a quantity of zero deletes the level."""

Side = Literal["buy", "sell"]


class Columns(Message):
    """A group of columns; refuses unequal lengths. LATER names columns that old records lack."""

    LATER: ClassVar[tuple[str, ...]] = ()

    index: tuple[int, ...] = ()
    event_time: tuple[int | None, ...] = ()
    seen_time: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _equal_lengths(self) -> Self:
        if len(set(map(len, self.__dict__.values()))) == 1:
            return self
        lengths = {len(value) for name, value in self.__dict__.items() if name not in self.LATER}
        lengths |= {len(self.__dict__[name]) for name in self.LATER if self.__dict__[name]}
        if len(lengths) > 1:
            raise ValueError(f"columns of {type(self).__name__} differ in length")
        return self

    def __len__(self) -> int:
        return len(self.index)


class Trades(Columns):
    """Executions; side is the aggressor's."""

    price: tuple[str, ...] = ()
    quantity: tuple[str, ...] = ()
    side: tuple[Side, ...] = ()
    trade_id: tuple[str, ...] = ()


class Quotes(Columns):
    """Best bid and ask as the venue published them."""

    bid: tuple[str, ...] = ()
    bid_quantity: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    ask_quantity: tuple[str, ...] = ()
    update_id: tuple[int | None, ...] = ()


class BookUpdates(Columns):
    """Depth changes and snapshots; applied tells whether the book was built with it.

    bridged: on an applied snapshot, how many of the last updates published as not applied belong
    on top of it (engine.book.Book.follow rebuilds the book from these columns). depth: levels a
    side that the book has after an applied update, the best ones; empty where no row has a limit.
    """

    LATER: ClassVar[tuple[str, ...]] = ("bridged", "depth")

    snapshot: tuple[bool, ...] = ()
    applied: tuple[bool, ...] = ()
    first_id: tuple[int | None, ...] = ()
    last_id: tuple[int | None, ...] = ()
    previous_id: tuple[int | None, ...] = ()
    bridged: tuple[int, ...] = ()
    bids: tuple[tuple[Level, ...], ...] = ()
    asks: tuple[tuple[Level, ...], ...] = ()
    depth: tuple[int | None, ...] = ()


class Fundings(Columns):
    """Mark price and funding of a perpetual: rate of the next payment, and when (ns) it is due.

    rate is a share of notional, positive when longs pay. What a frame did not name is None: some
    venues tell marks, index prices and rates on channels of their own.
    Rows are as received, also repeated and late ones: the row of the latest event_time counts.
    """

    mark: tuple[str | None, ...] = ()
    index_price: tuple[str | None, ...] = ()
    rate: tuple[str | None, ...] = ()
    due: tuple[int | None, ...] = ()


class OpenInterests(Columns):
    """Contracts (or base) that are open; value: in quote, where the venue tells it."""

    quantity: tuple[str, ...] = ()
    value: tuple[str | None, ...] = ()


class Liquidations(Columns):
    """Positions that the venue closed; side is the closing order's: sell ends a long."""

    price: tuple[str, ...] = ()
    quantity: tuple[str, ...] = ()
    side: tuple[Side, ...] = ()


class BookState(StrEnum):
    """Whether the book may be traded on: only when it is OK."""

    NONE = "none"
    OK = "ok"
    GAPPED = "gapped"
    STALE = "stale"
    CROSSED = "crossed"


class NoticeType(StrEnum):
    """What else a reader must know about the stream."""

    GAP = "gap"
    STALE = "stale"
    RESYNC = "resync"
    LATE = "late"
    CROSSED = "crossed"
    DEAD = "dead"
    DUPLICATE = "duplicate"


class Notice(Message):
    """A gap, a resync, a late or repeated trade, a crossed book or a frame in dead.letters.

    A repeated trade is no row of `trades`: its notice, and its frame on market.raw, is all of it.
    """

    index: int
    type: NoticeType
    event_time: int | None = None
    seen_time: int
    text: str


class BarFields(Message):
    """One closed bar: [open_time, close_time) in ns of event time, money as decimal strings."""

    interval: str
    open_time: int
    close_time: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    buy_volume: str
    trades: int
    vwap: str


class Ticks(Record):
    """All that one raw record said, in columns, with the bars that it closed.

    book: the state of the book after it; bid and ask: the best levels of that book.
    interests and liquidations: None where there are none.
    """

    venue: str
    symbol: str
    trades: Trades = Trades()
    quotes: Quotes = Quotes()
    books: BookUpdates = BookUpdates()
    fundings: Fundings = Fundings()
    notices: tuple[Notice, ...] = ()
    bars: tuple[BarFields, ...] = ()
    book: BookState = BookState.NONE
    bid: Level | None = None
    ask: Level | None = None
    interests: OpenInterests | None = None
    liquidations: Liquidations | None = None


class Bar(Record, BarFields):
    """market.bars: a closed bar as a record of its own."""

    venue: str
    symbol: str
