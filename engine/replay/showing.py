"""What of the market the venue of each account has been shown: only trades that something meets."""

from __future__ import annotations

from collections.abc import Sequence

from engine.execution import ExecutionStage
from engine.executions import Execution
from engine.replay.passing import Reach, reach
from engine.replay.reel import Reel
from engine.stage import Cell
from schemas.ticks import Ticks


class Showing:
    """The accounts' cells of the executor, and the trade that each market has come to."""

    def __init__(self, executor: ExecutionStage, cells: Sequence[Cell[Execution]]) -> None:
        self._executor, self._cells = executor, tuple(cells)
        self._come: dict[str, tuple[Reel, int, int]] = {}
        self._reaches: dict[str, dict[str, Reach]] = {cell.key: {} for cell in cells}

    @property
    def heard(self) -> bool:
        """Whether a venue has something to tell."""
        return any(cell.state.happened for cell in self._cells)

    def reaches(self, reel: Reel) -> list[Reach]:
        """What each account has in a market."""
        return [self._reach(cell, reel) for cell in self._cells]

    def holding(self, key: str) -> bool:
        """Whether an account holds something in a market."""
        markets = [cell.state.markets.get(key) for cell in self._cells]
        return any(market is not None and market.position for market in markets)

    def meet(self, reel: Reel, at: int) -> bool:
        """Come to a trade, and show it where it may move something; whether that is to be told."""
        self._come[reel.key] = reel, at, reel.seq(at)
        told = False
        for cell in self._cells:
            if reel.meets(at, self._reach(cell, reel)):
                self.show(cell, reel.key)
                told = told or bool(cell.state.happened)
        return told

    def show(self, cell: Cell[Execution], key: str) -> None:
        """Let the account's market pass up to the trade that has come. Where that may move
        something the one before it is shown too: its book is the one that is met.
        """
        state, executor, (reel, at, seq) = cell.state, self._executor, self._come[key]
        last = executor.position_of(state, key)
        if last >= seq:
            return
        meets = reel.meets(at, self._reach(cell, reel))
        if meets and at and last < seq - 1:
            executor.pass_over(state, key, seq - 2)
            executor.follow(state, reel.tape.seen(at - 1, seq - 1), moves=False)
        executor.pass_over(state, key, seq - 1)
        executor.follow(state, reel.shown(at, seq), moves=meets)
        self.moves(cell)

    def moves(self, cell: Cell[Execution]) -> None:
        """What the account has at the venue is about to be, or was, changed."""
        self._reaches[cell.key].clear()

    def clock(self, ticks: Ticks) -> None:
        """Show the trade that has come, and the clock record behind it."""
        for cell in self._cells:
            self.show(cell, ticks.key)
            self._executor.follow(cell.state, ticks)
            self.moves(cell)

    def _reach(self, cell: Cell[Execution], reel: Reel) -> Reach:
        """Of an account in a market, as long as nothing of it changes."""
        known = self._reaches[cell.key]
        found = known.get(reel.key)
        if found is None:
            market = cell.state.markets.get(reel.key)
            found = reach(cell.state, market, self._executor.venue, reel.spread)
            known[reel.key] = found
        return found
