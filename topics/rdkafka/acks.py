"""Which delivered records are acked, and how far a commit may therefore go. No IO in here."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Callable, Mapping

from faust.types import TP


class Backwards(Exception):
    """A partition gave a record that was delivered before: its order is not what it must be."""


class Ledger:
    """The delivered and not yet acked entries of one partition, in order.

    An entry is one Faust event: a record, or a batch of them, known by its last offset.
    `next` is the offset after the last record delivered. `safe` is the offset after the longest
    prefix of entries that are all acked: the only number that may ever be committed.
    """

    __slots__ = ("_acked", "_entries", "next", "safe")

    def __init__(self, start: int) -> None:
        self.next = self.safe = start
        self._entries: deque[tuple[int, int]] = deque()
        self._acked: set[int] = set()

    def expect(self, first: int, last: int, count: int) -> int:
        """Note that `count` ascending records arrived; return how many offsets are missing."""
        if first < self.next:
            raise Backwards(f"offset {first} after {self.next - 1}")
        missing = last + 1 - self.next - count
        self.next = last + 1
        return missing

    def enter(self, last: int, count: int) -> None:
        """Add an entry of `count` records that ends at offset `last`."""
        self._entries.append((last, count))

    def ack(self, last: int) -> int:
        """Ack the entry that ends at `last`; return how many records became safe by it."""
        self._acked.add(last)
        settled = 0
        while self._entries and self._entries[0][0] in self._acked:
            offset, count = self._entries.popleft()
            self._acked.remove(offset)
            self.safe = offset + 1
            settled += count
        return settled


class Assignment:
    """What this worker owns between two rebalances: one ledger a partition, and the counts.

    It is replaced as a whole: whatever still holds an old one (a late batch, a commit under
    way) can neither read nor change the state of the new one. `polled` and `lost` are written by
    the poll thread only, all else by the event loop only.
    """

    def __init__(self, generation: int, starts: Mapping[TP, int], group: frozenset[TP]) -> None:
        self.generation = generation
        self.group = group
        self.ledgers = {tp: Ledger(start) for tp, start in starts.items()}
        self.committed = {tp: starts[tp] for tp in group}
        self.polled = self.settled = self.acks = 0
        self.lost = False

    @property
    def backlog(self) -> int:
        """Records received from the broker and not safe yet."""
        return self.polled - self.settled

    def ack(self, tp: TP, offset: int) -> None:
        """The Faust event of `tp` that ends at `offset` is done."""
        self.acks += 1
        self.settled += self.ledgers[tp].ack(offset)

    def committable(self) -> dict[TP, int]:
        """Offsets of the group's partitions that are safe and not committed yet."""
        safe = {tp: self.ledgers[tp].safe for tp in self.group}
        return {tp: offset for tp, offset in safe.items() if offset > self.committed[tp]}


class Gate:
    """What Faust takes for the set of acked offsets of one partition.

    A stream does `if offset not in acked: acked.add(offset)` in a `finally` block, and so also
    while an exception or a cancellation tears its iterator down in the middle of an event.
    Such an event must stay unacked: `in` then says that the offset is there already, and the
    caller adds nothing.
    """

    __slots__ = ("abandoned", "assignment", "tp")

    def __init__(
        self, assignment: Assignment, tp: TP, abandoned: Callable[[TP, int], None]
    ) -> None:
        self.assignment, self.tp, self.abandoned = assignment, tp, abandoned

    def __contains__(self, offset: int) -> bool:
        if isinstance(sys.exc_info()[1], GeneratorExit | asyncio.CancelledError):
            self.abandoned(self.tp, offset)
            return True
        return False

    def add(self, offset: int) -> None:
        """Called for an event whose body has completed."""
        self.assignment.ack(self.tp, offset)


class Nowhere:
    """Faust also keeps a list of acked offsets; the ledger needs none."""

    def append(self, offset: int) -> None:
        """Forget it."""
