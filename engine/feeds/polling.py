"""What a venue tells by REST only, asked for at a pace: one request after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.feeds.following import NEVER
from engine.feeds.speech import Topic
from engine.spans import SECOND

EVERY = 15 * SECOND
"""How often each is asked for at most; one is on its way at a time, so that many symbols wait for
one another and no book waits for them."""


@dataclass
class Polling:
    """The topics in turn: the next, and when (NEVER before an answer)."""

    topics: Sequence[Topic]
    place: int = 0
    next: int = 0

    def due(self, now: int) -> Topic | None:
        """What is to be asked for now."""
        if not self.topics or now < self.next:
            return None
        self.next = NEVER
        return self.topics[self.place]

    def over(self, now: int) -> None:
        """The answer came, or none will."""
        self.place = (self.place + 1) % len(self.topics)
        self.next = now + EVERY // len(self.topics)

    def cut(self) -> None:
        """The connection is gone, and the request with it."""
        self.next = 0
