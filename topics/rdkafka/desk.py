"""What the poll thread asks of the event loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from faust.types import TP

from topics.rdkafka.acks import Assignment
from topics.rdkafka.records import Records


class Desk(Protocol):
    """The loop's side; each call blocks the thread until it is done."""

    async def positions(self, tps: frozenset[TP]) -> Mapping[TP, int] | None:
        """Wanted start offsets; None when the committed ones are to be used."""

    async def assigned(self, starts: Mapping[TP, int], group: frozenset[TP]) -> None:
        """Take over a new assignment. Nothing of it is delivered before `resume_flow`."""

    async def released(self, lost: bool) -> Mapping[TP, int]:
        """Finish with the assignment; return where the broadcast partitions will go on."""

    def deliver(self, assignment: Assignment, tp: TP, records: Records) -> None:
        """Give records of one partition to their streams, without waiting."""
