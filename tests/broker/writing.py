"""A producer for tests whose records must come in the order in which they were written."""

from __future__ import annotations

from confluent_kafka import Producer


def in_order(bootstrap: str) -> Producer:
    """Partitions as our topics are; idempotent, else a batch that a busy broker turned away, as it
    does on a topic made just now, is tried again after its successors.
    """
    return Producer({
        "bootstrap.servers": bootstrap,
        "partitioner": "murmur2_random",
        "enable.idempotence": True,
    })  # fmt: skip
