"""What may be read of a cell at any time, by whoever watches the desk. Pure; changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from engine.lifecycle import LIVING
from engine.rules import RuleBook, halts, limits_set
from schemas import metrics as m
from schemas import names
from schemas.commands import ControlState
from schemas.metrics import Reading
from schemas.statuses import JournalEntry, OrderState

if TYPE_CHECKING:
    from engine.account import AccountState
    from engine.executions import Execution
    from engine.stage import Cell


def of_orders(book: RuleBook, cell: Cell[AccountState]) -> Iterator[Reading]:
    """Whether the account is halted, and the falls of equity that would halt it."""
    account, table = cell.key, cell.tables.get(names.STATE, {})

    def row(setting: str) -> ControlState | None:
        found = table.get(f"{account}:{setting}")
        return found if isinstance(found, ControlState) else None

    halted = halts(row("stopped"), row("halt"), row("lifted")) or cell.state.fallen is not None
    yield Reading(m.HALTED, (account,), int(halted))
    start, known = len(account) + 1, list(table.items())
    rows = {key[start:]: row.value for key, row in known if isinstance(row, ControlState)}
    limits = limits_set(book.settings[account].limits, rows)  # the book's memory is the stage's
    yield Reading(m.DRAWDOWN_LIMIT, (account,), float(limits.drawdown))
    yield Reading(m.DAILY_LIMIT, (account,), float(limits.daily_loss))


def of_execution(cell: Cell[Execution]) -> Iterator[Reading]:
    """The orders of a paper account; no answer of its venue is ever missing."""
    return living(cell.key, (each.entry for each in list(cell.state.living.values())), {})


def living(
    account: str, entries: Iterable[JournalEntry], unknown: Mapping[str, float]
) -> Iterator[Reading]:
    """Orders by state, each state that there is. unknown: seconds since each UNKNOWN order was
    sent, by client order id.
    """
    states = Counter(entry.state for entry in entries)
    for state in LIVING:
        yield Reading(m.LIVING, (account, state), states[state])
    yield Reading(m.UNKNOWN, (account,), states[OrderState.UNKNOWN])
    yield Reading(m.UNKNOWN_AGE, (account,), max(unknown.values(), default=0.0))
