"""The part of Faust's Consumer that tells and moves offsets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import confluent_kafka as ck
from faust.transport import consumer as faust_consumer
from faust.types import TP

from topics.rdkafka.polling import Poller


class Offsets(faust_consumer.Consumer):
    """Where the partitions stand. An assignment is made with absolute offsets."""

    app: Any
    client: ck.Consumer
    poller: Poller

    async def perform_seek(self) -> None:
        """Nothing to do: the assignment was made with absolute offsets."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """The committed offsets; nothing is moved."""
        assignment = self.poller.assignment
        return dict(assignment.committed) if assignment else {}

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """As `seek`, for each of them."""
        for tp, offset in partitions.items():
            await self._seek(tp, offset)

    async def _seek(self, partition: TP, offset: int) -> None:
        """Go on at `offset` once the events in progress are done and committed.

        Not for an agent's body: its own event is in progress. A stage's start is
        attach(positions=...). Raises LookupError for a partition that is not ours.
        """
        await self.poller.move(partition, offset)

    async def position(self, tp: TP) -> int | None:
        """Offset of the next record of `tp` to be delivered."""
        assignment = self.poller.assignment
        return assignment.ledgers[tp].next if assignment and tp in assignment.ledgers else None

    def assignment(self) -> set[TP]:
        """All partitions that are read: the group's and the broadcast ones."""
        assignment = self.poller.assignment
        return set(assignment.ledgers) if assignment else set()

    def highwater(self, tp: TP) -> int:
        """Offset that the broker gives next, as of a second ago; 0 if not known yet."""
        return max(self.poller.highs.get(tp, 0), 0)

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        """Not supported: of use for tables only."""
        raise NotImplementedError("rdkafka:// has no tables")

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """Not supported: of use for tables only."""
        raise NotImplementedError("rdkafka:// has no tables")

    def topic_partitions(self, topic: str) -> int | None:
        """Number of partitions."""
        return int(self.app.producer.partitions(topic))

    def key_partition(
        self, topic: str, key: bytes | None, partition: int | None = None
    ) -> int | None:
        """Partition that a record with `key` goes to."""
        if partition is not None or key is None:
            return partition
        return int(self.app.producer.key_partition(topic, key).partition)

    async def create_topic(self, topic: str, *args: Any, **kwargs: Any) -> None:
        """Topics are made by `tapeline topics --create`, and by nothing else."""

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        raise NotImplementedError("see commit()")

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        raise NotImplementedError("records are pushed")

    def _to_message(self, tp: TP, record: Any) -> Any:
        raise NotImplementedError("records are pushed")
