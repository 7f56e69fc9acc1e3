"""A broker to read from: the one that runs, else the stopped desk's own, opened for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaException

from gateway.terminal.output import Output
from gateway.terminal.wishes import of_this_home
from topics.admin import TopicError, client
from topics.settings import Settings

PATIENCE = 3.0
"""Seconds a broker may take to say that it is there."""


def answers(settings: Settings) -> bool:
    """True when a broker answers at the address of these settings."""
    if not settings.bootstrap:
        return False
    try:
        return bool(client(settings).list_topics(timeout=PATIENCE).brokers)
    except KafkaException:
        return False


def require(settings: Settings) -> None:
    """Raise TopicError, in one line, when no broker answers."""
    if not settings.bootstrap:
        raise TopicError(settings.homeless)
    if not answers(settings):
        raise TopicError(
            f"no Kafka broker answers on {settings.bootstrap}: start one with `tapeline up`, "
            "or set BROKER_URL"
        )


@contextmanager
def opened(settings: Settings, output: Output) -> Iterator[Settings]:
    """Settings with a broker that answers.

    A desk that was stopped is opened for reading: its Kafka alone runs until the block ends.
    """
    of_this_home(settings, output)
    records = settings.home / "kafka" / "records"
    if answers(settings) or settings.broker_url or not records.exists():
        require(settings)
        yield settings
        return
    from gateway.terminal.downloads import Downloads
    from infra.local.kafka import Kafka

    output.note(f"no desk runs: opening the records of {settings.home} for this command")
    broker = Kafka(settings.home / "kafka")
    try:
        with Downloads(output) as progress:
            broker.start(progress)
        yield settings.model_copy(update={"broker_url": broker.bootstrap})
    finally:
        broker.stop()
