"""Reads are made again where that can help; sends never are."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from executor.guard.breaker import CircuitOpen
from executor.guard.consequences import CONSEQUENCES
from executor.venues.venue import Category, VenueError

T = TypeVar("T")

RETRIES = 3
BASE, LONGEST = 0.2, 2.0
"""Seconds of the first pause at most, and of any."""
LIMITED = 1.0
"""Seconds of the first pause at most after a rate limit that does not tell how long."""
PATIENCE = 30.0
"""Seconds that a venue may ask us to wait; where it asks for more, its error is given at once."""


async def read(
    call: Callable[[], Awaitable[T]],
    *,
    retries: int = RETRIES,
    patience: float = PATIENCE,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    chance: Callable[[], float] = random.random,
) -> T:
    """What `call` gives, made again up to `retries` times after errors whose category allows it.

    `chance` gives numbers in [0, 1). Raises the last VenueError; any other error at once.
    """
    for tried in range(retries):
        try:
            return await call()
        except CircuitOpen:
            raise
        except VenueError as error:
            pause = pause_after(error, tried, chance())
            if not CONSEQUENCES[error.category].retried or pause > patience:
                raise
        await sleep(pause)
    return await call()


def pause_after(error: VenueError, tried: int, chance: float) -> float:
    """Seconds before a read is made again: as long as the venue says, else a share of an interval
    that doubles ("full jitter": M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog,
    2015).
    """
    limited = error.category is Category.RATE_LIMIT
    told = error.wait or 0.0 if limited else 0.0
    base = (0.0 if told else LIMITED) if limited else BASE
    longest = LIMITED * 2**RETRIES if limited else LONGEST
    return told + chance * min(longest, base * 2.0**tried)
