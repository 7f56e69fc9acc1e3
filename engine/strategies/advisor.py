"""What every advisor is: an opinion on one signal, from the signal and the advisor's own state."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from schemas.decisions import Vote
from schemas.signals import Signal

S = TypeVar("S")


class Advisor(Protocol[S]):
    """Gives one vote a signal. Pure: no clock, network or chance; a state of its own a market.

    `advise` may change `state` in place, as `Stage.step` may, and must be deterministic.
    """

    name: str

    def initial(self) -> S:
        """The state before the first signal."""
        ...

    def advise(self, state: S, signal: Signal) -> Vote:
        """The vote on a signal; HOLD where there is nothing to say."""
        ...

    def dump(self, state: S) -> Any:
        """The state as JSON values."""
        ...

    def load(self, data: Any) -> S:
        """The state that `dump` gave."""
        ...
