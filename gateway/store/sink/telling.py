"""What the sink tells whoever watches it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from gateway.store.sink.run import Sink
from schemas import metrics as m
from schemas import names
from schemas.metrics import Reading
from topics.admin import client
from topics.metrics.broker import Asked
from topics.metrics.exposure import Exposure
from topics.settings import Settings

NAME = "store"


def exposed(sink: Sink, settings: Settings) -> Exposure:
    """Its own, which listens; to be ended."""
    exposure = Exposure(settings, NAME)
    exposure.reads(lambda: readings(sink))
    exposure.checks["store"] = lambda: sink.trouble
    own = cache(lambda: client(settings))  # the sink's consumer is the sink's alone
    exposure.checks["broker"] = Asked(own, settings.physical(names.EVENTS))
    exposure.begin()
    return exposure


def readings(sink: Sink) -> Iterator[Reading]:
    """As it is now."""
    for topic, lag in sink.lags.items():
        yield Reading(m.STORE_LAG, (topic,), lag)
    yield Reading(m.STORED, (), sink.written)
    yield Reading(m.STORE_FAILURES, (), sink.failures)
