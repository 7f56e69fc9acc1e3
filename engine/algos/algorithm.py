"""The protocol of an execution algorithm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from engine.algos.commands import Wish
from engine.algos.events import Event
from engine.algos.orders import ParentOrder

S = TypeVar("S")


class Algorithm(Protocol[S]):
    """Decides what a parent order sends; its parameters are its own frozen fields.

    Its state is what it must remember beside the books, which it is given: None for one that needs
    nothing. It is not asked while the order ends, nor once it is over.
    """

    def initial(self, parent: ParentOrder) -> S:
        """The state before the first event."""
        ...

    def step(self, state: S, parent: ParentOrder, event: Event) -> tuple[S, Sequence[Wish]]:
        """What is wished for after an event, of which the parent's books know already. Pure."""
        ...

    def dump(self, state: S) -> Any:
        """The state as JSON values."""
        ...

    def load(self, data: Any) -> S:
        """The state that `dump` gave."""
        ...
