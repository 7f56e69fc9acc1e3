"""What became of the machine's own orders, written into the state."""

from __future__ import annotations

from decimal import Decimal

from engine.protection.events import Changed, Filled, Gone, Lost, Refused, Working
from engine.protection.state import ZERO, Close, Half, State
from engine.protection.turn import Turn

TRIES = 1
"""How often a half that was refused or lost is placed again."""


def half_of(state: State, name: str) -> Half | None:
    """The half that has a name, whether it stays or leaves."""
    mine = (each for each in state.halves.values() if each.name == name)
    return next(mine, state.leaving.get(name))


def changing(state: State, change: str) -> Half | None:
    """The half for which a change of that name is on its way."""
    every = (*state.halves.values(), *state.leaving.values())
    return next((each for each in every if each.change and each.change.name == change), None)


def close_of(state: State, name: str) -> Close | None:
    """The close that has a name, that of a position which is over, too."""
    closing = state.closing
    return closing if closing and closing.name == name else state.closes.get(name)


def known(state: State, name: str) -> bool:
    """Whether the name is that of an order, or of a change on its way."""
    found = half_of(state, name) or changing(state, name) or close_of(state, name)
    return found is not None


def working(turn: Turn, event: Working) -> None:
    """It is there; what the venue says of one with a change on its way may be older than that."""
    half = half_of(turn.state, event.name)
    if half is None:
        if changing(turn.state, event.name) is not None:
            changed(turn, Changed(event.name, event.name, event.at, event.quantity))
        return
    half.awake = half.awake or event.awake
    if half.phase == "sent":
        half.phase, half.since = "working", turn.state.now
        half.quantity = half.quantity if event.quantity is None else event.quantity


def changed(turn: Turn, event: Changed) -> None:
    """The change was carried out: by the order itself, or by another in its place."""
    state, half = turn.state, changing(turn.state, event.change)
    if half is None or half.change is None:
        came = half_of(state, event.change)
        if came is not None and event.name != event.change:
            _lost(turn, came, "is gone")  # it was changed where it rested, and went by itself
        else:
            working(turn, Working(event.name, event.at, event.quantity))
        return
    before, change = half.name, half.change
    if event.name != before:
        half.name, half.quantity, half.filled = event.name, change.quantity - half.filled, ZERO
    else:
        half.quantity = change.quantity
    half.quantity = half.quantity if event.quantity is None else event.quantity
    half.price = change.price if event.price is None else event.price
    half.change, half.phase = None, "working"
    if before in state.leaving:
        state.leaving[half.name] = state.leaving.pop(before)
        turn.withdraw(half)


def filled(turn: Turn, event: Filled) -> Decimal | None:
    """What the fill changes of the position, signed; None for an order that is not known."""
    state = turn.state
    order = half_of(state, event.name) or close_of(state, event.name)
    if order is None:
        return None
    order.filled += event.quantity
    if order.filled >= order.quantity:
        _over(turn, order)
    return event.quantity if order.side == "buy" else -event.quantity


def _over(turn: Turn, order: Half | Close) -> None:
    """It has all: nothing of it is left at the venue."""
    if isinstance(order, Half):
        _drop(turn.state, order)
    else:
        _ended(turn, order, turn.state.now)


def gone(turn: Turn, event: Gone | Lost) -> None:
    """It is there no more. One that is being replaced: what comes in its place is on its way."""
    state, half = turn.state, half_of(turn.state, event.name)
    close = close_of(state, event.name)
    if close is not None:
        _fell_short(turn, close)
    elif half is None:
        _unchanged(turn, event.name)
    elif half.change is not None:
        stays = half.name not in state.leaving
        _drop(state, half)
        rest = half.change.quantity - half.filled
        next_ = Half(half.change.name, half.role, half.side, rest, half.change.price)
        if stays:
            state.halves[half.role] = next_
        else:
            next_.asked, state.leaving[next_.name] = half.asked, next_
    else:
        _lost(turn, half, "is gone")


def refused(turn: Turn, event: Refused) -> None:
    """The venue would not have it."""
    state, half = turn.state, half_of(turn.state, event.name)
    close = close_of(state, event.name)
    if close is not None:
        turn.alarm(f"a closing order was refused ({event.reason or 'no reason told'})")
        _fell_short(turn, close)
    elif half is None:
        _unchanged(turn, event.name)
    else:
        _lost(turn, half, f"was refused ({event.reason or 'no reason told'})")


def _unchanged(turn: Turn, change: str) -> None:
    """A change came to nothing: a price stays as it is, another quantity needs another order."""
    state, half = turn.state, changing(turn.state, change)
    if half is None or half.change is None:
        return
    sized = half.change.quantity != half.quantity
    half.change, half.phase = None, "working"
    if half.name in state.leaving:
        return
    turn.alarm(f"the {half.role} could not be changed")
    if sized:
        _count(turn, half)
        turn.retire(half.role)
    elif half.role == "stop":
        state.stop = half.price
    else:
        state.target = half.price


def _lost(turn: Turn, half: Half, what: str) -> None:
    """An order is over without having been executed or withdrawn by us."""
    stays = half.name not in turn.state.leaving
    _drop(turn.state, half)
    if not stays:
        return
    turn.alarm(f"the {half.role} {what}")
    if half.awake and half.role == "stop":
        turn.begin_close("stop")
    else:
        _count(turn, half)


def _count(turn: Turn, half: Half) -> None:
    """Once more, or not again: then a stop's position is closed, and a target is watched."""
    state, role = turn.state, half.role
    if half.phase == "working" and state.now - half.since >= turn.settings.trusted:
        state.tries[role] = 0
    state.tries[role] = state.tries.get(role, 0) + 1
    if state.tries[role] <= TRIES:
        return
    if role == "stop":
        turn.begin_close("lost")
    else:
        state.watching.add(role)


def _fell_short(turn: Turn, close: Close) -> None:
    """A closing order is over and has not closed all: the next goes soon, later ones by and by."""
    settings = turn.settings
    pause = settings.again if close.ended else settings.soon
    close.ended += 1
    _ended(turn, close, turn.state.now + pause)


def _ended(turn: Turn, close: Close, again: int) -> None:
    """A closing order is over."""
    state = turn.state
    if state.closing is close:
        close.name, close.again = None, again
    elif close.name is not None:
        state.closes.pop(close.name, None)


def _drop(state: State, half: Half) -> None:
    if state.leaving.pop(half.name, None) is None:
        state.halves.pop(half.role, None)
