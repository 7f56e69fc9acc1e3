"""The four hops of `tapeline bench latency`: their topics, and what one hop does to a record."""

from __future__ import annotations

import os

import orjson

HOPS = 4
COMMIT = 1.0
"""Seconds between two commits of what is on the broker."""


def topics(name: str) -> list[str]:
    """The topics of a chain: HOPS + 1 of them."""
    return [f"{name}-{n}" for n in range(HOPS + 1)]


def hop(value: bytes) -> bytes:
    """One hop's work: decode, count, encode."""
    told = orjson.loads(value)
    told["hops"] += 1
    return orjson.dumps(told)


def chain() -> list[str]:
    """The topics of the chain that this process is for."""
    return topics(os.environ["BENCH_CHAIN"])
