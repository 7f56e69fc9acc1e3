"""trading.statuses and trading.journal: what became of orders."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from schemas.orders import Contract, OrderCommand
from schemas.record import Message, Record
from schemas.refusals import Reason
from schemas.ticks import Side

ADOPTED = "adopted"
"""Cause of an order or execution that was not ours and was taken over from the venue."""
ADOPTED_POSITION = "adopted position"
"""Cause of what makes our books agree with the position at the venue; it is no execution."""


class OrderState(StrEnum):
    """Where an order is in its life; see engine.lifecycle for the transitions.

    DONE: a command that is no order was carried out.
    """

    INTENDED = "intended"
    SENT = "sent"
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    DONE = "done"
    UNKNOWN = "unknown"


class Status(Record):
    """One thing that became of an order, or the clock with the market's price (type "mark").

    type "funding": amount was paid (negative: received) on the position, at rate price.
    contract: of a fill and of funding; parent and role: as in the command.
    An order that is worked in parts tells `filled`; the fills are those of its parts.
    An order that rests tells its price (the trigger, else the limit) and whole quantity when it
    opens and when it is modified.
    price and quantity: of a fill (quote, base); filled: of the order so far; fee: quote;
    liquidity: who rested. event_time: when the venue acted on it (an order's due).
    state: None where the order's life does not move by it (a duplicate command is turned away).
    mark: mid of the book in quote when the record was made.
    book_seq: how far market.ticks of the symbol had been read when it happened.
    trade: the venue's id of the execution; fee_currency: of the fee, where it is not the quote.
    """

    type: Literal["status", "fill", "rejection", "mark", "funding"]
    account: str
    venue: str
    symbol: str
    strategy: str = ""
    parent: str | None = None
    role: Literal["stop", "target"] | None = None
    contract: Contract | None = None
    client_order_id: str | None = None
    state: OrderState | None = None
    side: Side | None = None
    price: str | None = None
    quantity: str | None = None
    filled: str | None = None
    fee: str | None = None
    amount: str | None = None
    liquidity: Literal["maker", "taker"] | None = None
    mark: str | None = None
    reason: Reason | None = None
    book_seq: int | None = None
    trade: str | None = None
    fee_currency: str | None = None


class Send(Message):
    """One request that was made for an order, and what is known of its effect.

    name: client order id under which the venue has it; epoch: of the lease that it was sent under;
    at, answered: ns. answer: None while nothing is known; "absent" once the venue has proven that
    it never came; "unsent" where it was not written to the network.
    number: the venue's order id; text: its answer in words.
    request "adopt": none was made, what was there was taken over; at: up to when (ns, the venue's)
    its executions are counted elsewhere, answered: when it was taken over, text: what it was.
    """

    request: Literal["place", "amend", "cancel", "adopt"]
    name: str
    epoch: int
    at: int
    answer: Literal["acknowledged", "refused", "unknown", "absent", "unsent"] | None = None
    answered: int | None = None
    number: str | None = None
    text: str = ""


class JournalEntry(Record):
    """trading.journal: an order's whole history, written before each step that has an effect.

    order_seq: sequence of the trading.orders record; tick: of its market.ticks record;
    due: ns of market time at which the venue acts on it; statuses: all that was or will be
    published of it, in order. Of a long history the first `folded` ones are left out: earlier
    entries had them, and digest is the chain of their bodies (engine.history.chained).
    Of a live order: sends: the requests that were made for it; alias: client order id that the
    venue has it under, where it was replaced, before: what it had filled by then; trades: ids of
    the executions that are counted. Of an adopted order before is less than zero: by what it had
    filled when it was not ours yet.
    """

    command: OrderCommand
    order_seq: int
    tick: int
    state: OrderState
    due: int
    statuses: tuple[Status, ...] = ()
    folded: int = 0
    digest: str = ""
    sends: tuple[Send, ...] = ()
    alias: str | None = None
    trades: tuple[str, ...] = ()
    before: str = "0"
