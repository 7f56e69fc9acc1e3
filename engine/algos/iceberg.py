"""An iceberg: a limit order that shows a part of itself at a time.

One child rests at the limit; when it has traded whole, the next part is sent, behind those that
have come to that price since (so do venues of their own icebergs, and so does engine.matching).
Above the venue a part takes the time to be sent; what trades meanwhile passes it by.

A part's size may vary, so that it cannot be known by it: by a hash of the order's id and the
part's number, evenly over visible * (1 - variance) to visible * (1 + variance), to the nearest lot.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from engine.algos.commands import Finish, Send, Wish
from engine.algos.events import Ended, Event, Ticked
from engine.algos.orders import ParentOrder
from engine.numbers import QUANTITY_DECIMALS
from schemas.refusals import Reason

ONE = 10**QUANTITY_DECIMALS
HASHES = 2**64

PASSING = (
    Reason.NO_LIQUIDITY, Reason.GAPPED_BOOK, Reason.STALE_BOOK, Reason.CROSSED_BOOK,
    Reason.WOULD_TAKE,
)  # fmt: skip
"""Why a later part may not be taken now, but may be when the market is another."""


@dataclass(frozen=True, slots=True)
class Iceberg:
    """visible: of a part; variance: a share of it in 10^-18, less than one; lot: its step."""

    visible: int
    variance: int = 0
    lot: int = 1

    def initial(self, parent: ParentOrder) -> None:
        """Nothing beside the books."""

    def step(self, state: None, parent: ParentOrder, event: Event) -> tuple[None, list[Wish]]:
        """The next part when there is none; the end where a part was ended by others."""
        if isinstance(event, Ended) and not event.asked:
            waits = event.reason in PASSING and parent.made > 1
            return None, [] if waits else [Finish(event.reason)]
        if parent.children or (isinstance(event, Ticked) and not _open(parent, event)):
            return None, []
        return None, [Send(self.part(parent.order_id, parent.made), parent.limit)]

    def part(self, order_id: str, number: int) -> int:
        """Size of a part: a number of lots, at least one."""
        digest = blake2b(f"{order_id}|part|{number}".encode(), digest_size=8).digest()
        evenly = 2 * int.from_bytes(digest, "big") - HASHES
        size: int = self.visible + self.visible * self.variance * evenly // (ONE * HASHES)
        return self.lot * max(1, (2 * size + self.lot) // (2 * self.lot))

    def dump(self, state: None) -> None:
        """Nothing."""

    def load(self, data: None) -> None:
        """Nothing."""


def _open(parent: ParentOrder, market: Ticked) -> bool:
    """Whether the venue has a book in which a part may rest."""
    if market.bid is None or market.ask is None:
        return False
    if not parent.post_only or parent.limit is None:
        return True
    return market.ask > parent.limit if parent.side == "buy" else market.bid < parent.limit
