"""A recorded market whose price jumps: everything from a moment on at another level.

What was recorded is a quiet market; a stop 3 % away is never reached in it. `shocked` moves ticks
records, `shocked_frames` the raw frames of one Binance futures symbol. From `at` on (ns of
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

import orjson

from engine.book import Book
from schemas.raw import ReceivedFrame
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


def shocked_frames(
    frames: Iterable[ReceivedFrame], at: int, factor: str, tick: str = "0.001"
) -> Iterator[ReceivedFrame]:
    """The frames of one symbol, with their prices times `factor` from the time `at` on.

    The first of them is a depth snapshot of the book as it was, as the venue would have sent it.
    """
    scale = partial(scaled, factor=Decimal(factor), tick=Decimal(tick))
    book, jumped = RawBook(), False
    for frame in frames:
        if frame.received_ns < at:
            book.follow(frame)
            yield frame
            continue
        if not jumped and book.snapshot is not None:
            yield book.snapshot._replace(received_ns=at, text=book.told(scale))
        jumped = True
        body = orjson.loads(frame.text)
        _scale_body(body.get("data", body), scale)
        yield frame._replace(text=orjson.dumps(body).decode())


class RawBook:
    """The book of one symbol as its frames say it, and the snapshot it began with."""

    def __init__(self) -> None:
        self.snapshot: ReceivedFrame | None = None
        self.head: dict[str, Any] = {}
        self.sides: dict[str, dict[str, str]] = {"bids": {}, "asks": {}}
        self.early: list[dict[str, Any]] = []

    def follow(self, frame: ReceivedFrame) -> None:
        """Take in a frame; diffs that came before the snapshot wait for it."""
        body = orjson.loads(frame.text)
        if "lastUpdateId" in body:
            self.snapshot, self.head = frame, body
            self.sides = {side: dict(body[side]) for side in self.sides}
            for diff in self.early:
                self._apply(diff)
        elif body.get("data", {}).get("e") == "depthUpdate":
            self._apply(body["data"]) if self.snapshot else self.early.append(body["data"])

    def told(self, scale: Scale) -> str:
        """The text of a snapshot of it, at other prices."""
        sides = {
            side: [[scale(price), size] for price, size in sorted(
                levels.items(), key=lambda row: Decimal(row[0]), reverse=side == "bids")]
            for side, levels in self.sides.items()
        }  # fmt: skip
        return orjson.dumps({**self.head, **sides}).decode()

    def _apply(self, diff: dict[str, Any]) -> None:
        if diff["u"] < self.head["lastUpdateId"]:
            return
        self.head = {**self.head, "lastUpdateId": diff["u"], "E": diff["E"], "T": diff["T"]}
        for side, rows in (("bids", diff["b"]), ("asks", diff["a"])):
            for price, size in rows:
                if Decimal(size):
                    self.sides[side][price] = size
                else:
                    self.sides[side].pop(price, None)


def _scale_body(body: dict[str, Any], scale: Scale) -> None:
    """Prices of a depth, quote, trade or mark price message, in place."""
    for name in ("b", "a", "bids", "asks", "p", "i", "P"):
        value = body.get(name)
        if isinstance(value, str) and value:
            body[name] = scale(value)
        elif isinstance(value, list):
            body[name] = [[scale(price), size] for price, size in value]


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
