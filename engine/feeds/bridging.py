"""How a venue's depth updates follow one another and a snapshot: one small rule a protocol.

Two families. *Bridged*: the snapshot is asked for by REST while diffs come on the stream, and the
diffs that are held must be put onto it by their ids. *In the stream*: the venue sends a snapshot on
the same socket whenever a book is subscribed (or must begin anew); it voids all before it, and each
diff follows the message before. A venue's own rule is written next to its parser, as a subclass of
one of the two, and named in its Feed.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Literal, Protocol
from zlib import crc32

from engine.feeds.events import Depth
from schemas.ticks import Level

Top = Callable[[Literal["bids", "asks"], int], list[Level]]
"""The best levels of a side as received, best first (engine.book.Book.top)."""


class Bridging(Protocol):
    """Questions about a diff; ids are the venue's.

    name: unique, for snapshots of state keep it. in_stream: which of the two families it is.
    """

    name: str
    in_stream: bool

    def old(self, diff: Depth, snapshot: int) -> bool:
        """All of it is in the snapshot of that id already."""
        ...

    def bridges(self, diff: Depth, snapshot: int) -> bool:
        """It may be the first one applied onto the snapshot."""
        ...

    def follows(self, diff: Depth, last: int) -> bool:
        """Nothing lies between it and the diff whose last id is given."""
        ...

    def checksum(self, top: Top) -> int | None:
        """What the venue's checksum of this book is; None where none is known, which is no match
        for one that an update brings.
        """
        ...


class Unsummed:
    """A rule of a venue that sends no checksums."""

    def checksum(self, top: Top) -> int | None:
        """None is known."""
        return None


class Bridged(Unsummed):
    """A rule whose snapshots come by REST; a diff that lacks an id follows nothing."""

    in_stream = False

    def old(self, diff: Depth, snapshot: int) -> bool:
        """Its last id is no later than the snapshot's."""
        return diff.last_id is None or diff.last_id <= snapshot


class InStream(Unsummed):
    """A rule whose snapshots come in the stream. What has no ids follows all, and repeats none."""

    in_stream = True

    def old(self, diff: Depth, snapshot: int) -> bool:
        """A repetition of what was taken, the last of which had that id: passed over in peace."""
        return diff.last_id is not None and diff.last_id <= snapshot

    def bridges(self, diff: Depth, snapshot: int) -> bool:
        """As `follows`: a snapshot has its place in the stream."""
        return self.follows(diff, snapshot)

    def follows(self, diff: Depth, last: int) -> bool:
        """It names the message whose last id is given as the one before, or none."""
        return diff.previous_id is None or diff.previous_id == last


class FuturesBridging(Bridged):
    """Binance USD-M and COIN-M, the same in both: "How to manage a local order book correctly".

    Drop u < lastUpdateId; the first has U <= lastUpdateId <= u; then pu is the previous u. A diff
    says all that changed after pu, and ids are shared by symbols, so a quiet symbol's snapshot
    often lies in pu <= lastUpdateId < U: nothing is missing then either, so pu is the lower bound.
    """

    name = "futures"

    def old(self, diff: Depth, snapshot: int) -> bool:
        """u < lastUpdateId."""
        return diff.last_id is None or diff.last_id < snapshot

    def bridges(self, diff: Depth, snapshot: int) -> bool:
        """U <= lastUpdateId <= u, or pu <= lastUpdateId <= u."""
        if diff.first_id is None or diff.last_id is None:
            return False
        first = diff.first_id if diff.previous_id is None else min(diff.first_id, diff.previous_id)
        return first <= snapshot <= diff.last_id

    def follows(self, diff: Depth, last: int) -> bool:
        """pu == previous u."""
        return diff.previous_id == last


class SpotBridging(Bridged):
    """Binance spot: drop u <= lastUpdateId; U <= lastUpdateId + 1 <= u; then U == previous u + 1.

    Source: binance-spot-api-docs, "How to manage a local order book correctly".
    """

    name = "spot"

    def bridges(self, diff: Depth, snapshot: int) -> bool:
        """U <= lastUpdateId + 1 <= u."""
        if diff.first_id is None or diff.last_id is None:
            return False
        return diff.first_id <= snapshot + 1 <= diff.last_id

    def follows(self, diff: Depth, last: int) -> bool:
        """U == previous u + 1."""
        return diff.first_id == last + 1


class Overlapping(SpotBridging):
    """As Binance's spot onto the snapshot; after that, too, a diff may repeat ids that were taken,
    for its quantities are absolute, but leave none out.
    """

    def follows(self, diff: Depth, last: int) -> bool:
        """U <= previous u + 1 <= u."""
        return self.bridges(diff, last)


def alternating(top: Top) -> int:
    """CRC32, signed, of bid:quantity:ask:quantity:... by level as received, 25 levels a side; one
    that has ended is left out (OKX until 2022, Bitget).
    """
    rows = zip_longest(top("bids", 25), top("asks", 25), fillvalue=())
    found = crc32(":".join([text for bid, ask in rows for text in (*bid, *ask)]).encode())
    return found - (1 << 32) if found >> 31 else found


FUTURES, SPOT = FuturesBridging(), SpotBridging()
