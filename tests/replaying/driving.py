"""A venue's Session over a real socket, with a clock of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from engine.feeds.catalogue import FEEDS
from engine.feeds.session import Closed, Opened, Passed, Received, Session
from engine.feeds.speech import Topic
from engine.spans import SECOND
from infra.recordings import HERE
from infra.replaying.connection import Sent
from infra.replaying.reel import Reel, reels
from infra.replaying.server import Replaying, Running, serve

VENUES = HERE / "venues"


@dataclass
class Client:
    """received: every frame as it came; accepted, refused: what the venue said of topics; ended:
    whether the connection is gone."""

    session: Session
    socket: aiohttp.ClientWebSocketResponse
    now: int = SECOND
    received: list[str | bytes] = field(default_factory=list)
    accepted: list[Topic] = field(default_factory=list)
    refused: list[Topic] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    dead: str = ""
    ended: bool = False

    async def run(self) -> None:
        await self._send(self.session.take(Opened(self.now)).send)
        async for message in self.socket:
            if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                self.received.append(message.data)
                reaction = self.session.take(Received(self.now, message.data))
                self.accepted += reaction.accepted
                self.refused += reaction.refused
                self.reasons += [reaction.reason] if reaction.reason else []
                await self._send(reaction.send)
        self.ended = True
        self.session.take(Closed(self.now))

    async def passes(self, time: int = SECOND) -> None:
        """Let the session's clock go on."""
        self.now += time
        reaction = self.session.take(Passed(self.now))
        self.dead = self.dead or reaction.dead
        await self._send(reaction.send)

    async def _send(self, frames: Sequence[str | bytes]) -> None:
        for frame in frames:
            await (self.socket.send_str(frame) if isinstance(frame, str)
                   else self.socket.send_bytes(frame))  # fmt: skip

    async def settled(self) -> None:
        """Until every topic that was wanted has its answer."""
        for _ in range(2000):
            session = self.session
            if session.open and not session.waiting and not session.asked:
                return
            await asyncio.sleep(0.005)
            if self.session.waiting:
                await self.passes(SECOND // 10)
        raise AssertionError(f"no answer to {self.session.asked}")


def reel_of(venue: str, *files: Path, market: str | None = None) -> Reel:
    (reel,) = reels(venue, files, market)
    return reel


@asynccontextmanager
async def served(replaying: Replaying) -> AsyncIterator[Running]:
    running = await serve(replaying)
    try:
        yield running
    finally:
        await running.close()


@asynccontextmanager
async def client(
    running: Running, reel: Reel, topics: Sequence[Topic], address: str = ""
) -> AsyncIterator[Client]:
    """A session of topics that share an address."""
    speech = FEEDS[reel.feed.name].speech_of(reel.market)
    at = address or speech.address(reel.market, topics[0].kind)
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(running.at(at), max_msg_size=0) as socket,
    ):
        made = Client(Session(speech, tuple(topics)), socket)
        task = asyncio.create_task(made.run())
        try:
            yield made
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(done: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.005)


def recorded(sent: Sequence[Sent]) -> list[int]:
    """Which frames of the recording were sent, in order."""
    return [each.position for each in sent if each.origin == "recorded"]
