"""What a stage has given, counted as it leaves: plain numbers, a few dictionary entries a record.

Counts are of this process: after a crash they begin at nothing, and what is made again is counted
again. `rate` and `increase` of Prometheus expect just that.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from schemas import metrics as m
from schemas import names
from schemas.metrics import Metric, Reading
from schemas.raw import Source
from schemas.record import venue_of
from schemas.ticks import BookState
from topics.metrics import money
from topics.metrics.spread import Spread

Labels = tuple[str, ...]
FRESH = 3600.0
"""Seconds: a record that is older when it is made is of a recording; its age says nothing."""
SECOND = 1_000_000_000


class Tally:
    """Of one stage. clock: ns since 1970. given: by topic, for every record.

    Labels are plain strings: an enum hashes in Python, which takes longer than all else here.
    """

    def __init__(self, stage: str, clock: Callable[[], int] = time.time_ns) -> None:
        self.stage, self.clock = stage, clock
        self.given: defaultdict[str, int] = defaultdict(int)
        self.counts: defaultdict[tuple[Metric, Labels], float] = defaultdict(float)
        self.spreads: dict[tuple[Metric, Labels], Spread] = {}
        self.heard: dict[str, int] = {}
        self.judged: dict[tuple[str, str], tuple[int, int]] = {}
        self.books: dict[str, BookState] = {}
        self.worth: dict[str, Any] = {}

    def count(self, metric: Metric, *labels: str) -> None:
        """One more."""
        self.counts[metric, labels] += 1

    def took(self, metric: Metric, seconds: float, *labels: str) -> None:
        """A time."""
        spread = self.spreads.get((metric, labels))
        if spread is None:
            spread = self.spreads[metric, labels] = Spread(metric.buckets)
        spread.add(seconds)

    def take(self, topic: str, record: Any) -> None:
        """Look at a record that leaves, where something of its topic is counted."""
        look = LOOKS.get(topic)
        if look is not None:
            look(self, record)

    def readings(self) -> Iterator[Reading]:
        """All of it but the times, as it is now; may be read on another thread."""
        for topic, given in list(self.given.items()):
            yield Reading(m.RECORDS_OUT, (self.stage, topic), given)
        for (metric, labels), count in list(self.counts.items()):
            yield Reading(metric, labels, count)
        now = self.clock()
        for market, at in list(self.heard.items()):
            yield Reading(m.SILENCE, (market,), (now - at) / SECOND)
        for place, (at, made) in list(self.judged.items()):
            if fresh(made - at):
                yield Reading(m.DECISION_AGE, place, (now - at) / SECOND)
        for market, state in list(self.books.items()):
            yield Reading(m.BOOK, (market,), int(state is BookState.OK))
        yield from money.readings(list(self.worth.values()))

    def times(self) -> Iterable[tuple[Metric, Labels, Spread]]:
        """The times by metric and labels."""
        return [(metric, labels, each) for (metric, labels), each in list(self.spreads.items())]


def fresh(age: int) -> bool:
    """Whether a record that was made at that age, ns, is of the market as it is."""
    return -FRESH * SECOND < age < FRESH * SECOND


def _raw(tally: Tally, record: Any) -> None:
    if not record.frames:
        return
    lives = not record.clock and fresh(tally.clock() - record.seen_time)
    if record.source is Source.CUT:  # the collector's own word, no sign of life
        if lives:  # but from it on the silence of a market is told that never speaks
            tally.heard.setdefault(record.key, record.seen_time)
        return
    tally.counts[m.FRAMES, (venue_of(record.key),)] += len(record.frames)
    if lives:
        tally.heard[record.key] = record.seen_time


def _ticks(tally: Tally, record: Any) -> None:
    if record.book is not BookState.NONE:  # of a market without depth there is nothing to say
        tally.books[record.key] = record.book
    for notice in record.notices:
        tally.count(m.NOTICES, record.venue, notice.type)


def _decision(tally: Tally, record: Any) -> None:
    tally.counts[m.VERDICTS, (record.strategy, record.verdict._value_)] += 1
    tally.judged[record.key, record.strategy] = record.seen_time, tally.clock()


def _order(tally: Tally, record: Any) -> None:
    reason = "" if record.reason is None else record.reason._value_
    tally.counts[m.DECIDED, (record.account, record.outcome, reason)] += 1
    if record.outcome == "approved":
        age = tally.clock() - record.seen_time
        if fresh(age):
            tally.took(m.FRAME_TO_ORDER, age / SECOND, record.account)


def _status(tally: Tally, record: Any) -> None:
    if record.type != "mark":
        state, reason = record.state or "", record.reason or ""
        tally.count(m.STATUSES, record.account, record.venue, record.type, state, reason)


def _worth(tally: Tally, record: Any) -> None:
    tally.worth[record.key] = record


def _advice(tally: Tally, record: Any) -> None:
    advisor = record.opinion.advisor
    tally.count(m.ADVISED, advisor, record.opinion.void or "")
    cost = sum((Decimal(call.cost) for call in record.calls), Decimal(0))
    tally.counts[m.ADVICE_COST, (advisor,)] += float(cost)
    if record.calls:
        tally.took(m.ADVICE_TIME, sum(call.latency for call in record.calls) / SECOND, advisor)


def _letter(tally: Tally, record: Any) -> None:
    tally.count(m.LETTERS, record.stage, record.topic)


def _event(tally: Tally, record: Any) -> None:
    tally.count(m.EVENTS, record.stage, record.severity, record.kind)
    if record.kind == "cut" and "connection" in record.facts:
        tally.count(m.CUTS, record.facts["connection"])


LOOKS: dict[str, Callable[[Tally, Any], None]] = {
    names.RAW: _raw,
    names.TICKS: _ticks,
    names.DECISIONS: _decision,
    names.ORDERS: _order,
    names.STATUSES: _status,
    names.PORTFOLIO: _worth,
    names.ADVICE: _advice,
    names.LETTERS: _letter,
    names.EVENTS: _event,
}
"""By topic, what is counted of its records."""
