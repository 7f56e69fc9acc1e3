"""Create the topics and check that they are as the map says."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    ClusterMetadata,
    NewTopic,
)

from schemas.errors import TapelineError
from topics import TOPICS
from topics.settings import Settings
from topics.spec import TopicSpec

TIMEOUT = 30.0
QUIET = logging.Logger("topics.admin", logging.CRITICAL)
"""librdkafka's own lines are not for a person's terminal: what failed is raised."""


class TopicError(TapelineError):
    """A topic is missing or is not as the map says."""


@dataclass(frozen=True)
class Found:
    """What the broker has of one topic; partitions is 0 when it is missing."""

    spec: TopicSpec
    name: str
    partitions: int

    @property
    def fault(self) -> str | None:
        """What is wrong with it in words, or None."""
        if self.partitions == 0:
            return f"{self.name} is missing: tapeline topics --create"
        if self.partitions != self.spec.partitions:
            return (
                f"{self.name} has {self.partitions} partitions, not {self.spec.partitions}: "
                "choose another TAPELINE_PREFIX"
            )
        return None


def client(settings: Settings) -> AdminClient:
    """An admin client for the broker of these settings."""
    config: dict[str, str | int | float | bool] = {"bootstrap.servers": address(settings)}
    try:
        return AdminClient({**config, **settings.librdkafka}, logger=QUIET)
    except KafkaException as error:
        raise TopicError(f"settings [kafka]: {error.args[0].str()}: mend tapeline.toml") from error


def address(settings: Settings) -> str:
    """The broker's address; raises TopicError, naming the remedy, where none is known."""
    if not settings.bootstrap:
        raise TopicError(settings.homeless)
    return settings.bootstrap


def metadata(settings: Settings) -> ClusterMetadata:
    """Brokers and topics; raises TopicError naming the remedy when no broker answers."""
    try:
        return client(settings).list_topics(timeout=TIMEOUT)
    except KafkaException as error:
        raise TopicError(
            f"no Kafka broker answers on {settings.bootstrap}: start one with `tapeline up`, "
            "or set BROKER_URL"
        ) from error


def survey(settings: Settings) -> list[Found]:
    """Every topic of the map as the broker has it."""
    there = metadata(settings).topics
    return [
        Found(spec, name, len(there[name].partitions) if name in there else 0)
        for spec in TOPICS
        for name in [settings.physical(spec.name)]
    ]


def check(settings: Settings) -> None:
    """Raise TopicError, in one line, if a topic is missing or has other partitions."""
    faults = [found.fault for found in survey(settings) if found.fault]
    if faults:
        raise TopicError("; ".join(faults))


def create(settings: Settings, specs: Iterable[TopicSpec] = TOPICS) -> list[str]:
    """Create what is missing and give its names, once the broker tells of them; replication 3
    where there are 3 brokers.
    """
    cluster = metadata(settings)
    replication = 3 if len(cluster.brokers) >= 3 else 1
    new = [
        NewTopic(name, spec.partitions, replication, config=spec.config(replication))
        for spec in specs
        if (name := settings.physical(spec.name)) not in cluster.topics
    ]
    if new:
        admin = client(settings)  # it must live until its answers are there
        _wait(admin.create_topics(new, operation_timeout=TIMEOUT))
        _told(admin, {topic.topic for topic in new})
    return [topic.topic for topic in new]


def _told(admin: AdminClient, names: set[str]) -> None:
    """Wait until the broker tells of these topics: it answers a moment before it knows them."""
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until:
        there = admin.list_topics(timeout=TIMEOUT).topics
        if all(name in there and there[name].error is None for name in names):
            return
        time.sleep(0.02)
    raise TopicError(f"the broker does not tell of topics that it has made: {sorted(names)}")


def _wait(futures: Mapping[str, Future[Any]]) -> None:
    for name, future in futures.items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise TopicError(f"{name} could not be created: {error.args[0].str()}") from error
