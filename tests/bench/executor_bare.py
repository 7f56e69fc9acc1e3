"""The peer of the executor's bench: one acknowledged produce, by bare confluent-kafka.

    python -m tests.bench.executor_bare BROKER TOPIC SIZE RATE WARM SECONDS

One record is due at a time: produced, then polled for until its delivery is reported. Prints the
milliseconds of each as a JSON list; those of the first WARM seconds are left out.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from confluent_kafka import Producer


def main(broker: str, topic: str, size: int, rate: float, warm: float, seconds: float) -> None:
    producer = Producer(
        {"bootstrap.servers": broker, "acks": "all", "linger.ms": 0, "socket.nagle.disable": True}
    )
    told: list[Any] = []
    value, waits = b"x" * size, []
    began = time.monotonic()
    for number in range(int(rate * (warm + seconds))):
        time.sleep(max(began + number / rate - time.monotonic(), 0))
        asked = time.monotonic_ns()
        producer.produce(
            topic,
            value,
            b"%x" % number,
            0,
            lambda error, _: told.append((error, time.monotonic_ns())),
        )
        while len(told) <= number:
            producer.poll(1.0)
        error, at = told[number]
        assert error is None, error
        waits.append((at - asked) / 1e6)
    print(json.dumps(waits[int(rate * warm) :]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *map(float, sys.argv[4:]))
