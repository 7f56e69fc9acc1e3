"""The peer of `tapeline bench transport`: a consume-and-produce loop on confluent-kafka alone.

At-least-once as a careful person writes it: batches in, idempotent produces out with acks=all, and
a commit only after a flush. Failed deliveries are the only ones reported: the cheapest way to
know of them.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from confluent_kafka import Consumer, KafkaError, Message, Producer

from tests.bench.trades import columns, normalise

COMMIT = float(os.environ["BENCH_COMMIT"])
BATCH = 500


def failed(error: KafkaError | None, _record: Message) -> None:
    """Nothing may be committed any more."""
    if error is not None:
        sys.exit(f"a delivery has failed: {error}")


class Loop:
    """One consumer and one producer."""

    def __init__(self) -> None:
        broker = {"bootstrap.servers": os.environ["BENCH_BROKER"]}
        self.consumer = Consumer(
            {
                **broker,
                "group.id": os.environ["BENCH_GROUP"],
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )
        self.producer = Producer(
            {
                **broker,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": float(os.environ["BENCH_LINGER"]) * 1000,
                "partitioner": "murmur2_random",
                "queue.buffering.max.messages": 500_000,
                "delivery.report.only.error": True,
                "on_delivery": failed,
            }
        )
        self.running, self.dirty = True, False

    def stop(self, *_: object) -> None:
        """End after this turn."""
        self.running = False

    def run(self) -> None:
        """Take batches until SIGTERM."""
        work = {"normalise": normalise, "columns": columns}[os.environ["BENCH_WORK"]]
        produce, target = self.producer.produce, os.environ["BENCH_TARGET"]
        self.consumer.subscribe([os.environ["BENCH_SOURCE"]])
        due = time.monotonic() + COMMIT
        while self.running:
            for record in self.consumer.consume(BATCH, 0.05):
                if record.error():  # of a moment: librdkafka tries on
                    continue
                self.dirty = True
                produce(target, work(record.value() or b""), record.key())
            self.producer.poll(0)
            if time.monotonic() > due:
                self.commit()
                due = time.monotonic() + COMMIT
        self.commit()
        self.consumer.close()

    def commit(self) -> None:
        """Commit what is on the broker."""
        self.producer.flush()
        if self.dirty:
            self.consumer.commit(asynchronous=False)
        self.dirty = False


def main() -> None:
    """Run until SIGTERM."""
    loop = Loop()
    signal.signal(signal.SIGTERM, loop.stop)
    loop.run()


if __name__ == "__main__":
    main()
