"""The desk's time frame by frame, and the venue's time as it follows from it.

Bars close by the venue's time, also when no trade tells it. The desk reckons it from its own clock
less the least delay, desk's time minus event time, of the last one or two minutes: a desk's clock
that is fast shows as a delay that no frame is without. What an ordinary connection takes is no
fault of a clock and is not subtracted. After a leap of the desk's time nothing is known until the
next event: the clock may have been set, or the desk may have been off.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from engine.spans import SECOND

ORDINARY = SECOND
"""A delay of a connection, in ns."""
WINDOW = 60 * SECOND
"""How long a least delay is gathered before the one before it is forgotten, in ns."""
LEAP = 60 * SECOND
"""Desk's time comes at least once a second; a longer step is a leap, in ns."""


@dataclass
class VenueTime:
    """clock: the desk's time in ns, which never goes back; the least delays of this window, which
    began at `since`, and of the one before; None where no event has told any.
    """

    clock: int = 0
    since: int = 0
    least: int | None = None
    before: int | None = None

    def hear(self, received: int) -> int:
        """The desk's time at a frame that was received at this time of the collector's clock."""
        self.clock = max(self.clock, received)
        return self.clock

    def told(self, event_time: int | None) -> None:
        """Note the delay of an event, at the desk's time of its frame."""
        if event_time is not None:
            delay = self.clock - event_time
            self.least = delay if self.least is None else min(delay, self.least)

    def move(self, now: int) -> int | None:
        """The venue's time at the desk's time `now`; None at a leap."""
        leapt = bool(self.clock) and now - self.clock > LEAP
        self.clock = max(self.clock, now)
        if leapt:
            self.since, self.least, self.before = now, None, None
            return None
        if now - self.since >= WINDOW:
            self.since, self.least, self.before = now, None, self.least
        delays = [delay for delay in (self.least, self.before) if delay is not None]
        return now - max(0, min(delays) - ORDINARY) if delays else now

    def dump(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return asdict(self)

    @classmethod
    def load(cls, data: dict[str, Any]) -> VenueTime:
        """What `dump` gave; nothing known for {}."""
        return cls(**data)
