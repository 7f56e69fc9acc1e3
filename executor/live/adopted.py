"""Journal entries of what was taken over: an order, an execution or a position that was not ours.

An order is there from then on with what was left of it: what it had executed by then is no fill of
ours, so `before` is less than zero by that much. A position, and an execution of others', is an
order that was filled at once. Each is one record of the journal, so it is taken over whole or not
at all. Its first request is "adopt": at is the venue's time up to which executions of the order are
counted elsewhere, answered ours. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.costs import EXACT, text
from engine.lifecycle import OrderEvent
from executor.live import story
from executor.venues.venue import VenueFill, VenueOrder
from schemas.orders import Contract, Intent, OrderCommand, OrderType, TimeInForce
from schemas.statuses import ADOPTED, ADOPTED_POSITION, JournalEntry, OrderState, Send
from schemas.ticks import Side


@dataclass(frozen=True)
class Taking:
    """Whose books take over, and when. at: ns of the venue; now: ours; name: client order id."""

    account: str
    venue: str
    contract: Contract
    epoch: int
    at: int
    now: int
    name: str
    expires: int


def of_order(taking: Taking, order: VenueOrder) -> JournalEntry:
    """An order that rests: what is left of it."""
    rest = EXACT.subtract(Decimal(order.quantity), Decimal(order.filled))
    command = _command(
        taking, order.symbol, order.side, text(rest),
        Intent.REDUCE if order.reduce_only else Intent.OPEN,
        type=order.type, time_in_force=order.time_in_force, price=order.price,
        trigger=order.trigger, reduce_only=order.reduce_only,
    )  # fmt: skip
    said = f"it rested at the venue and was not ours; {order.filled} of it was filled by then"
    entry = _entry(taking, command, ADOPTED, said, order.name or "", order.number)
    entry = entry.model_copy(
        update={
            "alias": order.name if order.name not in (None, taking.name) else None,
            "before": text(EXACT.minus(Decimal(order.filled))),
        }
    )
    price = order.trigger if order.conditional else order.price
    facts: dict[str, Any] = {"price": price, "quantity": text(rest), "event_time": order.at}
    return story.happened(entry, OrderEvent.CREATE, **facts)


def of_fill(taking: Taking, fill: VenueFill) -> JournalEntry:
    """An execution of an order that is not ours."""
    command = _command(taking, fill.symbol, fill.side, fill.quantity, Intent.OPEN)
    said = f"execution {fill.trade} of order {fill.number}, which is not ours"
    entry = _entry(taking, command, ADOPTED, said)
    return story.counted(story.happened(entry, OrderEvent.CREATE), fill)


def of_position(
    taking: Taking, symbol: str, held: Decimal, own: Decimal, price: str
) -> JournalEntry:
    """The difference between what is held and what our executions add up to, at that price."""
    more = EXACT.subtract(held, own)
    size = text(EXACT.abs(more))
    side: Side = "buy" if more > 0 else "sell"
    command = _command(taking, symbol, side, size, intent_of(held, own))
    said = f"{text(held)} was held at the venue, {text(own)} by our executions"
    entry = story.happened(_entry(taking, command, ADOPTED_POSITION, said), OrderEvent.CREATE)
    facts = {"price": price, "quantity": size, "filled": size, "fee": "0"}
    return story.happened(entry, OrderEvent.FILL_REST, "fill", contract=taking.contract, **facts)


def ended(entry: JournalEntry) -> VenueOrder:
    """An order that rests no more, as far as its executions tell."""
    command, so_far = entry.command, story.filled(entry)
    there = EXACT.subtract(so_far, Decimal(entry.before))
    whole = EXACT.subtract(story.quantity(entry), Decimal(entry.before))
    return VenueOrder(
        name=None,
        number=story.number_of(entry) or "",
        symbol=command.symbol,
        state="filled" if so_far >= story.quantity(entry) else "cancelled",
        side=command.side,
        type=command.type,
        quantity=text(whole),
        filled=text(there),
    )


def intent_of(held: Decimal, own: Decimal) -> Intent:
    """What the way from `own` to `held` is."""
    if not own:
        return Intent.OPEN
    if not held:
        return Intent.CLOSE
    return Intent.ADD if abs(held) > abs(own) and held * own > 0 else Intent.REDUCE


def _command(
    taking: Taking, symbol: str, side: Side, quantity: str, intent: Intent, **more: Any
) -> OrderCommand:
    given = {"type": OrderType.MARKET, "time_in_force": TimeInForce.GTC, **more}
    return OrderCommand(
        client_order_id=taking.name, account=taking.account, venue=taking.venue, symbol=symbol,
        contract=taking.contract, intent=intent, side=side, quantity=quantity,
        expires=taking.expires, **given,
    )  # fmt: skip


def _entry(
    taking: Taking, command: OrderCommand, cause: str, said: str, known: str = "",
    number: str | None = None,
) -> JournalEntry:  # fmt: skip
    taken = Send(
        request="adopt", name=known, epoch=taking.epoch, at=taking.at, answer="acknowledged",
        answered=taking.now, number=number, text=said,
    )  # fmt: skip
    return JournalEntry(
        cause=cause, command=command, order_seq=-1, tick=-1, state=OrderState.INTENDED,
        due=taking.now, sends=(taken,),
    )  # fmt: skip
