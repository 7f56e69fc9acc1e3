"""Records from Kafka into files; offsets are committed after the files are on the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import faust
from confluent_kafka import Message

from schemas.system import Severity, SystemEvent
from topics.archive.files import write
from topics.archive.layout import shelf_of
from topics.archive.row import row_of
from topics.archive.settings import ArchiveSettings
from topics.archive.waiting import Filing, Waiting
from topics.outlet import Outlet
from topics.rdkafka import attach, batches
from topics.rdkafka.failure import die
from topics.settings import Settings


class Keeper:
    """The archive's stage in one Faust app: a share of the partitions of its topics."""

    def __init__(self, app: faust.App, settings: Settings, kept: ArchiveSettings) -> None:
        self._settings, self.root = settings, kept.root(settings.home)
        self.topics = [settings.physical(name) for name in kept.topics]
        self._outlet = Outlet(app, settings, "archive")
        self._waiting = Waiting(kept.largest, kept.memory)
        self._filing = asyncio.Lock()
        attach(
            app,
            checkpoint=self._checkpoint,
            consumer_settings=settings.librdkafka,
            producer_settings=settings.librdkafka,
        )

    async def run(self, stream: Any) -> None:
        """The body of the agent: take each batch, until the worker stops."""
        text = f"archive writes to {self.root}"
        self._outlet.event(
            SystemEvent(
                key="archive", stage="archive", severity=Severity.INFO, kind="started", text=text
            )
        )
        async for batch in batches(stream):
            for message in batch:
                await self._take(message)

    async def _take(self, message: Message) -> None:
        topic, value = message.topic() or "", message.value()
        row = row_of(
            message.partition() or 0, message.offset() or 0, message.timestamp()[1],
            bytes(message.key() or b""), None if value is None else bytes(value),
        )  # fmt: skip
        shelf = shelf_of(topic, self._settings.logical(topic), row)
        if due := self._waiting.take(shelf, row):
            async with self._filing:
                await self._file(due)

    async def _checkpoint(self) -> None:
        """File everything that waits. What is being filed now has been acked too: wait for it."""
        async with self._filing:
            await self._file(self._waiting.all())

    async def _file(self, filings: Iterable[Filing]) -> None:
        try:
            for shelf, rows in filings:
                await asyncio.to_thread(write, self.root, shelf, rows)
        except OSError as error:
            die(f"the archive {self.root} cannot be written: {error.strerror}; mend or make room")
