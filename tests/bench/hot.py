"""`tapeline bench hot`: from a raw frame to the order record and the order command it gives.

One frame a record at 1,000 a second, through the fused worker, in turns with a bare hop: a
confluent-kafka loop that consumes market.raw and produces each record again, on the same broker,
with the same linger and idempotence, timed by the same client. The stages as separate workers are
timed too, and both of a strategy that follows what people select: its orders leave behind their
decisions (topics.behind). A broker that has just started is slow until its code is compiled: a
first play of each is not counted, nor are the first seconds of any.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from infra.local.desk import FUSED, HOT
from infra.local.kafka import Kafka
from infra.local.process import Child
from infra.local.redis import Redis
from tests.bench.chain import percentile
from tests.bench.round import ROOT, started, stopping
from tests.bench.trader import Delays, Trader
from tests.pipeline.run import Run

NAME = "hot"
HOP, SEPARATE = "bare hop", "separate workers"
RATE = 1_000
"""Frames a second."""
HELD = 0.98 * RATE
SECONDS = 20.0
WARM = 4.0
"""Seconds at the beginning of a play that are not counted."""
FIRST = 8.0
"""Seconds of the plays before the first round."""
LEVELS = {0.5: 1.5, 0.99: 2.0}
"""How many times the bare hop's delay ours may be, by share of records."""

SETTINGS = """\
[risk]
minimum_strength = 0
minimum_confidence = 0
maximum_position_notional = 100000
storm_orders = 1000000

[risk.strategies.often]
trailing = true

[strategies.often]
markets = ["binance:BTC/USDT:USDT", "binance:ETH/USDT:USDT"]
stop_percent = 0.05
target_percent = 1

[strategies.often.advisors.flow]
measure = "book_imbalance_1"
every = true
span = 1
enter = 0.05
leave = 0.01
"""
"""A strategy that changes its mind all the time, and no limit on how often it may."""

FOLLOWING = (
    SETTINGS
    + """
[strategies.often.advisors.champion]
kind = "model"
model = "hourly"
version = "shipped"
follow = "champion"
any_interval = true
weight = 0
"""
)
"""The same, which also reads control.state."""

Row = dict[str, Any]
Plays = Sequence[Delays]


def rows(rounds: int, seconds: float | None) -> Iterator[Row]:
    """One row a case, ours and the peers in turns, medians of the rounds.

    seconds: how long each play takes.
    """
    length = (seconds or SECONDS) + WARM
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as folder:
        played = _played(Path(folder), rounds, length)
    ours, hop, separate, following, apart = ([each[n] for each in played] for n in range(5))
    yield _offered(ours, hop, separate)
    for case, pick in (("record", _records), ("command", _commands)):
        for share, level in LEVELS.items():
            yield _row(f"raw frame to order {case}", share, level, pick, (ours, hop, separate))
    for share in LEVELS:
        case = "raw frame to order command, following a selection"
        yield _row(case, share, None, _commands, (following, hop, apart))
    yield {**_blank("order commands a play", "commands"), "ours": _typical(_count, ours)}


def _played(home: Path, rounds: int, length: float) -> list[tuple[Delays, ...]]:
    """Ours, the bare hop's and the separate workers' plays, round by round; then ours and the
    separate workers' that follow a selection.
    """
    with Kafka(home / "kafka") as kafka, Redis(home / "redis") as redis:
        bench = Bench(home, kafka, redis)
        for play in (bench.hop, bench.hot):
            play(FIRST)
        return [
            (
                bench.hot(length), bench.hop(length), bench.separate(length),
                bench.hot(length, FOLLOWING), bench.separate(length, FOLLOWING),
            )
            for _ in range(rounds)
        ]  # fmt: skip


class Bench:
    """Plays on one broker, each with topics of its own."""

    def __init__(self, home: Path, kafka: Kafka, redis: Redis) -> None:
        self._home, self._kafka, self._redis = home, kafka, redis
        self._numbers = itertools.count(1)

    def hot(self, seconds: float, settings: str = SETTINGS) -> Delays:
        """Through the fused worker."""
        return self._ours((HOT,), seconds, settings)

    def separate(self, seconds: float, settings: str = SETTINGS) -> Delays:
        """Through a worker a stage."""
        return self._ours(FUSED, seconds, settings)

    def _ours(self, workers: Sequence[str], seconds: float, settings: str) -> Delays:
        run = self._run(settings)
        with stopping(run):
            run.start(workers, TAPELINE_SNAPSHOT_INTERVAL="2")  # as a desk does
            started(run, workers)
            return _play(run, seconds)

    def hop(self, seconds: float) -> Delays:
        """Through the bare hop."""
        run = self._run()
        command = (sys.executable, "-m", "tests.bench.hop", run.settings.prefix)
        log = run.settings.home / "logs" / "hop.log"
        child = Child((*command, self._kafka.bootstrap), log, cwd=ROOT)
        child.start()
        try:
            run.turn(5.0)  # it joins its group
            return _play(run, seconds)
        finally:
            child.stop()

    def _run(self, settings: str = SETTINGS) -> Run:
        name = f"hot{next(self._numbers)}"
        home = self._home / name
        home.mkdir()
        (home / "tapeline.toml").write_text(settings)
        return Run(home, name, self._kafka.bootstrap, self._redis.url)


def _play(run: Run, seconds: float) -> Delays:
    trader = Trader(run.settings, RATE, WARM)
    trader.prepare()
    return trader.play(seconds)


def _records(play: Delays) -> list[float]:
    return play.records


def _commands(play: Delays) -> list[float]:
    """Of the peer, which has none, every record's."""
    return play.commands or play.records


def _count(play: Delays) -> float:
    return len(play.commands)


def _typical(figure: Callable[[Delays], float], plays: Plays) -> float:
    return round(median(map(figure, plays)), 2)


def _offered(*played: Plays) -> Row:
    ours, hop, separate = (_typical(lambda play: play.offered, each) for each in played)
    return {
        **_blank(f"offered, of {RATE:,}", "frames/s"),
        "ours": ours,
        "peers": {HOP: hop, SEPARATE: separate},
        "ratio": round(ours / hop, 3),
        "level": {"over": HELD},
    }


def _row(
    case: str,
    share: float,
    level: float | None,
    pick: Callable[[Delays], list[float]],
    played: tuple[Plays, Plays, Plays],
) -> Row:
    """ratio is over the bare hop, and so is the level, where there is one."""
    ours, hop, separate = (
        _typical(lambda play: percentile(pick(play), share), each) for each in played
    )
    return {
        **_blank(f"{case}, p{share * 100:.0f}", "ms"),
        "ours": ours,
        "peers": {HOP: hop, SEPARATE: separate},
        "ratio": round(ours / hop, 3),
        **({} if level is None else {"level": {"at_most": round(level * hop, 2)}}),
    }


def _blank(case: str, unit: str) -> Mapping[str, Any]:
    return {"bench": NAME, "case": case, "unit": unit, "peers": {}, "ratio": None}
