"""The audit log's witnesses on system.events: each entry, with its hash, soon after it was written.

What was not told before a crash, or while the broker was away, is told later: the store marks what
has been. An entry that is told twice is told alike.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.auth import audit
from gateway.auth.chain import Entry
from gateway.store.engine import StoreError, reading_async, writing_async
from schemas import names
from schemas.codec import decode, encode
from schemas.errors import Poison
from schemas.system import Severity, SystemEvent
from topics.admin import QUIET
from topics.reading import between, ends, reader
from topics.settings import Settings

STAGE, KIND = "gateway", "audit"
PATIENCE = 15.0
"""Seconds that the broker may take."""
AGAIN = 5.0
"""Seconds after which a broker, or a store, that did not answer is asked again."""
SOON = 0.5
"""Seconds after which it is told what is new."""
log = logging.getLogger("gateway")


class Events(Protocol):
    """system.events as the log's witnesses use it."""

    def tell(self, events: Sequence[SystemEvent]) -> None:
        """Publish; returns once all are durable, raises KafkaException otherwise."""
        ...


def event_of(entry: Entry) -> SystemEvent:
    """The witness of an entry: all that it says, so that a log that was lost can be read there."""
    said = {name: str(getattr(entry, name)) for name in audit.NAMES if name != "facts"}
    facts = {f"facts.{name}": value for name, value in entry.facts.items()}
    refused = entry.outcome != "done"
    return SystemEvent(
        id=entry.hash[:32], key=STAGE, seen_time=entry.at, stage=STAGE, kind=KIND,
        severity=Severity.WARNING if refused else Severity.INFO,
        text=f"{entry.actor or 'somebody'} {entry.action} {entry.target}: {entry.outcome}",
        facts={**said, **facts},
    )  # fmt: skip


class Witness:
    """Tells system.events what the log has got."""

    def __init__(self, store: AsyncEngine, events: Callable[[], Events]) -> None:
        self._store, self._make = store, events
        self._events: Events | None = None
        self._news = asyncio.Event()

    def told(self) -> None:
        """There may be something new."""
        self._news.set()

    async def run(self) -> None:
        """Tell, until cancelled; a broker or store that is away is asked again."""
        self._news.set()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN):
                    await self._news.wait()
                    await asyncio.sleep(SOON)  # what comes at once is told together
            self._news.clear()
            try:
                while await self.tell():
                    pass
            except (KafkaException, SQLAlchemyError, StoreError, OSError) as error:
                log.warning("system.events is not told of the audit log: %s", error)
                await asyncio.sleep(AGAIN)
                self._news.set()

    async def tell(self) -> int:
        """Tell the first of what is new; gives how many entries that were."""
        async with reading_async(self._store) as session:
            entries = await audit.unwitnessed(session)
        if not entries:
            return 0
        if self._events is None:
            self._events = await asyncio.to_thread(self._make)
        await asyncio.to_thread(self._events.tell, [event_of(entry) for entry in entries])
        async with writing_async(self._store) as session:
            await audit.witnessed(session, entries)
        return len(entries)


class EventTopic:
    """system.events on the broker of `settings`."""

    def __init__(self, settings: Settings) -> None:
        self._name = settings.physical(names.EVENTS)
        self._producer = Producer(
            {
                "bootstrap.servers": settings.bootstrap,
                "acks": "all",
                "enable.idempotence": True,
                "message.timeout.ms": int(PATIENCE * 1000),
                **settings.librdkafka,
            },
            logger=QUIET,
        )

    def tell(self, events: Sequence[SystemEvent]) -> None:
        """As `Events.tell`."""
        faults: list[KafkaError | None] = []

        def delivered(error: KafkaError | None, message: Message) -> None:
            faults.append(error)

        for event in events:
            self._producer.produce(
                self._name, encode(event), event.key.encode(), on_delivery=delivered
            )
        self._producer.flush(PATIENCE + 5)
        fault = next((fault for fault in faults if fault is not None), None)
        if fault is not None or len(faults) < len(events):
            raise KafkaException(fault or KafkaError(KafkaError._MSG_TIMED_OUT))


def witnesses(settings: Settings) -> dict[int, str]:
    """By number, the hashes that system.events holds of the log, as far back as it goes."""
    consumer, name = reader(settings), settings.physical(names.EVENTS)
    try:
        values = [
            bytes(message.value() or b"")
            for number, (first, end) in ends(consumer, name).items()
            for message in between(consumer, name, number, first, end)
            if message.key() == STAGE.encode()
        ]
    finally:
        consumer.close()
    return heard(values)


def heard(values: Sequence[bytes]) -> dict[int, str]:
    """By number, the hashes in records of system.events; of two that differ, the first."""
    found: dict[int, str] = {}
    for value in values:
        try:
            event = decode(SystemEvent, value)
        except Poison:
            continue  # it has a letter of its own
        if event.kind == KIND and event.stage == STAGE:
            found.setdefault(int(event.facts["seq"]), event.facts["hash"])
    return found
