"""The peer: one stage of the engine between a librdkafka consumer and producer, and nothing else.

    python -m tests.bench.bare STAGE PREFIX BROKER

At-least-once as a careful person writes it by hand: batches in, idempotent produces out, a flush
and a commit every two seconds. No snapshots, no restart that is exact, no dead letters.
"""

from __future__ import annotations

import signal
import sys
import time
from typing import Any

from confluent_kafka import Consumer, Message, Producer

from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell, Stage
from engine.ticks import TicksStage
from schemas.codec import decode, encode
from topics import BY_NAME
from topics.partition import partition_of

STAGES: dict[str, Stage[Any]] = {
    "ticks": TicksStage(),
    "signals": SignalsStage(SignalSettings()),
}
COMMIT = 2.0
"""Seconds between two commits."""


class Bare:
    """One stage's loop."""

    def __init__(self, stage: Stage[Any], prefix: str, broker: str) -> None:
        self.stage, self.prefix = stage, prefix
        self.cells: dict[str, Cell[Any]] = {}
        self.consumer = Consumer(
            {
                "bootstrap.servers": broker,
                "group.id": f"{prefix}bare-{stage.name}",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 100,
            }
        )
        self.producer = Producer(
            {"bootstrap.servers": broker, "enable.idempotence": True, "linger.ms": 2}
        )
        self.model = BY_NAME[stage.main].record
        self.committed = time.monotonic()
        self.running = True

    def run(self) -> None:
        """Take batches until SIGTERM."""
        self.consumer.subscribe([self.prefix + self.stage.main])
        while self.running:
            first = self.consumer.poll(0.1)
            if first is not None:
                for message in (first, *self.consumer.consume(499, 0)):
                    self.take(message)
            self.producer.poll(0)
            if time.monotonic() - self.committed > COMMIT:
                self.commit()
        self.consumer.close()

    def take(self, message: Message) -> None:
        """One record in, what the engine makes of it out."""
        record = decode(self.model, bytes(message.value() or b""))
        cell = self.cells.get(record.key)
        if cell is None:
            cell = self.cells[record.key] = Cell.fresh(self.stage, record.key)
        for made in cell.take(self.stage.main, record):
            self.producer.produce(
                self.prefix + made.topic,
                encode(made.record),
                made.key,
                partition_of(made.topic, made.key),
            )

    def commit(self) -> None:
        """Commit what is done, after it is on the broker."""
        self.committed = time.monotonic()
        self.producer.flush()
        if self.cells:
            self.consumer.commit(asynchronous=False)

    def stop(self, *_: object) -> None:
        """End after this turn."""
        self.running = False


def main() -> None:
    name, prefix, broker = sys.argv[1:]
    bare = Bare(STAGES[name], prefix, broker)
    signal.signal(signal.SIGTERM, bare.stop)
    bare.run()


if __name__ == "__main__":
    main()
