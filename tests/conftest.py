"""Kafka and Redis for the tests that need them: started once, on first use, stopped at the end."""

from collections.abc import Iterator

import pytest

from infra.local.kafka import Kafka
from infra.local.redis import Redis


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker of our own, whatever BROKER_URL says: tests create and kill at will."""
    with Kafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
def bootstrap(kafka: Kafka) -> str:
    """The address of `kafka`, `127.0.0.1:PORT`."""
    return kafka.bootstrap


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis of our own, `redis://127.0.0.1:PORT/0`."""
    with Redis(tmp_path_factory.mktemp("redis")) as server:
        yield server.url
