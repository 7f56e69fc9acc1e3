"""Commands and journal entries as a venue is asked for them."""

from __future__ import annotations

from decimal import Decimal

from engine.costs import EXACT, text
from executor.live import story
from executor.venues.venue import Abilities, Change, Order, VenueOrder
from schemas.orders import OrderCommand, OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.statuses import JournalEntry


def order_of(command: OrderCommand, able: Abilities) -> Order:
    """The order that a command places. Where the venue has no reduce-only orders (spot), nobody can
    sell what is not there, and the gate has looked at what is held.
    """
    return Order(
        name=command.client_order_id,
        symbol=command.symbol,
        side=command.side,
        type=command.type,
        time_in_force=command.time_in_force,
        quantity=command.quantity,
        price=command.price,
        trigger=command.trigger,
        role=command.role,
        reduce_only=command.reduce_only and able.reduce_only,
        post_only=command.post_only,
    )


def change_of(entry: JournalEntry, target: JournalEntry) -> Change:
    """What a command changes of an order; a quantity of zero stays as it is."""
    command = entry.command
    same = not command.quantity.strip("0.")
    return Change(
        name=command.client_order_id,
        order=venue_order(target),
        quantity=None if same else there(target, command.quantity),
        price=command.price,
        trigger=command.trigger,
    )


def there(entry: JournalEntry, quantity: str) -> str:
    """A quantity of ours in the venue's reckoning, which has what an order filled before it was
    adopted.
    """
    before = Decimal(entry.before)
    return quantity if before >= 0 else text(EXACT.subtract(Decimal(quantity), before))


def venue_order(entry: JournalEntry) -> VenueOrder:
    """An order of ours that rests, as the venue knows it."""
    command = entry.command
    stops = command.type in (OrderType.STOP, OrderType.STOP_LIMIT)
    return VenueOrder(
        name=story.name_of(entry),
        number=story.number_of(entry) or "",
        symbol=command.symbol,
        state="open",
        side=command.side,
        type=command.type,
        quantity=there(entry, format(story.quantity(entry), "f")),
        filled=there(entry, format(story.filled(entry), "f")),
        price=story.told(entry, command.price, stops=False),
        trigger=story.told(entry, command.trigger, stops=True),
        reduce_only=command.reduce_only,
        conditional=stops or command.trigger is not None,
        time_in_force=command.time_in_force,
    )


def replacement(entry: JournalEntry, target: JournalEntry, rest: str) -> Order:
    """The order that comes in the place of one that a change cannot reach, for what is left."""
    change, old = change_of(entry, target), venue_order(target)
    command = target.command
    return Order(
        name=change.name,
        symbol=command.symbol,
        side=command.side,
        type=command.type,
        time_in_force=command.time_in_force,
        quantity=rest,
        price=change.price or old.price,
        trigger=change.trigger or old.trigger,
        role=command.role,
        reduce_only=command.reduce_only,
        post_only=command.post_only,
    )


def amendable(target: JournalEntry, able: Abilities) -> bool:
    """The venue can change it where it rests."""
    waits = target.command.trigger is not None
    return able.amend_waiting if waits else able.amend


def fulfilled(change: Change, order: VenueOrder) -> bool:
    """The order is as the change wants it."""
    wanted = (change.quantity, change.price, change.trigger)
    had = (order.quantity, order.price, order.trigger)
    return all(
        one is None or (other is not None and Decimal(one) == Decimal(other))
        for one, other in zip(wanted, had, strict=True)
    )


def unsupported(command: OrderCommand, able: Abilities) -> Reason | None:
    """Why a venue of these abilities cannot have the command; None where it can."""
    if command.action != "place":
        return None
    fits = (
        command.type in able.types
        and (command.type is OrderType.MARKET or command.time_in_force in able.time_in_force)
        and (able.post_only or not command.post_only)
    )
    if not fits or command.style is not None:
        return Reason.UNSUPPORTED
    gtc = command.time_in_force is TimeInForce.GTC
    return None if gtc or not command.post_only else Reason.BAD_COMMAND
