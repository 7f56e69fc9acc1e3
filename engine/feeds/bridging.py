"""How a venue's depth updates follow one another and a snapshot: one small rule a protocol."""

from __future__ import annotations

from typing import Protocol

from engine.feeds.events import Depth


class Bridging(Protocol):
    """Questions about a diff; ids are the venue's. A diff that lacks an id follows nothing."""

    name: str

    def old(self, diff: Depth, snapshot: int) -> bool:
        """All of it is in the snapshot of that id already."""
        ...

    def bridges(self, diff: Depth, snapshot: int) -> bool:
        """It may be the first one applied onto the snapshot."""
        ...

    def follows(self, diff: Depth, last: int) -> bool:
        """Nothing lies between it and the diff whose last id is given."""
        ...


class FuturesBridging:
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


class SpotBridging:
    """Binance spot: drop u <= lastUpdateId; U <= lastUpdateId + 1 <= u; then U == previous u + 1.

    Source: binance-spot-api-docs, "How to manage a local order book correctly".
    """

    name = "spot"

    def old(self, diff: Depth, snapshot: int) -> bool:
        """u <= lastUpdateId."""
        return diff.last_id is None or diff.last_id <= snapshot

    def bridges(self, diff: Depth, snapshot: int) -> bool:
        """U <= lastUpdateId + 1 <= u."""
        if diff.first_id is None or diff.last_id is None:
            return False
        return diff.first_id <= snapshot + 1 <= diff.last_id

    def follows(self, diff: Depth, last: int) -> bool:
        """U == previous u + 1."""
        return diff.first_id == last + 1


RULES: dict[str, Bridging] = {rule.name: rule for rule in (FuturesBridging(), SpotBridging())}
