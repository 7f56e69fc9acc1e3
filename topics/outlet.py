"""Records onto topics: encoded, keyed, on the partition that their topic's map chooses."""

from __future__ import annotations

import base64
from typing import Any

import faust

from schemas import names
from schemas.codec import encode
from schemas.commands import ControlState
from schemas.record import Record
from schemas.system import DeadLetter, SystemEvent
from topics import BY_NAME, WHOLE
from topics.metrics.exposure import tally_of
from topics.partition import partition_of
from topics.secrecy import known
from topics.settings import Settings

LONGEST = 2 << 20
"""Bytes of a dead letter's value: as JSON it may be six times as long, and 16 MB is the limit."""


class Outlet:
    """Where a stage's records leave. Nothing waits here; `flush` waits for what went before it."""

    def __init__(self, app: faust.App, settings: Settings, stage: str) -> None:
        self.app, self.settings, self.stage = app, settings, stage
        self.tally = tally_of(app, stage)

    @property
    def producer(self) -> Any:
        """The transport's producer (topics.rdkafka)."""
        return self.app.producer

    def emit(
        self, topic: str, key: str, record: Record, headers: list[tuple[str, bytes]] | None = None
    ) -> None:
        """Produce one finished record to its logical topic."""
        self.emit_bytes(topic, key, encode(record), headers)
        self.tally.take(topic, record)
        if record.urgent:
            self.producer.hurry(always=topic == names.ORDERS)

    def emit_bytes(
        self, topic: str, key: str, value: bytes, headers: list[tuple[str, bytes]] | None = None
    ) -> None:
        """Produce a record that is encoded already; a secret that this process knows is masked."""
        if known:
            value = known.redact_bytes(value)
        self.tally.given[topic] += 1
        partition = None if BY_NAME[topic].by is WHOLE else partition_of(topic, key)
        self.producer.emit(self.settings.physical(topic), key.encode(), value, headers, partition)

    def letter(self, topic: str, key: str, seq: int | None, reason: str, value: bytes) -> None:
        """Send what could not be processed to dead.letters with its reason and place."""
        value, rest = value[:LONGEST], len(value) - LONGEST
        if rest > 0:
            reason += f" (its last {rest} bytes are left out)"
        try:
            text, encoding = value.decode(), "text"
        except UnicodeDecodeError:
            text, encoding = base64.b64encode(value).decode(), "base64"
        self.emit(
            names.LETTERS,
            key,
            DeadLetter(
                key=key, stage=self.stage, topic=topic, source_key=key, source_seq=seq,
                reason=reason, value=text, encoding=encoding,
            ),
        )  # fmt: skip

    def halt(self, account: str, why: str, seq: int) -> None:
        """Stop new entries of an account; `seq` is the same when it is said again after a crash."""
        key = f"{account}:halt"
        state = ControlState(
            key=key, seq=seq, account=account, setting="halt", value="true", why=why
        )
        self.emit(names.STATE, key, state)

    def event(self, event: SystemEvent) -> None:
        """Tell system.events."""
        self.emit(names.EVENTS, self.stage, event)

    async def flush(self) -> None:
        """Wait until all that was emitted before is on the broker; raises if anything failed."""
        await self.producer.flush()
