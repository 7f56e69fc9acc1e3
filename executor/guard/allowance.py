"""A rate budget as a guarded venue sees it, and the one that is no budget."""

from __future__ import annotations

from typing import Protocol


class Budget(Protocol):
    """executor.guard.budget: raises VenueError (RATE_LIMIT, unsent) for what cannot be had."""

    async def take(self, call: str, symbol: str, *, lessens: bool = False, times: int = 1) -> None:
        """Wait for what the call costs, `times` over. lessens: it lessens risk, and goes first."""
        ...

    def limited(self, wait: float | None) -> None:
        """The venue has said that it is too much; wait: seconds, None where it did not say."""
        ...

    async def close(self) -> None:
        """Give back what it holds."""
        ...


class Free:
    """No budget: everything goes at once."""

    async def take(self, call: str, symbol: str, *, lessens: bool = False, times: int = 1) -> None:
        """At once."""

    def limited(self, wait: float | None) -> None:
        """Nothing follows."""

    async def close(self) -> None:
        """Nothing is held."""
