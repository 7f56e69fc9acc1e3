"""The peer of `tapeline bench latency`: a thread a hop, with bare librdkafka clients."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, Message, Producer

from tests.bench.hops import COMMIT, chain, hop


def failed(error: KafkaError | None, _record: Message) -> None:
    """Nothing may be committed any more."""
    if error is not None:
        sys.exit(f"a delivery has failed: {error}")


def run(source: str, target: str, stopped: threading.Event) -> None:
    """One hop, until stopped: poll, produce, and now and then flush and commit."""
    broker = {"bootstrap.servers": os.environ["BENCH_BROKER"], "socket.nagle.disable": True}
    consumer = Consumer(
        {
            **broker,
            "group.id": source,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.queue.backoff.ms": 5,
        }
    )
    producer = Producer(
        {
            **broker,
            "linger.ms": 0,
            "enable.idempotence": True,
            "acks": "all",
            "partitioner": "murmur2_random",
            "on_delivery": failed,
        }
    )
    consumer.subscribe([source])
    due, dirty = time.monotonic() + COMMIT, False
    while not stopped.is_set():
        record = consumer.poll(0.1)
        if record is not None and not record.error():
            dirty = True
            producer.produce(target, hop(record.value() or b""), record.key())
        producer.poll(0)
        if dirty and time.monotonic() > due:
            producer.flush()
            consumer.commit(asynchronous=False)
            due, dirty = time.monotonic() + COMMIT, False
    producer.flush()
    consumer.close()


def main() -> None:
    """All hops, until SIGTERM."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    pairs = zip(chain(), chain()[1:], strict=False)
    threads = [threading.Thread(target=run, args=(*pair, stopped)) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
