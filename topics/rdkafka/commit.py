"""The commit: in one fixed order, contiguous, and only after every effect is durable."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import confluent_kafka as ck
from faust.types import TP

from topics.rdkafka import failure
from topics.rdkafka.acks import Assignment
from topics.rdkafka.attachment import Checkpoint
from topics.rdkafka.errors import NOT_OWNER, passes

T = TypeVar("T")
log = logging.getLogger("topics.rdkafka")


class Flushes(Protocol):
    """The part of the producer that a commit needs."""

    async def flush(self) -> None:
        """Wait for all that was produced before this call; raise if any delivery failed."""


class Runs(Protocol):
    """The part of the poller that a commit needs."""

    client: ck.Consumer

    async def run(self, job: Callable[[], T]) -> T:
        """Result of `job`, done on the poll thread."""


class Committer:
    """Commits one assignment after another; at most one commit is under way."""

    def __init__(
        self, poller: Runs, producer: Callable[[], Flushes], checkpoint: Checkpoint | None
    ) -> None:
        self._poller, self._producer, self._checkpoint = poller, producer, checkpoint
        self._lock = asyncio.Lock()
        self._covered = (0, 0)

    async def commit(self, assignment: Assignment) -> dict[TP, int]:
        """Commit what is acked now; return the offsets committed by this call.

        (1) safe offsets, (2) checkpoint, (3) flush, (4) offset commit. A failure of (2) or (3)
        ends the process; (4) is tried again at the next commit if the broker was only away.
        """
        async with self._lock:
            mark = (assignment.generation, assignment.acks)
            offsets = assignment.committable()
            if not assignment.acks or (mark == self._covered and not offsets):
                return {}
            await self._make_durable(checkpoint=mark != self._covered)
            self._covered = mark
            if offsets and await self._commit_offsets(assignment, offsets):
                assignment.committed.update(offsets)
                return offsets
            return {}

    async def _make_durable(self, checkpoint: bool) -> None:
        try:
            if checkpoint and self._checkpoint is not None:
                await self._checkpoint()
            await self._producer().flush()
        except Exception as error:
            failure.die(f"no commit, what comes before it failed: {error}", cause=error)

    async def _commit_offsets(self, assignment: Assignment, offsets: Mapping[TP, int]) -> bool:
        parts = [ck.TopicPartition(*tp, offset) for tp, offset in offsets.items()]
        errors = await self._poller.run(lambda: self._commit_blocking(assignment, parts))
        for error in errors:
            if not passes(error) and error.code() not in NOT_OWNER:
                failure.die(f"the offset commit was refused: {error}")
            log.warning("offset commit failed, to be tried again: %s", error)
        return not errors

    def _commit_blocking(
        self, assignment: Assignment, parts: list[ck.TopicPartition]
    ) -> list[ck.KafkaError]:
        if assignment.lost:  # told on this thread: to commit now would fence ourselves for good
            return [ck.KafkaError(ck.KafkaError._ASSIGNMENT_LOST)]
        try:
            done = self._poller.client.commit(offsets=parts, asynchronous=False) or []
        except ck.KafkaException as error:
            return [error.args[0]]
        return [part.error for part in done if part.error]
