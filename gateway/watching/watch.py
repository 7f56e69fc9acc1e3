"""Keeps a view up to date: a look at the broker each second, the board's records as they come."""

from __future__ import annotations

import time
from typing import Self

from confluent_kafka import KafkaException

from gateway.watching.board import FOLLOWED, Board
from gateway.watching.consolidated import SHORT
from gateway.watching.follower import Follower
from gateway.watching.gauge import Gauge, Sample
from gateway.watching.latest import Latest
from gateway.watching.view import View
from infra.local.desk import Desk
from schemas import names
from topics.settings import Settings

EVERY = 1.0
SHARE = 0.05
"""Seconds that one turn may take in records for, so that the desk's own work does not wait."""


class Eyes:
    """Fills a board from the broker of `settings`. whole: from the first record of each topic on.

    Raises KafkaException where the broker does not answer right now.
    """

    def __init__(self, settings: Settings, board: Board, whole: bool = False) -> None:
        self.board, self.gauge = board, Gauge(settings)
        self._follower = Follower(settings, FOLLOWED, None if whole else FOLLOWED)
        self._prices = Latest(settings, self.gauge, names.SIGNALS)
        self._books = Latest(settings, self.gauge, names.BOOKS, SHORT)

    def follow(self, wait: float = 0.0) -> bool:
        """Take what has come within `wait` s; False for nothing."""
        messages = self._follower.poll(wait)
        self.board.take_all(
            (topic, bytes(message.key() or b""), bytes(message.value() or b""))
            for topic, message in messages
        )
        return bool(messages)

    def catch_up(self) -> None:
        """Take all that the followed topics hold by now."""
        while self.follow(0.3):
            pass

    def sample(self) -> Sample:
        """Look at prices, consolidated books and counts."""
        for value, _ in self._prices.look():
            self.board.take(names.SIGNALS, value)
        for value, at in self._books.look():
            self.board.consolidated(value, at)
        self.board.looked = time.time()
        return self.gauge.sample()

    def close(self) -> None:
        """Let go of the broker."""
        self._follower.close()
        self._prices.close()
        self._books.close()
        self.gauge.close()


class Watch:
    """Fills `view` from the desk and its broker at each `look`. whole: as of `Eyes`."""

    def __init__(self, desk: Desk, view: View, whole: bool = False) -> None:
        self._desk, self.view = desk, view
        self._eyes = Eyes(desk.settings, view.board, whole)
        self.gauge = self._eyes.gauge
        self._due = 0.0

    def look(self) -> None:
        """Take what has come; a broker that does not answer right now is looked at later."""
        try:
            until = time.monotonic() + SHARE
            while self._eyes.follow() and time.monotonic() < until:
                pass
            if time.monotonic() >= self._due:
                self.view.looks.append(self._eyes.sample())
                self._due = time.monotonic() + EVERY
        except KafkaException as error:
            self.view.notes.append(f"the broker does not answer: {error.args[0].str()}")
            self._due = time.monotonic() + EVERY
        self.view.pids = self._desk.workers.pids()
        self.view.restarts = self._desk.workers.restarts()

    def catch_up(self) -> None:
        """Take all that the followed topics hold by now, and the last prices."""
        self._eyes.catch_up()
        self.view.looks.append(self._eyes.sample())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._eyes.close()
