"""One WebSocket connection kept open: what a Wire (engine.feeds.wire) decides, done on a socket."""

from __future__ import annotations

import asyncio
import random
import time
from base64 import b64encode
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Protocol

import aiohttp
from aiohttp import WSMsgType

from schemas.raw import Encoding, ReceivedFrame, Source
from topics.fetching import Fetching, Unfetched

OPENING = 10.0
"""Seconds that an opening may take."""
LOOK = 0.2
"""Seconds between two looks at the time."""
GOODBYE = aiohttp.ClientWSTimeout(ws_close=0.5)
"""Seconds that a venue has to answer a close; a dead one does not."""

Publish = Callable[[str, ReceivedFrame, str], None]
"""Takes a key, a frame of it, and the address that it came from."""
Tell = Callable[[bool, str, "Wire", str], None]
"""Whether it is a trouble, the kind of event, the connection and the words."""


class Errand(Protocol):
    """A request of REST (engine.feeds.wire)."""

    @property
    def key(self) -> str: ...
    @property
    def url(self) -> str: ...


class Doing(Protocol):
    """What is to be done (engine.feeds.wire)."""

    @property
    def send(self) -> tuple[str | bytes, ...]: ...
    @property
    def fetch(self) -> Sequence[Any]: ...
    @property
    def probe(self) -> bool: ...
    @property
    def refused(self) -> Sequence[Any]: ...
    @property
    def reason(self) -> str: ...
    @property
    def dead(self) -> str: ...
    @property
    def marks(self) -> Sequence[tuple[str, ReceivedFrame]]: ...


class Counts(Protocol):
    """What a connection has done."""

    def facts(self) -> dict[str, str]: ...


class Wire(Protocol):
    """A connection without a socket (engine.feeds.wire)."""

    name: str
    address: str
    requests: float

    @property
    def counts(self) -> Counts: ...
    @property
    def plan(self) -> Any: ...
    @property
    def keys(self) -> tuple[str, ...]: ...
    def marks(self, now: int, reason: str) -> list[tuple[str, ReceivedFrame]]: ...
    def keyed(self, frame: ReceivedFrame) -> tuple[str, ReceivedFrame]: ...
    def opened(self, now: int) -> Doing: ...
    def heard(self, now: int, key: str, content: str | bytes) -> Doing: ...
    def stirred(self, now: int) -> Doing: ...
    def passed(self, now: int) -> Doing: ...
    def closed(self, now: int, reason: str) -> list[tuple[str, ReceivedFrame]]: ...
    def delay(self, share: float) -> float: ...
    def answered(self, now: int, errand: Any, content: str) -> Doing: ...
    def failed(self, now: int, errand: Any) -> None: ...


class Ended(Exception):
    """The connection is of no use any more; says why."""


class Keeper:
    """Keeps one connection open, and publishes what comes on it.

    turn: waits until another opening is allowed. now: ns, for the wire; it never goes back.
    """

    def __init__(
        self, wire: Wire, client: aiohttp.ClientSession, fetching: Fetching,
        turn: Callable[[], Coroutine[Any, Any, None]], publish: Publish, tell: Tell,
    ) -> None:  # fmt: skip
        self.wire, self._client, self._fetching = wire, client, fetching
        self._turn, self._publish, self._tell = turn, publish, tell
        self._base = time.time_ns() - time.monotonic_ns()
        self._errands: set[asyncio.Task[None]] = set()

    def now(self) -> int:
        """Wall time as it was at the start, and monotonic since."""
        return self._base + time.monotonic_ns()

    async def run(self) -> None:
        """Open, listen, and open again after a pause, for ever."""
        while True:
            await self._turn()
            reason = await self._once()
            marks = self.wire.closed(self.now(), reason)
            self._mark(marks)
            delay = self.wire.delay(random.random())
            told = f"{self.wire.name}: {reason}; again in {delay:.1f} s"
            self._tell(True, "cut" if marks else "unopened", self.wire, told)
            await asyncio.sleep(delay)

    async def _once(self) -> str:
        """One connection from its opening to its end; gives the reason of the end."""
        try:
            async with asyncio.timeout(OPENING):
                socket = await self._client.ws_connect(
                    self.wire.address, autoping=False, max_msg_size=0, timeout=GOODBYE
                )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return f"{type(error).__name__}: {error}"
        try:
            await self._talk(socket)
        except Ended as end:
            return str(end)
        except (aiohttp.ClientError, OSError) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            await self._hang_up(socket)
        return "it ended"

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Listen and look at the time until one of the two says that it is over."""
        await self._do(socket, self.wire.opened(self.now()))
        self._tell(False, "opened", self.wire, f"{self.wire.name} is open")
        tasks = [asyncio.create_task(each) for each in (self._listen(socket), self._look(socket))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        wire = self.wire
        while True:
            message = await socket.receive()
            received = time.time_ns()
            if message.type is WSMsgType.TEXT:
                frame = ReceivedFrame(received, Source.WS, "stream", message.data)
            elif message.type is WSMsgType.BINARY:
                text, encoding = b64encode(message.data).decode(), "base64"
                frame = ReceivedFrame(received, Source.WS, "stream", text, _encoding(encoding))
            elif message.type in (WSMsgType.PING, WSMsgType.PONG):
                if message.type is WSMsgType.PING:
                    await socket.pong(message.data)
                await self._do(socket, wire.stirred(self.now()))
                continue
            else:
                raise Ended(_end(message, socket.close_code))
            key, kept = wire.keyed(frame)
            self._publish(key, kept, wire.address)
            await self._do(socket, wire.heard(self.now(), key, message.data))

    async def _look(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await asyncio.sleep(LOOK)
            await self._do(socket, self.wire.passed(self.now()))

    async def _do(self, socket: aiohttp.ClientWebSocketResponse, doing: Doing) -> None:
        """Send, fetch and tell; raises Ended if the connection is dead."""
        self._mark(doing.marks)
        for text in doing.send:
            await (socket.send_str(text) if isinstance(text, str) else socket.send_bytes(text))
        if doing.probe:
            await socket.ping()
        for errand in doing.fetch:
            task = asyncio.create_task(self._fetch(errand))
            self._errands.add(task)
            task.add_done_callback(self._errands.discard)
        if doing.refused:
            names = ", ".join(f"{topic.kind.value} {topic.name}" for topic in doing.refused)
            self._tell(True, "refused", self.wire, f"{self.wire.name}: {names}: {doing.reason}")
        if doing.dead:
            raise Ended(doing.dead)

    async def _fetch(self, errand: Errand) -> None:
        try:
            text = await self._fetching.get(errand.url)
        except Unfetched as error:
            self.wire.failed(self.now(), errand)
            told = f"{self.wire.name}: {errand.url}: {error}"
            self._tell(True, "unfetched", self.wire, told)
            return
        channel = errand.url.split("/", 3)[-1]
        frame = ReceivedFrame(time.time_ns(), Source.REST, channel, text)
        self._publish(errand.key, frame, errand.url)
        self._mark(self.wire.answered(self.now(), errand, text).marks)

    def _mark(self, marks: Sequence[tuple[str, ReceivedFrame]]) -> None:
        received = time.time_ns()
        for key, frame in marks:
            self._publish(key, frame._replace(received_ns=received), self.wire.address)

    async def _hang_up(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Close, and drop the errands of this connection: the next one asks for its own."""
        for task in list(self._errands):
            task.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        with suppress(aiohttp.ClientError, OSError, TimeoutError):
            await socket.close()


def _encoding(name: str) -> Encoding:
    return "base64" if name == "base64" else "text"


def _end(message: aiohttp.WSMessage, code: int | None) -> str:
    """Why no more messages come."""
    if message.type is WSMsgType.ERROR:
        return f"{type(message.data).__name__}: {message.data}"
    said = f": {message.extra}" if message.extra else ""
    return f"the venue closed it with {code}{said}"
