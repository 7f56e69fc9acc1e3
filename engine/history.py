"""An order's history so far: a journal entry that grows by one status with every transition."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Literal

from engine.costs import text
from engine.lifecycle import OrderEvent, advance
from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS, text_of
from engine.venue.commands import Order
from engine.venue.events import (
    Cancelled,
    Created,
    Done,
    Filled,
    Funded,
    Opened,
    OrderTold,
    Rejected,
    Replaced,
    Triggered,
)
from schemas.codec import encode
from schemas.orders import Intent, OrderCommand
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState, Status
from schemas.ticks import Ticks

KEPT = 100
"""Statuses that an entry of the journal keeps of a long history."""

BLANK = {"id": "", "cause": "", "seq": -1, "key": "", "seen_time": 0, "clock": False}

StatusType = Literal["status", "fill", "rejection", "mark"]


def happened(entry: JournalEntry, event: OrderTold) -> JournalEntry:
    """The entry with what the venue said of it, at the time when it was so."""
    done, type, facts = _told(event)
    facts |= {"event_time": event.at, "book_seq": event.book_seq, "mark": event.mid}
    if isinstance(event, Filled):
        first = entry.statuses[0].reason if entry.statuses else None
        facts["reason"] = Reason.LIQUIDATED if first is Reason.LIQUIDATED else None
        facts["contract"] = entry.command.contract
    return own_extend(entry, done, type, **facts)


def created(parent: JournalEntry, event: Created) -> JournalEntry:
    """The first entry of an order that the venue made to protect what `parent` asked for."""
    entry = JournalEntry.own(
        command=command_of(parent.command, event.order),
        order_seq=parent.order_seq,
        tick=parent.tick,
        state=OrderState.INTENDED,
        due=event.at,
    )
    facts = _rests(_price(event.order), event.order.quantity)
    at = {"event_time": event.at, "book_seq": event.book_seq, "mark": event.mid}
    return own_extend(entry, OrderEvent.CREATE, "status", **at, **facts)


def liquidation(ticks: Ticks, event: Created) -> JournalEntry:
    """The first entry of an order by which the venue takes a position over. The account is not
    known here, and no record of trading.orders asked for it: order_seq is -1.
    """
    order = event.order
    command = OrderCommand(
        client_order_id=order.order_id,
        account="",
        venue=ticks.venue,
        symbol=ticks.symbol,
        strategy=order.strategy,
        parent=order.parent,
        contract=order.contract,
        intent=Intent.CLOSE,
        side=order.side,
        quantity=quantity_text(order.quantity),
        reduce_only=True,
        expires=event.at,
    )
    entry = JournalEntry.own(
        command=command,
        order_seq=-1,
        tick=ticks.seq,
        state=OrderState.INTENDED,
        due=event.at,
    )
    facts = {**_rests(None, order.quantity), "reason": Reason.LIQUIDATED}
    status = own_status(
        entry, "status", event_time=event.at, book_seq=event.book_seq, mark=event.mid, **facts
    )
    return extend(entry, OrderEvent.CREATE, status)


def owned(entry: JournalEntry, account: str) -> JournalEntry:
    """The entry with its account, where it was not known when it began."""
    if entry.command.account:
        return entry
    mine = {"account": account}
    statuses = tuple(status.model_copy(update=mine) for status in entry.statuses)
    command = entry.command.model_copy(update=mine)
    return entry.model_copy(update={"command": command, "statuses": statuses})


def funding(ticks: Ticks, event: Funded) -> Status:
    """What a position paid; the account is not known here. price: the rate; quantity: signed."""
    return Status(
        type="funding",
        account="",
        venue=ticks.venue,
        symbol=ticks.symbol,
        strategy=event.strategy,
        contract=event.contract,
        event_time=event.at,
        book_seq=event.book_seq,
        mark=event.mid,
        price=event.rate,
        quantity=quantity_text(event.quantity),
        amount=text(event.amount),
    )


def command_of(parent: OrderCommand, order: Order) -> OrderCommand:
    """The command as which an order that the venue made itself stands in the journal."""
    return OrderCommand.own(
        client_order_id=order.order_id,
        account=parent.account,
        venue=parent.venue,
        symbol=parent.symbol,
        strategy=parent.strategy,
        parent=order.parent,
        role=order.role,
        contract=parent.contract,
        intent=Intent.CLOSE,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        quantity=quantity_text(order.quantity),
        price=price_text(order.limit),
        trigger=price_text(order.trigger),
        reduce_only=order.reduce_only,
        expires=parent.expires,
    )


def quantity_text(units: int) -> str:
    """Units of 10^-18 as decimal text."""
    return text_of(units, QUANTITY_DECIMALS)


def extend(entry: JournalEntry, event: OrderEvent, status: Status) -> JournalEntry:
    """The entry one transition further, with the status that tells it."""
    state = advance(entry.state, event)
    told = status.model_copy(update={"state": state})
    return entry.model_copy(update={"state": state, "statuses": (*entry.statuses, told)})


def own_extend(
    entry: JournalEntry, event: OrderEvent, type: StatusType, **facts: Any
) -> JournalEntry:
    """As `extend`, with a status of facts that the simulated venue tells."""
    state = advance(entry.state, event)
    told = own_status(entry, type, state=state, **facts)
    return entry.model_copy(update={"state": state, "statuses": (*entry.statuses, told)})


def folded(entry: JournalEntry) -> tuple[JournalEntry, int]:
    """The entry with no more than the last KEPT statuses once it has twice as many, and how many
    were left out. To be asked when an entry with all of them has been written.

    So an entry holds 2 * KEPT statuses and those of one step at most, and an order of n of them
    writes O(n), not O(n^2).
    """
    cut = len(entry.statuses) - KEPT
    if cut <= KEPT:
        return entry, 0
    update = {
        "statuses": entry.statuses[cut:],
        "folded": entry.folded + cut,
        "digest": chained(entry.digest, entry.statuses[:cut]),
    }
    return entry.model_copy(update=update), cut


def chained(digest: str, statuses: Iterable[Status]) -> str:
    """The digest of a history that goes on with these statuses: blake2b over the digest before and
    the status without its identity, which is given when it is published.
    """
    for status in statuses:
        content = digest.encode() + encode(body(status))
        digest = blake2b(content, digest_size=16).hexdigest()
    return digest


def body(status: Status) -> Status:
    """A status without its identity."""
    return status.model_copy(update=BLANK)


def status_of(entry: JournalEntry, type: StatusType, **facts: Any) -> Status:
    """A status of the entry's order; the facts may be a venue's, and are validated."""
    return Status(type=type, **_about(entry.command), **facts)


def own_status(entry: JournalEntry, type: StatusType, **facts: Any) -> Status:
    """A status of the entry's order, of facts that the simulated venue tells."""
    return Status.own(type=type, **_about(entry.command), **facts)


def _about(command: OrderCommand) -> dict[str, Any]:
    return {
        "account": command.account,
        "venue": command.venue,
        "symbol": command.symbol,
        "strategy": command.strategy,
        "parent": command.parent,
        "role": command.role,
        "client_order_id": command.client_order_id,
        "side": command.side,
    }


def _told(event: OrderTold) -> tuple[OrderEvent, StatusType, dict[str, Any]]:
    """The transition, and what its status says."""
    match event:
        case Filled():
            done = OrderEvent.FILL_PART if event.rest else OrderEvent.FILL_REST
            return done, "fill", _fill(event)
        case Opened():
            return OrderEvent.ACKNOWLEDGE, "status", _rests(event.price, event.quantity)
        case Triggered():
            return OrderEvent.TRIGGER, "status", _rests(event.price, event.quantity)
        case Replaced():
            return OrderEvent.REPLACE, "status", _rests(event.price, event.quantity)
        case Cancelled():
            facts = {"filled": quantity_text(event.filled), "reason": event.reason}
            return OrderEvent.CANCEL, "status", facts
        case Done():
            return OrderEvent.COMPLETE, "status", {"reason": event.reason}
        case Rejected():
            return OrderEvent.REJECT, "rejection", {"reason": event.reason}


def _fill(event: Filled) -> dict[str, Any]:
    return {
        "price": text_of(event.price, PRICE_DECIMALS),
        "quantity": quantity_text(event.quantity),
        "filled": quantity_text(event.filled),
        "fee": text(event.fee),
        "liquidity": event.liquidity,
    }


def _rests(price: int | None, quantity: int) -> dict[str, Any]:
    return {"price": price_text(price), "quantity": quantity_text(quantity)}


def _price(order: Order) -> int | None:
    return order.trigger if order.stops else order.limit


def price_text(price: int | None) -> str | None:
    """Units of 10^-20 as decimal text."""
    return None if price is None else text_of(price, PRICE_DECIMALS)
