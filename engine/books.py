"""The books stage: each ticks record of a venue gives the symbol's book over all venues.

A cell is one symbol. It follows every venue's book by the venue's own ticks records and keeps its
best levels as sorted rows; a record re-reads the rows of its own venue only, and what is told is
made anew only when rows or a venue's standing have changed. A venue whose book is not sound is left
out, and said so. Time is the symbol's: the running maximum of its venues' seen_time.

The order in which venues' records meet is in no topic, so each record names what it had read, and
is the script of its own repetition (engine.rerun).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

from pydantic import BaseModel, ConfigDict, Field, field_validator

from engine.numbers import PRICE_DECIMALS, text_of
from engine.rerun import Rerun
from engine.spans import SECOND
from engine.stage import Context, Draft
from engine.venue_books import SIZED, Bounds, Row, VenuePart
from schemas import names
from schemas.instruments import Instrument
from schemas.record import Record, venue_of
from schemas.signals import ConsolidatedBook, Touch, VenueState
from schemas.ticks import Level, Ticks


class BooksSettings(BaseModel):
    """symbols: those that are consolidated, unified ("BTC/USDT"); as text, with commas between.

    levels: prices a side. In ns of the symbol's time: stale, how old the last update applied to a
    venue's book may be, and silent, its last record (its clock gives one a second).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    symbols: tuple[str, ...] = ()
    levels: int = Field(default=10, ge=1, le=1000)
    stale: int = Field(default=5 * SECOND, gt=0)
    silent: int = Field(default=3 * SECOND, gt=0)

    @field_validator("symbols", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name for each in value.split(",") if (name := each.strip()))
        return value

    @property
    def bounds(self) -> Bounds:
        """What a venue is judged by."""
        return Bounds(self.levels, self.stale, self.silent)


@dataclass
class SymbolState:
    """Every venue's part, by name in order, and the symbol's time.

    best: what every record tells; rows: bids and asks, what full ones tell. Both follow from the
    parts.
    """

    symbol: str
    parts: dict[str, VenuePart] = field(default_factory=dict)
    now: int = 0
    best: dict[str, Any] = field(default_factory=lambda: _best([], []))
    rows: dict[str, Any] = field(default_factory=lambda: _rows([], []))

    def part(self, venue: str, size: str | None) -> VenuePart:
        """The venue's part, made when it is new."""
        if venue not in self.parts:
            self.parts[venue] = VenuePart(venue, size)
            self.parts = dict(sorted(self.parts.items()))
        return self.parts[venue]

    def judge(self, bounds: Bounds) -> bool:
        """Look which venues count now; whether that is otherwise than before."""
        return any([part.judge(self.now, bounds) for part in self.parts.values()])

    def merge(self, levels: int) -> None:
        """Put together what is told of the venues that count."""
        sound = [part for part in self.parts.values() if part.state is VenueState.OK]
        bids = _merged([row for part in sound for row in part.bids], levels)
        asks = _merged([row for part in sound for row in part.asks], levels)
        self.best, self.rows = _best(bids, asks), _rows(bids, asks)


class BooksStage:
    """market.ticks to market.books, one state a symbol (see `engine.stage.Stage`)."""

    name = "books"
    main = names.TICKS
    ignored = frozenset(
        ("trades", "quotes", "fundings", "notices", "bars", "interests", "liquidations")
    )
    """Fields of the main record that are not looked at (schemas.codec.decode)."""

    def __init__(self, settings: BooksSettings) -> None:
        self.settings, self._bounds = settings, settings.bounds
        self._symbols = frozenset(settings.symbols)
        self.sides: dict[str, type[Record]] = {names.INSTRUMENTS: Instrument}

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """The symbol of `venue:symbol`, if it is consolidated here."""
        symbol = key.partition(":")[2]
        return (symbol,) if symbol in self._symbols else ()

    def initial(self, cell: str) -> SymbolState:
        """No venue has been heard of."""
        return SymbolState(cell)

    def step(self, state: SymbolState, record: Ticks, context: Context) -> list[Draft]:
        """The symbol's book after the record."""
        venue = venue_of(context.key)
        size = _size(context, state.symbol)
        state.now = max(state.now, context.now)
        part = state.part(venue, size)
        changed = part.take(record, context.now, size, self.settings.levels)
        if state.judge(self._bounds) or changed:
            state.merge(self.settings.levels)
            changed = True
        return [Draft(names.BOOKS, state.symbol, self._told(state, record, context, changed))]

    def _told(
        self, state: SymbolState, record: Ticks, context: Context, changed: bool
    ) -> ConsolidatedBook:
        """The record; ours, so not validated again."""
        values = BLANK | {
            "event_time": record.event_time,
            "symbol": state.symbol,
            "venue": venue_of(context.key),
            "tick": record.seq,
            "now": state.now,
            "reads": context.reads,
            **state.best,
        }
        if changed or record.clock:
            values |= state.rows
            values["venues"] = tuple(part.message() for part in state.parts.values())
        else:
            values["full"] = False
        return ConsolidatedBook.whole(values)

    def dump(self, state: SymbolState) -> Any:
        """The symbol's time and every venue's part as JSON values."""
        parts = {venue: part.dump() for venue, part in state.parts.items()}
        return {"symbol": state.symbol, "now": state.now, "venues": parts}

    def load(self, data: Any) -> SymbolState:
        """The state that `dump` gave."""
        state = SymbolState(data["symbol"], now=data["now"])
        state.parts = {venue: VenuePart.load(venue, row) for venue, row in data["venues"].items()}
        for part in state.parts.values():
            part.rank(self.settings.levels)
        state.judge(self._bounds)
        state.merge(self.settings.levels)
        return state


class BooksRerun(Rerun[SymbolState]):
    """A symbol's cell that first does again what it had published."""

    gives: ClassVar[str] = names.BOOKS


BLANK: dict[str, Any] = dict(ConsolidatedBook.model_construct(symbol=""))
"""The fields of a record in their order."""


def _size(context: Context, symbol: str) -> str | None:
    """Base a contract (quote for inverse ones); None for a contract that no instrument tells of."""
    found = context.tables.get(names.INSTRUMENTS, {}).get(context.key)
    if found is None:
        return None if ":" in symbol else "1"
    return cast("Instrument", found).contract_size


def _merged(rows: list[Row], levels: int) -> list[Row]:
    """The rows of the best `levels` prices, best first."""
    rows.sort()
    left, last = levels, None
    for place, row in enumerate(rows):
        if row.rank != last:
            if not left:
                return rows[:place]
            left, last = left - 1, row.rank
    return rows


def _rows(bids: list[Row], asks: list[Row]) -> dict[str, Any]:
    return {
        "bids": tuple([(row.price, row.quantity, row.venue) for row in bids]),
        "asks": tuple([(row.price, row.quantity, row.venue) for row in asks]),
    }


def _best(bids: list[Row], asks: list[Row]) -> dict[str, Any]:
    """The best prices, who has them, and how they stand to each other."""
    touch, spread = Touch.NONE, None
    if bids and asks:
        apart = asks[0].rank + bids[0].rank
        touch = Touch.NORMAL if apart > 0 else Touch.CROSSED if apart else Touch.LOCKED
        spread = text_of(apart, PRICE_DECIMALS)
    bid, bid_venues = _level(bids)
    ask, ask_venues = _level(asks)
    return {
        "touch": touch,
        "bid": bid,
        "ask": ask,
        "bid_venues": bid_venues,
        "ask_venues": ask_venues,
        "spread": spread,
    }


def _level(rows: list[Row]) -> tuple[Level | None, tuple[str, ...]]:
    """The first price with its quantity over venues, and the venues."""
    if not rows:
        return None, ()
    first = [row for row in rows if row.rank == rows[0].rank]
    if len(first) == 1:
        return (first[0].price, first[0].quantity), (first[0].venue,)
    quantity = text_of(sum(row.units for row in first), SIZED)
    return (first[0].price, quantity), tuple(row.venue for row in first)
