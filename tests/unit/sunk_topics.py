"""The topics of a small desk as a broker would have them, for the sink; and what is in a store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, select

from gateway.store.sink.places import SUNK, Source, begin
from gateway.store.sink.rows import Keep, Made, made
from gateway.store.sink.taken import TOPICS, Taken
from gateway.store.sink.writing import At, take
from schemas.codec import encode
from schemas.record import Record
from topics import BY_NAME
from topics.partition import partition_of

KEEP = Keep()


@dataclass
class Log:
    """All partitions; firsts: the first offset of each that is still there."""

    rows: dict[At, list[bytes | None]] = field(default_factory=lambda: defaultdict(list))
    firsts: dict[At, int] = field(default_factory=dict)

    def put(self, topic: str, record: Record) -> None:
        """A record onto the partition of its key."""
        at = topic, partition_of(topic, record.key)
        self.rows[at].append(encode(record))

    def of(self, at: At, first: int, count: int) -> list[Taken]:
        """At most `count` records of a partition from an offset on, of those that are there."""
        rows, low = self.rows[at], max(first, self.firsts.get(at, 0))
        some = range(low, min(len(rows), low + count))
        return [Taken(*at, offset, 1_700_000_000_000 + offset, rows[offset]) for offset in some]

    def source(self, cluster: str = "here") -> Source:
        """What the broker tells of it."""
        names = {topic: f"test.{topic}" for topic in TOPICS}
        places = ((topic, n) for topic in TOPICS for n in range(BY_NAME[topic].partitions))
        marks = {at: (self.firsts.get(at, 0), len(self.rows[at])) for at in places}
        return Source(cluster, names, marks)

    def since(self, low: Callable[[At, int], int]) -> Log:
        """The same after retention: of each partition only what comes from an offset on."""
        return Log(self.rows, {at: low(at, len(rows)) for at, rows in self.rows.items()})


def log_of(records: Sequence[tuple[str, Record]]) -> Log:
    """A log of these records in their order, of the sink's topics."""
    log = Log()
    for topic, record in records:
        if topic in TOPICS:
            log.put(topic, record)
    return log


def batches(log: Log, places: dict[At, int], sizes: Iterator[int]) -> Iterator[list[Taken]]:
    """The rest of the log in batches, each from all partitions that have something, in turns."""
    while left := [at for at, rows in sorted(log.rows.items()) if places[at] < len(rows)]:
        batch = []
        for at in left:
            batch += log.of(at, places[at], next(sizes))
        yield batch


def sink(
    store: Engine, log: Log, sizes: Iterator[int],
    making: Callable[[Taken], list[Made]] = lambda taken: made(taken, KEEP),
) -> None:  # fmt: skip
    """Write all of a log into a store, as the process does."""
    source = log.source()
    places = begin(store, source)
    for batch in batches(log, places, sizes):
        if batch:
            places |= take(store, batch, places, source.names, making)


def contents(store: Engine) -> Mapping[str, list[dict[str, Any]]]:
    """All that the sink has written, by table, in an order of its own."""
    found = {}
    with store.connect() as connection:
        for table in SUNK:
            rows = [dict(row._mapping) for row in connection.execute(select(table.__table__))]
            found[str(table.__tablename__)] = sorted(rows, key=repr)
    return found
