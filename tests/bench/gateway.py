"""`tapeline bench gateway`: what people's programs wait for, beside a bare server of its kind.

Streams: 10,000 WebSocket connections of 50 users, each with an update a second: first of a hundred
markets in turns, then all of one market at once. An update is due at a time, whatever became of
those before it; from then until its reader has it passes Kafka, the gateway and the sockets.

The peer is FastAPI on uvicorn with the same WebSocket library, which sends the same bytes to the
same readers from the same broker, and knows no users, rights, snapshots, numbers or slow readers.
"""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from gateway.serve import widen
from infra.local.errors import LocalError
from infra.local.kafka import Kafka
from infra.local.redis import Redis
from tests.bench.gateway_bare import TOPIC
from tests.bench.gateway_house import House, Server, talking
from tests.bench.gateway_news import News, market

NAME = "gateway"
CONNECTIONS = 10_000
MARKETS = 100
SECONDS = 10.0
WARMING = 3.0
OPENED = 300.0
"""Connections that are opened a second: an address may ask 500 things a second."""
SPARE = 200
"""Open files that a server needs beside its connections."""
SLOWEST_MS, LARGEST_MB = 250.0, 2000.0

Row = dict[str, Any]


@dataclass(frozen=True)
class Play:
    """What one server did. heard: as the readers tell it, with `cost` in us of an update."""

    spread: Row
    burst: Row
    memory: float


def rows(rounds: int, seconds: float | None, events: int = CONNECTIONS) -> Iterator[Row]:
    """Latencies, memory and costs of the streams; events: connections, 10,000 if not told."""
    enough(events + SPARE)
    span = seconds or SECONDS
    with house() as home:
        plays = [
            (play(home, True, events, span), play(home, False, events, span)) for _ in range(rounds)
        ]
    yield from _streams(plays, events)


def enough(files: int) -> None:
    """As many open files as may be; LocalError where a process may not have so many."""
    widen()
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < files:
        raise LocalError(
            f"a process may have {most:,} files open and {files:,} are needed: raise the limit "
            f"(ulimit -Hn {files}), or measure fewer connections with --events"
        )


@contextmanager
def house() -> Iterator[House]:
    """A broker and a Redis of its own, and all that the small desk has told on their topics."""
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as folder:
        home = Path(folder)
        with Kafka(home / "kafka") as kafka, Redis(home / "redis") as redis:
            made = House(home, kafka, redis)
            News(made.settings).desk()
            yield made


def play(home: House, ours: bool, connections: int, seconds: float) -> Play:
    """All connections to one server, first spread over the markets, then all on one."""
    with (
        home.gateway() if ours else home.bare({}) as server,
        talking("tests.bench.gateway_reader") as readers,
    ):
        told = readers.ask(
            "open", port=server.port, tokens=server.tokens, connections=connections, rate=OPENED
        )
        if told["opened"] < connections:
            raise LocalError(f"of {connections} connections {told['opened']} are open: {told}")
        news = News(home.settings, "" if ours else TOPIC)
        markets = [market(number) for number in range(MARKETS)]
        spread = _heard(server, readers, news, markets, seconds)
        burst = _heard(server, readers, news, [market(MARKETS)], seconds)
        return Play(spread, burst, server.memory)


def _heard(server: Server, readers: Any, news: News, markets: list[str], seconds: float) -> Row:
    readers.ask("follow", keys=markets)
    news.pace(markets, WARMING)
    before = server.worked
    since = news.pace(markets, seconds)
    told: Row = readers.ask("heard", last=dict(news.last), since=since)
    if told["lost"] or not told["updates"]:
        raise LocalError(f"{told['updates']} updates came; connections lost: {told['lost']}")
    return {**told, "cost": 1e6 * (server.worked - before) / told["updates"]}


def _streams(plays: list[tuple[Play, Play]], connections: int) -> Iterator[Row]:
    case = f"{connections:,} streams, an update each a second"
    for place, name in (("spread", f"of {MARKETS} markets"), ("burst", "of one market")):
        found = [(getattr(ours, place), getattr(bare, place)) for ours, bare in plays]
        for what, level in (("p50", {}), ("p99", {"at_most": SLOWEST_MS}), ("longest", {})):
            told = _medians(found, what)
            yield row(f"{case}, {name}: due to received, {what}", "ms", *told, level)
        costs = _medians(found, "cost")
        yield row(f"{case}, {name}: processor time of an update", "us", *costs)
        missed = sum(ours["missed"] for ours, _ in found)
        yield row(f"{case}, {name}: missed or out of order", "1", missed, None, {"at_most": 0})
    ours, bare = (max(each.memory for each in side) for side in zip(*plays, strict=True))
    yield row(f"{case}: memory of the server", "MB", ours, bare, {"at_most": LARGEST_MB})


def _medians(found: list[tuple[Row, Row]], what: str) -> tuple[float, float]:
    """Ours and the peer's."""
    return median(ours[what] for ours, _ in found), median(bare[what] for _, bare in found)


def row(
    case: str, unit: str, ours: float, bare: float | None = None,
    level: dict[str, float] | None = None,
) -> Row:  # fmt: skip
    """One row, with the bare server beside it where it was measured."""
    peers = {} if bare is None else {"bare FastAPI and uvicorn": round(bare, 3)}
    told = {"bench": NAME, "case": case, "unit": unit, "ours": round(ours, 3), "peers": peers}
    ratio = round(ours / bare, 3) if bare else None
    return {**told, "ratio": ratio, **({"level": level} if level else {})}
