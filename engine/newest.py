"""The newest input of a judgment: what it names, so that anybody can see that it came before."""

from __future__ import annotations

from engine.stage import Tables
from schemas import names
from schemas.decisions import Newest
from schemas.record import Record
from schemas.signals import Signal


def newest(main: str, signal: Signal, tables: Tables) -> Newest:
    """Of a signal (on the topic `main`) and the latest side rows, that which was received last.

    Of equal times it is the signal. What people have set tells nothing of a market. Cost: O(side
    rows), nothing where there are none.
    """
    event, bar = signal.event_time, signal.bar_time
    if event is None or (bar is not None and bar > event):
        event = bar
    topic, last, time = main, signal.key, signal.seen_time
    seq = signal.seq
    for side, rows in tables.items() if tables else ():
        if side == names.STATE:
            continue
        for row in rows.values():
            event = _later(event, row)
            if row.moment > time:
                topic, last, seq, time = side, row.key, row.seq, row.moment
    return Newest.whole(
        {"topic": topic, "key": last, "seq": seq, "seen_time": time, "event_time": event}
    )


def _later(event: int | None, row: Record) -> int | None:
    """The latest event time of both, where there is any."""
    told = row.event_time
    return told if event is None or (told is not None and told > event) else event
