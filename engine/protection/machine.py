"""What is to be done: after each event the halves are brought in line with the position."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext

from engine.costs import EXACT
from engine.protection.actions import Action, Role, Why
from engine.protection.events import Event
from engine.protection.hearing import flat, hear
from engine.protection.state import DEFAULT, Close, Half, ProtectionSettings, State
from engine.protection.trailing import moves_at, trail
from engine.protection.turn import Turn
from schemas.orders import OrderType

ROLES: tuple[Role, Role] = ("stop", "target")
TYPES: dict[Role, OrderType] = {"stop": OrderType.STOP, "target": OrderType.LIMIT}


def step(state: State, event: Event, settings: ProtectionSettings = DEFAULT) -> list[Action]:
    """Take an event in; the actions that it asks for, in the order in which they must be done."""
    turn = Turn(state, settings)
    with localcontext(EXACT):
        state.now = max(state.now, event.at)
        hear(turn, event)
        _settle(turn)
    return turn.actions


def wakes(state: State, settings: ProtectionSettings = DEFAULT) -> int | None:
    """ns at which a Tick is due at the latest; None while only news can change anything."""
    with localcontext(EXACT):
        return min(_waits(state, settings), default=None)


def awaited(state: State) -> list[str]:
    """Names of orders and changes that are at the venue or on their way, as far as is known."""
    halves = (*state.halves.values(), *state.leaving.values())
    changes = [half.change.name for half in halves if half.change is not None]
    closing = [state.closing.name] if state.closing and state.closing.name else []
    return [*(half.name for half in halves), *changes, *closing, *state.closes]


def watched(state: State, role: Role) -> bool:
    """Whether the half's price is watched by us: the venue cannot hold it, or would not."""
    able = state.able
    return role in state.watching or not able.reduce_only or TYPES[role] not in able.types


def _settle(turn: Turn) -> None:
    """Nothing held: no orders. Closing: no target. Else the halves as they are wanted."""
    state = turn.state
    if not state.size:
        flat(turn)
    else:
        trail(state)
        _reckon(turn)
        why = _why(state)
        if why is not None:
            turn.begin_close(why)
        if state.closing is not None:
            _close(turn, state.closing)
        else:
            for role in ROLES:
                _aim(turn, role)
            _heed(turn)
    _again(turn)


def _reckon(turn: Turn) -> None:
    """By when a stop must be there for what has none yet."""
    state, half = turn.state, turn.state.halves.get("stop")
    if state.stop is None or state.closing is not None or watched(state, "stop"):
        state.due.clear()
        return
    covered = half.covers if half is not None else Decimal(0)
    state.due = [(min(size, state.size), by) for size, by in state.due if size > covered]
    if covered < state.size and (not state.due or state.due[-1][0] < state.size):
        state.due.append((state.size, state.now + turn.settings.within))
    if covered >= state.size:
        state.due.clear()


def _why(state: State) -> Why | None:
    """Why the position must be closed now, if it must."""
    if state.until is not None and state.now >= state.until:
        return "time"
    for role in ROLES:
        if watched(state, role) and _reached(state, role):
            return role
    late = any(by <= state.now for _, by in state.due)
    return "unprotected" if late else None


def _reached(state: State, role: Role) -> bool:
    """Whether the last price is at the half's, or beyond it."""
    wanted = state.wanted(role)
    if wanted is None or state.price is None:
        return False
    beyond = (state.price - wanted) * state.sign
    return beyond <= 0 if role == "stop" else beyond >= 0


def _aim(turn: Turn, role: Role) -> None:
    state, half = turn.state, turn.state.halves.get(role)
    if state.wanted(role) is None or watched(state, role):
        turn.retire(role)
    elif half is None:
        if not any(_same(state, role, each) for each in state.leaving.values()):
            turn.place(role)
    elif half.phase == "working" and not half.awake and _differs(turn, half):
        turn.change(half)


def _same(state: State, role: Role, half: Half) -> bool:
    """Whether an order that leaves would still be for what a new one is for."""
    return half.role == role and half.side == state.leaves


def _differs(turn: Turn, half: Half) -> bool:
    if half.rest != turn.state.size:
        return True
    if half.role == "stop":
        at = moves_at(turn.state, half.price, turn.settings)
        return at is not None and turn.state.now >= at
    return half.price != turn.state.target


def _close(turn: Turn, closing: Close) -> None:
    """The target would stand in the way of a closing order; the stop stays until it is flat."""
    turn.retire("target")
    if closing.name is None and turn.state.now >= closing.again:
        turn.close(closing)


def _again(turn: Turn) -> None:
    """Cancels that were not answered are given again."""
    for half in list(turn.state.leaving.values()):
        if turn.state.now >= half.asked + turn.settings.again:
            turn.withdraw(half)


def _heed(turn: Turn) -> None:
    """A price that is watched must be seen."""
    state = turn.state
    if not state.stale and _watches(state) and state.now >= state.priced + turn.settings.price_age:
        state.stale = True
        turn.alarm("no price is seen of a position whose stop or target is watched here")


def _watches(state: State) -> bool:
    return any(watched(state, role) and state.wanted(role) is not None for role in ROLES)


def _waits(state: State, settings: ProtectionSettings) -> Iterator[int]:
    yield from (half.asked + settings.again for half in state.leaving.values())
    if not state.size:
        return
    closing, half = state.closing, state.halves.get("stop")
    if closing is not None:
        if closing.name is None:
            yield closing.again
        return
    yield from (by for _, by in state.due)
    if state.until is not None:
        yield state.until
    if _watches(state) and not state.stale:
        yield state.priced + settings.price_age
    if half is not None and half.phase == "working" and not half.awake:
        moves = moves_at(state, half.price, settings)
        yield from () if moves is None else (moves,)
