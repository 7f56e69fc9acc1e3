"""Clients of Redis for those who cannot wait: the library's own would go on for half a minute."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def impatient(url: str, timeout: float, tries: int = 0, **more: Any) -> Redis:
    """A client to which a Redis that hangs costs `timeout` seconds, once; `tries` times more where
    it is asked again. more: settings of the library.
    """
    return Redis.from_url(
        url, socket_timeout=timeout, socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), tries), **more,
    )  # fmt: skip
