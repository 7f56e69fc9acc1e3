"""The part of Faust's Consumer that tells and moves offsets: ours tells them and moves none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import confluent_kafka as ck
from faust.transport import consumer as faust_consumer
from faust.types import TP

from topics.rdkafka.polling import Poller


class Offsets(faust_consumer.Consumer):
    """Where the partitions stand. An assignment is made with absolute offsets and kept."""

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
        """Not supported."""
        raise NotImplementedError("give start offsets by attach(positions=...)")

    async def _seek(self, partition: TP, offset: int) -> None:
        raise NotImplementedError("give start offsets by attach(positions=...)")

    async def position(self, tp: TP) -> int | None:
        """Offset of the next record of `tp` to be delivered."""
        assignment = self.poller.assignment
        return assignment.ledgers[tp].next if assignment and tp in assignment.ledgers else None

    def assignment(self) -> set[TP]:
        """All partitions that are read: the group's and the broadcast ones."""
        assignment = self.poller.assignment
        return set(assignment.ledgers) if assignment else set()

    def highwater(self, tp: TP) -> int:
        """Offset that the broker gives next, as of the last fetch; 0 if not known yet."""
        marks = self.client.get_watermark_offsets(ck.TopicPartition(*tp), cached=True)
        return max(marks[1], 0) if marks else 0

    async def _watermarks(self, tps: Iterable[TP], side: int) -> dict[TP, int]:
        def ask() -> dict[TP, int]:
            marks = {tp: self.client.get_watermark_offsets(ck.TopicPartition(*tp), timeout=10.0)
                     for tp in tps}  # fmt: skip
            return {tp: pair[side] for tp, pair in marks.items() if pair}

        return await asyncio.get_running_loop().run_in_executor(None, ask)

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        """First offset that the broker still has."""
        return await self._watermarks(partitions, 0)

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """Offset that the broker gives next."""
        return await self._watermarks(partitions, 1)

    def topic_partitions(self, topic: str) -> int | None:
        """Number of partitions."""
        return len(self.client.list_topics(topic, timeout=10.0).topics[topic].partitions)

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
