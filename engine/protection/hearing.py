"""What an event says, written into the state; what follows from it is the machine's."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.protection import orders
from engine.protection.events import (
    Changed,
    EntryFilled,
    Event,
    Filled,
    Found,
    Gone,
    Lost,
    PositionIs,
    PriceIs,
    Protect,
    Refused,
    Started,
    Terms,
    Tick,
    VenueHas,
    Working,
)
from engine.protection.state import SAID, ZERO, Half, State, leg_of
from engine.protection.trailing import begins
from engine.protection.turn import Turn


def hear(turn: Turn, event: Event) -> None:
    """Take an event in."""
    HEARD[type(event)](turn, event)


def _entry(turn: Turn, event: EntryFilled) -> None:
    state = turn.state
    signed = event.quantity if event.side == "buy" else -event.quantity
    _fill(turn, signed, event.at)
    if not state.size or signed * state.held < 0:
        return
    state.price, state.priced = event.price, state.now
    first = event.order not in state.orders
    if first:
        state.orders.append(event.order)
    state.source = state.source or event.order
    _bring(state, event.terms, event.price, event.at, anew=first)


def _bring(state: State, terms: Terms, price: Decimal, at: int, *, anew: bool) -> None:
    """Take over what is named; what is there already only if the order has not traded before."""
    names_stop = terms.stop is not None or terms.trailing is not None
    if names_stop and (anew or state.stop is None):
        _follow(state, terms, price)
    if terms.target is not None and (anew or state.target is None):
        state.target = terms.target
        state.watching.discard("target")
    if terms.lasts is not None and (anew or state.until is None):
        state.until = at + terms.lasts


def _follow(state: State, terms: Terms, price: Decimal) -> None:
    """A new stop: fixed, or one that trails from a price on."""
    state.trailing, state.activation = terms.trailing, terms.activation
    state.stop = begins(state, price, terms.stop)
    state.best = None
    state.moved = 0


def hold(turn: Turn, held: Decimal, at: int) -> None:
    """The position is another; one that was flat or has turned around is a new one."""
    state, before = turn.state, turn.state.size
    turned = state.held * held < 0
    if turned or not before:
        _forget(turn)
    state.held = held
    late = at + turn.settings.within <= state.now
    if state.size > (ZERO if turned else before):
        state.due.append((state.size, (state.now if late else at) + turn.settings.within))


def _forget(turn: Turn) -> None:
    """Nothing of the position before counts any more."""
    state = turn.state
    for role in tuple(state.halves):
        turn.retire(role)
    if state.closing is not None and state.closing.name is not None:
        state.closes[state.closing.name] = state.closing
    state.closing, state.source, state.price = None, "", None
    state.stop = state.target = state.trailing = state.activation = None
    state.best = state.until = None
    state.stale, state.moved = False, 0
    for each in (state.orders, state.due, state.tries, state.watching):
        each.clear()


def flat(turn: Turn) -> None:
    """Nothing is held: nothing protects it."""
    _forget(turn)


def _position(turn: Turn, event: PositionIs) -> None:
    """Believed unless it may be older than a fill, or than what was said before."""
    state = turn.state
    if state.filled is not None and event.at < state.filled + turn.settings.settled:
        return
    more = event.quantity - state.held
    if not more or (state.told and event.at < state.told[-1][0]):
        return
    state.told = [*state.told, (event.at, more)][-SAID:]
    hold(turn, event.quantity, event.at)


def _fill(turn: Turn, signed: Decimal, at: int) -> None:
    """A fill moves the position, but for what the venue has said of it before."""
    state = turn.state
    state.filled = at if state.filled is None else max(state.filled, at)
    left, told = signed, list[tuple[int, Decimal]]()
    for said, more in state.told:
        known = ZERO
        if left * more > 0 and at <= said + turn.settings.settled:
            known = min(left, more, key=abs)
        left -= known
        told.append((said, more - known))
    state.told = [*((said, more) for said, more in told[:-1] if more), *told[-1:]]
    hold(turn, state.held + left, at)


def _price(turn: Turn, event: PriceIs) -> None:
    if turn.state.size:
        turn.state.price, turn.state.priced, turn.state.stale = event.price, event.at, False


def _protect(turn: Turn, event: Protect) -> None:
    """New prices are wanted at once, whatever was the order's."""
    state = turn.state
    if not state.size:
        return
    if event.terms.trailing is not None and event.terms.stop is None and state.price is None:
        turn.alarm("a trailing stop needs a price to begin at, and none was seen")
        return
    state.source = state.source or event.order
    _bring(state, event.terms, state.price or ZERO, event.at, anew=True)


def _able(turn: Turn, event: VenueHas) -> None:
    turn.state.able = event


def _found(turn: Turn, event: Found) -> None:
    """Adopted where the half is missing, else withdrawn."""
    state = turn.state
    if orders.known(state, event.name):
        orders.working(turn, Working(event.name, event.at, event.quantity))
        return
    role = event.role
    half = Half(event.name, role, event.side, event.quantity, event.price, event.filled, "working")
    half.since = event.at
    leg = leg_of(event.parent, state.account, event.name)
    if leg is not None:
        state.legs[event.parent] = max(state.legs.get(event.parent, 0), leg + 1)
    fits = state.size and event.side == state.leaves and role not in state.halves
    if not fits or state.source not in ("", event.parent):
        state.leaving[half.name] = half
        turn.withdraw(half)
        return
    state.source, state.halves[role] = event.parent, half
    if state.wanted(role) is None:
        setattr(state, role, event.price)


def _filled(turn: Turn, event: Filled) -> None:
    signed = orders.filled(turn, event)
    if signed is None:
        turn.alarm(f"a fill of {event.name}, which is not known")
        return
    _fill(turn, signed, event.at)


def _started(turn: Turn, event: Started) -> None:
    """Deadlines are for a process that runs."""
    turn.state.due.clear()
    turn.state.priced = max(turn.state.priced, event.at)


def _tick(turn: Turn, event: Tick) -> None:
    """Time is the machine's."""


HEARD: dict[type, Callable[[Turn, Any], None]] = {
    EntryFilled: _entry,
    PositionIs: _position,
    PriceIs: _price,
    Protect: _protect,
    VenueHas: _able,
    Found: _found,
    Working: orders.working,
    Changed: orders.changed,
    Filled: _filled,
    Gone: orders.gone,
    Lost: orders.gone,
    Refused: orders.refused,
    Started: _started,
    Tick: _tick,
}
