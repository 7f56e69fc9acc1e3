"""`tapeline bench gateway`: what people and their programs wait for, beside a bare server.

Streams: 10,000 WebSocket connections of 50 users, each with an update a second: first of a hundred
markets in turns, then all of one market at once (gateway_streams). Requests: 300 a second of those
that a page and a program make; and 50 users who trade at once (gateway_requests).

The peer is FastAPI on uvicorn with the same WebSocket library, which sends the same bytes to the
same clients from the same broker, and knows no users, rights, limits, snapshots, numbers or slow
readers. All is done under the limits that the gateway has by default.
"""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.server.serve import widen
from infra.local.errors import LocalError
from infra.local.kafka import Kafka
from infra.local.redis import Redis
from tests.bench import gateway_requests, gateway_streams
from tests.bench.gateway_house import House
from tests.bench.gateway_news import News
from tests.bench.gateway_rows import NAME, Row

__all__ = ["NAME", "enough", "rows"]

CONNECTIONS = 10_000
SECONDS = 10.0
SPARE = 200
"""Open files that a server needs beside its connections."""


def rows(rounds: int, seconds: float | None, events: int = CONNECTIONS) -> Iterator[Row]:
    """Waits, memory and costs; events: connections, 10,000 if not told."""
    enough(events + SPARE)
    span = seconds or SECONDS
    with house() as home:
        yield from gateway_requests.rows(home, rounds, span)
        yield from gateway_streams.rows(home, rounds, span, events)


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
