"""One event's turn: what is done with halves and closes, and the actions that come of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.identity import client_order_id
from engine.protection.actions import (
    Action,
    Alarm,
    Cancel,
    CloseNow,
    Place,
    ProtectiveOrder,
    Replace,
    Role,
    Why,
)
from engine.protection.state import ZERO, Change, Close, Half, ProtectionSettings, State
from schemas.orders import OrderType


@dataclass(slots=True)
class Turn:
    """The state, and what is wanted of the runner so far."""

    state: State
    settings: ProtectionSettings
    actions: list[Action] = field(default_factory=list)

    def alarm(self, text: str) -> None:
        """Tell a person."""
        self.actions.append(Alarm(f"{self.state.account} {self.state.symbol}: {text}"))

    def place(self, role: Role) -> None:
        """Send a half that is as large as the position."""
        state = self.state
        price, stop = state.wanted(role), role == "stop"
        assert price is not None, "a half has a price"
        half = Half(state.next_name(), role, state.leaves, state.size, price)
        state.halves[role] = half
        kind = OrderType.STOP if stop else OrderType.LIMIT
        prices = (price, None) if stop else (None, price)
        told = (half.name, state.source, role, half.side, kind, half.quantity, *prices)
        self.actions.append(Place(ProtectiveOrder(*told)))

    def change(self, half: Half) -> None:
        """Give a half the size of the position and the price that is wanted."""
        state = self.state
        price = state.wanted(half.role)
        assert price is not None, "a half has a price"
        if half.role == "stop" and price != half.price:
            state.moved = state.now
        half.phase = "changing"
        half.change = Change(state.next_name(), half.filled + state.size, price)
        prices = (price, None) if half.role == "stop" else (None, price)
        told = (half.name, half.change.name, half.role, half.change.quantity, state.size, *prices)
        self.actions.append(Replace(*told))

    def retire(self, role: Role) -> None:
        """Withdraw a half, if it is there."""
        half = self.state.halves.pop(role, None)
        if half is not None:
            self.state.leaving[half.name] = half
            self.withdraw(half)

    def withdraw(self, half: Half) -> None:
        """Ask for the end of an order that leaves."""
        command = client_order_id(half.name, self.state.account, half.asks)
        half.asked, half.asks = self.state.now, half.asks + 1
        self.actions.append(Cancel(half.name, command))

    def begin_close(self, why: Why) -> None:
        """Close all, from now on until the position is flat."""
        if self.state.closing is None:
            self.state.closing = Close(why, self.state.now)
            self.state.due.clear()

    def close(self, closing: Close) -> None:
        """Send a market order for what is held."""
        state = self.state
        closing.name, closing.side = state.next_name(), state.leaves
        closing.quantity, closing.filled = state.size, ZERO
        told = (closing.name, state.source, closing.side, closing.quantity, state.able.reduce_only)
        self.actions.append(CloseNow(*told, closing.why))
