"""The worker of a live account as it is, with a watch on it:

faust -A tests.bench.executor_probe worker

Stamps (tests.bench.executor_stamps), by client order id: `read`, the poll thread has the command's
record; `asked` and `durable`, the journal of its first entry; `wrote`, its request goes to the
socket. And `halt`, by sequence: the poll thread has a row of control.state that sets a halt.
Each request asks the rate budget in Redis, as at a real venue; there is always enough.
"""

from __future__ import annotations

import asyncio
import importlib
import re
import time
from dataclasses import replace
from functools import partial
from typing import Any

from executor.guard.budget import RateBudget
from executor.guard.limits import limits_of
from executor.live.executor import LiveExecutor
from executor.live.scribe import Producer
from schemas import names
from tests.bench.executor_stamps import stamping
from topics.rdkafka.polling import Poller
from topics.settings import settings

worker: Any = importlib.import_module("executor.live.app")
opening: Any = importlib.import_module("executor.live.opening")
ORDER = re.compile(rb'"client_order_id":"([^"]+)"')
HALT = re.compile(rb'"seq":(\d+).*"setting":"(?:halt|stopped)","value":"true"')
STAMPS = stamping()


class Watched:
    """A producer whose first journal record of each order is timed."""

    def __init__(self, inner: Producer) -> None:
        self._inner = inner
        self._seen: set[str] = set()

    def send(
        self, topic: str, key: str, value: bytes | None, partition: int | None = None
    ) -> asyncio.Future[None]:
        """As the producer's."""
        if topic != names.JOURNAL or key in self._seen:
            return self._inner.send(topic, key, value, partition)
        self._seen.add(key)
        asked = time.monotonic_ns()
        done = self._inner.send(topic, key, value, partition)
        done.add_done_callback(partial(self._durable, key, asked, len(value or b"")))
        return done

    def _durable(self, key: str, asked: int, size: int, _: asyncio.Future[None]) -> None:
        now = time.monotonic_ns()
        STAMPS.stamp("asked", key, asked)
        STAMPS.stamp("durable", key, now)
        STAMPS.stamp("size", key, size)


def wide() -> RateBudget:
    """A budget as a real venue's, asked for in Redis before each request, that is never short."""
    real = limits_of("binance", "perpetual")
    limits = tuple(replace(each, allowed=each.allowed * 10**6) for each in real.limits)
    known = settings()
    return RateBudget(
        known.redis, known.prefix, "binance", known.account, replace(real, limits=limits), untold
    )


def untold(*told: Any) -> None:
    """What the budget has to tell is told by its requests' delays."""


def watched(*args: Any, producer: Producer, **more: Any) -> LiveExecutor:
    """The account's executor, with the watch."""
    wrote = partial(STAMPS.stamp, "wrote")
    more |= {"producer": Watched(producer), "wrote": wrote, "budget": wide()}
    made: LiveExecutor = opened(*args, **more)
    return made


def handed(self: Poller, assignment: Any, records: Any) -> None:
    """As the poller's `_hand_over`; the records were read now."""
    now = time.monotonic_ns()
    for record in records:
        value = record.value() or b""
        if found := ORDER.search(value):
            STAMPS.stamp("read", found[1].decode(), now)
        elif found := HALT.search(value):
            STAMPS.stamp("halt", found[1].decode(), now)
    _handed(self, assignment, records)


_handed = Poller._hand_over
Poller._hand_over = handed  # type: ignore[method-assign]
opened = opening.opened
worker.opened = watched
app = worker.app
