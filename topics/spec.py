"""TopicSpec: all that is known of one topic, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from schemas.record import Record, venue_of

DAY = 86_400_000
"""Milliseconds of a day, Kafka's unit of retention."""

HOUR = DAY // 24


def WHOLE(key: str) -> str:
    """Partition by the whole key."""
    return key


def ACCOUNT(key: str) -> str:
    """Partition by the account part of `account:symbol`: one worker owns an account."""
    return venue_of(key)


@dataclass(frozen=True)
class TopicSpec:
    """A topic: its record, what its key is made of, who writes it, and how Kafka keeps it.

    keep: retention in ms (compacted topics keep the latest of each key for ever).
    largest: bytes of the largest record. by: the part of the key that chooses the partition.
    flush: fsync each record on a single broker (replication does it in a cluster).
    lag: ms for which a compacted topic keeps every record: a stage that crashed reads again what it
    had read, and needs it as it was.
    """

    name: str
    record: type[Record]
    key: str
    writer: str
    partitions: int
    keep: int | None = None
    compacted: bool = False
    largest: int = 1 << 20
    by: Callable[[str], str] = WHOLE
    flush: bool = False
    lag: int = HOUR

    def config(self, replication: int) -> dict[str, str]:
        """Kafka's topic configuration for a cluster with that replication factor."""
        config = {"max.message.bytes": str(self.largest + 4096)}
        if self.compacted:
            config |= {
                "cleanup.policy": "compact",
                "segment.bytes": str(max(self.largest * 2, 16 << 20)),
                "min.cleanable.dirty.ratio": "0.2",
                "min.compaction.lag.ms": str(self.lag),
                "max.compaction.lag.ms": str(DAY),
            }
        else:
            config |= {"cleanup.policy": "delete", "retention.ms": str(self.keep or DAY)}
        if self.flush and replication == 1:
            config["flush.messages"] = "1"
        if replication >= 3:
            config["min.insync.replicas"] = "2"
        return config
