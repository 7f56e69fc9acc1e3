"""From the poll thread's batches to Faust's streams: on the loop, and without any task."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NamedTuple

import confluent_kafka as ck
from faust.events import Event
from faust.types import TP, AppT
from faust.types.tuples import ConsumerMessage

from topics.rdkafka.acks import Assignment
from topics.rdkafka.records import Records

Decode = Callable[..., Coroutine[Any, Any, Any]]

log = logging.getLogger("topics.rdkafka")


class Batch:
    """Records of one partition, in order, for streams that take them together.

    It lies in Faust's queues but is none of its messages: those cost ten times as much. streams:
    those that are not done with it.
    """

    __slots__ = ("assignment", "offset", "records", "streams", "tp")

    def __init__(
        self, assignment: Assignment, tp: TP, offset: int, records: Records, streams: int
    ) -> None:
        self.assignment, self.tp, self.offset = assignment, tp, offset
        self.records, self.streams = records, streams

    def done(self) -> bool:
        """One stream is done with it; True when the last is, which acks it."""
        self.streams -= 1
        if self.streams:
            return False
        self.assignment.ack(self.tp, self.offset)
        return True


def message_of(tp: TP, record: ck.Message, generation: int) -> ConsumerMessage:
    """Faust's message of a record."""
    kind, milliseconds = record.timestamp()
    headers: Any = record.headers()
    return ConsumerMessage(
        tp.topic, tp.partition, record.offset() or 0, milliseconds / 1000, kind,
        headers, record.key(), record.value(), None, tp=tp, generation_id=generation,
    )  # fmt: skip


class Route(NamedTuple):
    """Where the records of one partition go."""

    outlets: list[tuple[Any, Decode | None]]
    """Queue of each stream's channel, and how to decode (None: the bytes as they are)."""
    batched: bool
    """Every stream takes whole batches."""


class Delivery:
    """Delivers into the channels that Faust's conductor knows."""

    def __init__(self, app: AppT) -> None:
        self._app = app
        self._batched: set[int] = set()
        self._routes: dict[TP, Route] = {}
        self.gaps = 0
        self.delivered: Counter[str] = Counter()
        self.compacted: frozenset[str] = frozenset()

    def batch(self, channel: Any) -> None:
        """From now on `channel` takes whole batches."""
        self._batched.add(id(channel.queue))
        self._routes.clear()

    def forget_routes(self) -> None:
        """The conductor's index has changed."""
        self._routes.clear()

    def deliver(self, assignment: Assignment, tp: TP, records: Records) -> None:
        """Enter `records` into the ledger of `tp` and give them to the streams, in order."""
        self._check_gap(assignment, tp, records)
        self.delivered[tp.topic] += len(records)
        route = self._routes.get(tp) or self._route(tp)
        ledger, last = assignment.ledgers[tp], records[-1].offset() or 0
        if route.batched:
            ledger.enter(last, len(records))
            batch = Batch(assignment, tp, last, records, len(route.outlets))
            for queue, _ in route.outlets:
                queue.force_put_nowait(batch)
            return
        for record in records:
            ledger.enter(record.offset() or 0, 1)
            self._give(route, message_of(tp, record, assignment.generation))

    def _check_gap(self, assignment: Assignment, tp: TP, records: Records) -> None:
        first, last = records[0].offset() or 0, records[-1].offset() or 0
        expected = assignment.ledgers[tp].next
        missing = assignment.ledgers[tp].expect(first, last, len(records))
        if missing and tp.topic not in self.compacted:
            self.gaps += missing
            log.warning(
                "gap: topic %s partition %d misses %d records between %d and %d",
                *tp, missing, expected, last,
            )  # fmt: skip

    def _give(self, route: Route, message: ConsumerMessage) -> None:
        message.refcount = len(route.outlets)
        for queue, decode in route.outlets:
            queue.force_put_nowait(self._event(message, decode))

    def _event(self, message: ConsumerMessage, decode: Decode | None) -> Any:
        if decode is not None:
            return run_now(decode(message, propagate=True))
        headers: Any = message.headers
        return Event(self._app, message.key, message.value, headers, message)

    def _route(self, tp: TP) -> Route:
        conductor: Any = self._app.topics
        channels: list[Any] = list(conductor._tp_index.get(tp, ()))
        if not channels:
            raise LookupError(f"no stream reads topic {tp.topic}")
        batched = all(id(channel.queue) in self._batched for channel in channels)
        outlets = [
            (channel.queue, None if batched or self._is_raw(channel) else channel.decode)
            for channel in channels
        ]
        route = self._routes[tp] = Route(outlets, batched)
        return route

    def _is_raw(self, channel: Any) -> bool:
        conf, schema = self._app.conf, channel.schema
        codecs = (
            schema.key_serializer or conf.key_serializer,
            schema.value_serializer or conf.value_serializer,
        )
        return codecs == ("raw", "raw")


def run_now(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Result of a coroutine that never really waits, as Faust's decode."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("a decoder must not wait")


def lags(assignment: Assignment, highs: Mapping[TP, int]) -> bool:
    """Whether there is work: records received and not safe, or more of them on the broker."""
    ledgers = assignment.ledgers
    return assignment.backlog > 0 or any(ledgers[tp].safe < high for tp, high in highs.items())
