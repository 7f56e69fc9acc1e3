"""Stops that follow the price: only in the position's favour."""

from __future__ import annotations

from decimal import Decimal

from engine.protection.events import Trailing
from engine.protection.state import ProtectionSettings, State


def begins(state: State, price: Decimal, stop: Decimal | None) -> Decimal | None:
    """Where the stop of new terms is: as named, or at the trailing distance from a price."""
    if stop is not None or state.trailing is None:
        return stop
    return behind(state.trailing, price, state.held > 0, state.able.tick)


def trail(state: State) -> None:
    """Move the stop after the last price, once its activation was reached."""
    price, trailing = state.price, state.trailing
    if price is None or trailing is None or state.stop is None:
        return
    if state.best is None and not _active(state, price):
        return
    best = price if state.best is None else state.best
    state.best = max(best, price) if state.held > 0 else min(best, price)
    stop = behind(trailing, state.best, state.held > 0, state.able.tick)
    if (stop - state.stop) * state.sign > 0:
        state.stop = stop


def moves_at(state: State, price: Decimal, settings: ProtectionSettings) -> int | None:
    """ns from which on a stop that is at a price at the venue moves to where it is wanted; None
    where it stays."""
    if state.stop is None or state.stop == price:
        return None
    if state.trailing is None:
        return state.now
    least = max(state.able.tick, settings.move_least * price)
    far = abs(state.stop - price) >= least
    return state.moved + settings.move_every if far else None


def _active(state: State, price: Decimal) -> bool:
    return state.activation is None or (price - state.activation) * state.sign >= 0


def behind(trailing: Trailing, price: Decimal, long: bool, tick: Decimal) -> Decimal:
    """At the distance, rounded away from the price to whole ticks; a tick at the least."""
    distance = trailing.distance * price if trailing.share else trailing.distance
    wanted = price - distance if long else price + distance
    ticks = wanted // tick
    if not long and ticks * tick != wanted:
        ticks += 1
    return max(ticks * tick, tick)
