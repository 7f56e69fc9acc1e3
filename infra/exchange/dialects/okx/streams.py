"""WebSocket connections: /ws/v5/public, /ws/v5/private and /ws/v5/business.

https://www.okx.com/docs-v5/en/#overview-websocket
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from infra.exchange.accounts import Account
from infra.exchange.dialects.okx import channels, login, operations, private
from infra.exchange.dialects.okx.channels import Channels
from infra.exchange.dialects.okx.errors import Code, Refusal
from infra.exchange.dialects.okx.private import Private
from infra.exchange.dialects.okx.section import TYPES, Section
from infra.exchange.facts import Fact
from infra.exchange.faults import Faults
from infra.exchange.sockets import Socket, Topics

TICK = 0.1
IDLE = 30.0
"""Seconds without a message or a subscription after which a connection ends."""
ENDED = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR)
Arg = dict[str, str]


@dataclass(eq=False, slots=True)
class Session:
    """A connection. where: public, private or business; account: who has logged in."""

    socket: Socket
    where: str
    address: str
    name: str
    account: Account | None = None

    def tell(self, event: str, **parts: Any) -> None:
        """An event."""
        self.socket.send({"event": event, **parts, "connId": self.name})


@dataclass(slots=True)
class Streams:
    """Who listens to what of the section."""

    section: Section
    faults: Faults = field(default_factory=Faults)
    topics: Topics = field(init=False)
    channels: Channels = field(init=False)
    private: Private = field(init=False)
    _connections: int = 0

    def __post_init__(self) -> None:
        self.topics = Topics(self.faults)
        self.channels = Channels(self.section, self.topics)
        self.private = Private(self.section, self.topics, self.faults)
        self.section.house.hear(self.heard)
        self.section.house.conditions.hear(self.private.conditioned)

    def heard(self, fact: Fact) -> None:
        """Tell who listens of a fact, at once."""
        self.channels.heard(fact)
        self.private.heard(fact)

    def routes(self) -> list[web.RouteDef]:
        """The three addresses."""
        return [web.get("/ws/v5/{where:public|private|business}", self.connect)]

    async def run(self) -> None:
        """Publish what goes out by time, until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            self.channels.publish()
            self.private.publish()

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """One connection until it ends."""
        response = web.WebSocketResponse(max_msg_size=1 << 16)
        await response.prepare(request)
        self._connections += 1
        socket, where = Socket(response), request.match_info["where"]
        session = Session(socket, where, request.remote or "", f"{self._connections:08x}")
        writer = asyncio.ensure_future(socket.write())
        try:
            await self._listen(response, session)
        finally:
            writer.cancel()
            self.topics.end(socket)
        return response

    async def _listen(self, response: web.WebSocketResponse, session: Session) -> None:
        while True:
            try:
                message = await response.receive(timeout=IDLE)
            except TimeoutError:
                if not self.topics.of(session.socket):
                    await response.close(code=4004, message=b"No data received in 30s.")
                    return
                continue
            if message.type in ENDED:
                return
            if message.type is WSMsgType.TEXT:
                self.said(session, message.data)

    def said(self, session: Session, text: str) -> None:
        """Answer a message."""
        if text == "ping":
            session.socket.send_bytes(b"pong")
            return
        try:
            self._command(session, text)
        except Refusal as refusal:
            session.tell("error", code=str(int(refusal.code)), msg=refusal.message)

    def _command(self, session: Session, text: str) -> None:
        asked = read(text)
        operation = asked.get("op")
        if not isinstance(operation, str):
            raise Refusal(Code.WS_ILLEGAL, text)
        if operation == "login":
            self._login(session, asked)
        elif operation in ("subscribe", "unsubscribe"):
            for arg in arguments(asked, text):
                self._each(session, operation, arg)
        elif operation in operations.PATHS:
            if session.where != "private":
                raise Refusal(Code.WS_UNSUPPORTED)
            if session.account is None:
                raise Refusal(Code.WS_PLEASE)
            session.socket.send(
                operations.answer(self.section, session.account, asked, session.address)
            )
        else:
            raise Refusal(Code.WS_ILLEGAL, text)

    def _login(self, session: Session, asked: dict[str, Any]) -> None:
        if session.where == "public":
            raise Refusal(Code.WS_LOGIN_HERE)
        session.account = login.account_of(self.section.house, asked.get("args"))
        session.tell("login", code="0", msg="")

    def _each(self, session: Session, operation: str, arg: Arg) -> None:
        """One argument by itself: what is wrong with it does not keep others from being heard."""
        try:
            name, message = self._topic(session, arg, joins=operation == "subscribe")
        except Refusal as refusal:
            session.tell("error", code=str(int(refusal.code)), msg=refusal.message)
            return
        if operation == "unsubscribe":
            self.topics.leave(session.socket, name)
            session.tell("unsubscribe", arg=arg)
            return
        session.tell("subscribe", arg=arg)
        if message is not None:
            session.socket.send(message)
        self.topics.join(session.socket, name)

    def _topic(self, session: Session, arg: Arg, joins: bool) -> tuple[str, dict[str, Any] | None]:
        """The topic of an argument, and what is told of it first."""
        channel = arg.get("channel", "")
        own = {"private": private.CHANNELS, "business": private.ON_BUSINESS}
        if channel in own.get(session.where, ()):
            return self._own(session, arg, joins)
        if channel == "fills" and session.where == "private":
            raise Refusal(Code.WS_FEE_TIER)
        if channel in channels.TIERED and session.where == "public":
            raise Refusal(Code.WS_TIER, channel)
        spoken = {"public": channels.ON_PUBLIC, "business": channels.ON_BUSINESS}
        market = self.section.house.listing.named(arg.get("instId", ""))
        if channel not in spoken.get(session.where, ()) or market is None:
            raise Refusal(Code.WS_CHANNEL, ",".join(f"{name}:{arg[name]}" for name in arg))
        first = self.channels.first(channel, market) if joins else None
        return channels.topic(channel, market), first

    def _own(self, session: Session, arg: Arg, joins: bool) -> tuple[str, dict[str, Any] | None]:
        if session.account is None:
            raise Refusal(Code.WS_PLEASE)
        kept = {name: arg[name] for name in private.NAMES if name in arg}
        if kept.get("instType", "ANY") not in ("ANY", *TYPES):
            raise Refusal(Code.WS_CHANNEL, ",".join(f"{name}:{arg[name]}" for name in arg))
        if not joins:
            return private.topic(session.account, kept), None
        first = self.private.first(session.account, kept)
        return self.private.join(session.account, kept), first


def read(text: str) -> dict[str, Any]:
    """A message, which must be a JSON object."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refusal(Code.WS_ILLEGAL, text) from error
    if not isinstance(found, dict):
        raise Refusal(Code.WS_ILLEGAL, text)
    return found


def arguments(asked: dict[str, Any], text: str) -> list[Arg]:
    """The arguments of a subscription: objects of texts."""
    found = asked.get("args")
    if not isinstance(found, list) or not found:
        raise Refusal(Code.WS_ILLEGAL, text)
    for arg in found:
        if not isinstance(arg, dict) or not all(isinstance(value, str) for value in arg.values()):
            raise Refusal(Code.WS_ILLEGAL, text)
    return found
