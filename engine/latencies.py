"""How long orders took, measured from trading.statuses: what a simulated venue may be given.

    there       event_time of the venue's first word on it, less seen_time of its SENT status
    back        seen_time, less event_time, of each thing that the venue said
    round_trip  seen_time of the first word, less that of SENT: needs no clock but our own

event_time is the venue's clock, so `there` and `back` are as good as the clocks agree; what is
negative for their sake is left out and counted. In the statuses of a paper account `back` and
`round_trip` are the pace of its decisions, and `there` is the latency that was set.
`values` gives at most 100 quantiles for `latency = { name = "empirical", values = [...] }` of
section [execution]. A status costs O(1); memory: the values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.statuses import OrderState, Status

MOST = 100
"""Quantiles that are given."""

ADOPTED = "adopted"
"""How the cause of what was taken over begins."""


class Way(NamedTuple):
    """An account at a venue."""

    account: str
    venue: str


@dataclass(slots=True)
class Latencies:
    """ns, in the order of the topic; negative: how many were left out."""

    there: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    round_trip: list[int] = field(default_factory=list)
    negative: int = 0

    def add(self, values: list[int], took: int) -> None:
        """Count one."""
        if took < 0:
            self.negative += 1
        else:
            values.append(took)


def measured(statuses: Iterable[Status]) -> dict[Way, Latencies]:
    """Of each account and venue, from statuses in the order of their topic; doubles are dropped."""
    found: dict[Way, Latencies] = {}
    sent: dict[str, int] = {}
    seen: dict[str, int] = {}
    for status in statuses:
        name = status.client_order_id
        known = status.seq <= seen.get(status.key, -1)
        if known or name is None or status.cause.startswith(ADOPTED):
            continue
        seen[status.key] = status.seq
        if status.state is OrderState.SENT:
            sent[name] = status.seen_time
        elif status.event_time is not None:
            took = found.setdefault(Way(status.account, status.venue), Latencies())
            _word(took, sent.pop(name, None), status.seen_time, status.event_time)
    return found


def values(took: Iterable[int], most: int = MOST) -> tuple[int, ...]:
    """Quantiles, ascending: each stands for as many of what was measured. () of nothing."""
    ordered = sorted(took)
    if len(ordered) <= most:
        return tuple(ordered)
    return tuple(ordered[(2 * n + 1) * len(ordered) // (2 * most)] for n in range(most))


def quantile(took: Iterable[int], hundredth: int) -> int | None:
    """The smallest value that so many of a hundred do not exceed; None of nothing."""
    ordered = sorted(took)
    return ordered[max(0, -(-hundredth * len(ordered) // 100) - 1)] if ordered else None


def _word(took: Latencies, sent: int | None, seen: int, at: int) -> None:
    """The venue's word, the first one where the time of sending is still there."""
    took.add(took.back, seen - at)
    if sent is not None:
        took.add(took.there, at - sent)
        took.add(took.round_trip, seen - sent)
