"""The gate once more, and for the last time: just before a request is written.

It may refuse or expire, never resize. It is asked before the intent is journalled, and again when
the request has its timestamp: a halt that is read in between holds it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal

from engine.risk import Holding, recheck
from engine.rules import halts
from executor.live.orders import Orders
from schemas.commands import ControlState
from schemas.errors import TapelineError
from schemas.orders import OrderCommand
from schemas.refusals import Reason

_CHECK: ContextVar[Callable[[], None] | None] = ContextVar("check", default=None)


class Withheld(TapelineError):
    """The gate has held a request back: nothing of it was written."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"held back: {reason}")
        self.reason = reason


class Gate:
    """The account's settings as control.state has them, and the gate that they close."""

    def __init__(self, account: str, orders: Orders) -> None:
        self._account, self._orders = account, orders
        self._rows: dict[str, ControlState] = {}
        self.unsure: set[str] = set()

    def set(self, row: ControlState) -> None:
        """Take a row of control.state; the latest of a setting counts."""
        if row.account != self._account:
            return
        known = self._rows.get(row.setting)
        if known is None or row.seq >= known.seq:
            self._rows[row.setting] = row

    @property
    def halted(self) -> bool:
        """No new entries."""
        return halts(*(self._rows.get(name) for name in ("stopped", "halt", "lifted")))

    def refuses(self, command: OrderCommand, now: int) -> Reason | None:
        """Why the command must not be sent now."""
        holding = None
        if command.action == "place":
            held = self._orders.held.get(command.symbol, Decimal(0))
            holding = Holding(held, Decimal(0), resting=self._orders.coming(command))
        refused = recheck(command, now, holding=holding)
        if refused is not None:
            return refused.reason
        if command.action == "place" and not command.reduce_only and command.role is None:
            return self._shut(command)
        return None

    def _shut(self, command: OrderCommand) -> Reason | None:
        """An entry waits for a person's Resume, or for what is not known of the symbol."""
        if self.halted:
            return Reason.HALTED
        return Reason.ORDER_PENDING if command.symbol in self.unsure else None

    @contextmanager
    def sending(self, command: OrderCommand, clock: Callable[[], int]) -> Iterator[None]:
        """Requests made inside pass `check`."""

        def check() -> None:
            reason = self.refuses(command, clock())
            if reason is not None:
                raise Withheld(reason)

        token = _CHECK.set(check)
        try:
            yield
        finally:
            _CHECK.reset(token)

    @staticmethod
    def check() -> None:
        """Raise Withheld where the request that is being written must not be."""
        check = _CHECK.get()
        if check is not None:
            check()
