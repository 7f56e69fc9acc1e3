"""What the sink tells whoever watches it."""

from __future__ import annotations

from collections.abc import Iterator

from confluent_kafka import KafkaException

from gateway.store.sink.run import Sink
from schemas import metrics as m
from schemas import names
from schemas.metrics import Reading
from topics.admin import client
from topics.metrics.exposure import Exposure
from topics.settings import Settings

NAME = "store"
ANSWER = 2.0
"""Seconds that the broker has to answer."""


def exposed(sink: Sink, settings: Settings) -> Exposure:
    """Its own, which listens; to be ended."""
    exposure = Exposure(settings, NAME)
    exposure.reads(lambda: readings(sink))
    exposure.checks["store"] = lambda: sink.trouble
    exposure.checks["broker"] = lambda: answering(settings)
    exposure.begin()
    return exposure


def answering(settings: Settings) -> str:
    """ "" where the broker answers; asked by a client of its own, for the sink's is the sink's."""
    try:
        client(settings).list_topics(settings.physical(names.EVENTS), timeout=ANSWER)
    except KafkaException as error:
        return f"the broker does not answer: {error.args[0].str()}"
    return ""


def readings(sink: Sink) -> Iterator[Reading]:
    """As it is now."""
    for topic, lag in sink.lags.items():
        yield Reading(m.STORE_LAG, (topic,), lag)
    yield Reading(m.STORED, (), sink.written)
    yield Reading(m.STORE_FAILURES, (), sink.failures)
