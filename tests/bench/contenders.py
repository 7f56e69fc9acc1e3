"""The programs that `tapeline bench transport` runs against each other, and one run of one."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.desk import faust_worker
from infra.local.errors import LocalError
from infra.local.process import Child
from tests.bench.lane import Lanes, Output
from topics.app import FIXED

ROOT = Path(__file__).resolve().parents[2]
COMMIT = 1.0
"""Seconds between two commits, of every contender."""
FAUST = faust_worker("tests.bench.work_faust")


Watch = Callable[[list[int], str], None]
"""Told of the workers' process numbers and of their output topic, once they are started."""


@dataclass(frozen=True)
class Contender:
    """A program that reads one topic and writes another until SIGTERM.

    broker: the form of its broker's address. work: a function of tests.bench.trades.
    """

    name: str
    command: tuple[str, ...]
    work: str = "normalise"
    broker: str = "{}"
    env: Mapping[str, str] = field(default_factory=dict)


def faust(name: str, style: str, work: str = "normalise", scheme: str = "rdkafka") -> Contender:
    """A Faust worker; style: batches or events; scheme: the transport."""
    env = {"BENCH_STYLE": style, "FAUST_LOOP": "uvloop"}
    return Contender(name, FAUST, work, scheme + "://{}", env)


BARE = Contender("bare confluent-kafka", (sys.executable, "-m", "tests.bench.work_bare"))
STOCK = faust("stock Faust", "events", scheme="aiokafka")


def quixstreams(python: Path) -> Contender:
    """quixstreams, run by the interpreter that has it."""
    return Contender("quixstreams", (str(python), "-m", "tests.bench.work_quix"))


def unwatched(_pids: list[int], _target: str) -> None:
    """Nobody looks at the run."""


class Ring:
    """Runs contenders on one broker, each on a group and an output topic of its own."""

    def __init__(self, home: Path, lanes: Lanes) -> None:
        self._home, self._lanes = home, lanes
        self._numbers = itertools.count(1)

    def run(
        self,
        one: Contender,
        source: str,
        count: int,
        partitions: int,
        workers: int = 1,
        watch: Watch = unwatched,
    ) -> Output:
        """What `workers` processes of it make of the `count` records of `source`."""
        with self._running(one, source, count, partitions, workers, watch) as target:
            pass
        told = self._lanes.output(target)
        self._lanes.delete(target)
        return told

    def count(self, one: Contender, source: str, count: int, partitions: int, watch: Watch) -> int:
        """Records that one process has made once they are `count`; `watch` is told of it."""
        with self._running(one, source, count, partitions, 1, watch) as target:
            return self._lanes.end(target)

    @contextmanager
    def _running(
        self,
        one: Contender,
        source: str,
        count: int,
        partitions: int,
        workers: int,
        watch: Watch,
    ) -> Iterator[str]:
        """The output topic, once it has `count` records; then the workers are stopped in order."""
        number = next(self._numbers)
        target = self._lanes.create(f"out{number}", partitions)
        children = [self._child(one, number, n, source, target) for n in range(workers)]
        try:
            for child in children:
                child.start()
            watch([child.pid for child in children], target)
            self._lanes.wait(target, count, lambda: all(child.running for child in children))
        except LocalError as error:
            raise LocalError(f"{one.name}: {error}", children[0].tail()) from error
        finally:
            for child in children:
                child.stop()
        yield target

    def _child(self, one: Contender, number: int, worker: int, source: str, target: str) -> Child:
        name = f"{number}-{worker}"
        env = {
            "BENCH_BROKER": one.broker.format(self._lanes.bootstrap),
            "BENCH_GROUP": f"bench-{number}",
            "BENCH_DATA": str(self._home / f"faust-{name}"),
            "BENCH_SOURCE": source,
            "BENCH_TARGET": target,
            "BENCH_WORK": one.work,
            "BENCH_COMMIT": str(COMMIT),
            "BENCH_LINGER": str(FIXED["producer_linger"]),
        }
        log = self._home / "logs" / f"{name}.log"
        return Child(one.command, log, env=env | dict(one.env), cwd=ROOT)
