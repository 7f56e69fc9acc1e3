"""An order's history so far: a journal entry that grows by one status with every transition."""

from __future__ import annotations

from typing import Any, Literal

from engine.costs import text
from engine.lifecycle import OrderEvent, advance
from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS, text_of
from engine.venue import Cancelled, Event, Filled, Rejected
from schemas.statuses import JournalEntry, Status

StatusType = Literal["status", "fill", "rejection", "mark"]


def happened(entry: JournalEntry, event: Event) -> JournalEntry:
    """The entry with what the venue said of it, at the time when it was due."""
    facts: dict[str, Any] = {
        "event_time": entry.due,
        "book_seq": event.book_seq,
        "mark": event.mid,
    }
    match event:
        case Filled():
            done = OrderEvent.FILL_PART if event.rest else OrderEvent.FILL_REST
            return extend(entry, done, status_of(entry, "fill", **facts, **_fill(event)))
        case Cancelled():
            facts |= {"filled": quantity_text(event.filled), "reason": event.reason}
            return extend(entry, OrderEvent.CANCEL, status_of(entry, "status", **facts))
        case Rejected():
            facts["reason"] = event.reason
            return extend(entry, OrderEvent.REJECT, status_of(entry, "rejection", **facts))


def _fill(event: Filled) -> dict[str, str]:
    return {
        "price": text_of(event.price, PRICE_DECIMALS),
        "quantity": quantity_text(event.quantity),
        "filled": quantity_text(event.filled),
        "fee": text(event.fee),
        "liquidity": event.liquidity,
    }


def quantity_text(units: int) -> str:
    """Units of 10^-18 as decimal text."""
    return text_of(units, QUANTITY_DECIMALS)


def extend(entry: JournalEntry, event: OrderEvent, status: Status) -> JournalEntry:
    """The entry one transition further, with the status that tells it."""
    state = advance(entry.state, event)
    told = status.model_copy(update={"state": state})
    return entry.model_copy(update={"state": state, "statuses": (*entry.statuses, told)})


def status_of(entry: JournalEntry, type: StatusType, **facts: Any) -> Status:
    """A status of the entry's order."""
    command = entry.command
    return Status(
        type=type,
        account=command.account,
        venue=command.venue,
        symbol=command.symbol,
        client_order_id=command.client_order_id,
        side=command.side,
        **facts,
    )
