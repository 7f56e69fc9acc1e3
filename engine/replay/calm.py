"""When an account's answer to a decision is known without asking it: held, and nothing changed.

An account that has read all its news, with nothing under way, nothing that waits for a person and
no request to answer, has settled all that a step settles. So a hold gives one held order and leaves
its state as it is, and so does an exit where nothing is held (tests/unit/test_calm.py).
"""

from __future__ import annotations

from typing import cast

from engine.account import AccountState
from engine.stage import Cell
from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.portfolio import Portfolio


def calm(cell: Cell[AccountState], decision: Decision) -> bool:
    """Whether the orders stage's step on this decision is one held order, and nothing else."""
    state = cell.state
    if cell.unread or state.pending or state.awaiting or decision.symbol in state.reduced:
        return False
    if decision.clock or decision.reason is not None or decision.verdict not in QUIET:
        return False
    if _asked(cell, decision):
        return False
    row = cell.tables.get(names.PORTFOLIO, {}).get(f"{state.account}:{decision.symbol}")
    held = cast("Portfolio | None", row)
    if held is None:
        return True
    return held.watch == "ok" and (decision.verdict is Verdict.HOLD or held.quantity == "0")


QUIET = frozenset((Verdict.HOLD, Verdict.EXIT))


def _asked(cell: Cell[AccountState], decision: Decision) -> bool:
    """Whether a person has asked for something that this market has not handled yet."""
    row = cell.tables.get(names.STATE, {}).get(f"{cell.state.account}:requests")
    market = f"{decision.venue}:{decision.symbol}"
    return row is not None and row.seq > cell.state.handled.get(market, -1)
