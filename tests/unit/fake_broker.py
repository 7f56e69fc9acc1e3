"""A broker that is a list, and the workers that live on it.

As nothing is a matter of time here, a test chooses when deliveries arrive, when a checkpoint is
half done, how much of what was in flight the broker still got, and when the process dies.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple, NoReturn, cast

import pytest
from faust.types import TP
from mode.signals import Signal

from engine.control import ControlStage
from engine.decisions import DecisionsRerun, DecisionsStage
from engine.execution import ExecutionStage
from engine.orders import OrdersStage
from engine.rerun import Rerun
from engine.stage import Cell
from executor.paper import journal as journal_module
from executor.paper.intake import Intake
from schemas.codec import decode, encode
from schemas.record import Record
from topics import BY_NAME
from topics import leased as leased_module
from topics import published as published_module
from topics import snapshots as snapshots_module
from topics import station as station_module
from topics import worker as worker_module
from topics.cells import Scripted
from topics.lease import Lease
from topics.leased import Leased
from topics.partition import partition_of
from topics.settings import Settings
from topics.worker import Worker

Headers = list[tuple[str, bytes]] | None


class Died(BaseException):
    """A worker ended its process, with what it said."""


def died(reason: str) -> NoReturn:
    """In place of topics.rdkafka.failure.die."""
    raise Died(reason)


@dataclass(frozen=True)
class Message:
    """A message as confluent_kafka gives it."""

    place: TP
    at: int
    name: bytes
    body: bytes
    heads: Headers = None

    def topic(self) -> str:
        return self.place.topic

    def partition(self) -> int:
        return self.place.partition

    def offset(self) -> int:
        return self.at

    def key(self) -> bytes:
        return self.name

    def value(self) -> bytes:
        return self.body

    def headers(self) -> Headers:
        return self.heads


def read(topic: str, at: int, record: Record) -> Message:
    """A record as it is read from the partition of its key, at an offset."""
    place = TP(topic, partition_of(topic, record.key))
    return Message(place, at, record.key.encode(), encode(record))


def garbage(topic: str, at: int, key: str, value: bytes = b"typed by hand") -> Message:
    """What is no record, under a key that is one."""
    return Message(TP(topic, partition_of(topic, key)), at, key.encode(), value)


class Sent(NamedTuple):
    """What was produced."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers


@dataclass
class Broker:
    """What is durable, and what was produced but is still on its way, in order."""

    durable: list[Sent] = field(default_factory=list)
    pending: list[Sent] = field(default_factory=list)
    hurried: list[str] = field(default_factory=list)
    """Topics of the records that should not linger."""

    def emit(
        self, topic: str, key: bytes, value: bytes, headers: Headers, partition: int | None
    ) -> None:
        self.pending.append(Sent(topic, key, value, headers))

    def hurry(self, always: bool) -> None:
        self.hurried += [each.topic for each in self.pending[-1:]]

    async def flush(self) -> None:
        count = len(self.pending)
        for _ in range(2):
            await asyncio.sleep(0)
        while count and self.pending:
            self.durable.append(self.pending.pop(0))
            count -= 1

    def die(self, kept: int) -> None:
        """The process ends; the broker still got `kept` of what was on its way: of each partition
        the first ones, for one is not waited for with what goes to another.
        """
        lanes: dict[TP, deque[Sent]] = {}
        for sent in self.pending:
            place = TP(sent.topic, partition_of(sent.topic, sent.key.decode()))
            lanes.setdefault(place, deque()).append(sent)
        chance = Random(kept)
        for _ in range(min(kept, len(self.pending))):
            place = chance.choice([place for place, left in lanes.items() if left])
            self.durable.append(lanes[place].popleft())
        self.pending.clear()

    def read_all(self, settings: Settings, topic: str) -> Iterator[Any]:
        """In place of topics.reading.read_all."""
        for at, sent in enumerate(self.durable):
            if sent.topic == topic:
                yield Message(TP(topic, 0), at, sent.key, sent.value, sent.headers)

    def read_partition(
        self, settings: Settings, topic: str, number: int, first: int = 0
    ) -> Iterator[Any]:
        """In place of topics.reading.read_partition."""
        yield from self.rows_of(TP(topic, number))[first:]

    def rows_of(self, tp: TP) -> list[Message]:
        """The messages of one partition."""
        kept = [
            sent for sent in self.durable
            if sent.topic == tp.topic and partition_of(tp.topic, sent.key.decode()) == tp.partition
        ]  # fmt: skip
        return [Message(tp, at, sent.key, sent.value, sent.headers) for at, sent in enumerate(kept)]

    def from_end(self, settings: Settings, topic: str, number: int) -> Iterator[list[Any]]:
        """In place of topics.reading.from_end: windows of two, the latest first."""
        rows = self.rows_of(TP(topic, number))
        for end in range(len(rows), 0, -2):
            yield rows[max(0, end - 2) : end]

    def records(self, topic: str) -> list[Any]:
        """Everything that was produced to a topic."""
        kind = BY_NAME[topic].record
        sent = (*self.durable, *self.pending)
        return [decode(kind, one.value) for one in sent if one.topic == topic]

    def rows_of_snapshot(self, key: str) -> list[bytes]:
        """What was written under a snapshot's key, in order."""
        return [sent.value for sent in self.durable if sent.key == key.encode()]

    def rows(self, topic: str) -> dict[str, list[bytes]]:
        """What a reader that drops by sequence sees of each key."""
        seen: dict[str, list[bytes]] = {}
        for sent in self.durable:
            if sent.topic == topic:
                rows = seen.setdefault(sent.key.decode(), [])
                seq = decode(BY_NAME[topic].record, sent.value).seq
                assert seq <= len(rows), "a hole"
                if seq == len(rows):
                    rows.append(sent.value)
                assert rows[seq] == sent.value, "a double that differs"
        return seen


def connected(patch: pytest.MonkeyPatch) -> Broker:
    """An empty broker: what stages read of their past is on it, leases are free, ends raise."""
    made = Broker()
    for module in (snapshots_module, journal_module):
        patch.setattr(module, "read_all", made.read_all)
    patch.setattr(published_module, "from_end", made.from_end)
    patch.setattr(worker_module, "read_partition", made.read_partition)
    for module in (station_module, leased_module, worker_module):
        patch.setattr(module, "die", died)

    for pause in ("HOLD", "REST"):
        patch.setattr(worker_module, pause, 0)

    async def free(lease: Any) -> None: ...

    patch.setattr(Lease, "acquire", free)
    patch.setattr(Lease, "keep", free)
    patch.setattr(Lease, "check", lambda lease: None)
    return made


def app_of(broker: Broker) -> Any:
    """As much of a Faust app as a worker asks for."""
    return type("App", (), {"producer": broker, "on_before_shutdown": Signal()})()


def worker(broker: Broker, stage: Any) -> Worker:
    """A stage whose cells come with their first record, but for those that read books."""
    return Worker(
        app_of(broker), Settings(), stage, cast(Any, Cell),
        broadcast=frozenset(stage.sides), scripted=scripted(stage),
    )  # fmt: skip


def scripted(stage: Any) -> Scripted | None:
    """As agents.decisions has it; None of other stages."""
    if not isinstance(stage, DecisionsStage):
        return None
    return Scripted(stage.readers, cast(Any, DecisionsRerun))


def orders(broker: Broker, stage: OrdersStage) -> Worker:
    """The stage of orders, as agents.orders makes it."""
    return Leased(
        app_of(broker), Settings(), stage, cast(Any, Cell), standing=stage.accounts,
        broadcast=frozenset((stage.main, *stage.sides)), redo=Rerun,
    )  # fmt: skip


def control(broker: Broker, *accounts: str) -> Worker:
    """The stage of people's commands, as agents.control makes it."""
    stage = ControlStage(accounts)
    return Worker(
        app_of(broker), Settings(), stage, cast(Any, Cell), standing=accounts,
        broadcast=frozenset((stage.main,)),
    )  # fmt: skip


def executor(broker: Broker, *accounts: str) -> Intake:
    """The executor of these accounts, as executor.app makes it."""
    return Intake(
        app_of(broker), Settings(), ExecutionStage(), cast(Any, Cell), standing=accounts
    )  # fmt: skip


async def begin(one: Worker) -> dict[TP, int]:
    """Restore a worker that reads all partitions of its topics; give where it starts."""
    tps = [TP(topic, n) for topic in one.topics for n in range(BY_NAME[topic].partitions)]
    return dict(await one.positions(frozenset(tps)))


async def give(one: Worker, *messages: Message) -> None:
    """Let the worker take messages, in this order."""
    for message in messages:
        await one.take(cast(Any, message))
