"""The simulated venue's orders: text and the engine's units, and what events make of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS, text_of, units
from engine.venue.events import Cancelled, Event, Filled, Opened, Rejected, Replaced, Triggered
from executor.venues.numbers import plain
from executor.venues.venue import VenueOrder


def changed(order: VenueOrder, event: Event) -> VenueOrder:
    """The order after what was said of it."""
    new = replace(order, at=event.at)
    if isinstance(event, Filled):
        filled = Decimal(quantity_text(event.filled))
        paid = Decimal(order.filled) * Decimal(order.average or "0")
        paid += Decimal(quantity_text(event.quantity)) * Decimal(price_text(event.price))
        state = "filled" if event.rest == 0 else order.state
        return replace(new, filled=plain(filled) or "0", average=plain(paid / filled), state=state)
    if isinstance(event, Opened | Replaced):
        named = "trigger" if order.conditional else "price"
        moved = {named: price_text(event.price)} if event.price is not None else {}
        return replace(new, quantity=quantity_text(event.quantity), **moved)  # type: ignore[arg-type]
    if isinstance(event, Triggered):
        return replace(new, conditional=False)
    if isinstance(event, Cancelled):
        return replace(new, state="cancelled", conditional=False)
    return replace(new, state="rejected") if isinstance(event, Rejected) else new


def price_of(text: str | None) -> int | None:
    """In the engine's units."""
    return None if text is None else units(text, PRICE_DECIMALS)


def quantity_of(text: str | None) -> int | None:
    """In the engine's units."""
    return None if text is None else units(text, QUANTITY_DECIMALS)


def price_text(value: int) -> str:
    """Plain decimal text."""
    return plain(text_of(value, PRICE_DECIMALS)) or "0"


def quantity_text(value: int) -> str:
    """Plain decimal text."""
    return plain(text_of(value, QUANTITY_DECIMALS)) or "0"
