"""Kafka and Redis for the tests that need them: started once, on first use, stopped at the end."""

import signal
import ssl
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from infra.local.kafka import Kafka
from infra.local.redis import Redis
from tests.broker.lane import lane, partitions, transport
from tests.pipeline.run import Run
from topics.heap import settle

settings.register_profile("tapeline", deadline=None)  # a busy machine is no fault of an example
settings.load_profile("tapeline")

__all__ = ["lane", "partitions", "transport"]

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it


@pytest.fixture(scope="session", autouse=True)
def quick_collector() -> None:
    """All that is imported stays: it is not looked through again and again."""
    settle()


@pytest.fixture(scope="session", autouse=True)
def quick_clients() -> None:
    """A client of ccxt would wait 250 ms at its end for connections with TLS, which ours are not,
    and read the machine's certificates.
    """
    if (ccxt := sys.modules.get("ccxt.async_support.base.exchange")) is not None:
        ccxt.Exchange.timeout_on_exit = 0
        ccxt.Exchange.ssl_context = ssl.create_default_context()


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


@pytest.fixture(scope="session")
def runs(
    bootstrap: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Run]]:
    """Make a run of the desk of that name; all are stopped at the end of the session."""
    made: list[Run] = []

    def start(name: str) -> Run:
        made.append(Run(tmp_path_factory.mktemp(name), name, bootstrap, redis_url))
        return made[-1]

    yield start
    for run in made:
        run.stop()


@pytest.fixture(scope="session")
def whole(runs: Callable[[str], Run]) -> Run:
    """The two USD-M recordings played whole, as fast as it goes, through every stage."""
    run = runs("whole")
    run.start()
    run.play()
    run.played()
    run.settle()
    run.stop()
    return run


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a line at once, past the capture: a long test tells how far it is."""

    def line(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", end="", flush=True)

    return line
