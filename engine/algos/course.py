"""One event's turn: the books of the parent order, then the algorithm's wishes within them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from engine.algos.algorithm import Algorithm
from engine.algos.commands import (
    Amend,
    AmendChild,
    ChildCommand,
    Finish,
    PlaceChild,
    Send,
    Wish,
    Withdraw,
    WithdrawChild,
)
from engine.algos.events import AmendAsked, Answered, CancelAsked, Ended, Event, Filled, Replaced
from engine.algos.orders import ChildOrder, ParentOrder

S = TypeVar("S")


@dataclass(slots=True)
class Course:
    """A parent order as it goes through an event, and the commands that come of it, in order."""

    parent: ParentOrder
    commands: list[ChildCommand]


def hear(
    algorithm: Algorithm[S], state: S, parent: ParentOrder, event: Event
) -> tuple[S, ParentOrder, list[ChildCommand]]:
    """The algorithm's state, the parent order and the commands to be sent after an event.

    An event of a child that is not there (any more) changes nothing.
    """
    course = Course(parent, [])
    if isinstance(event, Ended):
        child = parent.child(event.child)
        event = replace(event, asked=child is not None and child.leaving)
    _book(course, event)
    if not course.parent.ending and not course.parent.over:
        state, wishes = algorithm.step(state, course.parent, event)
        _grant(course, wishes)
    return state, course.parent, course.commands


def _book(course: Course, event: Event) -> None:
    """Write into the books what has happened; what a person asked for is done at once."""
    match event:
        case Filled() | Replaced() | Ended():
            _told(course, event)
        case Answered():
            _answered(course, event)
        case CancelAsked():
            _finish(course, Finish())
        case AmendAsked():
            _change(course, event)


def _told(course: Course, event: Filled | Replaced | Ended) -> None:
    parent, child = course.parent, course.parent.child(event.child)
    if child is None:
        return
    match event:
        case Filled():
            parent = replace(parent, filled=parent.filled + event.quantity)
            parent = parent.put(replace(child, filled=child.filled + event.quantity))
        case Replaced():
            parent = parent.put(replace(child, quantity=event.quantity, limit=event.limit))
        case Ended():
            parent = parent.without(event.child)
    course.parent = parent


def _answered(course: Course, event: Answered) -> None:
    """A child that could not be changed is withdrawn, so that what it has left may be sent anew."""
    amending = dict(course.parent.amending)
    child = amending.pop(event.command, None)
    course.parent = replace(course.parent, amending=tuple(amending.items()))
    if child is not None and event.reason is not None:
        _withdraw(course, Withdraw(child))


def _change(course: Course, asked: AmendAsked) -> None:
    """Other terms: children at the old limit get the new one, and are cut to a smaller quantity."""
    before = course.parent
    quantity = before.quantity if asked.quantity is None else asked.quantity
    limit = before.limit if asked.limit is None else asked.limit
    course.parent = replace(before, quantity=quantity, limit=limit)
    over = before.filled + before.outstanding - quantity
    for child in reversed(before.children):
        cut = max(0, min(child.rest, over))
        over -= cut
        moved = limit if child.limit == before.limit and limit != before.limit else None
        if cut == child.rest:
            _withdraw(course, Withdraw(child.order_id))
        elif cut or moved is not None:
            _amend(course, Amend(child.order_id, child.quantity - cut if cut else None, moved))


def _grant(course: Course, wishes: Iterable[Wish]) -> None:
    for wish in wishes:
        match wish:
            case Send() if not course.parent.ending:
                _send(course, wish)
            case Amend():
                _amend(course, wish)
            case Withdraw():
                _withdraw(course, wish)
            case Finish():
                _finish(course, wish)


def _send(course: Course, wish: Send) -> None:
    quantity = min(wish.quantity, course.parent.remaining)
    if quantity <= 0:
        return
    parent, name = course.parent.named()
    child = ChildOrder(name, quantity, wish.limit)
    course.parent = replace(parent, children=(*parent.children, child))
    later = parent.filled > 0
    course.commands.append(PlaceChild(name, quantity, wish.limit, wish.time_in_force, later))


def _amend(course: Course, wish: Amend) -> None:
    child = course.parent.child(wish.child)
    if child is None or child.leaving:
        return
    less = wish.quantity is not None and wish.quantity < child.quantity
    quantity = wish.quantity if less else None
    moved = wish.limit is not None and wish.limit != child.limit
    if not less and not moved:
        return
    parent, name = course.parent.named()
    course.parent = replace(parent, amending=(*parent.amending, (name, wish.child)))
    course.commands.append(AmendChild(name, wish.child, quantity, wish.limit if moved else None))


def _withdraw(course: Course, wish: Withdraw) -> None:
    child = course.parent.child(wish.child)
    if child is None or child.leaving:
        return
    parent, name = course.parent.named()
    course.parent = parent.put(replace(child, leaving=True))
    course.commands.append(WithdrawChild(name, wish.child))


def _finish(course: Course, wish: Finish) -> None:
    course.parent = replace(course.parent, ending=True, reason=wish.reason)
    for child in course.parent.children:
        _withdraw(course, Withdraw(child.order_id))
