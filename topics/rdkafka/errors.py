"""What an error of librdkafka means for us: goes by, or ends the process."""

from __future__ import annotations

import logging

from confluent_kafka import KafkaError

from topics.rdkafka import failure

PASSING = frozenset({
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._RESOLVE,
    KafkaError._TIMED_OUT,
    KafkaError._TIMED_OUT_QUEUE,
    KafkaError._WAIT_COORD,
    KafkaError._MAX_POLL_EXCEEDED,  # the loss of the assignment that follows is what counts
    KafkaError._NO_OFFSET,
    KafkaError._INTR,
})  # fmt: skip
"""Of the network or of a moment; librdkafka tries on by itself."""

NOT_OWNER = frozenset({
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError._ASSIGNMENT_LOST,
    KafkaError._STATE,
})  # fmt: skip
"""Answers to a commit that comes too late: the records will be read again by their owner."""

log = logging.getLogger("topics.rdkafka")


def passes(error: KafkaError) -> bool:
    """Whether librdkafka gets over `error` without our help."""
    return not error.fatal() and (error.retriable() or error.code() in PASSING)


def on_error(error: KafkaError) -> None:
    """librdkafka's error callback: a client with a fatal error is dead, and only this says so."""
    if error.fatal():
        failure.die(f"a Kafka client has failed for good: {error}")
    log.warning("broker: %s", error)


def judge(error: KafkaError) -> None:
    """Log an error that goes by; die of any other."""
    if passes(error):
        log.warning("broker: %s", error)
        return
    if error.code() == KafkaError._AUTO_OFFSET_RESET:
        failure.die(f"retention was faster than this worker, records are lost: {error}")
    failure.die(f"the broker refused: {error}")
