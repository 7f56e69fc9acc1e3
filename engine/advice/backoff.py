"""How long to wait before a call is tried again: exponential, with jitter, as the server asks."""

from __future__ import annotations

LEAST = 0.5
"""Seconds after the first failure, before the jitter."""
MOST = 30.0
"""Seconds that are waited at most, also where a server asks for more: then there is no answer."""


def pause(tried: int, chance: float, asked: float | None = None) -> float | None:
    """Seconds before the next try; None where the server asks for more than MOST.

    tried: calls that have failed, 1 and up. chance: 0 to 1, drawn by who calls ("equal jitter": at
    least half of the time; M. Brooker, Exponential Backoff and Jitter, 2015). asked: what the
    server's Retry-After says, seconds; it is never waited for less.
    """
    if asked is not None and asked > MOST:
        return None
    whole = min(MOST, LEAST * 2.0 ** (tried - 1))
    mine = whole / 2 * (1 + chance)
    return mine if asked is None else min(MOST, max(mine, asked))
