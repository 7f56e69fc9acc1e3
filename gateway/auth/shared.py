"""The gateway's Redis: its address, its names, and what is said when it is away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

from schemas.errors import TapelineError
from topics.impatience import impatient

PATIENCE = 2.0
"""Seconds that Redis may take to answer."""
CONNECTIONS = 1000
"""Open at most: requests at once. The library's own 100 are fewer than come in half a second, and
one more is refused as if Redis were away; its pool in which they wait doubles a request's p99.
"""


class RedisAwayError(TapelineError):
    """Redis does not answer: who signs in, who is signed in and what is too much are not known."""

    def __init__(self) -> None:
        super().__init__("Redis does not answer, so nobody can be let in: is it up? (REDIS_URL)")


def connected(url: str) -> Redis:
    """A client that waits no longer than PATIENCE, and asks a second time only over a connection
    that a restarted Redis has forgotten.
    """
    return impatient(url, PATIENCE, 1, decode_responses=True, max_connections=CONNECTIONS)


@contextmanager
def present() -> Iterator[None]:
    """RedisAwayError in place of what the client raises; never a guess, never an open door."""
    try:
        yield
    except (RedisError, OSError):
        raise RedisAwayError from None
