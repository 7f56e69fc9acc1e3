"""How far a stage has read, and whether it may: of its consumer on Kafka."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from schemas import metrics as m
from schemas import names
from schemas.metrics import Reading
from topics.metrics.broker import Asked
from topics.metrics.exposure import Exposure

if TYPE_CHECKING:
    from topics.rdkafka.consumer import Consumer

BEHIND = 1000
"""Records: a stage that starts is ready once no more than that are left to it."""


class Consuming:
    """Of a worker of `stage`. Once it has caught up it is ready until its partitions change: lag
    that grows later is told as lag.
    """

    def __init__(self, consumer: Consumer, exposure: Exposure) -> None:
        self._consumer, self._stage = consumer, exposure.stage
        self._logical = exposure.settings.logical
        self._caught_up = -1
        exposure.reads(self.readings)
        known = exposure.settings.physical(names.EVENTS)
        exposure.checks["broker"] = Asked(
            lambda: getattr(consumer.app.producer, "client", None), known
        )
        exposure.checks["assigned"] = self.assigned
        exposure.checks["caught up"] = self.caught_up

    def readings(self) -> Iterator[Reading]:
        """Records delivered, lag and backlog by logical topic."""
        delivery, assignment = self._consumer.delivery, self._consumer.poller.assignment
        own = assignment.ledgers if assignment is not None else ()
        for topic in {*delivery.delivered, *(tp.topic for tp in own)}:  # 0 is told, too
            count = delivery.delivered[topic]
            yield Reading(m.RECORDS_IN, (self._stage, self._logical(topic)), count)
        yield Reading(m.MISSING, (self._stage,), delivery.gaps)
        for topic, lag in (self.lags() or {}).items():
            yield Reading(m.LAG, (self._stage, self._logical(topic)), lag)
        if assignment is not None:
            yield Reading(m.UNACKED, (self._stage,), assignment.backlog)

    def lags(self) -> dict[str, int] | None:
        """Records that are left, by physical topic, compacted ones left out: their last offsets may
        be gone. None while the broker has not told of every partition.
        """
        assignment, highs = self._consumer.poller.assignment, self._consumer.poller.highs
        if assignment is None:
            return None
        found = Counter[str]()
        for tp, ledger in assignment.ledgers.items():
            if tp.topic in self._consumer.delivery.compacted:
                continue
            if (high := highs.get(tp, -1)) < 0:
                return None
            found[tp.topic] += max(0, high - ledger.safe)
        return found

    # -- checks ------------------------------------------------------------------------------

    def assigned(self) -> str:
        """It has its share of the partitions, be that none."""
        return "" if self._consumer.poller.assignment else "no partitions are assigned yet"

    def caught_up(self) -> str:
        """It has read up to BEHIND records before the end since its partitions were assigned."""
        assignment = self._consumer.poller.assignment
        if assignment is None or assignment.generation == self._caught_up:
            return "" if assignment else "it has read nothing yet"
        if not assignment.ledgers:
            return ""
        lags = self.lags()
        if lags is None:
            return "the broker has not told how many records are left"
        if (left := sum(lags.values())) > BEHIND:
            return f"{left} records are left to read"
        self._caught_up = assignment.generation
        return ""
