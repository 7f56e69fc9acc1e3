"""The peer of the fused worker: one bare hop, each record consumed and produced again.

    python -m tests.bench.hop PREFIX BROKER

The loop of confluent-kafka as a careful person writes it: the linger and the idempotence of our
workers, a flush and a commit every two seconds. It reads market.raw and writes trading.orders.
"""

from __future__ import annotations

import signal
import sys
import time

from confluent_kafka import Consumer, Producer

from schemas import names
from topics.app import FIXED

COMMIT = 2.0
"""Seconds between two commits."""


def main() -> None:
    prefix, broker = sys.argv[1:]
    running = True

    def stop(*_: object) -> None:
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    group = {"group.id": f"{prefix}hop", "enable.auto.commit": False}
    servers = {"bootstrap.servers": broker}
    consumer = Consumer({**servers, **group, "auto.offset.reset": "earliest"})
    linger = {"linger.ms": FIXED["producer_linger"] * 1000, "partitioner": "murmur2_random"}
    producer = Producer({**servers, **linger, "enable.idempotence": True, "acks": "all"})
    consumer.subscribe([prefix + names.RAW])
    committed, taken = time.monotonic(), False
    while running:
        if (first := consumer.poll(0.1)) is not None:
            taken = True
            for message in (first, *consumer.consume(499, 0)):
                producer.produce(prefix + names.ORDERS, message.value(), message.key())
        producer.poll(0)
        if taken and time.monotonic() - committed > COMMIT:
            producer.flush()
            consumer.commit(asynchronous=False)
            committed, taken = time.monotonic(), False
    consumer.close()


if __name__ == "__main__":
    main()
