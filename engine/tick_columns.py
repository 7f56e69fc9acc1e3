"""Events gathered as columns, row by row; no pydantic object per event."""

from __future__ import annotations

from typing import Any, TypeVar

from engine.book_sync import Taken
from engine.feeds.events import Depth, Funding, Liquidation, OpenInterest, Quote, Trade
from schemas.ticks import (
    BookUpdates,
    Columns,
    Fundings,
    Liquidations,
    Notice,
    NoticeType,
    OpenInterests,
    Quotes,
    Trades,
)

C = TypeVar("C", bound=Columns)

_TRADES, _QUOTES, _BOOKS, _FUNDINGS, _INTERESTS, _LIQUIDATIONS = (
    tuple(group.model_fields)
    for group in (Trades, Quotes, BookUpdates, Fundings, OpenInterests, Liquidations)
)
"""Rows have the fields of their group in order: those of the event behind three of the frame."""
_BOOKS = _BOOKS[:-1]
"""The last, depth, is put in for all rows at once."""

NO_TRADES, NO_QUOTES, NO_BOOKS, NO_FUNDINGS = Trades(), Quotes(), BookUpdates(), Fundings()
NO_INTERESTS, NO_LIQUIDATIONS = OpenInterests(), Liquidations()


class TickColumns:
    """The rows of one record in file order, and the latest event time among them."""

    def __init__(self) -> None:
        self._trades: list[tuple[Any, ...]] = []
        self._quotes: list[tuple[Any, ...]] = []
        self._books: list[tuple[Any, ...]] = []
        self._fundings: list[tuple[Any, ...]] = []
        self._interests: list[tuple[Any, ...]] = []
        self._liquidations: list[tuple[Any, ...]] = []
        self._limits: list[int | None] = []
        self._notices: list[Notice] = []
        self.event_time: int | None = None

    def trade(self, index: int, trade: Trade, seen_time: int) -> None:
        """Add an execution."""
        self._trades.append((index, trade[0], seen_time, *trade[1:5]))
        self._reach(trade[0])

    def quote(self, index: int, quote: Quote, seen_time: int) -> None:
        """Add a best bid and ask."""
        self._quotes.append((index, quote[0], seen_time, *quote[1:]))
        self._reach(quote[0])

    def funding(self, index: int, funding: Funding, seen_time: int) -> None:
        """Add a mark price with its funding."""
        self._fundings.append((index, funding[0], seen_time, *funding[1:]))
        self._reach(funding[0])

    def interest(self, index: int, interest: OpenInterest, seen_time: int) -> None:
        """Add an open interest."""
        self._interests.append((index, interest[0], seen_time, *interest[1:]))
        self._reach(interest[0])

    def liquidation(self, index: int, liquidation: Liquidation, seen_time: int) -> None:
        """Add a position that the venue closed."""
        self._liquidations.append((index, liquidation[0], seen_time, *liquidation[1:]))
        self._reach(liquidation[0])

    def depth(self, index: int, depth: Depth, seen_time: int, taken: Taken) -> None:
        """Add a book update with what was done with it."""
        event_time, snapshot, first, last, previous, bids, asks, _, limit = depth
        row = (index, event_time, seen_time, snapshot, taken.applied)
        self._books.append((*row, first, last, previous, taken.bridged, bids, asks))
        self._limits.append(limit)
        self._reach(event_time)

    def notice(
        self, index: int, type: NoticeType, event_time: int | None, seen_time: int, text: str
    ) -> None:
        """Add what else a reader must know; index -1 when no frame said it."""
        self._notices.append(
            Notice(index=index, type=type, event_time=event_time, seen_time=seen_time, text=text)
        )

    def groups(self) -> dict[str, Any]:
        """The fields of a Ticks record that hold events."""
        return {
            "trades": _columns(NO_TRADES, _TRADES, self._trades),
            "quotes": _columns(NO_QUOTES, _QUOTES, self._quotes),
            "books": _columns(NO_BOOKS, _BOOKS, self._books, depth=self._depth()),
            "fundings": _columns(NO_FUNDINGS, _FUNDINGS, self._fundings),
            "notices": tuple(self._notices),
        }

    def _depth(self) -> tuple[int | None, ...]:
        return tuple(self._limits) if self._limits.count(None) < len(self._limits) else ()

    def others(self) -> dict[str, Any]:
        """The groups that most records do not have."""
        found: dict[str, Any] = {}
        if self._interests:
            found["interests"] = _columns(NO_INTERESTS, _INTERESTS, self._interests)
        if self._liquidations:
            found["liquidations"] = _columns(NO_LIQUIDATIONS, _LIQUIDATIONS, self._liquidations)
        return found

    def _reach(self, event_time: int | None) -> None:
        if event_time is not None and (self.event_time is None or event_time > self.event_time):
            self.event_time = event_time


def _columns(empty: C, names: tuple[str, ...], rows: list[tuple[Any, ...]], **last: Any) -> C:
    """Rows turned into columns; ours and of equal lengths, so not validated again."""
    if not rows:
        return empty
    return empty.whole(dict(zip(names, zip(*rows, strict=True), strict=True)) | last)
