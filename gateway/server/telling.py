"""What the gateway tells whoever watches it: on a port of its own, never by the API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.services import Probe, Services
from gateway.live.live import Live
from schemas import metrics as m
from schemas.metrics import Reading
from topics.metrics.exposure import Exposure
from topics.metrics.tally import Tally

NAME = "gateway"
PATIENCE = 3.0
"""Seconds that a part may take to say how it is."""


@asynccontextmanager
async def telling(services: Services) -> AsyncIterator[None]:
    """The part of the gateway; the last one, for it asks the others."""
    exposure, loop = Exposure(services.settings, NAME), asyncio.get_running_loop()
    exposure.tallies.append(services.tally)
    exposure.reads(lambda: readings(services.live))
    for name, probe in services.probes.items():
        exposure.checks[name] = _asked(probe, loop)
    exposure.begin(loop)
    try:
        yield
    finally:
        await asyncio.to_thread(exposure.end)


def _asked(probe: Probe, loop: asyncio.AbstractEventLoop) -> Callable[[], str]:
    async def ask() -> str:
        async with asyncio.timeout(PATIENCE):
            return await probe()

    return lambda: asyncio.run_coroutine_threadsafe(ask(), loop).result(2 * PATIENCE)


def readings(live: Live) -> Iterator[Reading]:
    """Of the streams, as they are now."""
    boxes = [stream.outbox for stream in list(live.streams)]
    yield Reading(m.STREAMS, (), len(boxes))
    yield Reading(m.WAITING, (), sum(map(len, boxes)))
    yield Reading(m.CONFLATED, (), live.conflated + sum(box.conflated for box in boxes))
    yield Reading(m.SLOW_ENDS, (), live.slow)
    if live.source.read is not None:
        yield Reading(m.FOLLOWED, (), time.monotonic() - live.source.read)


class Counted:
    """Counts requests by route and status, and how long their answers took to begin."""

    def __init__(self, app: ASGIApp, tally: Tally) -> None:
        self._app, self._tally = app, tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; streams are counted as such."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                method, status = method_of(scope), str(message["status"])
                self._tally.count(m.REQUESTS, method, route_of(scope), status)
                self._tally.took(m.REQUEST_TIME, time.perf_counter() - began, method)
            await send(message)

        await self._app(scope, receive, noted)


PREFIX = "/v1"


def route_of(scope: Scope) -> str:
    """The route's path with its parameters unfilled, "" where there is none."""
    path = str(getattr(scope.get("route"), "path", ""))
    below = path and scope["path"].startswith(PREFIX) and not path.startswith(PREFIX)
    return f"{PREFIX}{path}" if below else path


METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def method_of(scope: Scope) -> str:
    """One of those that there are: a label is nothing that a stranger may choose."""
    method = str(scope["method"])
    return method if method in METHODS else "other"
