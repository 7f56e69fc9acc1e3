"""Recordings as markets of an exchange: their rows in order of time, at a speed, once or for ever.

Frames pass the very framing and ticks stage of the desk, so a book is what the desk would have had:
built from the snapshot, bridged, gaps noticed (it then stands still until the next snapshot).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.feeds.binance_symbols import Router, named_market
from engine.framing import raw_records
from engine.stage import Cell
from engine.tick_rows import rows_of
from engine.ticks import TicksStage, TicksState
from infra.exchange.house import House
from infra.exchange.listing import Market
from infra.exchange.recorded import SECOND, Actors, Recorded
from infra.recordings import listings
from schemas import names
from schemas.errors import TapelineError
from schemas.ticks import Ticks
from topics.recording import merged, sample

BURST = 200
"""Rows after which clients have their turn, however far behind the playback is."""
OPENING = 30 * SECOND
"""How much of a recording is passed over in search of its first snapshot."""
MOST_SLEEP = 0.5


class Unplayable(TapelineError):
    """A recording of a market that the exchange does not have."""


@dataclass(slots=True)
class Playback:
    """The recorded markets of some files. speed: seconds of them a second. plays: begun so far."""

    houses: Sequence[House]
    files: Sequence[Path]
    speed: float = 1.0
    loop: bool = True
    markets: dict[str, Recorded] = field(default_factory=dict)
    plays: int = 0
    _actors: dict[str, Actors] = field(default_factory=dict)
    _rows: Iterator[tuple[str, dict[str, Any]]] = field(default_factory=lambda: iter(()))
    _at: int = 0

    def open(self) -> None:
        """Begin, up to where each market has its book; raises TapelineError."""
        routes = [(path, router_of(path).route) for path in self.files]
        self._rows = rows(merged(routes))
        self.plays += 1
        first = None
        for key, row in self._rows:
            self._take(key, row)
            first = row["seen_time"] if first is None else first
            built = all(each.built for each in self.markets.values())
            if built or row["seen_time"] - first > OPENING:
                return

    async def run(self) -> None:
        """Play on to the end, or without one."""
        while True:
            await self._play()
            if not self.loop:
                return
            self._again()

    def _again(self) -> None:
        """All that was displayed is withdrawn, and the recording begins anew."""
        for each in self.markets.values():
            each.withdraw()
        for actors in self._actors.values():
            actors.swap()
        self.open()

    async def _play(self) -> None:
        began, first = time.monotonic(), self._at
        for count, (key, row) in enumerate(self._rows):
            due = began + (row["seen_time"] - first) / SECOND / self.speed
            while (left := due - time.monotonic()) > 0.001:
                await asyncio.sleep(min(left, MOST_SLEEP))
            self._take(key, row)
            if count % BURST == 0:
                await asyncio.sleep(0)

    def _take(self, key: str, row: dict[str, Any]) -> None:
        found = self.markets.get(key)
        if found is None:
            found = self.markets[key] = self._market(key)
        found.take(row)
        self._at = row["seen_time"]

    def _market(self, key: str) -> Recorded:
        house, market = self._listed(key)
        if house.name not in self._actors:
            self._actors[house.name] = Actors(house)
        return Recorded(house, market, self._actors[house.name])

    def _listed(self, key: str) -> tuple[House, Market]:
        for house in self.houses:
            for market in house.listing.markets:
                if f"{market.record.venue}:{market.record.symbol}" == key:
                    return house, market
        raise Unplayable(f"the exchange has no market {key}: see docs/exchange.md, Spoken")


def router_of(path: Path) -> Router:
    """Which market the frames of a file are of."""
    return Router.of(sample(path), listings(), None, named_market(path.parts[:-1]))


def rows(frames: Iterator[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(key, row) of keyed frames, in order of time."""
    cells: dict[str, Cell[TicksState]] = {}
    for raw in raw_records(frames, "exchange"):
        cell = cells.get(raw.key) or cells.setdefault(raw.key, Cell.fresh(TicksStage(), raw.key))
        ticks = cell.take(names.RAW, raw)[0].record
        assert isinstance(ticks, Ticks)
        for found in rows_of(ticks, len(raw.frames)):
            yield from ((raw.key, row) for row in found)
