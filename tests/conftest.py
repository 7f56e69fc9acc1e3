"""Kafka and Redis for the tests that need them: started once, on first use, stopped at the end."""

import os
import signal
import ssl
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from infra.local import settings as local
from infra.local.kafka import Kafka
from infra.local.redis import Redis
from tests.broker.lane import lane, partitions, transport
from tests.pipeline import tapes
from tests.pipeline.run import Run
from tests.recorded import long
from tests.scheduling import order_of, scheduling
from topics.heap import settle

# a busy machine is no fault of an example; 100 of each by `make recorded`
settings.register_profile("tapeline", deadline=None, max_examples=long(100, 40))
settings.load_profile("tapeline")

__all__ = ["lane", "partitions", "transport"]


def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: one more than there are processors, as those with a broker mostly wait."""
    return min(6, (os.cpu_count() or 1) + 1)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """For `-n`, whatever --dist says."""
    return scheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest begins first, in a process of `pytest -n`."""
    if hasattr(config, "workerinput"):
        items.sort(key=order_of)


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


@pytest.fixture(scope="session", autouse=True)
def quick_brokers() -> Iterator[None]:
    """A broker that runs for minutes would spend more on optimising its code than that wins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "JVM", (*local.JVM, local.SHORT))
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_workers() -> Iterator[None]:
    """A record waits longer for others than on a desk that trades, as a request costs the broker
    and the worker the same whatever is in it. `tapeline demo` (test_demo) lingers as a desk does.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAPELINE_FAUST_PRODUCER_LINGER", "0.1")
        yield


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
def tape(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The beginning of the two USD-M recordings, which every run under faults plays."""
    return tapes.tape(tmp_path_factory.mktemp("tape"))


@pytest.fixture(scope="session")
def whole(runs: Callable[[str], Run], tape: list[Path]) -> Run:
    """The tape played as fast as it goes, through every stage, with nothing killed."""
    run = runs("whole")
    run.start()
    run.play(tape)
    run.played()
    run.settle()
    from gateway.watching.metrics import asked  # loads what few tests need

    run.told = asked(run.settings)
    run.stop()
    return run


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a line at once, past the capture: a long test tells how far it is."""

    def line(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", end="", flush=True)

    return line
