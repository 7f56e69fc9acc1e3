"""One play of the recorded market: through our workers, or through the bare chain."""

from __future__ import annotations

import contextlib
import itertools
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer

from gateway.watching.follower import Follower
from infra.local.desk import STAGES
from infra.local.errors import LocalError
from infra.local.kafka import Kafka
from infra.local.process import Child
from infra.local.redis import Redis
from schemas import names
from tests.bench.chain import Chain, chain, ended
from tests.bench.usage import Usage
from tests.pipeline.run import USDM, Run
from topics.reading import ends, reader

ROOT = Path(__file__).resolve().parents[2]
WHOLE = tuple(STAGES)
MARKET = ("ticks", "signals")
"""The stages that the bare chain has too."""

QUIET = 3.0
"""Seconds without a new record on the last topic after which a play has passed."""

START = 90.0
"""Seconds within which every worker must have started."""


@dataclass(frozen=True)
class Round:
    """What one play has measured. took: s from the first raw record to the last of the last topic;
    cpu: s by process; memory: MB by process.
    """

    chain: Chain
    took: float
    cpu: Mapping[str, float]
    memory: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Events a second, from the first raw record to the last record of the last stage."""
        return self.chain.events / self.took

    @property
    def offered(self) -> float:
        """Events a second that market.raw was given."""
        return self.chain.events / (self.chain.offered / 1000)


class Rounds:
    """Plays on one broker, each with topics of its own."""

    def __init__(self, home: Path, kafka: Kafka, redis: Redis) -> None:
        self._home, self._kafka, self._redis = home, kafka, redis
        self._numbers = itertools.count(1)

    def ours(
        self,
        speed: float,
        stages: Sequence[str] = WHOLE,
        seconds: float | None = None,
        linger: int | None = None,
    ) -> Round:
        """One play through our workers; linger: ms of one raw record, None for that of a desk."""
        run = self._run()
        with stopping(run):
            run.start(stages, TAPELINE_SNAPSHOT_INTERVAL="2")  # as a desk does
            started(run, stages)
            pids = {**run.supervisor.pids(), "broker": self._kafka.pid, "redis": self._redis.pid}
            last = names.PORTFOLIO if "portfolio" in stages else names.SIGNALS
            return self._play(run, pids, speed, seconds, last, linger)

    def bare(self, speed: float, seconds: float | None = None) -> Round:
        """One play through the bare chain."""
        run = self._run()
        with stopping(run), _bare(run) as pids:
            time.sleep(QUIET)
            pids = {**pids, "broker": self._kafka.pid}
            return self._play(run, pids, speed, seconds, last=names.SIGNALS)

    def _run(self) -> Run:
        name = f"bench{next(self._numbers)}"
        home = self._home / name
        home.mkdir()
        return Run(home, name, self._kafka.bootstrap, self._redis.url)

    def _play(
        self,
        run: Run,
        pids: Mapping[str, int],
        speed: float,
        seconds: float | None,
        last: str,
        linger: int | None = None,
    ) -> Round:
        framing = {} if linger is None else {"TAPELINE_LINGER": str(linger)}
        run.play(USDM, speed, **framing)
        assert run.player is not None
        with Usage({**pids, "raw": run.player.pid}) as usage:
            if seconds is None:
                run.played()
            else:
                run.turn(seconds)
                run.player.stop()
            _passed(run, last)
        told = chain(run.settings)
        took = (ended(run.settings, last) - told.began) / 1000
        return Round(told, took, usage.cpu, usage.memory)


def started(run: Run, workers: Sequence[str]) -> None:
    """Wait until these workers say that they have started; LocalError if they do not."""
    missing, until = set(workers), time.monotonic() + START
    with Follower(run.settings, [names.EVENTS], None) as follower:
        while missing:
            for _, message in follower.poll(0.1):
                missing.discard(bytes(message.key() or b"").decode())
            run.supervisor.poll()
            if time.monotonic() > until:
                raise LocalError(f"{sorted(missing)} do not start:\n{run.logs()}")
    run.turn(1.0)


@contextlib.contextmanager
def stopping(run: Run) -> Iterator[None]:
    """End what the run has started."""
    try:
        yield
    finally:
        run.stop()


@contextlib.contextmanager
def _bare(run: Run) -> Iterator[dict[str, int]]:
    """The bare chain's processes by stage."""
    settings = run.settings
    children = {
        name: Child(
            (sys.executable, "-m", "tests.bench.bare", name, settings.prefix, settings.bootstrap),
            settings.home / "logs" / f"bare-{name}.log",
            cwd=ROOT,
        )
        for name in MARKET
    }
    try:
        for child in children.values():
            child.start()
        yield {name: child.pid for name, child in children.items()}
    finally:
        for child in children.values():
            child.stop()


def _passed(run: Run, topic: str) -> None:
    """Wait until nothing has come onto the topic for QUIET s."""
    consumer, name = reader(run.settings), run.settings.physical(topic)
    at, since = -1, time.monotonic()
    try:
        while time.monotonic() - since < QUIET:
            if (now := _end(consumer, name)) != at:
                at, since = now, time.monotonic()
            run.turn(0.2)
    finally:
        consumer.close()


def _end(consumer: Consumer, name: str) -> int:
    return sum(end for _, end in ends(consumer, name).values())
