"""The gateway's Redis: its address, its names, and what is said when it is away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from schemas.errors import TapelineError

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
    that a restarted Redis has forgotten; the library's own would go on for half a minute.
    """
    return Redis.from_url(
        url, max_connections=CONNECTIONS, decode_responses=True, socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 1),
    )  # fmt: skip


@contextmanager
def present() -> Iterator[None]:
    """RedisAwayError in place of what the client raises; never a guess, never an open door."""
    try:
        yield
    except (RedisError, OSError):
        raise RedisAwayError from None
