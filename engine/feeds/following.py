"""When a book needs a snapshot: its numbering followed beside the stream, by the rule of ticks."""

from __future__ import annotations

from engine.book_sync import BookSync
from engine.feeds.bridging import Bridging
from engine.feeds.events import Depth
from engine.spans import SECOND
from schemas.ticks import BookState

PATIENCE = SECOND // 2
"""How long after its subscription a book that has no update yet may be without a snapshot."""
IN_STREAM = 5 * SECOND
"""The same, and the least pause, where the venue sends the snapshot on the socket by itself."""
FIRST, LONGEST = SECOND, 60 * SECOND
"""Pauses between requests for one book: doubled with each that did not help."""
LASTING = 10 * SECOND
"""A book that was whole for so long begins its pauses anew."""
CROSSED = 5 * SECOND
"""A book that stays crossed for so long has lost an update, whatever its numbering says."""
NEVER = 1 << 62


class Following:
    """One book of one connection, from its subscription on.

    itself: the venue sends a snapshot with each subscription; else it is asked for by REST.
    awaited: a request is on its way, and has no answer yet.
    """

    def __init__(self, rule: Bridging, itself: bool) -> None:
        self.sync = BookSync(rule, NEVER)
        self.itself, self.awaited = itself, False
        self._least = IN_STREAM if itself else FIRST
        self._wait = IN_STREAM if itself else PATIENCE
        self._next, self._pause, self._asked = NEVER, self._least, -NEVER
        self._again, self._whole = FIRST, -NEVER

    def subscribed(self, now: int) -> None:
        """The venue has accepted the subscription, the first or one anew."""
        if self.itself and self.awaited:
            self.awaited, self._next = False, now + self._wait
        elif self._asked < 0:
            self._next = min(self._next, now + self._wait)

    def answered(self) -> None:
        """The answer to a request by REST came, or none will; or the venue refused the topic."""
        self.awaited = False

    def take(self, update: Depth, now: int) -> None:
        """An update came, from the stream or as the answer to a request."""
        before = self.sync.state
        self.sync.take(update, now)
        if self.sync.state is not before:
            self._turned(before, now)
        elif self.needed and self._asked < 0:
            self._next = min(self._next, now + (IN_STREAM if self.itself else 0))

    def _turned(self, before: BookState, now: int) -> None:
        """The book's state is another."""
        after = self.sync.state
        if after is BookState.GAPPED:
            self._gapped(now)
        elif after is BookState.CROSSED:
            self._next = now + CROSSED
        else:
            self._pause = self._least
            self.awaited = self.awaited and not self.itself
        if before in (BookState.NONE, BookState.GAPPED):
            self._whole = now

    def _gapped(self, now: int) -> None:
        """At once, but not soon after the last request; the less so the sooner gaps come again."""
        lasted = now - self._whole >= LASTING
        self._again = FIRST if lasted else min(2 * self._again, self._least)
        self._next = max(now, self._asked + self._again)

    @property
    def needed(self) -> bool:
        """There is no book, none that is whole, or one that cannot be right."""
        return self.sync.state in (BookState.NONE, BookState.GAPPED, BookState.CROSSED)

    def due(self, now: int) -> bool:
        """A snapshot is to be asked for now; counts as asked if so."""
        if self.awaited or now < self._next or not self.needed:
            return False
        self._asked, self._wait, self.awaited = now, self._pause, True
        self._next, self._pause = now + self._wait, min(2 * self._pause, LONGEST)
        return True
