"""What the broker says of our topics before we read them; and patience while it is away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType
from faust.types import TP

from topics.rdkafka import failure

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds that a broker may be unreachable at the start or during an assignment."""
WARN_EVERY = 5.0

log = logging.getLogger("topics.rdkafka")


class Closing(Exception):
    """The worker stops: nobody waits for the answer any more."""


@dataclass(frozen=True)
class Survey:
    """The partitions of our topics, and which of the topics are compacted."""

    partitions: Mapping[str, int]
    compacted: frozenset[str]

    def all_of(self, topics: frozenset[str]) -> frozenset[TP]:
        """Every partition of `topics`."""
        return frozenset(TP(t, p) for t in topics for p in range(self.partitions[t]))


def patiently(ask: Callable[[], T], what: str, servers: str, closing: threading.Event) -> T:
    """Call `ask` until the broker answers; blocks. Dies after PATIENCE, warns until then."""
    started = warned = time.monotonic()
    while not closing.is_set():
        try:
            return ask()
        except ck.KafkaException as error:
            now = time.monotonic()
            if now - started > PATIENCE:
                failure.die(f"broker {servers} did not give {what} in {PATIENCE:.0f} s: {error}")
            if now - warned >= WARN_EVERY or warned == started:
                log.warning("broker %s does not answer (%s): %s; trying on", servers, what, error)
                warned = now
            closing.wait(0.5)
    raise Closing


def survey(client: ck.Consumer, topics: frozenset[str], admin: Mapping[str, Any]) -> Survey:
    """Ask for partitions and cleanup policy of `topics`; a missing one ends the process (78)."""
    known = client.list_topics(timeout=3.0).topics
    missing = sorted(topics - known.keys())
    if missing:
        failure.die(
            f"missing topics on {admin['bootstrap.servers']}: {', '.join(missing)}; "
            "create them with `tapeline topics --create`",
            failure.CONFIGURATION,
        )
    partitions = {topic: len(known[topic].partitions) for topic in topics}
    return Survey(partitions, compacted(topics, admin))


def compacted(topics: frozenset[str], admin: Mapping[str, Any]) -> frozenset[str]:
    """Those of `topics` in which gaps are normal; none of them if we may not ask."""
    resources = [ConfigResource(ResourceType.TOPIC, topic) for topic in sorted(topics)]
    if not resources:
        return frozenset()
    client = AdminClient(dict(admin))  # named: it must outlive the answers
    answers = client.describe_configs(resources, request_timeout=5.0)
    found = set()
    for resource, answer in answers.items():
        try:
            if "compact" in (answer.result()["cleanup.policy"].value or ""):
                found.add(resource.name)
        except ck.KafkaException as error:
            log.warning("cleanup.policy of %s is unknown: %s", resource.name, error)
    return frozenset(found)
