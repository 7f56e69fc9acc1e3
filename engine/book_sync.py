"""Which depth updates a book may be built with, and whether it may be traded on.

The venue's numbering (engine.feeds.bridging) decides. Without a book, or with a gap in it, diffs
are held and published as not applied; a snapshot is applied if the held diffs chain on from it to
the present, and says how many of them (`bridged`); otherwise it is refused and another is needed.
While the numbering holds an older snapshot is refused: it would turn the book back.

Where the venue sends its snapshots in the stream, each of them begins the book anew. Where updates
bring a checksum, the book after the update must have it: one that has not is as good as gapped.

A crossed book (best bid >= best ask after a whole update) is mended by the next update that
uncrosses it as well as by a snapshot: updates carry absolute quantities, so a book that uncrosses
under an unbroken numbering has merely received the removal late. A stale one (no update applied
for a while) is mended by the next update in sequence: nothing was missed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from engine.book import HELD, Book
from engine.feeds.bridging import Bridging
from engine.feeds.catalogue import rule_of
from engine.feeds.events import Depth
from schemas.errors import Poison
from schemas.ticks import BookState


@dataclass(frozen=True, slots=True)
class Taken:
    """What was done with one update; gap says in words why the numbering does not hold."""

    applied: bool
    bridged: int = 0
    gap: str | None = None


@dataclass
class BookSync:
    """A book with its numbering.

    last: the last id of the diff taken last. anchor: the snapshot's id while no diff has bridged
    onto it yet. fresh: seen_time of the last update applied. held: the diffs that the book holds.
    """

    rule: Bridging
    stale_after: int
    book: Book = field(default_factory=Book)
    exists: bool = False
    gapped: bool = False
    stale: bool = False
    last: int | None = None
    anchor: int | None = None
    fresh: int = 0
    held: deque[Depth] = field(default_factory=lambda: deque(maxlen=HELD))

    @property
    def state(self) -> BookState:
        """The worst that is known of the book."""
        if not self.exists:
            return BookState.NONE
        if self.gapped:
            return BookState.GAPPED
        if self.book.crossed:
            return BookState.CROSSED
        return BookState.STALE if self.stale else BookState.OK

    def take(self, update: Depth, seen_time: int) -> Taken:
        """Apply, hold or refuse one update."""
        try:
            taken = self._taken(update)
        except Poison as poison:
            return self._unbuilt(update, poison)
        if taken.applied:
            self.fresh, self.stale = seen_time, False
            if update.checksum is not None:
                return self._checked(taken, update.checksum)
        return taken

    def _taken(self, update: Depth) -> Taken:
        if not update.snapshot:
            return self._diff(update)
        return self._anew(update) if self.rule.in_stream else self._snapshot(update)

    def _unbuilt(self, update: Depth, poison: Poison) -> Taken:
        """A level at a price that is finer than books are kept in: there is no book of it."""
        if not update.snapshot and (not self.held or self.held[-1] is not update):
            self.book.hold(update.bids, update.asks)
            self.held.append(update)
        told, self.gapped = self.gapped, self.exists
        return Taken(False, gap=str(poison) if self.exists and not told else None)

    def _checked(self, taken: Taken, checksum: int) -> Taken:
        """The same, or a gap if the book has not become what the venue's is."""
        if (found := self.rule.checksum(self.book.top)) == checksum:
            return taken
        self.gapped = True
        return Taken(True, gap=f"the book's checksum is {found}, the venue's is {checksum}")

    def _anew(self, update: Depth) -> Taken:
        """A snapshot that came in the stream: nothing before it matters."""
        self.book.replace(update.bids, update.asks, 0, update.depth)
        self.last, self.anchor = update.last_id, None
        self.exists, self.gapped = True, False
        self.held.clear()
        return Taken(True)

    def cut(self) -> None:
        """The stream was cut: no trust in the book before the next snapshot, and what is held from
        before the cut is no part of what follows it.
        """
        self.gapped, self.last, self.anchor = self.exists, None, None
        self.held.clear()
        self.book.forget()

    def age(self, now: int) -> None:
        """Let time pass: the book is stale when nothing was applied for `stale_after` ns."""
        if self.exists and now - self.fresh >= self.stale_after:
            self.stale = True

    def _snapshot(self, update: Depth) -> Taken:
        start = update.last_id if update.last_id is not None else -1
        if self.exists and not self.gapped and start < (self.last or 0):
            return Taken(False)
        chain = self._chain(start)
        if chain is None:
            self.gapped = self.exists
            return Taken(False, gap=f"snapshot {start} does not reach the updates held since")
        self.book.replace(update.bids, update.asks, len(chain))
        self.last = chain[-1].last_id if chain else start
        self.anchor = None if chain else start
        self.exists, self.gapped = True, False
        self.held.clear()
        return Taken(True, bridged=len(chain))

    def _chain(self, snapshot: int) -> list[Depth] | None:
        """The held diffs that belong on the snapshot, [] for none, None if they leave a hole."""
        held = list(self.held)
        while held and self.rule.old(held[0], snapshot):
            held.pop(0)
        if not held:
            return held
        return held if self.rule.bridges(held[0], snapshot) and self._whole(held) else None

    def _whole(self, held: list[Depth]) -> bool:
        """Each follows the one before it, or is one of them again; and none is repeated at the end
        of which the later ones are not: quantities are absolute, so that changes nothing.
        """
        known = {held[0][1:5]}
        for before, after in pairwise(held):
            follows = before.last_id is not None and self.rule.follows(after, before.last_id)
            if not follows and after[1:5] not in known:
                return False
            known.add(after[1:5])
        return held[-1].last_id == max(diff.last_id or 0 for diff in held)

    def _diff(self, update: Depth) -> Taken:
        gap = self._gap(update)
        if gap is None and self.exists and not self.gapped and not self._superseded(update):
            self.book.apply(update.bids, update.asks, update.depth)
            self.held.clear()
            self.last, self.anchor = update.last_id, None
            return Taken(True)
        self._hold(update)
        if gap is not None:
            self.gapped, self.anchor = self.exists, None
        return Taken(False, gap=gap)

    def _superseded(self, update: Depth) -> bool:
        """Already in the snapshot, or a repetition of what was taken before."""
        if self.rule.in_stream:
            return self.last is not None and self.rule.old(update, self.last)
        if self.anchor is not None:
            return self.rule.old(update, self.anchor)
        return self.last is not None and (update.last_id or 0) <= self.last

    def _gap(self, update: Depth) -> str | None:
        """Why the update does not follow what was taken before, None if it does."""
        if self.last is None or self._superseded(update):
            return None
        if self.anchor is not None:
            sound = self.rule.bridges(update, self.anchor)
        else:
            sound = self.rule.follows(update, self.last)
        ids = f"{update.first_id}..{update.last_id}"
        if self.rule.in_stream:
            ids = f"{update.last_id} after {update.previous_id}"
        return None if sound else f"update {ids} does not follow {self.last}"

    def _hold(self, update: Depth) -> None:
        """Keep it for a snapshot to come, and count on from it unless it repeats older ids."""
        self.book.hold(update.bids, update.asks)
        self.held.append(update)
        if self.anchor is None and (self.last is None or not self._superseded(update)):
            self.last = update.last_id

    def dump(self) -> dict[str, Any]:
        """All of it as JSON values; the levels of held diffs are in the book's own."""
        return {
            "rule": self.rule.name,
            "book": self.book.dump(),
            "exists": self.exists,
            "gapped": self.gapped,
            "stale": self.stale,
            "last": self.last,
            "anchor": self.anchor,
            "fresh": self.fresh,
            "held": [[d.event_time, d.first_id, d.last_id, d.previous_id] for d in self.held],
        }

    @classmethod
    def load(cls, data: dict[str, Any], stale_after: int) -> BookSync:
        """What `dump` gave."""
        book = Book.load(data["book"])
        held = (
            Depth(event_time, False, first, last, previous, bids, asks)
            for (event_time, first, last, previous), (bids, asks) in zip(
                data["held"], book.held, strict=True
            )
        )
        names = ("exists", "gapped", "stale", "last", "anchor", "fresh")
        values = {name: data[name] for name in names}
        depths: deque[Depth] = deque(held, maxlen=HELD)
        return cls(rule_of(data["rule"]), stale_after, book, held=depths, **values)
