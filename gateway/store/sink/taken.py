"""A record as it was read, and the plain values that a database can hold."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from schemas import names
from schemas.codec import decode, encode
from schemas.errors import Poison
from schemas.record import Record

R = TypeVar("R", bound=Record)

TOPICS = (
    names.ORDERS, names.STATUSES, names.JOURNAL, names.ARCHIVE, names.DECISIONS, names.PORTFOLIO,
    names.COMMANDS, names.EVENTS,
)  # fmt: skip
"""What the sink reads."""
LAST = 2**63 - 1
WIDEST = 80
"""Digits before or behind the point; more is no money, and more than a database can hold."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A record of a logical topic with its place; timestamp: ms, the broker's."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    value: bytes | None

    @property
    def place(self) -> str:
        """In place of an id, where a record has none."""
        return f"{self.topic}:{self.partition}:{self.offset}"

    def record(self, model: type[R]) -> R:
        """The record, with times and texts that every database can hold; else Poison."""
        record = decode(model, self.value)
        for moment in (record.seen_time, record.event_time or 0, record.seq):
            if not -1 <= moment <= LAST:
                raise Poison(f"{moment} is no time or number of a record")
        return record


def body(record: Record) -> str:
    """The record as JSON text, without how far it has read."""
    slim = record.model_copy(update={"reads": ()}) if hasattr(record, "reads") else record
    return encode(slim).decode()


def clean(value: object) -> object:
    """A text without NUL, which PostgreSQL cannot hold; all else as it is."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def money(text: str | None) -> Decimal | None:
    """The amount of a decimal string; Poison where it is none."""
    if text is None:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or len(f"{found:E}") > WIDEST or abs(found.adjusted()) > WIDEST:
        raise Poison(f"{text[:WIDEST]!r} is no amount of money")
    return found
