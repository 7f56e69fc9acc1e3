"""The broker and the Redis that a trial stands on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.kafka import Kafka
from infra.local.redis import Redis

Servers = tuple[str, str]
"""Addresses of a broker and of a Redis."""


@contextmanager
def standing(home: Path, running: Servers | None) -> Iterator[Servers]:
    """Those that run; else its own, in the folder, as long as it lasts."""
    if running is not None:
        yield running
        return
    with Kafka(home / "kafka") as kafka, Redis(home / "redis") as redis:
        yield kafka.bootstrap, redis.url
