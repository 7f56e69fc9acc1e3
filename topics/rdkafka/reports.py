"""What librdkafka tells of each produced record, once the broker has it or never will."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any

import confluent_kafka as ck
from faust.exceptions import ProducerSendError
from faust.types import TP, RecordMetadata

Failed = Callable[[ck.KafkaError, ck.Message], None]


class Interval:
    """The records produced between two flushes; it is itself librdkafka's delivery callback."""

    __slots__ = ("_failed", "outstanding")

    def __init__(self, failed: Failed) -> None:
        self._failed = failed
        self.outstanding = 0

    def __call__(self, error: ck.KafkaError | None, record: ck.Message) -> None:
        self.outstanding -= 1
        if error is not None:
            self._failed(error, record)


class Awaited:
    """Delivery callback of a record that somebody may await; counts in its interval too."""

    __slots__ = ("_interval", "future")

    def __init__(self, interval: Interval, future: asyncio.Future[RecordMetadata]) -> None:
        self._interval, self.future = interval, future

    def __call__(self, error: ck.KafkaError | None, record: ck.Message) -> None:
        if not self.future.done():
            if error is not None:
                self.future.set_exception(ProducerSendError(str(error)))
            else:
                self.future.set_result(metadata(record))
        self._interval(error, record)


class Receipt:
    """The same without a future until somebody does await: most sends are never looked at."""

    __slots__ = ("_error", "_interval", "_loop", "_record", "_waiting")

    def __init__(self, interval: Interval, loop: asyncio.AbstractEventLoop) -> None:
        self._interval, self._loop = interval, loop
        self._error: ck.KafkaError | None = None
        self._record: ck.Message | None = None
        self._waiting: list[asyncio.Future[None]] | None = None

    def __call__(self, error: ck.KafkaError | None, record: ck.Message) -> None:
        self._error, self._record = error, record
        for future in self._waiting or ():
            if not future.done():
                future.set_result(None)
        self._interval(error, record)

    def __await__(self) -> Generator[Any, None, RecordMetadata]:
        """Where the record is; ProducerSendError if it was not delivered."""
        if self._record is None:
            future: asyncio.Future[None] = self._loop.create_future()
            self._waiting = [*(self._waiting or ()), future]
            yield from future
        if self._error is not None or self._record is None:
            raise ProducerSendError(str(self._error))
        return metadata(self._record)


def metadata(record: ck.Message) -> RecordMetadata:
    """Where a delivered record is."""
    kind, milliseconds = record.timestamp()
    tp = TP(record.topic() or "", record.partition() or 0)
    return RecordMetadata(*tp, tp, record.offset() or 0, milliseconds / 1000, kind)
