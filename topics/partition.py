"""Which partition a key is on."""

from __future__ import annotations

from functools import lru_cache

from aiokafka.partitioner import murmur2

from topics import BY_NAME


@lru_cache(maxsize=65536)
def partition_of(topic: str, key: str) -> int:
    """The partition of a logical topic for a key, as Java's default partitioner chooses it."""
    spec = BY_NAME[topic]
    return int(murmur2(spec.by(key).encode()) & 0x7FFFFFFF) % spec.partitions
