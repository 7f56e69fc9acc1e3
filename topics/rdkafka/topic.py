"""Faust's topic with a short way for sends that need nothing of Faust: bytes as they are."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import faust
from faust.types import RecordMetadata

from topics.rdkafka.producer import Producer


class Topic(faust.Topic):
    """A topic whose `send` of bytes goes to the producer at once.

    Faust's way makes two futures, a pending message and two sensor calls for each record. The
    short one is taken by a raw topic's sends without callback, schema or serializer, while the
    monitor is the only sensor; it counts them, but knows no latency of theirs. All else goes
    Faust's way. `Topic=Topic` of faust.App makes an app's topics of this class.
    """

    _short: bool | None = None

    async def send(
        self,
        *,
        key: Any = None,
        value: Any = None,
        partition: int | None = None,
        timestamp: float | None = None,
        headers: Any = None,
        callback: Any = None,
        **options: Any,
    ) -> Awaitable[RecordMetadata]:
        """Produce; what it gives may be awaited until the broker has the record."""
        if self._short is None:
            self._short = self._is_plain()
        if (
            self._short
            and (type(value) is bytes or value is None)
            and (type(key) is bytes or key is None)
            and callback is None
            and not options
        ):
            app: Any = self.app
            name = self.get_topic_name()
            app.monitor.messages_sent += 1
            app.monitor.messages_sent_by_topic[name] += 1
            producer: Producer = app.producer
            return await producer.dispatch(name, key, value, partition, timestamp, headers)
        return await super().send(
            key=key, value=value, partition=partition, timestamp=timestamp, headers=headers,
            callback=callback, **options,
        )  # fmt: skip

    def _is_plain(self) -> bool:
        """Nobody but the monitor looks at the sends of this topic, and nothing encodes them."""
        app, schema = self.app, self.schema
        codecs = (
            schema.key_serializer or app.conf.key_serializer,
            schema.value_serializer or app.conf.value_serializer,
        )
        return (
            isinstance(app.producer, Producer)
            and len(list(app.sensors)) == 1
            and codecs == ("raw", "raw")
        )
