"""Ends a worker that has work to do and does none of it, whatever the reason."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient
from faust.types import TP

from topics.rdkafka import failure
from topics.rdkafka.acks import Assignment
from topics.rdkafka.delivery import lags
from topics.rdkafka.polling import Poller

log = logging.getLogger("topics.rdkafka")


class Stall:
    """Tells for how long there was work and no progress. No IO; the clock is passed in."""

    def __init__(self, timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._timeout, self._clock = timeout, clock
        self._progress: Hashable = None
        self._since = clock()

    def observe(self, progress: Hashable, lagging: bool) -> bool:
        """Note the state of now; True when nothing has moved for the timeout in spite of work."""
        if progress != self._progress or not lagging:
            self._progress = progress
            self.forgive()
        return self._clock() - self._since >= self._timeout

    def forgive(self) -> None:
        """Count anew from now."""
        self._since = self._clock()


class Watchdog:
    """Looks once a second, on its own thread: a blocked event loop is a stall too."""

    def __init__(
        self, poller: Poller, compacted: frozenset[str], timeout: float, admin: dict[str, Any]
    ) -> None:
        self._poller, self._compacted, self._timeout = poller, compacted, timeout
        self._admin = admin
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to watch."""
        threading.Thread(target=self._watch, name="rdkafka-watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped.set()

    def _watch(self) -> None:
        stall = Stall(self._timeout)
        while not self._stopped.wait(1.0):
            assignment = self._poller.assignment
            if assignment is None:
                progress, lagging = None, False
            else:
                progress = (assignment.generation, assignment.settled)
                lagging = lags(assignment, self._highs(assignment))
            if stall.observe(progress, lagging):
                if self._broker_answers():
                    failure.die(f"nothing was acked for {self._timeout:.0f} s in spite of lag")
                stall.forgive()

    def _highs(self, assignment: Assignment) -> dict[TP, int]:
        """Cached high watermarks; not of compacted topics, whose last offsets may be gone."""
        highs = self._poller.highs
        return {
            tp: highs.get(tp, -1) for tp in assignment.ledgers if tp.topic not in self._compacted
        }

    def _broker_answers(self) -> bool:
        """A worker does not stall because the broker is away: librdkafka waits for it."""
        try:
            AdminClient(self._admin).list_topics(timeout=5.0)
        except ck.KafkaException as error:
            log.warning("no progress, and the broker does not answer: %s", error)
            return False
        return True
