"""When a book needs a snapshot: its numbering followed beside the stream, by the rule of ticks."""

from __future__ import annotations

from engine.book_sync import BookSync
from engine.feeds.bridging import Bridging
from engine.feeds.events import Depth
from engine.spans import SECOND
from schemas.ticks import BookState

PATIENCE = SECOND
"""How long after its subscription a book that has no update yet may be without a snapshot."""
IN_STREAM = 5 * SECOND
"""The same, and the least pause, where the venue sends the snapshot on the socket by itself."""
FIRST, LONGEST = SECOND, 60 * SECOND
"""Pauses between requests for one book: doubled with each that did not help."""
NEVER = 1 << 62


class Following:
    """One book of one connection, from its subscription on.

    itself: the venue sends a snapshot with each subscription; else it is asked for by REST.
    """

    def __init__(self, rule: Bridging, itself: bool) -> None:
        self.sync = BookSync(rule, NEVER)
        self.itself, self._least = itself, IN_STREAM if itself else FIRST
        self._next, self._pause, self._asked = NEVER, self._least, -NEVER

    def subscribed(self, now: int) -> None:
        """The venue has accepted the subscription."""
        self._next = min(self._next, now + (IN_STREAM if self.itself else PATIENCE))

    def take(self, update: Depth, now: int) -> None:
        """An update came, from the stream or as the answer to a request."""
        before = self.sync.state
        self.sync.take(update, now)
        if not self.needed:
            self._next, self._pause = now, self._least
        elif before is not BookState.GAPPED and self.sync.state is BookState.GAPPED:
            self._next = max(now, self._asked + self._least)
        elif self._asked < 0:
            self._next = min(self._next, now + (IN_STREAM if self.itself else 0))

    @property
    def needed(self) -> bool:
        """There is no book, or none that is whole."""
        return self.sync.state in (BookState.NONE, BookState.GAPPED)

    def due(self, now: int) -> bool:
        """A snapshot is to be asked for now; counts as asked if so."""
        if not self.needed or now < self._next:
            return False
        self._asked, self._next = now, now + self._pause
        self._pause = min(2 * self._pause, LONGEST)
        return True
