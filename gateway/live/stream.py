"""One WebSocket: what it has subscribed to, what waits for it, and why it ends."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from gateway.api.services import Services
from gateway.auth.rights import Principal
from gateway.live.channels import CHANNELS
from gateway.live.hub import Place
from gateway.live.live import Live
from gateway.live.outbox import Outbox
from gateway.live.watch import SIGNED_OUT
from gateway.live.wire import framed, line_of

BAD, SLOW = 4400, 4408
"""Codes with which a stream is closed: senseless messages, too slow."""

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


PONG, HEARTBEAT = framed(b'{"type":"pong"}'), framed(b'{"type":"heartbeat"}')


class Stream:
    """Of one reader, in the task of its socket. due: when its heart beats next, of the loop's time.
    socket: as it was accepted.
    """

    def __init__(self, socket: WebSocket, principal: Principal, services: Services) -> None:
        self.socket, self._principal, self._options = socket, principal, services.options
        self._live: Live = services.live
        self._line = line_of(socket.scope)
        self.outbox = Outbox(self._options.waiting, self._line, self._overflow)
        self._places: dict[Place, None] = {}
        self._why: tuple[int, str] | None = None
        self._pardoned = 0
        self._heard = 0.0
        self._task = asyncio.current_task()
        self.due = asyncio.get_running_loop().time() + self._options.heartbeat

    async def run(self) -> None:
        """Until the reader goes, or has to."""
        self._line.onward = self.outbox.flow
        self.outbox.put(self._live.desk(), ("desk",))
        self._live.begun(self, user := self._principal.user)
        task = self._task
        try:
            await self._read()
        except asyncio.CancelledError:  # of `end`, or of the server
            if self._why is None or task is None or task.uncancel() > 0:
                raise
        finally:
            self._task = None
            self._live.ended(self, user)
            self._live.conflated += self.outbox.conflated
            for place in self._places:
                self._live.hub.unsubscribe(place, self.outbox)
        await self._close()

    async def _close(self) -> None:
        if self.socket.client_state is WebSocketState.DISCONNECTED:
            return
        try:
            async with asyncio.timeout(FAREWELL):
                await self.socket.close(*(self._why or (1000, "")))
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            self._line.abort()  # it is gone, or reads nothing any more

    def end(self, code: int, why: str) -> None:
        """Close it with a reason, whatever it is doing."""
        if self._why is None and self._task is not None:
            self._why = (code, why)
            self._live.slow += code == SLOW
            if asyncio.current_task() is not self._task:
                self._task.cancel()

    def _overflow(self) -> None:
        self.end(SLOW, "too slow: subscribe to less, or read faster")

    async def _read(self) -> None:
        while self._why is None:
            message = await self.socket.receive()
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
            self.outbox.put(PONG, ("pong",))
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
        self.outbox.put(framed(orjson.dumps(told)))
        self._pardoned += 1
        if self._pardoned > PARDONED:
            self.end(BAD, "too many messages that make no sense")

    def beat(self, now: float) -> None:
        """A heartbeat; the end of one that reads nothing."""
        self.due = now + self._options.heartbeat
        since = self._line.since
        if since is not None and now - since > self._options.stalled:
            self.end(SLOW, "nothing was read for too long")
            return
        self.outbox.put(HEARTBEAT, ("heartbeat",))

    def known(self, principal: Principal) -> None:
        """Whose it is by now: the end where that one may no longer read all of it."""
        self._principal = principal
        for place in self._places:
            channel = CHANNELS[place[0]]
            sees = not channel.owned or principal.sees(place[1])
            if not sees or not principal.may(channel.right):
                self.end(SIGNED_OUT, "what you may read has changed: subscribe again")
