"""`tapeline bench executor`: a live account's executor at the local exchange, in its own process.

own    from the poll thread that has a command's record to its request on its way to the socket, at
       100 orders a second, the journal's acknowledgement included. Peer: one acknowledged produce
       of a record of that size onto the journal's topic, by bare confluent-kafka, at the same time
       (BESIDE a second, so that it disturbs little) and, for comparison, once all is quiet again.
       And the memory of the worker.
whole  from a signal record being handed to its producer to the request of the order that it caused,
       by separate workers and by the hot one (tests.bench.executor_whole).
halt   from a halt's row being read to the last request after it, at 200 orders a second, and what
       is sent after a kill -9 (tests.bench.executor_halt).

Figures are of one play, and medians of the rounds told. Every command must be sent, once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from infra.local.errors import LocalError
from infra.local.kafka import Kafka
from infra.local.redis import Redis
from schemas import names
from tests.bench.chain import percentile
from tests.bench.executor_desk import Commands, LiveRun, Place, venue
from tests.bench.executor_halt import Halted, halted
from tests.bench.executor_stamps import Stamps
from tests.bench.executor_whole import APART, HOTLY, SETTINGS, played
from tests.bench.round import ROOT, stopping

NAME = "executor"
PEER, QUIET = "one acknowledged produce", "one acknowledged produce, with nothing beside"
RATE, BESIDE = 100, 50
SIZE = 2000
"""Bytes of the peer's record: an entry of the journal before its request has about so many."""
SECONDS = 5.0
WARM = 3.0
"""Seconds of orders that are not counted, at the beginning of each play."""
LONG_PLAY = 20.0
"""Seconds of market, at least, in which a strategy changes its mind often enough."""
MEMORY_MB = 200
WHO = ("hot worker", "separate workers")
GOAL_MS = 10.0
HALT_RATE, LATEST_MS = 200, 50.0
SHARES = {"p50": 0.5, "p99": 0.99}

Row = dict[str, Any]


@dataclass(frozen=True)
class Own:
    """One play. ms of each order, whole and the journal's part of it, and of the peer's produces
    meanwhile and afterwards; memory: MB of the worker.
    """

    ours: list[float]
    journal: list[float]
    peer: list[float]
    quiet: list[float]
    memory: float


def rows(rounds: int, seconds: float | None) -> Iterator[Row]:
    """One row a case; `seconds` of each play."""
    length = seconds or SECONDS
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as folder:
        home = Path(folder)
        with (
            Kafka(home / "kafka") as kafka,
            Redis(home / "redis") as redis,
            venue(home / "venue.log") as address,
        ):
            place = Place(home, kafka.bootstrap, redis.url, address)
            own(place, "warm", 1.0)
            yield from _own([own(place, f"own{number}", length) for number in range(rounds)])
            yield from _whole([_signals(place, f"whole{n}", length) for n in range(rounds)])
            yield from _halts([_halt(place, f"halt{number}") for number in range(rounds)])


def own(place: Place, name: str, seconds: float) -> Own:
    """Ours and the peer, then the peer alone."""
    run = place.run(name)
    with stopping(run):
        run.begin(("executor",))
        commands = Commands(run)
        peer = _producing(run, BESIDE, seconds)
        commands.pace(RATE, WARM)
        warm = len(commands.sent)
        commands.pace(RATE, seconds)
        counted = commands.sent[warm:]
        stamps = run.wait(lambda found: set(counted) <= found["wrote"].keys(), "all written")
        process = psutil.Process(run.supervisor.pids()["executor"])
        memory = process.memory_info().rss / 1e6
        beside = _produced(peer)
    return Own(
        between(stamps, "read", "wrote", counted),
        between(stamps, "asked", "durable", counted),
        beside,
        _produced(_producing(run, RATE, seconds)),
        memory,
    )


def between(stamps: Stamps, first: str, last: str, counted: Sequence[str]) -> list[float]:
    """ms from one step to another, of each order."""
    return [(stamps[last][each][0] - stamps[first][each][0]) / 1e6 for each in counted]


def _producing(run: LiveRun, rate: int, seconds: float) -> subprocess.Popen[bytes]:
    """The peer, for as long as a play is."""
    topic = run.settings.physical(names.JOURNAL)  # a worker reads it when it starts
    told = (run.settings.bootstrap, topic, SIZE, rate, WARM, seconds)
    command = [sys.executable, "-m", "tests.bench.executor_bare", *map(str, told)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)


def _produced(peer: subprocess.Popen[bytes]) -> list[float]:
    """What it has measured, ms."""
    out, _ = peer.communicate()
    if peer.returncode:
        raise LocalError(f"the bare producer ended with {peer.returncode}")
    waits: list[float] = json.loads(out)
    return waits


def _own(plays: Sequence[Own]) -> Iterator[Row]:
    case = f"command read to request written, {RATE}/s"
    for name, share in SHARES.items():
        told = ((play.ours, play.journal, play.peer, play.quiet) for play in plays)
        ours, journal, *peers = (
            median(percentile(values, share) for values in each) for each in zip(*told, strict=True)
        )
        others = dict(zip((PEER, QUIET), peers, strict=True))
        level = {"at_most_times": {PEER: 2.0}} if name == "p99" else {}
        yield row(f"{case}, {name}", "ms", ours, others, level)
        yield row(f"{case}: the journal's part, {name}", "ms", journal, others)
    memory = median(play.memory for play in plays)
    yield row("memory of the worker", "MB", memory, level={"at_most": MEMORY_MB})


def _signals(place: Place, name: str, seconds: float) -> tuple[list[float], list[float]]:
    """Through the hot worker, and through a worker a stage."""
    plays = []
    for workers in (HOTLY, APART):
        run = place.run(f"{name}-{len(workers)}", SETTINGS)
        with stopping(run):
            plays.append(played(run, workers, WARM, max(seconds, LONG_PLAY)))
    return plays[0], plays[1]


def _whole(plays: Sequence[tuple[list[float], list[float]]]) -> Iterator[Row]:
    for name, share in SHARES.items():
        for who, delays in zip(
            ("hot worker", "separate workers"), zip(*plays, strict=True), strict=True
        ):
            case = f"signal record to request written, {who}, {name}"
            found = median(percentile(values, share) for values in delays)
            yield row(case, "ms", found, level={"at_most": GOAL_MS})


def _halt(place: Place, name: str) -> Halted:
    run = place.run(name)
    with stopping(run):
        return halted(run, HALT_RATE, WARM, 1.0)


def _halts(plays: Sequence[Halted]) -> Iterator[Row]:
    case = f"a halt at {HALT_RATE} orders/s"
    late = max(play.late for play in plays)
    yield row(f"{case}: its row read to the last request", "ms", late, level={"at_most": LATEST_MS})
    behind = sum(play.behind for play in plays)
    yield row(f"{case}: requests of commands behind it", "requests", behind, level={"at_most": 0})
    given, after = (sum(each) for each in zip(*((x.given, x.after) for x in plays), strict=True))
    told = f"{case}: requests after a kill -9, of {given} commands"
    yield row(told, "requests", after, level={"at_most": 0})


def row(
    case: str,
    unit: str,
    ours: float,
    peers: Mapping[str, float] | None = None,
    level: Mapping[str, Any] | None = None,
) -> Row:
    """ratio is over the first peer."""
    others = {name: round(value, 2) for name, value in (peers or {}).items()}
    ratio = round(ours / next(iter(others.values())), 3) if others else None
    told = {"bench": NAME, "case": case, "unit": unit, "ours": round(ours, 2)}
    return {**told, "peers": others, "ratio": ratio, **({"level": level} if level else {})}
