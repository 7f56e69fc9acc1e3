"""What waits for one reader: bounded, conflated where the channel allows it, else its end.

A frame goes out at once while the line flows. While it does not, it waits: a frame of a channel of
states has a slot, the object that it tells the whole of, and a newer one of its slot takes its
place, at the end. So a reader that keeps up misses nothing, and a slow one gets the latest of each
object, with sequence numbers that jump and never go back. Frames of a channel that must be whole
are never dropped: where more wait than may, the reader is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from gateway.live.wire import Line

HEAVIEST = 8 << 20
"""Bytes that wait for one reader at most; a single frame may be longer."""


class Outbox:
    """Frames for one reader, of which at most `most` wait. overflow: called once when it is full.

    conflated: frames that newer ones took the place of. full: it has had to drop one that may not
    be dropped: the reader must be closed, and nothing more is taken in.
    """

    def __init__(self, most: int, line: Line, overflow: Callable[[], None]) -> None:
        self._most, self._line, self._overflow = most, line, overflow
        self._waiting: dict[Hashable, bytes] = {}
        self._count = self._size = 0
        self.conflated = 0
        self.full = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, frame: bytes, slot: Hashable = None) -> None:
        """Let one in. slot: the object that the frame tells the whole of; None: it must go out."""
        if self._line.flowing and not self._waiting:
            self._line.write(frame)
        elif not self.full:
            self._wait(frame, slot)

    def _wait(self, frame: bytes, slot: Hashable) -> None:
        self._count += 1
        if slot is None:
            slot = self._count
        elif (older := self._waiting.pop(slot, None)) is not None:
            self._size -= len(older)
            self.conflated += 1
        heavy = bool(self._waiting) and self._size + len(frame) > HEAVIEST
        if heavy or len(self._waiting) >= self._most:
            self.full = True
            self._overflow()
            return
        self._waiting[slot] = frame
        self._size += len(frame)

    def flow(self) -> None:
        """Send what waits, in order, as long as the line takes it."""
        while self._waiting and self._line.flowing:
            frame = self._waiting.pop(next(iter(self._waiting)))
            self._size -= len(frame)
            self._line.write(frame)
