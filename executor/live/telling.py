"""What whoever watches a live account is told: its orders, its budget, how long the venue takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.gauges import living
from executor.guard.budget import RateBudget
from executor.live import story
from schemas import metrics as m
from schemas import names
from schemas.metrics import Reading
from schemas.statuses import JournalEntry, OrderState, Status
from topics.metrics.exposure import exposure_of
from topics.metrics.tally import Tally

if TYPE_CHECKING:
    from executor.live.executor import LiveExecutor
    from executor.live.intake import Intake

SECOND = 1_000_000_000
OPEN = (None, "unknown")
"""Answers of a request of which nothing is known."""
MOST = 10_000
"""Orders whose time of sending is kept; one that is heard of no more leaves when it is full."""


def watch(worker: Intake) -> None:
    """Let the process tell of its account; before the account is opened there is nothing of it."""
    exposure = exposure_of(worker.outlet.app)
    if exposure is not None:
        exposure.reads(lambda: readings(worker.live, worker.budget))


def readings(live: LiveExecutor | None, budget: RateBudget | None) -> Iterator[Reading]:
    """As it is now."""
    if live is None:
        return
    desk, now = live.desk, time.time_ns()
    entries = list(desk.orders.living.values())
    unknown = {
        each.command.client_order_id: (now - since(each)) / SECOND
        for each in entries
        if each.state is OrderState.UNKNOWN
    }
    yield from living(desk.account, entries, unknown)
    yield Reading(m.RECORDS_OUT, ("executor", names.JOURNAL), desk.scribe.written)
    if budget is not None:
        yield Reading(m.BUDGET_REFUSED, (budget.venue,), budget.refused)
        for limit, used in budget.used().items():
            yield Reading(m.BUDGET_USED, (budget.venue, limit), used)


def since(entry: JournalEntry) -> int:
    """When the first request was made whose effect is not known, ns."""
    asked = [send.at for send in entry.sends if send.answer in OPEN]
    return min(asked, default=entry.seen_time)


class Heard:
    """Counts statuses as they are published, and how long the venue took to its first word."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._sent: dict[str, int] = {}

    def __call__(self, status: Status) -> None:
        """One of them."""
        self._tally.given[names.STATUSES] += 1
        self._tally.take(names.STATUSES, status)
        name = status.client_order_id
        if name is None:
            return
        if status.state is OrderState.SENT:
            self._sent[name] = status.seen_time
            if len(self._sent) > MOST:
                del self._sent[next(iter(self._sent))]
        elif status.state is not None and status.state not in story.UNDER_WAY:
            sent = self._sent.pop(name, None)
            if sent is not None and measured(status):
                took = (status.seen_time - sent) / SECOND
                self._tally.took(m.ROUND_TRIP, took, status.account, status.venue)


def measured(status: Status) -> bool:
    """It is the venue's word on an order: what is refused may never have been sent, and what is no
    order takes as many requests as it is about.
    """
    return status.type != "rejection" and status.state is not OrderState.DONE
