"""When an account's answer to a decision is known without asking it, and nothing of it changes.

An account that has read all its news, with nothing under way, nothing that waits for a person and
no request to answer, has settled all that a step settles. Then a hold is held, and so is an exit
where nothing is held. What a strategy says once more for the side that it holds already is refused,
unless the account adds to positions or moves their stops; and so is what it says of a position that
is another's, or at another venue (engine.actions). Each gives one order that asks for nothing and
leaves the state as it is (tests/unit/test_calm.py).
"""

from __future__ import annotations

from typing import cast

from engine.account import AccountState
from engine.orders import OrdersStage
from engine.stage import Cell
from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.portfolio import Portfolio
from schemas.record import symbol_of, venue_of

Verdicts = frozenset[Verdict]

NONE: Verdicts = frozenset()
FLAT = frozenset((Verdict.HOLD, Verdict.EXIT))
LONG = frozenset((Verdict.HOLD, Verdict.LONG))
SHORT = frozenset((Verdict.HOLD, Verdict.SHORT))
ALL = FLAT | LONG | SHORT


def calm(cell: Cell[AccountState], decision: Decision) -> bool:
    """Whether the orders stage's step on this decision is one order for nothing, and no more."""
    if decision.clock or decision.reason is not None:
        return False
    return decision.verdict in quiet(cell, decision.key, decision.strategy)


def quiet(cell: Cell[AccountState], market: str, strategy: str) -> Verdicts:
    """The verdicts of a strategy on a market, `venue:symbol`, that the account is calm about."""
    state, symbol = cell.state, symbol_of(market)
    if cell.unread or state.pending or state.awaiting or symbol in state.reduced:
        return NONE
    if asked(cell, market):
        return NONE
    row = cell.tables.get(names.PORTFOLIO, {}).get(f"{state.account}:{symbol}")
    held = cast("Portfolio | None", row)
    if held is None or held.quantity == "0":
        return FLAT
    if held.watch != "ok":
        return NONE
    if held.strategy not in ("", strategy) or held.venue not in (None, venue_of(market)):
        return ALL
    return _of_its_own(cell, held, strategy)


def asked(cell: Cell[AccountState], market: str) -> bool:
    """Whether a person has asked for something that this market has not handled yet."""
    rows = cell.tables.get(names.STATE)
    if not rows:
        return False
    row = rows.get(f"{cell.state.account}:requests")
    return row is not None and row.seq > cell.state.handled.get(market, -1)


def _of_its_own(cell: Cell[AccountState], held: Portfolio, strategy: str) -> Verdicts:
    """Of the strategy that holds the position."""
    stage = cast(OrdersStage, cell.stage)
    rules = stage.book.of(cell.state.account, cell.tables.get(names.STATE, {}), strategy).strategy
    if rules.pyramiding or rules.trailing:
        return frozenset((Verdict.HOLD,))
    return SHORT if held.quantity.startswith("-") else LONG
