"""People's commands onto control.commands, each under a number of its own.

Several gateways may give commands for one account at the same time, and nobody hands out numbers.
So a gateway takes the next one, publishes, and looks who was first with it: readers drop the second
record of a number. Whoever was second publishes again under the next number.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, Protocol, Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from engine.identity import ID_BYTES
from schemas import names
from schemas.codec import decode, encode
from schemas.commands import Command, ControlCommand
from schemas.errors import Poison, TapelineError, Unknown
from topics.admin import QUIET
from topics.partition import partition_of
from topics.reading import between, ends, reader
from topics.settings import Settings

GATEWAY = "tapeline"
WINDOW = 1000
"""Records at the end of the topic in which the last number of an account is looked for first."""

PATIENCE = 15.0
"""Seconds that the broker may take to make a command durable."""

LARGEST = 64 << 10
"""Bytes of a command: what the desk makes of it must fit into its records too."""

TRIES = 50
"""Numbers that are tried before the gateway gives up: each was taken by another one meanwhile."""


class Road(Protocol):
    """control.commands as a gateway uses it."""

    def numbers(self, key: str) -> list[tuple[int, str]]:
        """Number and id of the latest commands under a key, in the order of the topic."""
        ...

    def append(self, record: ControlCommand) -> None:
        """Publish; returns once it is durable. Raises Unknown where nobody knows whether it is."""
        ...


def give(
    road: Road,
    account: str,
    command: Command,
    by: str,
    clock: Callable[[], int] = time.time_ns,
) -> ControlCommand:
    """Publish a command; gives the record under whose number it is the first."""
    key = f"{account}:*"
    for _ in range(TRIES):
        seq = max((number for number, _ in road.numbers(key)), default=-1) + 1
        record = ControlCommand(
            id=fresh_id(account, seq), seq=seq, key=key, seen_time=clock(),
            account=account, by=by, command=command,
        )  # fmt: skip
        fits(record)
        road.append(record)
        first = next((id for number, id in road.numbers(key) if number == seq), None)
        if first == record.id:
            return record
    raise TapelineError(f"{TRIES} others were faster with a command for {account}: try again")


def fits(record: ControlCommand) -> None:
    """TapelineError where the command is larger than any that a person gives."""
    size = len(encode(record))
    if size > LARGEST:
        raise TapelineError(f"the command has {size} bytes, more than {LARGEST}: shorten it")


def fresh_id(account: str, seq: int) -> str:
    """An id that no other command has, even one under the same number."""
    text = f"{GATEWAY}|{account}|{seq}|{secrets.token_hex(8)}"
    return blake2b(text.encode(), digest_size=ID_BYTES).hexdigest()


class CommandTopic:
    """control.commands on the broker of `settings`; close it, or use it as a context."""

    def __init__(self, settings: Settings) -> None:
        self._name = settings.physical(names.COMMANDS)
        self._consumer = reader(settings)
        config: dict[str, Any] = {
            "bootstrap.servers": settings.bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 0,
            "socket.nagle.disable": True,
            "message.timeout.ms": int(PATIENCE * 1000),
            **settings.librdkafka,
        }
        self._producer = Producer(config, logger=QUIET)

    def numbers(self, key: str) -> list[tuple[int, str]]:
        """As `Road.numbers`: of the last WINDOW records, or of all where the key is not in them."""
        number = partition_of(names.COMMANDS, key)
        first, end = ends(self._consumer, self._name)[number]
        start = max(first, end - WINDOW)
        found = self._read(key, number, start, end)
        return found or (self._read(key, number, first, start) if start > first else [])

    def marks(self, patience: float) -> tuple[int, int]:
        """First and next offset of the one partition; waits `patience` s for the broker.

        Asked by a consumer that reads nothing meanwhile: a broker answers the requests of a
        connection one after another, and one that waits for records holds up what comes after it.
        """
        place = TopicPartition(self._name, 0)
        first, end = self._consumer.get_watermark_offsets(place, timeout=patience)
        return int(first), int(end)

    def last_before(self, end: int) -> dict[str, int]:
        """By key, the highest number of all records before an offset of the one partition."""
        first, _ = self.marks(PATIENCE)
        found: dict[str, int] = {}
        for record in self._records(0, first, end):
            found[record.key] = max(record.seq, found.get(record.key, -1))
        return found

    def _read(self, key: str, number: int, start: int, end: int) -> list[tuple[int, str]]:
        records = self._records(number, start, end, key)
        return [(record.seq, record.id) for record in records]

    def _records(
        self, number: int, start: int, end: int, key: str | None = None
    ) -> Iterator[ControlCommand]:
        for message in between(self._consumer, self._name, number, start, end):
            if key is not None and message.key() != key.encode():
                continue
            try:
                yield decode(ControlCommand, bytes(message.value() or b""))
            except Poison:
                continue  # it has a letter of its own
        self._consumer.unassign()

    def append(self, record: ControlCommand) -> None:
        """As `Road.append`; KafkaException where the broker refuses it."""
        self.append_all([record])

    def append_all(self, records: Sequence[ControlCommand]) -> None:
        """As `append`, of several at once: the first fault is raised."""
        faults: list[KafkaError | None] = []

        def delivered(error: KafkaError | None, message: Message) -> None:
            faults.append(error)

        for record in records:
            self._producer.produce(
                self._name, encode(record), record.key.encode(),
                partition_of(names.COMMANDS, record.key), delivered,
            )  # fmt: skip
        self._producer.flush(PATIENCE + 5)
        missing = [KafkaError(KafkaError._MSG_TIMED_OUT)] * (len(records) - len(faults))
        fault = next(filter(None, [*faults, *missing]), None)
        if fault is None:
            return
        if fault.code() == KafkaError._MSG_TIMED_OUT:
            raise Unknown(
                "the broker does not say whether it has the command: "
                "`tapeline topics --tail control.commands --from-beginning` shows it"
            )
        raise KafkaException(fault)

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
