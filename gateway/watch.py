"""Keeps a view up to date: a look at the broker each second, the board's records as they come."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException

from gateway.board import FOLLOWED
from gateway.follower import Follower
from gateway.gauge import Gauge
from gateway.view import View
from infra.local.desk import Desk

EVERY = 1.0


class Watch:
    """Fills `view` from the desk and its broker at each `look`."""

    def __init__(self, desk: Desk, view: View, back: int | None = 200) -> None:
        self._desk, self.view = desk, view
        self.gauge = Gauge(desk.settings)
        self._follower = Follower(desk.settings, FOLLOWED, back)
        self._due = 0.0

    def look(self) -> None:
        """Take what has come; a broker that does not answer right now is looked at later."""
        try:
            for topic, message in self._follower.poll():
                self.view.board.take(topic, bytes(message.value() or b""))
            if time.monotonic() >= self._due:
                self.view.looks.append(self.gauge.sample())
                self._due = time.monotonic() + EVERY
        except KafkaException as error:
            self.view.notes.append(f"the broker does not answer: {error.args[0].str()}")
            self._due = time.monotonic() + EVERY
        self.view.pids = self._desk.workers.pids()
        self.view.restarts = self._desk.workers.restarts()

    def catch_up(self) -> None:
        """Take all that the followed topics hold by now."""
        while messages := self._follower.poll(0.3):
            for topic, message in messages:
                self.view.board.take(topic, bytes(message.value() or b""))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._follower.close()
        self.gauge.close()
