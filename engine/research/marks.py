"""What an account was worth at every mark of a market, from what became of its orders.

A run marks what is held as rarely as it may, and returns are wanted of shorter periods. Between two
statuses nothing changes but the price, so the equity at each price is exact (engine.position).

    equity = start + what each fill has won, paid and still has open, at the price of the moment
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, localcontext
from typing import NamedTuple

from engine.analytics import Point
from engine.costs import EXACT
from engine.portfolio import PortfolioSettings, apply
from engine.position import Position
from schemas.statuses import Status


class Mark(NamedTuple):
    """The price of a market at a time, ns."""

    time: int
    price: Decimal


def marked(
    statuses: Iterable[Status], marks: Iterable[Mark], start: Decimal, rules: PortfolioSettings
) -> list[Point]:
    """The equity of an account in one market after each status, and at each mark while something is
    held; both in order of time, a status before a mark of its time. Begins with the first status;
    empty where there is none.
    """
    curve: list[Point] = []
    position: Position | None = None
    with localcontext(EXACT):
        for each in _in_time(statuses, marks):
            if isinstance(each, Mark):
                if position is None or not position.quantity:
                    continue
                position.mark, time = each.price, each.time
            else:
                position = position or Position(each.symbol, each.venue)
                apply(position, each, rules)
                time = each.seen_time
            position.value()
            curve.append((time, start + position.total.net))
    return curve


def _in_time(statuses: Iterable[Status], marks: Iterable[Mark]) -> Iterator[Status | Mark]:
    coming = iter(marks)
    mark = next(coming, None)
    for status in statuses:
        while mark is not None and mark.time < status.seen_time:
            yield mark
            mark = next(coming, None)
        yield status
    if mark is not None:
        yield mark
    yield from coming
