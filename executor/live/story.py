"""What becomes of an order's journal entry: (entry, what happened) -> entry. Pure.

Statuses are added without identity (sequence -1); executor.live.scribe gives it when the entry is
written. The order's whole history stays in its entry (of a long one see engine.history.folded).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from engine.costs import EXACT, text
from engine.history import StatusType, extend, status_of
from engine.lifecycle import TERMINAL, TRANSITIONS, OrderEvent
from executor.venues.venue import VenueFill, VenueOrder
from schemas.orders import OrderCommand, OrderDecision
from schemas.record import symbol_of
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState, Send, Status

Request = Literal["place", "amend", "cancel"]
Answer = Literal["acknowledged", "refused", "unknown", "absent", "unsent"]

UNDER_WAY = frozenset((OrderState.INTENDED, OrderState.SENT, OrderState.UNKNOWN))
"""States in which something will still be done for an order."""


class Bare(ValueError):
    """An approved decision without a command; never leaves executor.live."""


def decimal(text: str | None) -> Decimal:
    """A number of a record; 0 for none."""
    return Decimal(text or 0)


def begun(decision: OrderDecision) -> JournalEntry:
    """The entry of a decision's command, before anything is done."""
    if decision.command is None:
        raise Bare(f"{decision.key} seq {decision.seq} is approved without a command")
    return JournalEntry(
        cause=decision.id,
        command=decision.command,
        order_seq=decision.seq,
        tick=decision.tick,
        state=OrderState.INTENDED,
        due=decision.seen_time,
    )


def turned_away(decision: OrderDecision, reason: Reason) -> Status:
    """That a command is not taken because its id is known: no order's life moves by it."""
    assert decision.command is not None
    return status_of(begun(decision), "rejection", reason=reason)


def untold(entry: JournalEntry) -> bool:
    """It has statuses that were not written."""
    return any(status.seq < 0 for status in entry.statuses)


def over(entry: JournalEntry) -> bool:
    """Nothing more can become of it."""
    return entry.state in TERMINAL


def happened(
    entry: JournalEntry, event: OrderEvent, type: StatusType = "status", **facts: Any
) -> JournalEntry:
    """The entry after a transition, with the status that tells it."""
    return extend(entry, event, status_of(entry, type, **facts))


def sending(entry: JournalEntry, request: Request, name: str, epoch: int, at: int) -> JournalEntry:
    """A request is about to be made."""
    send = Send(request=request, name=name, epoch=epoch, at=at)
    entry = entry.model_copy(update={"sends": (*entry.sends, send)})
    if entry.state is OrderState.INTENDED:
        return happened(entry, OrderEvent.SEND)
    return entry


def answered(
    entry: JournalEntry, answer: Answer, at: int, number: str | None = None, text: str = ""
) -> JournalEntry:
    """What is known of the latest request now."""
    told = {"answer": answer, "answered": at, "number": number, "text": text}
    last = entry.sends[-1].model_copy(update=told)
    return entry.model_copy(update={"sends": (*entry.sends[:-1], last)})


def refused(entry: JournalEntry, reason: Reason | None) -> JournalEntry:
    """It will have no effect (any more)."""
    late = reason is Reason.EXPIRED
    event = OrderEvent.EXPIRE if late else OrderEvent.REJECT
    return happened(entry, event, "rejection", reason=reason)


def done(entry: JournalEntry, reason: Reason | None = None) -> JournalEntry:
    """A command that is no order was carried out; reason: what of it was not."""
    return happened(entry, OrderEvent.COMPLETE, reason=reason)


def lost(entry: JournalEntry) -> JournalEntry:
    """Nobody here knows what became of the latest request."""
    if entry.state is OrderState.UNKNOWN:
        return entry
    return happened(entry, OrderEvent.LOSE)


def absent(entry: JournalEntry, at: int, text: str) -> JournalEntry:
    """The venue has proven that the latest request never came: it is an intent again."""
    return happened(answered(entry, "absent", at, text=text), OrderEvent.ABSENT)


def filled(entry: JournalEntry) -> Decimal:
    """Of the order so far, as counted."""
    last = next((each.filled for each in reversed(entry.statuses) if each.type == "fill"), None)
    return Decimal(last or 0)


def quantity(entry: JournalEntry) -> Decimal:
    """Of the whole order, as it was last told: an order may have been changed."""
    for each in reversed(entry.statuses):
        if each.type == "status" and each.quantity is not None:
            return Decimal(each.quantity)
    return Decimal(entry.command.quantity)


def counts(entry: JournalEntry, filled_there: str) -> bool:
    """As much is counted as the venue says the order, as it is there now, has filled."""
    return Decimal(entry.before) + Decimal(filled_there) <= filled(entry)


def told(entry: JournalEntry, price: str | None, *, stops: bool) -> str | None:
    """The price (of one that stops: the trigger) that was told last; the command's before."""
    if (entry.command.trigger is not None) is not stops:
        return price
    found = (each.price for each in reversed(entry.statuses) if each.type == "status")
    return next((each for each in found if each is not None), price)


def number_of(entry: JournalEntry) -> str | None:
    """The venue's id of the order."""
    return next((each.number for each in reversed(entry.sends) if each.number), None)


def name_of(entry: JournalEntry) -> str:
    """The client order id under which the venue has it."""
    return entry.alias or entry.command.client_order_id


def resting(entry: JournalEntry, order: VenueOrder) -> JournalEntry:
    """The venue has it, at a price (trigger, else limit) and with a whole quantity."""
    whole = EXACT.add(Decimal(entry.before), Decimal(order.quantity))
    facts: dict[str, Any] = {
        "price": order.trigger if order.conditional else order.price,
        "quantity": text(whole),
        "event_time": order.at,
    }
    if entry.state in (OrderState.SENT, OrderState.UNKNOWN):
        event = OrderEvent.ACKNOWLEDGE
    else:
        event = OrderEvent.REPLACE
    return happened(entry, event, **facts)


def differs(entry: JournalEntry, order: VenueOrder) -> bool:
    """The order rests with another price or quantity than was told last."""
    price = order.trigger if order.conditional else order.price
    told = next((each for each in reversed(entry.statuses) if each.quantity and not each.fee), None)
    if told is None:
        return False
    same = told.price is None or price is None or Decimal(told.price) == Decimal(price)
    whole = EXACT.add(Decimal(entry.before), Decimal(order.quantity))
    return not same or Decimal(told.quantity or 0) != whole


def counted(entry: JournalEntry, fill: VenueFill) -> JournalEntry:
    """The entry with one execution more; the same one where it is counted already, or was before
    the order was ours.
    """
    if fill.trade in entry.trades or (adopted(entry) and fill.at <= entry.sends[0].at):
        return entry
    entry = entry.model_copy(update={"trades": (*entry.trades, fill.trade)})
    so_far = EXACT.add(filled(entry), Decimal(fill.quantity))
    status = status_of(entry, "fill", filled=text(so_far), **_facts(entry, fill))
    event = OrderEvent.FILL_REST if so_far >= quantity(entry) else OrderEvent.FILL_PART
    if event in TRANSITIONS[entry.state]:
        return extend(entry, event, status)
    return entry.model_copy(update={"statuses": (*entry.statuses, status)})


def adopted(entry: JournalEntry) -> bool:
    """It was at the venue before it was ours."""
    return bool(entry.sends) and entry.sends[0].request == "adopt"


def nameless(entry: JournalEntry) -> bool:
    """The venue has it without a client order id that could be asked for."""
    return adopted(entry) and not entry.sends[0].name and entry.alias is None


def _facts(entry: JournalEntry, fill: VenueFill) -> dict[str, Any]:
    """The fee in quote, where the venue took it in base too; else in its own currency, named."""
    base, _, rest = symbol_of(f":{fill.symbol}").partition("/")
    settles = rest.partition(":")[2] or rest
    fee, currency = Decimal(fill.fee), None
    if fill.currency == base != settles:
        fee = EXACT.multiply(fee, Decimal(fill.price))
    elif fill.currency not in ("", settles):
        currency = fill.currency
    return {
        "price": fill.price,
        "quantity": fill.quantity,
        "fee": text(fee),
        "fee_currency": currency,
        "liquidity": fill.liquidity,
        "trade": fill.trade,
        "event_time": fill.at,
        "contract": entry.command.contract,
    }


def ended(entry: JournalEntry, order: VenueOrder, asked: bool) -> JournalEntry:
    """The venue is done with it, and its executions are counted. asked: it was to be cancelled."""
    if over(entry):
        return entry
    if order.state == "rejected":
        return refused(entry, Reason.VENUE_REFUSED)
    if order.state == "filled":
        return happened(entry, OrderEvent.FILL_REST, filled=text(filled(entry)))
    missed = Reason.WOULD_TAKE if entry.command.post_only else Reason.NO_LIQUIDITY
    reason = None if asked else missed
    told = text(filled(entry))
    return happened(entry, OrderEvent.CANCEL, filled=told, reason=reason, event_time=order.at)


REQUESTS: dict[str, Request] = {"modify": "amend", "cancel": "cancel"}


def request_of(command: OrderCommand) -> Request:
    """The request that a command makes."""
    return REQUESTS.get(command.action, "place")
