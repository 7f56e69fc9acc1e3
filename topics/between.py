"""The topics between fused stages, as the broker has them: where they end and what is on them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from topics import BY_NAME
from topics.admin import client
from topics.reading import TIMEOUT, span
from topics.settings import Settings
from topics.snapshots import Place

LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]

log = logging.getLogger(__name__)

Marks = dict[Place, int]
"""An offset of each physical topic and partition."""


class Between:
    """Every call blocks and raises KafkaException where the broker does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin: AdminClient | None = None

    def _client(self) -> AdminClient:
        self._admin = self._admin or client(self._settings)
        return self._admin

    def ends(self, topics: Iterable[str]) -> Marks:
        """The next offset of each partition of these logical topics."""
        asked = {
            TopicPartition(self._settings.physical(topic), number): LATEST
            for topic in topics
            for number in range(BY_NAME[topic].partitions)
        }
        futures = self._client().list_offsets(asked, request_timeout=TIMEOUT)
        return {(place.topic, place.partition): f.result().offset for place, f in futures.items()}

    def read(self, topic: str, starts: Mapping[Place, int], ends: Marks) -> Iterator[Message]:
        """The messages of a logical topic from these offsets up to before those."""
        marks = {place[1]: (starts.get(place, 0), end) for place, end in ends.items()}
        return span(self._settings, topic, marks)

    def tell(self, stage: str, marks: Marks) -> None:
        """Commit for the consumer group of a stage, for those who watch its lag.

        While a worker of the stage itself is in the group, Kafka lets nobody else: it is left out.
        """
        group = f"{self._settings.prefix}tapeline-{stage}"
        rows = [TopicPartition(*place, offset) for place, offset in sorted(marks.items())]
        asked = [ConsumerGroupTopicPartitions(group, rows)]
        futures = self._client().alter_consumer_group_offsets(asked, request_timeout=TIMEOUT)
        try:
            futures[group].result()
        except KafkaException as error:
            log.info("the lag of %s cannot be told yet: %s", stage, error.args[0].str())
