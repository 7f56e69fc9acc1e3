"""A reader's own copy of one market's book, built from its ticks records alone.

A market that lacks a record has no book until a snapshot comes with all diffs that belong on it
(the rule of engine.venue.Venue.follow): `built` is False till then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from engine.book import Book
from schemas.ticks import BookUpdates, Ticks

B = TypeVar("B", bound=Book)


class Following(Generic[B]):
    """The book of one market as far as it has been followed; `dump` is exact.

    empty: makes a book without a level, for one that a record is missing of, and to begin with
    where no `book` is given.
    followed: sequence of the last ticks record; built: the book is whole.
    """

    def __init__(self, empty: Callable[[], B], book: B | None = None) -> None:
        self.book, self._empty = empty() if book is None else book, empty
        self.followed = -1
        self.built = False

    def follow(self, ticks: Ticks) -> None:
        """Apply one record's updates; sequences that were missed cost the book."""
        if ticks.seq != self.followed + 1:
            self.book, self.built = self._empty(), False
        self.followed = ticks.seq
        self.built = self.built or ticks.seq == 0
        updates = ticks.books
        if updates.index:
            self.built = self.built or self._bridges(updates)
            self.book.follow(updates)

    def _bridges(self, updates: BookUpdates) -> bool:
        """Whether a snapshot comes, and all diffs that it reaches back to have been seen."""
        waiting, built = len(self.book.held), False
        bridged = updates.bridged or (0,) * len(updates)
        for snapshot, applied, back in zip(updates.snapshot, updates.applied, bridged, strict=True):
            if snapshot and applied:
                built = built or back <= waiting
                waiting = 0
            else:
                waiting = 0 if applied else waiting + (not snapshot)
        return built

    def dump(self) -> dict[str, Any]:
        """The book and how far it has followed."""
        return {"book": self.book.dump(), "followed": self.followed, "built": self.built}

    def resume(self, data: dict[str, Any]) -> None:
        """Go on from where the reader that gave `data` was; its book is not taken from there."""
        self.followed, self.built = data["followed"], data["built"]


class PlainBook(Following[Book]):
    """A followed book of which only the levels are asked for."""

    def __init__(self, book: Book | None = None) -> None:
        super().__init__(Book, book)

    @classmethod
    def load(cls, data: dict[str, Any]) -> PlainBook:
        """What `dump` gave."""
        followed = cls(Book.load(data["book"]))
        followed.resume(data)
        return followed
