"""From the poll thread's batches to Faust's streams: on the loop, and without any task."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NamedTuple

import confluent_kafka as ck
from faust.events import Event
from faust.types import TP, AppT
from faust.types.tuples import ConsumerMessage

from topics.rdkafka.acks import Assignment

Records = list[ck.Message]
Decode = Callable[..., Coroutine[Any, Any, Any]]

log = logging.getLogger("topics.rdkafka")


class Delivered(ConsumerMessage):
    """One Faust message: a record, or a batch of records known by the offset of its last."""

    __slots__ = ("records",)

    def __init__(self, tp: TP, records: Records, generation: int, single: bool) -> None:
        last = records[-1]
        kind, milliseconds = last.timestamp()
        headers: Any = last.headers() if single else None
        super().__init__(
            tp.topic, tp.partition, last.offset() or 0, milliseconds / 1000, kind,
            headers,
            last.key() if single else None,
            last.value() if single else None,
            None, tp=tp, generation_id=generation,
        )  # fmt: skip
        self.records = records


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
        route = self._routes.get(tp) or self._route(tp)
        if route.batched:
            self._give(assignment, route, Delivered(tp, records, assignment.generation, False))
        else:
            for record in records:
                single = Delivered(tp, [record], assignment.generation, True)
                self._give(assignment, route, single)

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

    def _give(self, assignment: Assignment, route: Route, message: Delivered) -> None:
        assignment.ledgers[message.tp].enter(message.offset, len(message.records))
        message.refcount = len(route.outlets)
        for queue, decode in route.outlets:
            queue.force_put_nowait(self._event(message, decode))

    def _event(self, message: Delivered, decode: Decode | None) -> Any:
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
