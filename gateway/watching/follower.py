"""Records as they come: several topics followed by one consumer without a group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from topics.reading import ends, patiently, reader
from topics.settings import Settings

PASSING = frozenset({KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE})
"""A broker that is away for a while is no reason to stop watching."""


class Follower:
    """Follows logical topics from `back` records before the end of each partition (None: all).

    back may be of each topic; one that is not named is followed from its end.
    """

    def __init__(
        self,
        settings: Settings,
        topics: Iterable[str],
        back: int | Mapping[str, int | None] | None = 0,
    ) -> None:
        self._settings, self._back = settings, back
        self._consumer = reader(settings)
        try:
            self._consumer.assign(
                [
                    TopicPartition(name, number, self._start(topic, first, end))
                    for topic, name in ((each, settings.physical(each)) for each in topics)
                    for number, (first, end) in self._ends(name).items()
                ]
            )
        except BaseException:
            self._consumer.close()
            raise

    def _start(self, topic: str, first: int, end: int) -> int:
        back = self._back.get(topic, 0) if isinstance(self._back, Mapping) else self._back
        return first if back is None else max(first, end - back)

    def _ends(self, name: str) -> dict[int, tuple[int, int]]:
        return patiently(lambda: ends(self._consumer, name))

    def poll(self, wait: float = 0.0, most: int = 1000) -> list[tuple[str, Message]]:
        """What has come, with its logical topic; waits up to `wait` s for the first record."""
        first = self._consumer.poll(wait)
        rest = self._consumer.consume(most, 0.0) if first is not None else []
        told = [message for message in (first, *rest) if message is not None]
        return [
            (self._settings.logical(message.topic() or ""), message)
            for message in told
            if _good(message)
        ]

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _good(message: Message) -> bool:
    error = message.error()
    if error is not None and error.code() not in PASSING:
        raise KafkaException(error)
    return error is None
