"""control.commands of a broker, read on from call to call: for a process that gives many."""

from __future__ import annotations

import time
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from gateway.control.commanding import CommandTopic
from gateway.control.once import Ledger
from schemas import names
from schemas.codec import decode
from schemas.commands import ControlCommand
from schemas.errors import Poison
from topics.reading import PASSING, patiently, reader
from topics.settings import Settings

BACK = 24 * 3600
"""Seconds for which an id is remembered, and so for which a command may be asked for again."""

WINDOW = 1000
"""Records at the end of the topic in which the last number of an account is looked for first."""

PATIENCE = 10.0
"""Seconds that the broker may take to show what it has."""


class CommandLog:
    """A `gateway.control.once.Road`; of one thread at a time. The topic has one partition."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._name = settings, settings.physical(names.COMMANDS)
        self._topic = CommandTopic(settings)
        self._consumer: Consumer = reader(settings)
        self._at, self._start = -1, 0
        self._ledger = Ledger()
        self._older: dict[str, int] | None = None

    def read(self) -> None:
        """As `Road.read`; TimeoutError or KafkaException where the broker does not answer."""
        until = time.monotonic() + PATIENCE
        end = self._end()
        while self._at < end:
            message = self._consumer.poll(0.1)  # consume() would wait for more than there is
            if message is not None:
                self._take(message)
            if time.monotonic() > until:
                raise TimeoutError(f"{self._name}: no answer from the broker for {PATIENCE:.0f} s")

    def _end(self) -> int:
        """The next offset; begins anew where the topic is another one."""
        first, end = patiently(lambda: self._topic.marks(PATIENCE), PATIENCE, PASSING)
        if self._at < 0 or end < self._at:
            self._begin(first, end)
        return end

    def _begin(self, first: int, end: int) -> None:
        since = TopicPartition(self._name, 0, int((time.time() - BACK) * 1000))
        found = self._consumer.offsets_for_times([since], timeout=PATIENCE)[0].offset
        recent = found if found >= 0 else end
        self._start = max(first, min(recent, end - WINDOW))
        self._at, self._ledger, self._older = self._start, Ledger(), None
        self._consumer.assign([TopicPartition(self._name, 0, self._start)])

    def _take(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            if error.code() in (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT):
                return  # until the time is over
            raise KafkaException(error)
        self._at = (message.offset() or 0) + 1
        try:
            self._ledger.take(decode(ControlCommand, bytes(message.value() or b"")))
        except Poison:
            return  # it has a letter of its own

    def counts(self, id: str) -> ControlCommand | None:
        """As `Road.counts`, of the last BACK seconds."""
        return self._ledger.counts(id)

    def next(self, key: str) -> int:
        """As `Road.next`; for a key of which nothing has come for long, all that is older is read,
        once for all such keys.
        """
        last = self._ledger.last(key)
        if last is None:
            if self._older is None:
                self._older = self._topic.last_before(self._start)
            last = self._older.get(key, -1)
            self._ledger.begin(key, last)
        return last + 1

    def append(self, records: Sequence[ControlCommand]) -> None:
        """As `Road.append`."""
        self._topic.append(records)

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()
        self._topic.close()
