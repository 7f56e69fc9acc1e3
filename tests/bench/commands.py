"""Seeded commands for the matching bench, as rows of engine.matching's COMMANDS.

60 % limit orders, 25 % cancels, 10 % immediate-or-cancel (a fifth at any price), 5 % amended
(half reduced, half moved). An engine runs beside, so that most of what is aimed at an order meets
one that is there; how deep the book gets is steered by how many limit orders cross.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.matching.codes import IOC, MAKER_DONE, Happening, Kind, Op
from engine.matching.engine import COMMANDS, Matching
from engine.matching.instrument import Instrument

BATCH = 128
HIGHEST = 1 << 18
SHARES = (0.60, 0.85, 0.95, 0.975)
"""Up to which roll: limit, cancel, immediate-or-cancel, moved; the rest is reduced."""

Rows = NDArray[np.void]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """depth: where the steering begins to hold the book back; orders: most that may rest."""

    name: str
    symbols: int
    depth: int
    seed: int
    orders: int

    def engine(self) -> Matching:
        """An engine for it, without orders."""
        instrument = Instrument(1, HIGHEST, 100_000)
        return Matching([instrument] * self.symbols, 1, self.orders)


CASES = (
    Case("one symbol", 1, 400, 20261121, 1 << 13),
    Case("ten symbols", 10, 10_000, 20261122, 1 << 15),
    Case("one deep book", 1, 45_000, 20261123, 1 << 17),
)


class Generator:
    """commands(count) of a case; `depth` is then the mean number of resting orders."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.random = np.random.default_rng(case.seed)
        self.engine = case.engine()
        self.mids = 100_000 + 3_000 * np.arange(case.symbols)
        self.live: Integers = np.zeros(0, np.int64)
        self.next_id = 1
        self.depth = 0.0

    def commands(self, count: int) -> Rows:
        self.symbol_of = np.zeros(count + BATCH + 1, np.uint32)
        self.side_of = np.zeros(count + BATCH + 1, np.uint8)
        self.alive = np.zeros(count + BATCH + 1, np.bool_)
        parts, depths = [], []
        for _ in range(0, count, BATCH):
            parts.append(self._batch())
            self._follow(self.engine.process(parts[-1]))
            depths.append(len(self.live))
        self.depth = float(np.mean(depths))
        return np.concatenate(parts)[:count]

    def _follow(self, events: Rows) -> None:
        """Which orders rest now."""
        rested = events["order_id"][events["happening"] == Happening.RESTED]
        trades = events["happening"] == Happening.TRADE
        ended = events["maker_id"][trades & (events["flags"] & MAKER_DONE != 0)]
        gone = events["order_id"][events["happening"] == Happening.CANCELLED]
        known = self.alive[rested]
        self.alive[rested] = True
        self.alive[ended] = False
        self.alive[gone] = False
        ids = np.concatenate((self.live, rested[~known]))
        self.live = ids[self.alive[ids]]

    def _batch(self) -> Rows:
        r, depth = self.random, self.case.depth
        moved = r.integers(self.case.symbols, size=BATCH // 50)
        np.add.at(self.mids, moved, r.choice((-1, 1), size=len(moved)))
        rows = np.zeros(BATCH, COMMANDS)
        rolls = r.random(BATCH)
        if len(self.live) < depth // 4 + 1:
            aimed = (rolls >= SHARES[0]) & (rolls < SHARES[1]) | (rolls >= SHARES[2])
            rolls[aimed] = 0.0
        place = (rolls < SHARES[0]) | (rolls >= SHARES[1]) & (rolls < SHARES[2])
        self._place(rows, np.flatnonzero(place), rolls)
        if len(self.live):
            self._aim(rows, np.flatnonzero(~place), rolls)
        return rows

    def _place(self, rows: Rows, at: Integers, rolls: NDArray[np.float64]) -> None:
        r, count = self.random, len(at)
        ids = np.arange(self.next_id, self.next_id + count)
        self.next_id += count
        sides, symbols = r.integers(2, size=count), r.integers(self.case.symbols, size=count)
        self.side_of[ids], self.symbol_of[ids] = sides, symbols
        resting = rolls[at] < SHARES[0]
        signs = 1 - 2 * sides
        crossing = r.random(count) < self._crossing()
        away = 1 + r.exponential(12, count).astype(np.int64)
        away += np.where(r.random(count) < 0.03, r.integers(400, size=count), 0)
        away = np.where(crossing, -r.integers(3, size=count), away)
        away = np.where(resting, away, -r.integers(4, size=count))
        market = ~resting & (r.random(count) < 0.2)
        rows["op"][at], rows["side"][at], rows["symbol"][at] = Op.PLACE, sides, symbols
        rows["order_id"][at] = ids
        rows["kind"][at] = np.where(market, Kind.MARKET, Kind.LIMIT)
        rows["flags"][at] = np.where(resting, 0, IOC)
        rows["price"][at] = np.where(market, 0, self.mids[symbols] - signs * away)
        rows["quantity"][at] = (1 + r.exponential(20, count).astype(int)) * (2 - resting)

    def _crossing(self) -> float:
        live, depth = len(self.live), self.case.depth
        return min(0.6, max(0.02, 0.3 + 0.6 * (live - depth) / depth)) if 2 * live > depth else 0.02

    def _aim(self, rows: Rows, at: Integers, rolls: NDArray[np.float64]) -> None:
        r, count = self.random, len(at)
        ids = self.live[r.integers(len(self.live), size=count)]
        ids = np.where(r.random(count) < 0.03, r.integers(1, self.next_id, count), ids)
        symbols, signs = self.symbol_of[ids], 1 - 2 * self.side_of[ids].astype(np.int64)
        cancel, moved = rolls[at] < SHARES[1], rolls[at] < SHARES[3]
        rows["op"][at] = np.where(cancel, Op.CANCEL, np.where(moved, Op.AMEND, Op.REDUCE))
        rows["order_id"][at], rows["symbol"][at] = ids, symbols
        away = 1 + r.exponential(12, count).astype(np.int64)
        away = np.where(r.random(count) < 0.05, -r.integers(2, size=count), away)
        price = self.mids[symbols] - signs * away
        rows["price"][at] = np.where(cancel | ~moved, 0, price)
        rows["quantity"][at] = np.where(cancel | moved, 0, r.integers(1, 16, count))
