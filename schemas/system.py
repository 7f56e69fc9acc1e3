"""state.snapshots, system.events and dead.letters."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from schemas.record import Record


class Snapshot(Record):
    """state.snapshots: one cell of a stage. Input positions of Kafka are in the record's headers.

    cell: the state's key; seen: last sequence taken per input topic and key; made: last sequence
    given per output topic and key; clocks: running maximum of seen_time per main key.
    tables: the latest record of each side input, as JSON text; ahead: those whose time is to come.
    """

    stage: str
    cell: str
    state: Any
    seen: dict[str, dict[str, int]]
    made: dict[str, dict[str, int]]
    clocks: dict[str, int]
    tables: dict[str, dict[str, str]] = {}
    ahead: dict[str, dict[str, list[str]]] = {}
    reads: dict[str, dict[str, int]] = {}
    holes: dict[str, dict[str, int]] = {}


class Severity(StrEnum):
    """How much an event asks for attention."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class SystemEvent(Record):
    """system.events: health, gaps, alerts, audit."""

    stage: str
    severity: Severity
    kind: str
    text: str
    facts: dict[str, str] = {}


class DeadLetter(Record):
    """dead.letters: what could not be processed, why and where it was.

    value: the record or frame as text, or base64 when it is no UTF-8 (then encoding says so).
    """

    stage: str
    topic: str
    source_key: str
    source_seq: int | None = None
    reason: str
    value: str
    encoding: str = "text"
