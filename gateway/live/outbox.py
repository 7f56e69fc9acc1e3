"""What waits for one reader: bounded, conflated where the channel allows it, else its end.

A frame of a channel of states has a slot: the object that it tells the whole of. While it waits, a
newer one of its slot takes its place, at the end. So a reader that keeps up misses nothing, and a
slow one gets the latest of each object, with sequence numbers that jump and never go back. Frames
of a channel that must be whole are never dropped: where more wait than may, the reader is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

HEAVIEST = 8 << 20
"""Characters that wait for one reader at most; a single frame may be longer."""


class Outbox:
    """Frames for one reader, at most `most` at a time. wake: called when it is no longer empty.

    conflated: frames that newer ones took the place of. full: it has had to drop one that may not
    be dropped: the reader must be closed, and nothing more is taken in.
    """

    def __init__(self, most: int, wake: Callable[[], None]) -> None:
        self._most, self._wake = most, wake
        self._waiting: dict[Hashable, str] = {}
        self._count = self._size = 0
        self.conflated = 0
        self.full = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, frame: str, slot: Hashable = None) -> None:
        """Let one in. slot: the object that the frame tells the whole of; None: it must go out."""
        if self.full:
            return
        self._count += 1
        if slot is None:
            slot = self._count
        elif (older := self._waiting.pop(slot, None)) is not None:
            self._size -= len(older)
            self.conflated += 1
        heavy = bool(self._waiting) and self._size + len(frame) > HEAVIEST
        self.full = heavy or len(self._waiting) >= self._most
        if not self.full:
            self._waiting[slot] = frame
            self._size += len(frame)
        self._wake()

    def drain(self) -> list[str]:
        """All that waits, in order; then nothing does."""
        frames = list(self._waiting.values())
        self._waiting.clear()
        self._size = 0
        return frames
