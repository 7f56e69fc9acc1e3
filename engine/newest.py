"""The newest input of a judgment: what it names, so that anybody can see that it came before."""

from __future__ import annotations

from engine.stage import Tables
from schemas.decisions import Newest
from schemas.record import Record
from schemas.signals import Signal


def newest(main: str, signal: Signal, tables: Tables) -> Newest:
    """Of a signal (on the topic `main`) and the latest side rows, that which was received last.

    Of equal times it is the signal. Cost: O(side rows), nothing where there are none.
    """
    last: Record = signal
    topic, event = main, _latest(signal.event_time, signal.bar_time)
    for side, rows in tables.items() if tables else ():
        for row in rows.values():
            event = _latest(event, row.event_time)
            if row.moment > last.moment:
                topic, last = side, row
    told = {"topic": topic, "key": last.key, "seq": last.seq, "seen_time": last.moment}
    return Newest.whole(told | {"event_time": event})


def _latest(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return one if other is None else other
    return max(one, other)
