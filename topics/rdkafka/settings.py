"""librdkafka's properties from Faust's settings; what the attachment gives overrides them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from topics.rdkafka.errors import on_error

BATCH = 500
"""Records that one poll takes at most, unless broker_max_poll_records says otherwise."""
LARGEST_RECORD = 16 * 1024 * 1024
MESSAGE_TIMEOUT_MS = 180_000
"""A record may wait this long for an absent broker before its delivery counts as failed."""


class Conf(Protocol):
    """The part of faust's Settings that is used here."""

    id: str
    broker_client_id: str
    broker_session_timeout: float
    broker_heartbeat_interval: float
    broker_max_poll_interval: float
    broker_max_poll_records: int | None
    consumer_group_instance_id: str | None
    consumer_max_fetch_size: int
    producer_linger: float
    producer_max_batch_size: int
    producer_compression_type: str | None
    stream_buffer_maxsize: int


def batch_size(conf: Conf) -> int:
    """Most records of one batch."""
    return conf.broker_max_poll_records or BATCH


def shared(servers: str, client_id: str) -> dict[str, Any]:
    """Properties of every client."""
    return {
        "bootstrap.servers": servers,
        "client.id": client_id,
        "error_cb": on_error,
        "socket.nagle.disable": True,
        "reconnect.backoff.ms": 500,
        "reconnect.backoff.max.ms": 2000,
    }


def consumer(conf: Conf, servers: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Properties of the consumer: it never commits and never resets an offset by itself."""
    instance = conf.consumer_group_instance_id
    return {
        **shared(servers, conf.broker_client_id),
        "group.id": conf.id,
        **({"group.instance.id": instance} if instance else {}),
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "allow.auto.create.topics": False,
        "partition.assignment.strategy": "range",
        "session.timeout.ms": int(conf.broker_session_timeout * 1000),
        "heartbeat.interval.ms": int(conf.broker_heartbeat_interval * 1000),
        "max.poll.interval.ms": int((conf.broker_max_poll_interval or 300) * 1000),
        "fetch.wait.max.ms": 100,
        "fetch.queue.backoff.ms": 5,
        "fetch.message.max.bytes": conf.consumer_max_fetch_size,
        **extra,
    }


def producer(conf: Conf, servers: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Properties of the producer: idempotent, acknowledged by all, partitioned as Java does."""
    return {
        **shared(servers, conf.broker_client_id),
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",
        "linger.ms": conf.producer_linger * 1000,
        "batch.size": max(conf.producer_max_batch_size, 262_144),
        "compression.type": conf.producer_compression_type or "none",
        "message.max.bytes": LARGEST_RECORD,
        "message.timeout.ms": MESSAGE_TIMEOUT_MS,
        "queue.buffering.max.messages": 500_000,
        **extra,
    }


def admin(servers: str, client_id: str, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Properties of an admin client: of the consumer's own settings only those of security."""
    prefixes = ("security.", "sasl.", "ssl.", "enable.ssl", "oauth_cb")
    safe = {name: value for name, value in extra.items() if name.startswith(prefixes)}
    return {**shared(servers, client_id), **safe}
