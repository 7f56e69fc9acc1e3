"""Books as they are told: a snapshot, then what changed, with sequence ids and checksums.

https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from infra.exchange.depth import Depth
from infra.exchange.dialects.okx.shapes import levels
from infra.exchange.listing import Market

LEVELS = 400
CHECKED = 25
QUIET = 60_000
"""Milliseconds without a change after which an update without levels is sent."""
Levels = list[tuple[int, int]]


def checksum(bids: list[list[str]], asks: list[list[str]]) -> int:
    """CRC32, signed, of the best 25 levels as they are written: bid and ask in turns, each its
    price and size, joined by colons."""
    parts: list[str] = []
    for bid, ask in zip_longest(bids[:CHECKED], asks[:CHECKED]):
        parts += bid[:2] if bid else []
        parts += ask[:2] if ask else []
    found = zlib.crc32(":".join(parts).encode())
    return found - (1 << 32) if found >= 1 << 31 else found


def changed(before: Levels, now: Levels) -> Levels:
    """Levels that are other than they were, with 0 lots where there is none any more."""
    old, new = dict(before), dict(now)
    found = [(price, lots) for price, lots in now if old.get(price) != lots]
    return [*found, *((price, 0) for price in old if price not in new)]


@dataclass(slots=True)
class Told:
    """What all who listen to a market's book have been told: its levels, and up to which change."""

    market: Market
    depth: Depth
    seq: int = -1
    at: int = 0
    bids: Levels = field(default_factory=list)
    asks: Levels = field(default_factory=list)

    def snapshot(self, now: int) -> dict[str, Any]:
        """The book as it was told; the first one takes it from what is displayed."""
        if self.seq < 0:
            self._take(now)
        return self._row(self.bids, self.asks, -1, now)

    def update(self, now: int) -> dict[str, Any] | None:
        """What changed since; None of nothing, unless nothing has for a minute."""
        if self.seq == self.depth.update and now - self.at < QUIET:
            return None
        bids, asks, before = self.bids, self.asks, self.seq
        self._take(now)
        return self._row(changed(bids, self.bids), changed(asks, self.asks), before, now)

    def forget(self) -> None:
        """Nobody listens any more."""
        self.seq = -1

    def _take(self, now: int) -> None:
        self.bids, self.asks = self.depth.top(LEVELS)
        self.seq, self.at = self.depth.update, now

    def _row(self, bids: Levels, asks: Levels, before: int, now: int) -> dict[str, Any]:
        whole = levels(self.market, self.bids[:CHECKED]), levels(self.market, self.asks[:CHECKED])
        return {
            "asks": levels(self.market, asks),
            "bids": levels(self.market, bids),
            "ts": str(now),
            "checksum": checksum(*whole),
            "prevSeqId": before,
            "seqId": self.seq,
        }
