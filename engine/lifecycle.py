"""The life of an order (or of a command that is none) as one table: (state, event) -> state.

INTENDED is journalled before anything is sent; SENT may have reached the venue; OPEN rests there,
or waits for its trigger; UNKNOWN means that nobody here knows, and only the venue's own answer (or
its "no such order", told as REJECT) leads out of it: losing track of it once more leaves it
unknown. Where the venue has proven that it never had it (ABSENT), it is an intent again. An order
that the venue makes itself (CREATE: the protection of a position) is not sent.
DONE is the end of a command that changed or withdrew orders; their own lives tell what it did.
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
    CREATE = "create"
    ACKNOWLEDGE = "acknowledge"
    TRIGGER = "trigger"
    REPLACE = "replace"
    FILL_PART = "fill_part"
    FILL_REST = "fill_rest"
    CANCEL = "cancel"
    COMPLETE = "complete"
    REJECT = "reject"
    EXPIRE = "expire"
    LOSE = "lose"
    ABSENT = "absent"


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
    OrderEvent.COMPLETE: OrderState.DONE,
    OrderEvent.REJECT: OrderState.REJECTED,
}

TRANSITIONS: Mapping[OrderState, Mapping[OrderEvent, OrderState]] = MappingProxyType(
    {
        OrderState.INTENDED: {
            OrderEvent.SEND: OrderState.SENT,
            OrderEvent.CREATE: OrderState.OPEN,
            OrderEvent.REJECT: OrderState.REJECTED,
            OrderEvent.EXPIRE: OrderState.EXPIRED,
            OrderEvent.LOSE: OrderState.UNKNOWN,
        },
        OrderState.SENT: _ANSWERS,
        OrderState.UNKNOWN: {**_ANSWERS, OrderEvent.ABSENT: OrderState.INTENDED},
        OrderState.OPEN: {
            **_FILLS_AND_ENDS,
            OrderEvent.TRIGGER: OrderState.OPEN,
            OrderEvent.REPLACE: OrderState.OPEN,
        },
        OrderState.PARTIALLY_FILLED: {
            **_FILLS_AND_ENDS,
            OrderEvent.REPLACE: OrderState.PARTIALLY_FILLED,
        },
        OrderState.FILLED: {},
        OrderState.CANCELLED: {},
        OrderState.REJECTED: {},
        OrderState.EXPIRED: {},
        OrderState.DONE: {},
    }
)
"""The whole life of an order; what is not here cannot happen."""

TERMINAL = tuple(state for state, events in TRANSITIONS.items() if not events)
"""States that nothing follows."""
LIVING = tuple(state for state, events in TRANSITIONS.items() if events)
"""States in which an order may still have an effect."""


def advance(state: OrderState, event: OrderEvent) -> OrderState:
    """The state after `event`; raises IllegalTransition where the table has none."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition(state, event) from None
