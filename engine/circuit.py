"""A circuit breaker: who fails again and again, a venue or a model's provider, is left in peace,
then tried once.

closed -> (LIMIT failures in a row) -> open -> (COOL over, or a probe answered) -> trial: one call
-> closed if there is an answer, open again if not. Pure: time is an argument, ns.
After M. Nygard, Release It!, 2nd edition 2018, ch. 5 "Circuit Breaker".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

LIMIT = 5
"""Failures in a row that open it."""
COOL = 60_000_000_000
"""ns for which it stays open, unless a probe is answered earlier."""


class Circuit(StrEnum):
    """Calls pass; none passes; one is under way, or due."""

    CLOSED = "closed"
    OPEN = "open"
    TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Change:
    """The circuit went from one state to another at `at` ns."""

    before: Circuit
    after: Circuit
    at: int
    failures: int


@dataclass(slots=True)
class Breaker:
    """Of one that is called. failures: in a row; until: ns when it may be tried; trying: a call
    does so.
    """

    limit: int = LIMIT
    cool: int = COOL
    state: Circuit = Circuit.CLOSED
    failures: int = 0
    until: int = 0
    trying: bool = False
    _changes: list[Change] = field(default_factory=list)

    def allows(self, now: int) -> bool:
        """Whether a call may be made. True takes the trial: its end must be told, by `succeeded`,
        `failed` or `abandoned`.
        """
        if self.state is Circuit.OPEN and now >= self.until:
            self._go(Circuit.TRIAL, now)
        if self.state is Circuit.TRIAL and not self.trying:
            self.trying = True
            return True
        return self.state is Circuit.CLOSED

    def succeeded(self, now: int) -> None:
        """There was an answer, be it a refusal."""
        self.failures, self.trying = 0, False
        self._go(Circuit.CLOSED, now)

    def failed(self, now: int) -> None:
        """A call failed in a way that speaks of the health of who was called."""
        self.failures += 1
        if self.state is Circuit.TRIAL or self.failures >= self.limit:
            if self.state is not Circuit.OPEN:
                self.until = now + self.cool
            self.trying = False
            self._go(Circuit.OPEN, now)

    def abandoned(self) -> None:
        """A call ended without a word on that: cancelled, or an error of ours."""
        self.trying = False

    def answered(self, now: int) -> None:
        """A probe of the open circuit was answered: it may be tried at once."""
        if self.state is Circuit.OPEN:
            self.until = now

    def changes(self) -> list[Change]:
        """What has changed since this was last called, the oldest first."""
        told, self._changes = self._changes, []
        return told

    def _go(self, after: Circuit, now: int) -> None:
        if after is not self.state:
            self._changes.append(Change(self.state, after, now, self.failures))
            self.state = after
