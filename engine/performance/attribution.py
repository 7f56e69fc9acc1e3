"""Round trips led back to why they were entered, and how they were left.

An order's record has the decision's id as its cause, so an order leads to its decision, and the
decision's votes of its verdict tell their reasons. Reasons have figures of their moment in them;
with these taken out ("close # below lower band #") equal ones come together. A trip has several
reasons and counts for each of them: their rows do not add up to the whole. It has one way out:
stop, target, the reasons' verdict ("signal"), a person, the watch on risk, or a liquidation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.costs import EXACT
from engine.portfolio import PortfolioSettings, apply
from engine.position import Position, RoundTrip
from schemas.decisions import Decision
from schemas.orders import OrderDecision
from schemas.refusals import Reason
from schemas.statuses import Status

FIGURE = re.compile(r"(?<![\w#.])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?")

UNTOLD = "(not told)"
"""Reason, or way out, of what no record leads back from."""

HALF = Decimal("0.5")

MANY = 200
"""Letters of a reason that are kept."""


def general(reason: str) -> str:
    """A reason without its figures."""
    return FIGURE.sub("#", reason)[:MANY]


@dataclass(slots=True)
class Reasons:
    """What approved orders were for, from decisions and orders as they pass by.

    reasons: by client order id; mids: of bid and ask at the decision; people: orders by hand.
    Memory: of the decisions that asked for something, and of the orders.
    """

    reasons: dict[str, tuple[str, ...]] = field(default_factory=dict)
    mids: dict[str, Decimal] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    _decisions: dict[str, tuple[tuple[str, ...], Decimal | None]] = field(default_factory=dict)

    def decision(self, made: Decision) -> None:
        """Remember one that asks for something; before the orders that it causes."""
        if made.urgent:
            self._decisions[made.id] = _why(made), _mid(made)

    def order(self, made: OrderDecision) -> None:
        """Lead a command back to its decision."""
        if made.command is None or made.outcome != "approved":
            return
        name = made.command.client_order_id
        self.origins[name] = made.origin
        if made.origin != "strategy":
            self.reasons[name] = (f"by hand: {made.origin}",)
            return
        why, mid = self._decisions.get(made.cause, ((), None))
        self.reasons[name] = why
        if mid is not None:
            self.mids[name] = mid


@dataclass(frozen=True, slots=True)
class Journey:
    """A round trip with the reasons of its entry and its way out. side: of the entry."""

    trip: RoundTrip
    side: str
    reasons: tuple[str, ...]
    way_out: str


def journeys(
    statuses: Iterable[Status], settings: PortfolioSettings, known: Reasons
) -> list[Journey]:
    """Of one account's statuses from the beginning, in the order of their ends."""
    positions: dict[str, Position] = {}
    opened: dict[str, Status] = {}
    found = []
    for status in statuses:
        position = positions.get(status.symbol)
        if position is None:
            position = positions[status.symbol] = Position(status.symbol, status.venue)
        before = position.quantity
        ended = apply(position, status, settings)
        if ended is not None:
            first = opened.get(status.symbol, status)
            side = "long" if before > 0 else "short"
            found.append(Journey(ended, side, _reasons(first, known), _way_out(status, known)))
        if position.quantity and (not before or before * position.quantity < 0):
            opened[status.symbol] = status
    return found


def by_reason(kept: Iterable[Journey]) -> dict[str, list[RoundTrip]]:
    """Trips of each reason, most first; a trip is in each of its reasons' rows."""
    found: dict[str, list[RoundTrip]] = {}
    for each in kept:
        for reason in dict.fromkeys(each.reasons):
            found.setdefault(reason, []).append(each.trip)
    return _ordered(found)


def by_way_out(kept: Iterable[Journey]) -> dict[str, list[RoundTrip]]:
    """Trips of each way out, most first; a trip is in one row."""
    found: dict[str, list[RoundTrip]] = {}
    for each in kept:
        found.setdefault(each.way_out, []).append(each.trip)
    return _ordered(found)


def _ordered(found: Mapping[str, list[RoundTrip]]) -> dict[str, list[RoundTrip]]:
    return dict(sorted(found.items(), key=lambda row: (-len(row[1]), row[0])))


def _why(made: Decision) -> tuple[str, ...]:
    voted = [vote for vote in made.votes if vote.verdict is made.verdict]
    return tuple(f"{vote.advisor}: {general(each)}" for vote in voted for each in vote.reasons)


def _mid(made: Decision) -> Decimal | None:
    if made.bid is None or made.ask is None:
        return None
    return EXACT.multiply(EXACT.add(Decimal(made.bid[0]), Decimal(made.ask[0])), HALF)


def _reasons(first: Status, known: Reasons) -> tuple[str, ...]:
    """Of the order, or of the one that it is a part or protection of."""
    for name in (first.client_order_id, first.parent):
        if name is not None and name in known.reasons:
            return known.reasons[name] or (UNTOLD,)
    return (UNTOLD,)


def _way_out(last: Status, known: Reasons) -> str:
    if last.reason is Reason.LIQUIDATED:
        return "liquidation"
    if last.role is not None:
        return last.role
    for name in (last.client_order_id, last.parent):
        if name is not None and name in known.origins:
            return WAYS[known.origins[name]]
    return UNTOLD


WAYS = {"strategy": "signal", "person": "person", "risk": "risk"}
