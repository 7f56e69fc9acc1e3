"""The account as a cell of a stage: what it has taken of trading.orders, and what a snapshot keeps.

The cell drops what was read twice and stops at a hole (engine.stage). What becomes of the decisions
is no function of them alone, so `step` only hands them over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.stage import Context, Draft
from executor.live.scribe import STAGE
from schemas import names
from schemas.commands import ControlState
from schemas.orders import OrderDecision
from schemas.record import Record, venue_of


@dataclass
class Account:
    """saved: what the last snapshot had of the executor; fresh: decisions that it must take."""

    saved: dict[str, Any] = field(default_factory=dict)
    fresh: list[OrderDecision] = field(default_factory=list)


class LiveStage:
    """trading.orders of one account. dumped: gives what the executor wants to find again."""

    name = STAGE
    main = names.ORDERS
    ignored: frozenset[str] = frozenset()
    sides: dict[str, type[Record]] = {names.STATE: ControlState}

    def __init__(self, account: str) -> None:
        self.account = account
        self.dumped: Callable[[], dict[str, Any]] | None = None

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """The account, of its own records; none of others'."""
        return (self.account,) if venue_of(key) == self.account else ()

    def initial(self, cell: str) -> Account:
        """An account that has taken nothing."""
        return Account()

    def step(self, state: Account, record: OrderDecision, context: Context) -> list[Draft]:
        """Hand the decision over."""
        state.fresh.append(record)
        return []

    def dump(self, state: Account) -> Any:
        """The executor's own, as JSON values."""
        return state.saved if self.dumped is None else self.dumped()

    def load(self, data: Any) -> Account:
        """The state that `dump` gave."""
        return Account(saved=data)
