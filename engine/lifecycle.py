"""The life of an order as one table of data: (state, event) -> state.

INTENDED is journalled before anything is sent; SENT may have reached the venue; OPEN rests there;
UNKNOWN means that nobody here knows, and only the venue's own answer (or its "no such order", told
as REJECT) leads out of it: losing track of it once more leaves it unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from schemas.errors import Fatal
from schemas.statuses import OrderState


class OrderEvent(StrEnum):
    """What can happen to an order."""

    SEND = "send"
    ACKNOWLEDGE = "acknowledge"
    FILL_PART = "fill_part"
    FILL_REST = "fill_rest"
    CANCEL = "cancel"
    REJECT = "reject"
    EXPIRE = "expire"
    LOSE = "lose"


class IllegalTransition(Fatal):
    """An event that cannot happen in this state: a bug here, or a venue that contradicts itself."""

    def __init__(self, state: OrderState, event: OrderEvent) -> None:
        super().__init__(f"an order that is {state} cannot {event}")
        self.state, self.event = state, event


_FILLS_AND_ENDS = {
    OrderEvent.FILL_PART: OrderState.PARTIALLY_FILLED,
    OrderEvent.FILL_REST: OrderState.FILLED,
    OrderEvent.CANCEL: OrderState.CANCELLED,
    OrderEvent.EXPIRE: OrderState.EXPIRED,
    OrderEvent.LOSE: OrderState.UNKNOWN,
}

_ANSWERS = {
    **_FILLS_AND_ENDS,
    OrderEvent.ACKNOWLEDGE: OrderState.OPEN,
    OrderEvent.REJECT: OrderState.REJECTED,
}

TRANSITIONS: Mapping[OrderState, Mapping[OrderEvent, OrderState]] = MappingProxyType(
    {
        OrderState.INTENDED: {
            OrderEvent.SEND: OrderState.SENT,
            OrderEvent.REJECT: OrderState.REJECTED,
            OrderEvent.EXPIRE: OrderState.EXPIRED,
            OrderEvent.LOSE: OrderState.UNKNOWN,
        },
        OrderState.SENT: _ANSWERS,
        OrderState.UNKNOWN: _ANSWERS,
        OrderState.OPEN: _FILLS_AND_ENDS,
        OrderState.PARTIALLY_FILLED: _FILLS_AND_ENDS,
        OrderState.FILLED: {},
        OrderState.CANCELLED: {},
        OrderState.REJECTED: {},
        OrderState.EXPIRED: {},
    }
)
"""The whole life of an order; what is not here cannot happen."""

TERMINAL = tuple(state for state, events in TRANSITIONS.items() if not events)
"""States that nothing follows."""


def advance(state: OrderState, event: OrderEvent) -> OrderState:
    """The state after `event`; raises IllegalTransition where the table has none."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition(state, event) from None
