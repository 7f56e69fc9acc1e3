"""What accounts wait for beside bars: a person's word that lapses, a liquidation that is near."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from engine.account import AccountState
from engine.replay.reel import END
from engine.stage import Cell
from schemas import names
from schemas.portfolio import Portfolio

Cells = Sequence[Cell[AccountState]]


def expiring(cells: Cells, market: str) -> int:
    """ns at which the next command that waits for a person in a market lapses; END: none does."""
    waiting = [each for cell in cells for each in cell.state.awaiting.values()]
    if not waiting:
        return END
    mine = [each.expires for each in waiting if f"{each.venue}:{each.symbol}" == market]
    return min(mine, default=END)


def near(cells: Cells) -> set[str | None]:
    """The symbols whose liquidation is near, of any account."""
    tables = [cell.tables.get(names.PORTFOLIO, {}).values() for cell in cells]
    rows = cast("list[Iterable[Portfolio]]", tables)
    return {row.symbol for each in rows for row in each if row.watch != "ok"}
