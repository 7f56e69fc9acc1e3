"""A journalled command as it travels to the venue."""

from __future__ import annotations

from engine.numbers import price_units, quantity_units
from engine.venue.commands import Cancel, Command, Follows, Modify, Order, Protect
from schemas.orders import OrderCommand
from schemas.statuses import JournalEntry


def dispatched(entry: JournalEntry) -> Command:
    """The command in the venue's units; raises Poison for a number that is none.

    In a command that modifies, a quantity of zero and prices that are missing stay as they are.
    """
    command, name, due = entry.command, entry.command.client_order_id, entry.due
    quantity_units(command.contract.size)
    quantity, limit = quantity_units(command.quantity), _price(command.price)
    stop, target, trigger = map(_price, (command.stop, command.target, command.trigger))
    match command.action:
        case "modify":
            return Modify(name, due, command.orders, quantity or None, limit, trigger)
        case "cancel":
            return Cancel(name, due, command.orders)
        case "protect":
            terms = command.contract, command.strategy, _follows(command)
            return Protect(name, due, stop, target, *terms)
        case "place":
            return _order(entry)


def _follows(command: OrderCommand) -> Follows | None:
    """How its protection moves; None where it does not."""
    trailing = command.trailing
    if trailing is None and command.lasts is None:
        return None
    share = trailing is not None and trailing.endswith("%")
    distance = 0 if trailing is None else price_units(trailing.removesuffix("%"))
    return Follows(distance, share, _price(command.activation), command.lasts)


def _order(entry: JournalEntry) -> Order:
    command = entry.command
    return Order(
        order_id=command.client_order_id,
        due=entry.due,
        side=command.side,
        type=command.type,
        time_in_force=command.time_in_force,
        quantity=quantity_units(command.quantity),
        limit=_price(command.price),
        reduce_only=command.reduce_only,
        contract=command.contract,
        trigger=_price(command.trigger),
        post_only=command.post_only,
        stop=_price(command.stop),
        target=_price(command.target),
        strategy=command.strategy,
        parent=command.parent,
        follows=_follows(command),
    )


def _price(text: str | None) -> int | None:
    return None if text is None else price_units(text)
