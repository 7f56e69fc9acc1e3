"""`tapeline bench pipeline`: market data to signal, the whole chain's pace, memory and CPU.

The peer is the same engine between bare librdkafka clients (tests/bench/bare.py), from market.raw
to trading.signals; it runs in turns with ours, on the same broker. A broker that has just started
is slow until its code is compiled, so a first play is not counted.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from infra import recordings
from infra.local.kafka import Kafka
from infra.local.redis import Redis
from tests.bench.chain import percentile
from tests.bench.round import MARKET, WHOLE, Round, Rounds
from topics.recording import read

NAME = "pipeline"
PEER = "bare confluent-kafka"
RATE = 5_000
"""Events a second at which latency is measured."""
HELD = 0.98 * RATE
"""The pace counts as held above this; below it the latencies are not those of the promised pace."""
AT_RATE, AS_FAST = f"at {RATE:,} events/s", "as fast as it goes"

GATHERED = 500
"""ms of one raw record in the profile for throughput (docs/scaling.md)."""

MARGIN = 1.02
"""The player falls a little behind its pace."""

Row = dict[str, Any]
Figure = Callable[[Round], float]


def rows(rounds: int, seconds: float | None) -> Iterator[Row]:
    """One row a case, ours and the peer in turns, medians of the rounds.

    seconds: how much of the recording is played where the pace is given; None for all of it.
    """
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as folder:
        home = Path(folder)
        with Kafka(home / "kafka") as kafka, Redis(home / "redis") as redis:
            plays = Rounds(home, kafka, redis)
            plays.bare(0)
            yield from _fast(plays, rounds)
            yield from _paced(plays, rounds, seconds)


def _fast(plays: Rounds, rounds: int) -> Iterator[Row]:
    """Throughput."""
    both = [(plays.ours(0, MARKET), plays.bare(0)) for _ in range(rounds)]
    ours, bare = [pair[0] for pair in both], [pair[1] for pair in both]
    yield _row("market data to signals, sustained", "events/s", _rate, ours, bare)
    whole = [plays.ours(0) for _ in range(rounds)]
    yield _row("every stage, sustained", "events/s", _rate, whole, level={"over": 10_000})
    yield from _resources(whole, (), AS_FAST)
    gathered = [plays.ours(0, linger=GATHERED) for _ in range(rounds)]
    case = f"every stage, sustained, linger of {GATHERED} ms"
    yield _row(case, "events/s", _rate, gathered, level={"over": 30_000})


def _paced(plays: Rounds, rounds: int, seconds: float | None) -> Iterator[Row]:
    """Latency: ours with every stage at work, the peer with its two alone."""
    speed = speed_of(RATE, seconds)
    both = [(plays.ours(speed, seconds=seconds), plays.bare(speed, seconds)) for _ in range(rounds)]
    ours, bare = [pair[0] for pair in both], [pair[1] for pair in both]
    yield _row("offered on market.raw", "events/s", _offered, ours, bare, {"over": HELD})
    for share, level in ((0.5, None), (0.99, {"at_most": 100.0})):
        case = f"market data to signal {AT_RATE}, p{share * 100:.0f}"
        yield _row(case, "ms", partial(_delay, share), ours, bare, level=level)
    yield from _resources(ours, bare, AT_RATE)


def _resources(ours: Sequence[Round], bare: Sequence[Round], when: str) -> Iterator[Row]:
    """Memory and CPU of each process; those of the peer where it has it too."""
    for name in ours[0].memory:
        peer = [one for one in bare if name in one.memory]
        level = {"at_most": 200.0} if name in WHOLE else None
        yield _row(f"memory of {name}, {when}", "MB", partial(_memory, name), ours, peer, level)
        yield _row(f"CPU of {name}, {when}", "us/event", partial(_cpu, name), ours, peer)


def speed_of(rate: float, seconds: float | None) -> float:
    """Times faster than recorded, so that `rate` frames a second come on average of the play."""
    times = sorted(frame.received_ns for file in recordings.MARKET for frame in read(file))
    count = len(times) if seconds is None else min(len(times), int(rate * seconds))
    return rate / (count / ((times[count - 1] - times[0]) / 1e9)) * MARGIN


def _offered(one: Round) -> float:
    return one.offered


def _rate(one: Round) -> float:
    return one.rate


def _delay(share: float, one: Round) -> float:
    return percentile(one.chain.delays, share)


def _memory(process: str, one: Round) -> float:
    return one.memory[process]


def _cpu(process: str, one: Round) -> float:
    return one.cpu[process] / one.chain.events * 1e6


def _row(
    case: str,
    unit: str,
    figure: Figure,
    ours: Sequence[Round],
    bare: Sequence[Round] = (),
    level: Mapping[str, float] | None = None,
) -> Row:
    mine = median(map(figure, ours))
    peers = {PEER: round(median(map(figure, bare)), 2)} if bare else {}
    row = {
        "bench": NAME,
        "case": case,
        "unit": unit,
        "ours": round(mine, 2),
        "peers": peers,
        "ratio": round(mine / peers[PEER], 3) if peers.get(PEER) else None,
    }
    return row | ({"level": dict(level)} if level else {})
