"""One WebSocket: what it has subscribed to, what waits for it, and why it ends."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from gateway.api.problems import Problem
from gateway.api.services import Services
from gateway.auth.guard import principal_of
from gateway.auth.rights import Principal
from gateway.live.channels import CHANNELS
from gateway.live.hub import Place
from gateway.live.live import Live
from gateway.live.outbox import Outbox
from schemas.errors import TapelineError

BAD, SLOW, SIGNED_OUT, LATER = 4400, 4408, 4401, 1013
"""Codes with which a stream is closed: senseless messages, too slow, signed out, come again."""

PARDONED = 20
"""Messages that make no sense before the stream is closed."""

OFTEN, AT_ONCE = 20.0, 500
"""Messages a second of one reader, and at once after a pause: each may ask for a whole snapshot."""

FAREWELL = 5.0
"""Seconds for the last words."""


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Subscribe(_Said):
    """epoch and after: of the last frame that was had of it, to go on from there."""

    type: Literal["subscribe"]
    channel: str = Field(max_length=32)
    key: str = Field(max_length=200)
    epoch: str = Field("", max_length=64)
    after: int | None = Field(None, ge=0, lt=2**53)


class Unsubscribe(_Said):
    """No more of it."""

    type: Literal["unsubscribe"]
    channel: str = Field(max_length=32)
    key: str = Field(max_length=200)


class Ping(_Said):
    """Are you there?"""

    type: Literal["ping"]


SAID: TypeAdapter[Subscribe | Unsubscribe | Ping] = TypeAdapter(
    Annotated[Subscribe | Unsubscribe | Ping, Field(discriminator="type")]
)


class Stream:
    """Of one reader. due: when its heart beats next, of the loop's time."""

    def __init__(self, socket: WebSocket, principal: Principal, services: Services) -> None:
        self._socket, self._principal, self._options = socket, principal, services.options
        self._live: Live = services.live
        self._wake = asyncio.Event()
        self._ended = asyncio.Event()
        self.outbox = Outbox(self._options.waiting, self._woken)
        self._places: dict[Place, None] = {}
        self._since: float | None = None
        self._why = (1000, "")
        self._pardoned = 0
        self._heard = 0.0
        self._checking: asyncio.Task[None] | None = None
        self.due = asyncio.get_running_loop().time() + self._options.heartbeat

    async def run(self) -> None:
        """Until the reader goes, or has to."""
        self.outbox.put(self._live.desk(), ("desk",))
        self._live.streams[self] = None
        tasks = [asyncio.create_task(each) for each in (self._read(), self._write())]
        ended = asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait([*tasks, ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._live.streams[self]
            self._live.conflated += self.outbox.conflated
            for place in self._places:
                self._live.hub.unsubscribe(place, self.outbox)
            for task in (*tasks, ended, *filter(None, [self._checking])):
                task.cancel()
            await self._close()

    async def _close(self) -> None:
        if self._socket.client_state is WebSocketState.DISCONNECTED:
            return
        try:
            async with asyncio.timeout(FAREWELL):
                await self._socket.close(*self._why)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            return  # it is gone, or reads nothing any more

    def end(self, code: int, why: str) -> None:
        """Close it with a reason, whatever it is doing."""
        if not self._ended.is_set():
            self._why = (code, why)
            self._live.slow += code == SLOW
            self._ended.set()

    def _woken(self) -> None:
        if self.outbox.full:
            self.end(SLOW, "too slow: subscribe to less, or read faster")
        self._wake.set()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            for frame in self.outbox.drain():
                self._since = loop.time()
                await self._socket.send({"type": "websocket.send", "text": frame})
                self._since = None

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] != "websocket.receive" or self._too_often():
                return
            try:
                self._hear(SAID.validate_json(message.get("text") or message.get("bytes") or b""))
            except ValidationError:
                self._refuse("invalid", "a message is subscribe, unsubscribe or ping: see the docs")

    def _too_often(self) -> bool:
        """Whether more was said than may be; then it ends (the rule of gateway.auth.limits)."""
        now = asyncio.get_running_loop().time()
        self._heard = max(self._heard, now) + 1 / OFTEN
        if self._heard - now <= AT_ONCE / OFTEN:
            return False
        self.end(BAD, f"more than {OFTEN:.0f} messages a second")
        return True

    def _hear(self, said: Subscribe | Unsubscribe | Ping) -> None:
        if isinstance(said, Ping):
            self.outbox.put('{"type":"pong"}', ("pong",))
        elif isinstance(said, Unsubscribe):
            self._places.pop((said.channel, said.key), None)
            self._live.hub.unsubscribe((said.channel, said.key), self.outbox)
        elif why := self._forbidden(said):
            self._refuse(*why, said)
        else:
            place = (said.channel, said.key)
            self._places[place] = None
            after = None if said.after is None else (said.epoch, said.after)
            self._live.hub.subscribe(place, self.outbox, after)

    def _forbidden(self, said: Subscribe) -> tuple[str, str] | None:
        """Why it may not be subscribed to; an account of others is told of as one that is not."""
        channel = CHANNELS.get(said.channel)
        if channel is None or not channel.open:
            return "not-found", f"there is no channel {said.channel}"
        if not self._principal.may(channel.right):
            return "forbidden", f"that takes the right {channel.right}"
        if channel.owned and not self._principal.sees(said.key):
            return "not-found", f"there is no account {said.key}"
        place = (said.channel, said.key)
        if place not in self._places and len(self._places) >= self._options.followed:
            return "too-many", f"a stream has at most {self._options.followed} channels"
        return None

    def _refuse(self, kind: str, detail: str, said: Subscribe | None = None) -> None:
        about = {"channel": said.channel, "key": said.key} if said else {}
        told = {"type": "problem", "kind": kind, "detail": detail, **about}
        self.outbox.put(orjson.dumps(told).decode())
        self._pardoned += 1
        if self._pardoned > PARDONED:
            self.end(BAD, "too many messages that make no sense")

    def beat(self, now: float) -> None:
        """A heartbeat; the end of one that reads nothing, or whose owner may no longer read."""
        self.due = now + self._options.heartbeat
        if self._since is not None and now - self._since > self._options.stalled:
            self.end(SLOW, "nothing was read for too long")
            return
        self.outbox.put('{"type":"heartbeat"}', ("heartbeat",))
        self._checking = asyncio.create_task(self._check())

    async def _check(self) -> None:
        try:
            self._principal = await principal_of(self._socket)
        except Problem as problem:
            self.end(SIGNED_OUT, problem.detail)
            return
        except TapelineError:
            self.end(LATER, "who you are cannot be looked up right now")
            return
        for place in list(self._places):
            channel = CHANNELS[place[0]]
            sees = not channel.owned or self._principal.sees(place[1])
            if not sees or not self._principal.may(channel.right):
                self.end(SIGNED_OUT, "what you may read has changed: subscribe again")
