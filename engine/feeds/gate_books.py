"""Gate's books: snapshots and changes of them (engine.feeds.gate_frames has the frames)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from engine.feeds import fields
from engine.feeds.events import Depth, Event
from engine.feeds.fields import MILLISECOND, Id, Milliseconds
from engine.feeds.gate_rows import decoder
from schemas.ticks import Level

T = TypeVar("T")
Events = tuple[Event, ...]
Levels = Callable[[Sequence[Any]], tuple[Level, ...]]

_stream = re.compile(r"[a-z]+\.(.+)\.([0-9]{1,4})").fullmatch
"""ob.BTC_USDT.400"""


class _Object(Struct, gc=False):
    """A level of futures; contracts are integers, or texts where the connection asked for them."""

    p: str
    s: int | str


class _Changes(Struct, Generic[T], gc=False):
    """U is missing in some snapshots, a side without a change in some diffs."""

    t: Milliseconds
    u: Id
    s: str
    U: Id | None = None
    full: bool = False
    l: str = ""  # noqa: E741
    b: list[T] = []
    a: list[T] = []


class _Table(Struct, Generic[T], gc=False):
    """The best levels; futures call the book's number id."""

    t: Milliseconds
    asks: list[T]
    bids: list[T]
    lastUpdateId: Id | None = None
    id: Id | None = None
    l: str = ""  # noqa: E741


class _Answer(Struct, Generic[T], gc=False):
    """Of REST; times are ms of spot (in 2021 none), and seconds with a fraction of futures."""

    asks: list[T]
    bids: list[T]
    update: msgspec.Raw = msgspec.Raw()
    id: Id | None = None


def _objects(levels: Sequence[_Object]) -> tuple[Level, ...]:
    return fields.levels([(level.p, str(level.s)) for level in levels])


def _numbers(levels: Sequence[tuple[Any, Any]]) -> tuple[Level, ...]:
    return fields.levels([(str(price), str(quantity)) for price, quantity in levels])


def changes(row: Any) -> Callable[[str], Events]:
    """Reads changes of a book whose levels are such rows; a full one is a snapshot."""
    decode, levels = decoder(_Changes[row]), LEVELS[row]

    def read(text: str) -> Events:
        change = decode(text).result
        first, time = None if change.full else change.U, change.t * MILLISECOND
        bids, asks, depth = levels(change.b), levels(change.a), _told(change.s, change.l)
        return (Depth(time, change.full, first, change.u, None, bids, asks, None, depth),)

    return read


def _told(stream: str, levels: str) -> int | None:
    """Levels a side that are told of, where a frame says how many."""
    if not levels and "." in stream and (match := _stream(stream)) is not None:
        levels = match.group(2)
    return fields.whole(levels) if levels else None


def table(row: Any) -> Callable[[str], Events]:
    """Reads the best levels, a snapshot each time."""
    decode, levels = decoder(_Table[row]), LEVELS[row]

    def read(text: str) -> Events:
        found = decode(text).result
        last = found.lastUpdateId if found.id is None else found.id
        bids, asks, depth = levels(found.bids), levels(found.asks), _told("", found.l)
        time = found.t * MILLISECOND
        return (Depth(time, True, None, last, None, bids, asks, None, depth),)

    return read


def answer(row: Any, time: Callable[[str], int]) -> Callable[[str], Events]:
    """Reads REST's order_book; time: of its `update`."""
    decode = msgspec.json.Decoder(_Answer[row]).decode
    levels = LEVELS[row]

    def read(text: str) -> Events:
        found = decode(text)
        told = bytes(found.update).decode()
        when = time(told) if told else None
        return (Depth(when, True, None, found.id, None, levels(found.bids), levels(found.asks)),)

    return read


PAIR, OBJECT, NUMBERS = tuple[str, str], _Object, tuple[Any, Any]
"""["19137.74","0.0001"], {"p":"54672.1","s":0}, and pairs of texts or numbers."""
LEVELS: dict[Any, Levels] = {PAIR: fields.levels, OBJECT: _objects, NUMBERS: _numbers}
"""What makes levels of such rows."""
