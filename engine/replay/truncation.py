"""Cut the input at a time: all that was made before it must be the same bytes, and no more of it.

What a judgment has of the future is gone from the cut input, so what was made of it comes out
otherwise: a column that was computed over a whole file, a bar that is completed by a trade to come.
(engine.replay.precedence reads what is on record; this finds
what is not. Neither finds a future that comes from elsewhere: a model that was fitted to these very
prices knows them, wherever the input ends.)

    cut = until(inputs, time)
    differences = parted(desk(inputs), {time: desk(cut)})

Cost: each play once, side by side; memory: the plays' own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.replay.desk import Desk, Row
from schemas.codec import encode
from schemas.record import Record

Made = tuple[int, str, Record]
"""The time at which a record was made, ns, its topic and the record."""


def until(inputs: Iterable[Row], time: int) -> Iterator[Row]:
    """The inputs that a desk has received before a time, ns: up to the first that came later."""
    for topic, record in inputs:
        if record.seen_time >= time:
            return
        yield topic, record


def made(desk: Desk, inputs: Iterable[Row]) -> Iterator[Made]:
    """A desk's records with the times at which they were made."""
    for topic, record in desk.run(inputs):
        yield desk.now, topic, record


def parted(whole: Iterable[Made], parts: Mapping[int, Iterable[Made]]) -> dict[int, str]:
    """Where the plays of cut inputs, by the time of the cut, part from the whole play before it.

    In words; nothing of those that do not. All are in the order of the times at which records were
    made.
    """
    open_, found = {time: iter(part) for time, part in parts.items()}, dict[int, str]()
    for now, topic, record in whole:
        for time in [*open_]:
            ours = (now, topic, record) if now < time else None
            why = _differing(ours, _before(open_[time], time))
            if why is not None:
                found[time] = why
            if why is not None or ours is None:
                del open_[time]
        if not open_:
            return found
    for time, part in open_.items():
        if (why := _differing(None, _before(part, time))) is not None:
            found[time] = why
    return found


def _before(part: Iterator[Made], time: int) -> Made | None:
    """The next record, if it was made before the cut."""
    found = next(part, None)
    return None if found is None or found[0] >= time else found


def _differing(whole: Made | None, part: Made | None) -> str | None:
    """What the one play has and the other has not; None where they are the same."""
    if whole is None:
        return None if part is None else f"{_named(part)} is made of the cut input alone"
    if part is None:
        return f"{_named(whole)} is not made without what came later"
    if whole[:2] == part[:2] and encode(whole[2]) == encode(part[2]):
        return None
    return f"{_named(whole)} is another one without what came later"


def _named(one: Made) -> str:
    _, topic, record = one
    return f"{topic} {record.key} seq {record.seq}"
