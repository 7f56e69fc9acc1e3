"""A parent order and its children: what is filled, what is out, what may still be sent."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.identity import client_order_id
from schemas.refusals import Reason
from schemas.ticks import Side


@dataclass(frozen=True, slots=True)
class ChildOrder:
    """One that was sent and is not over. quantity, limit: as the venue has them.

    leaving: its withdrawal was sent.
    """

    order_id: str
    quantity: int
    limit: int | None
    filled: int = 0
    leaving: bool = False

    @property
    def rest(self) -> int:
        """What it may still trade."""
        return max(0, self.quantity - self.filled)


@dataclass(frozen=True, slots=True)
class ParentOrder:
    """The order as it was asked for, and how far it is.

    quantity: whole; limit: None for any price; began: ns.
    made: children and commands so far, from which the next id follows.
    children: in the order in which they were sent; amending: children by the ids of changes under
    way. ending: nothing more is sent; reason: why it ends.
    """

    order_id: str
    side: Side
    quantity: int
    limit: int | None
    post_only: bool = False
    began: int = 0
    filled: int = 0
    made: int = 0
    children: tuple[ChildOrder, ...] = ()
    amending: tuple[tuple[str, str], ...] = ()
    ending: bool = False
    reason: Reason | None = None

    @property
    def outstanding(self) -> int:
        """What its children may still trade."""
        return sum(child.rest for child in self.children)

    @property
    def remaining(self) -> int:
        """What may still be sent."""
        return max(0, self.quantity - self.filled - self.outstanding)

    @property
    def over(self) -> bool:
        """Whether nothing more can happen to it."""
        return not self.children and (self.ending or self.filled >= self.quantity)

    def child(self, order_id: str) -> ChildOrder | None:
        """The child of that id, while it lives."""
        return next((each for each in self.children if each.order_id == order_id), None)

    def named(self) -> tuple[ParentOrder, str]:
        """The parent with one more id used, and that id."""
        name = client_order_id(self.order_id, "child", self.made)
        return replace(self, made=self.made + 1), name

    def put(self, child: ChildOrder) -> ParentOrder:
        """With the child as it is now, and without it once it has traded all."""
        children = [child if each.order_id == child.order_id else each for each in self.children]
        return replace(self, children=tuple(each for each in children if each.rest))

    def without(self, order_id: str) -> ParentOrder:
        """Without a child."""
        left = tuple(each for each in self.children if each.order_id != order_id)
        return replace(self, children=left)
