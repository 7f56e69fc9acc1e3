"""The latest of a sequence that counts up by one, so that a reader can go on where it was."""

from __future__ import annotations

from collections import deque


class Ring:
    """The last `kept` frames of a feed. last: the number of the latest; 0: none yet."""

    def __init__(self, kept: int) -> None:
        self._frames: deque[bytes] = deque(maxlen=kept)
        self.last = 0

    def put(self, frame: bytes) -> None:
        """Let one in; it has the number that is now `last`."""
        self.last += 1
        self._frames.append(frame)

    def since(self, number: int) -> list[tuple[int, bytes]] | None:
        """All with a higher number, in order; None where some of them are gone, or where there has
        never been that number.
        """
        missing = self.last - number
        if not 0 <= missing <= len(self._frames):
            return None
        start = len(self._frames) - missing
        return [(number + 1 + at, self._frames[start + at]) for at in range(missing)]
