"""The book as a stream of one depth displays it: a snapshot, then what changed of its levels.

u counts the messages of a stream; seq is the book's own count, alike in all streams.
https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from infra.exchange.depth import Depth
from infra.exchange.dialects.bybit.shapes import levels
from infra.exchange.listing import Market

Levels = list[tuple[int, int]]


@dataclass(slots=True)
class Display:
    """What listeners of orderbook.{depth}.{symbol} were told."""

    market: Market
    book: Depth
    depth: int
    update: int = 0
    _seen: int = -1
    _sides: tuple[dict[int, int], dict[int, int]] = field(default_factory=lambda: ({}, {}))

    def snapshot(self, now: int) -> dict[str, Any]:
        """All levels, as they are now."""
        self.changes()
        bids, asks = (list(side.items()) for side in self._sides)
        return self._message("snapshot", bids, asks, now)

    def delta(self, now: int) -> dict[str, Any] | None:
        """What changed since it was told last, None of nothing; of depth 1 a snapshot."""
        found = self.changes()
        if found is None:
            return None
        return self.snapshot(now) if self.depth == 1 else self._message("delta", *found, now)

    def changes(self) -> tuple[Levels, Levels] | None:
        """Levels that came, changed, or are no more among the best: with 0; None of none."""
        if self._seen == self.book.update:
            return None
        self._seen = self.book.update
        sides = dict(self.book.top(self.depth)[0]), dict(self.book.top(self.depth)[1])
        found = tuple(list(changed(old, new)) for old, new in zip(self._sides, sides, strict=True))
        if not any(found):
            return None
        self._sides, self.update = sides, self.update + 1
        return found[0], found[1]

    def _message(self, kind: str, bids: Levels, asks: Levels, now: int) -> dict[str, Any]:
        told = {"s": self.market.name, "b": levels(self.market, bids)}
        told["a"] = levels(self.market, asks)
        return {
            "topic": f"orderbook.{self.depth}.{self.market.name}",
            "type": kind,
            "ts": now,
            "data": {**told, "u": self.update, "seq": self._seen},
            "cts": now,
        }


def changed(old: dict[int, int], new: dict[int, int]) -> Iterator[tuple[int, int]]:
    """Prices whose lots are others, 0 where they are gone."""
    for price, lots in new.items():
        if old.get(price) != lots:
            yield price, lots
    for price in old:
        if price not in new:
            yield price, 0
