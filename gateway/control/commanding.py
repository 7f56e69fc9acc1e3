"""control.commands as its broker has it: what is there, and what is appended and durable.

Which number a command takes, and that it counts once, is said in once.py; command_log.py reads on
from call to call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from schemas import names
from schemas.codec import decode, encode
from schemas.commands import ControlCommand
from schemas.errors import Poison, TapelineError, Unknown
from topics.admin import QUIET
from topics.partition import partition_of
from topics.reading import between, reader
from topics.settings import Settings

PATIENCE = 15.0
"""Seconds that the broker may take to make a command durable."""

LARGEST = 64 << 10
"""Bytes of a command: what the desk makes of it must fit into its records too."""


def fits(record: ControlCommand) -> None:
    """TapelineError where the command is larger than any that a person gives."""
    size = len(encode(record))
    if size > LARGEST:
        raise TapelineError(f"the command has {size} bytes, more than {LARGEST}: shorten it")


class CommandTopic:
    """control.commands on the broker of `settings`; close it."""

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
        for message in between(self._consumer, self._name, 0, first, end):
            try:
                record = decode(ControlCommand, bytes(message.value() or b""))
            except Poison:
                continue  # it has a letter of its own
            found[record.key] = max(record.seq, found.get(record.key, -1))
        return found

    def append(self, records: Sequence[ControlCommand]) -> None:
        """As `once.Road.append`: of several faults the first is raised, KafkaException where the
        broker refuses one.
        """
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
