"""What the process knows of now: the hub, the thread that feeds it, the streams that hear it."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import orjson
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from gateway.api.services import Services
from gateway.live import watch
from gateway.live.heap import Heap
from gateway.live.hub import Hub
from gateway.live.source import Source
from gateway.live.wire import framed
from schemas.errors import TapelineError
from topics.admin import client
from topics.settings import Settings

if TYPE_CHECKING:
    from gateway.live.stream import Stream

LOOK = 2.0
"""Seconds between two looks at whether the broker is there, and that it may take to say so."""

TURN = 0.5
"""Seconds between two looks at whose heartbeat is due."""


class Live:
    """Of the desk of `settings`. kept: deltas of a feed. broker: whether it answered last. open:
    how many streams each user has open.

    conflated, slow: of streams that have ended, frames that newer ones replaced, and how many ended
    for reading too slowly.
    """

    def __init__(self, settings: Settings, kept: int) -> None:
        self._settings = settings
        self.hub = Hub(secrets.token_hex(8), kept)
        self.streams: dict[Stream, None] = {}
        self.open: Counter[str] = Counter()
        self.broker = False
        self.conflated = self.slow = 0
        self._heap = Heap()
        self._watched: tuple[str, AdminClient | None] = ("", None)
        self.source = Source(settings, self.hub.take, self.anew)

    def begun(self, stream: Stream, user: str) -> None:
        """A user's stream is open."""
        self.streams[stream] = None
        self.open[user] += 1
        self._heap.begun += 1

    def ended(self, stream: Stream, user: str) -> None:
        """It no longer is."""
        del self.streams[stream]
        self.open[user] -= 1
        self._heap.ended += 1
        if not self.open[user]:
            del self.open[user]

    def anew(self) -> None:
        """Another broker is read: what was told of the one before is no longer so."""
        if self.hub.feeds:
            self.hub = Hub(secrets.token_hex(8), self.hub.kept)
            self.source.take = self.hub.take
            for stream in list(self.streams):
                stream.end(4410, "the desk is another one: subscribe again")

    def heard(self, there: bool) -> None:
        """The broker answers, or no longer: every stream is told when that changes."""
        if there == self.broker:
            return
        self.broker = there
        for stream in list(self.streams):
            stream.outbox.put(self.desk(), ("desk",))

    def desk(self) -> bytes:
        """The frame that says how the desk is."""
        return framed(orjson.dumps({"type": "desk", "broker": self.broker}))

    async def probe(self) -> str:
        """Of /v1/ready."""
        return "" if self.broker else "the broker does not answer"

    async def watch(self) -> None:
        """Look at the broker, for ever."""
        while True:
            self.heard(await asyncio.to_thread(self._answers))
            await asyncio.sleep(LOOK)

    def _answers(self) -> bool:
        address = self._settings.bootstrap
        if not address:
            return False
        kept, admin = self._watched
        try:
            if admin is None or kept != address:
                admin = client(self._settings)
                self._watched = (address, admin)
            return bool(admin.list_topics(timeout=LOOK).brokers)
        except (KafkaException, TapelineError):
            return False

    async def beat(self) -> None:
        """Let each stream's heart beat when it is due, and look whether its owner may still read,
        for ever.
        """
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TURN)
            now = loop.time()
            due = [each for each in self.streams if each.due <= now]
            for stream in due:
                stream.beat(now)
            await watch.over(due)
            self._heap.turn(len(self.streams))


@asynccontextmanager
async def living(services: Services) -> AsyncIterator[None]:
    """The part of the gateway: opened and closed with it."""
    live = Live(services.settings, services.options.kept)
    services.live = live
    services.probes["broker"] = live.probe
    live.source.start()
    tasks = [asyncio.create_task(each) for each in (live.watch(), live.beat())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for stream in list(live.streams):
            stream.end(1001, "the gateway ends")
        await live.source.stop()
