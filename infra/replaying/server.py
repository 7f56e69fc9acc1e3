"""Venues that play recordings, as one aiohttp application on a local port.

A venue's address `wss://HOST/PATH` is found at `ws://127.0.0.1:PORT/HOST/PATH`, and one of REST,
`https://HOST/PATH`, at `http://127.0.0.1:PORT/HOST/PATH`: the host tells the venue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from aiohttp import WSMsgType, web

from engine.feeds.feed import Feed
from infra.replaying.connection import Close, Connection, Noted, Pong
from infra.replaying.conversation import Conversation
from infra.replaying.dialects.table import DIALECTS
from infra.replaying.faults import Fault
from infra.replaying.play import Pace, Play
from infra.replaying.reel import Reel
from infra.replaying.rest import answer
from infra.replaying.tape import Tape

LARGEST = 1 << 20
"""Bytes of a request."""


def host_of(address: str) -> str:
    """The host of an address, without its port."""
    return address.partition("://")[2].partition("/")[0].partition(":")[0]


def hosts(feed: Feed, market: str) -> set[str]:
    """Where a market is found, by sockets and by requests."""
    speech = feed.speech_of(market)
    found = {speech.address(market, kind) for kind in speech.kinds[market]}
    found |= {each for of in (speech.snapshot, speech.trades) if (each := of(market, "X"))}
    return {host_of(address) for address in found}


@dataclass(slots=True)
class Replaying:
    """Markets that are replayed. wait: seconds from the first subscription to the beginning of all
    plays; None: they begin when `begin` is called. times: how often all is played.
    tapes: a folder in which each connection has a file of what was sent on it (NUMBER.tape), and no
    list of it. connections, notes: all there were so far.
    """

    reels: Sequence[Reel]
    pace: Pace = field(default_factory=Pace)
    faults: list[Fault] = field(default_factory=list)
    wait: float | None = None
    times: int = 1
    tapes: Path | None = None
    connections: list[Connection] = field(default_factory=list)
    notes: list[Noted] = field(default_factory=list)
    plays: list[Play] = field(init=False)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.plays = [Play(reel, self.pace, self.faults, self.times) for reel in self.reels]

    def begin(self, wait: float = 0.0) -> None:
        """Begin all plays, once."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(_begun(play, wait)) for play in self.plays]

    @property
    def begun(self) -> bool:
        """Whether the plays have been begun."""
        return bool(self._tasks)

    def joined(self) -> None:
        """Somebody has subscribed."""
        if self.wait is not None:
            self.begin(self.wait)

    async def end(self) -> None:
        """Wait until all is played."""
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Play no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def finish(self) -> None:
        """Play no more, and close all connections in order once all before that is sent."""
        await self.stop()
        for play in self.plays:
            play.rest()
        for connection in self.connections:
            connection.send(Close())

    def found(self, address: str) -> list[Play]:
        """The markets that an address serves."""
        host = host_of(address)
        known = [each for each in self.plays if host in hosts(each.reel.feed, each.reel.market)]
        if not known:
            return []
        market = known[0].reel.feed.market_at(address)
        return [each for each in known if market in (None, each.reel.market)]

    def application(self) -> web.Application:
        """All addresses."""
        app = web.Application(client_max_size=LARGEST)
        app.add_routes([
            web.get("/-/notes", self._told),
            web.post("/-/faults", self._arm),
            web.post("/-/begin", self._begin),
            web.get("/{host}/{path:.*}", self._ask),
            web.get("/{host}", self._ask),
        ])  # fmt: skip
        return app

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        socket = request.headers.get("Upgrade", "").lower() == "websocket"
        address = f"{'wss' if socket else 'https'}:/{request.path_qs}"
        plays = self.found(address)
        if not plays:
            return web.Response(status=404, text=f"no recording of {address}")
        return await self._talk(request, address, plays) if socket else answer(address, plays)

    async def _talk(
        self, request: web.Request, address: str, plays: Sequence[Play]
    ) -> web.WebSocketResponse:
        response = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=LARGEST)
        await response.prepare(request)
        number = len(self.connections)
        connection = Connection(number, address, response, request, self.notes)
        tape = connection.tape = None if self.tapes is None else Tape(self.tapes / f"{number}.tape")
        self.connections.append(connection)
        reel = plays[0].reel
        dialect = DIALECTS[reel.feed.name](reel.market, address)
        conversation = Conversation(connection, dialect, plays, self.joined)
        writing = [asyncio.create_task(each) for each in (connection.write(), conversation.pulse())]
        try:
            conversation.open()
            await _listen(response, conversation, connection)
        finally:
            conversation.end()
            for task in writing:
                task.cancel()
            await asyncio.gather(*writing, return_exceptions=True)
            connection.end = connection.end or "left"
            if tape is not None:
                tape.close()
        return response

    async def _told(self, request: web.Request) -> web.Response:
        return web.json_response([asdict(note) for note in self.notes])

    async def _arm(self, request: web.Request) -> web.Response:
        try:
            found = [Fault.model_validate(each) for each in await request.json()]
        except (ValueError, TypeError) as error:
            return web.Response(status=400, text=str(error))
        self.faults.extend(found)
        return web.json_response({"armed": len(self.faults)})

    async def _begin(self, request: web.Request) -> web.Response:
        self.begin()
        return web.json_response({})


async def _begun(play: Play, wait: float) -> None:
    await asyncio.sleep(wait)
    await play.run()


async def _listen(
    response: web.WebSocketResponse, conversation: Conversation, connection: Connection
) -> None:
    async for message in response:
        if message.type is WSMsgType.PING:
            connection.send(Pong(message.data))
        elif message.type is WSMsgType.TEXT:
            conversation.hear(message.data)


@dataclass(slots=True)
class Running:
    """A server that answers at its port until it is closed."""

    replaying: Replaying
    runner: web.AppRunner
    port: int

    def at(self, address: str) -> str:
        """Where a venue's address is found."""
        scheme, _, rest = address.partition("://")
        return f"{'ws' if scheme == 'wss' else 'http'}://127.0.0.1:{self.port}/{rest}"

    async def close(self) -> None:
        """Answer no more."""
        await self.replaying.stop()
        for connection in self.replaying.connections:
            connection.abort()
        await self.runner.cleanup()


async def serve(replaying: Replaying, host: str = "127.0.0.1", port: int = 0) -> Running:
    """Listen; port 0 takes a free one."""
    runner = web.AppRunner(replaying.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return Running(replaying, runner, runner.addresses[0][1])
