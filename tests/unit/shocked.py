"""A recorded market whose price jumps: everything from a moment on at another level.

What was recorded is a quiet market; a stop 3 % away is never reached in it. From `at` on (ns of
seen_time) every price is multiplied by a factor and rounded to a tick. The book as it was is
replaced by a snapshot of itself at the new level, so that it stays one book: without it, old levels
would remain between the new ones. Give a tick finer than the market's own for a factor below one,
or two levels may become one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from engine.book import Book
from schemas.ticks import BookUpdates, Columns, Level, Ticks

DEPTH = 10_000
"""Levels of a side in the snapshot at the new level: more than any book has."""

Scale = Callable[[str], str]


def shocked(records: Iterable[Ticks], at: int, factor: str, tick: str = "0.001") -> Iterator[Ticks]:
    """The records of one market, with their prices times `factor` from the time `at` on."""
    scale = partial(scaled, factor=Decimal(factor), tick=Decimal(tick))
    book, jumped = Book(), False
    for record in records:
        if record.seen_time < at:
            book.follow(record.books)
            yield record
            continue
        moved = _moved(record, scale)
        if not jumped:
            moved = moved.model_copy(update={"books": _with_snapshot(moved, book, scale)})
        jumped = True
        yield moved


def scaled(price: str, factor: Decimal, tick: Decimal) -> str:
    """A price at the new level, as text."""
    steps = (Decimal(price) * factor / tick).to_integral_value()
    return format((steps * tick).normalize(), "f")


def _moved(record: Ticks, scale: Scale) -> Ticks:
    def columns(group: Columns, *names: str) -> Any:
        moved = {name: tuple(map(scale, getattr(group, name))) for name in names}
        return group.model_copy(update=moved)

    return record.model_copy(
        update={
            "trades": columns(record.trades, "price"),
            "quotes": columns(record.quotes, "bid", "ask"),
            "fundings": columns(record.fundings, "mark"),
            "books": record.books.model_copy(
                update={
                    "bids": tuple(_levels(rows, scale) for rows in record.books.bids),
                    "asks": tuple(_levels(rows, scale) for rows in record.books.asks),
                }
            ),
            "bid": record.bid and (scale(record.bid[0]), record.bid[1]),
            "ask": record.ask and (scale(record.ask[0]), record.ask[1]),
        }
    )


def _levels(rows: Iterable[Level], scale: Scale) -> tuple[Level, ...]:
    return tuple((scale(price), quantity) for price, quantity in rows)


def _with_snapshot(record: Ticks, book: Book, scale: Scale) -> BookUpdates:
    """The record's book updates after a snapshot of the book before it, as the first frame."""
    first: dict[str, Any] = {
        "index": -1, "event_time": record.event_time, "seen_time": record.seen_time,
        "snapshot": True, "applied": True, "first_id": None, "last_id": None,
        "previous_id": None, "bridged": 0,
        "bids": _levels(book.top("bids", DEPTH), scale),
        "asks": _levels(book.top("asks", DEPTH), scale),
    }  # fmt: skip
    updates = record.books
    bridged = updates.bridged or (0,) * len(updates)
    rows = updates.model_copy(update={"bridged": bridged})
    columns = {name: (value, *getattr(rows, name)) for name, value in first.items()}
    return BookUpdates.model_validate(columns)
