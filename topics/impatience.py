"""Clients of Redis for those who cannot wait: the library's own would go on for half a minute."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def impatient(url: str, timeout: float) -> Redis:
    """A client to which a Redis that hangs costs `timeout` seconds, once."""
    return Redis.from_url(
        url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0)
    )
