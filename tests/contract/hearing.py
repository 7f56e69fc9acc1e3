"""A reader of a venue's private stream, in tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from executor.venues.venue import Connected, Told, Venue, VenueBalance, VenueFill, VenueOrder

Kind = TypeVar("Kind")
PATIENCE = 15.0


class Ears:
    """All that was told."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def all(self, kind: type[Kind]) -> list[Kind]:
        """Of one kind."""
        return [each for each in self.told if isinstance(each, kind)]

    def states(self, name: str) -> list[str]:
        """Of the order of that name, as they were told."""
        return [each.state for each in self.all(VenueOrder) if each.name == name]

    def money(self, currency: str) -> str:
        """How much there is of it, as it was told last; a great deal before that."""
        told = [each.total for each in self.all(VenueBalance) if each.currency == currency]
        return told[-1] if told else "Infinity"

    def fills(self, number: str) -> list[VenueFill]:
        """Of the order of that number."""
        return [each for each in self.all(VenueFill) if each.number == number]

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await asyncio.sleep(0.01)

    async def filled(self, name: str) -> None:
        """Wait until an order is told as filled."""
        await self.until(lambda: "filled" in self.states(name))

    async def connections(self, number: int) -> None:
        """Wait for so many tellings of Connected."""
        await self.until(lambda: len(self.all(Connected)) >= number)


@asynccontextmanager
async def hearing(venue: Venue) -> AsyncIterator[Ears]:
    """Read the stream meanwhile."""
    ears = Ears()

    async def read() -> None:
        async for each in venue.told():
            ears.told.append(each)

    task = asyncio.create_task(read())
    try:
        yield ears
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled(), task.exception()
