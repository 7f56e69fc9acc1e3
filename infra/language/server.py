"""The stand-in provider as one aiohttp application."""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from aiohttp import web

from infra.language import chat, messages
from infra.language.asked import Asked, Fields
from infra.language.asked import Protocol as Spoken
from infra.language.filling import filled
from infra.language.script import Answering, House, Limit, Reply, Script, playing
from infra.language.sending import send
from infra.language.words import Answer, Refusal, answered, compact

MOST_BODY = 32 << 20
"""Bytes of a request, as Anthropic takes them."""
STREAM = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
JSON = {"Content-Type": "application/json"}


@dataclass(slots=True)
class StandIn:
    """A provider that answers each request with a function of it.

    house, key, models, limit: as in a Script. asked: every request that it took, in order; number:
    of requests so far, refused ones too.
    """

    answer: Answering
    house: House = "openai"
    key: str = ""
    models: tuple[str, ...] = ()
    limit: Limit | None = None
    asked: list[Asked] = field(default_factory=list)
    number: int = 0
    _times: deque[float] = field(default_factory=deque)

    @classmethod
    def of(cls, script: Script) -> StandIn:
        """One that plays a script."""
        return cls(playing(script), script.house, script.key, script.models, script.limit)

    def application(self) -> web.Application:
        """All addresses; a base address with /v1 and one without serve the same."""
        app = web.Application(client_max_size=MOST_BODY)
        for base in ("", "/v1"):
            app.router.add_post(f"{base}/chat/completions", self._chat)
            app.router.add_post(f"{base}/messages", self._messages)
            app.router.add_get(f"{base}/models", self._models)
        return app

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, "chat")

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, "messages")

    async def _models(self, request: web.Request) -> web.StreamResponse:
        spoken: Spoken = "messages" if "anthropic-version" in request.headers else "chat"
        self.number += 1
        try:
            self._admit(request)
        except Refusal as refusal:
            return await self._refuse(request, spoken, refusal, Reply(status=refusal.status))
        names = self.models or ("stand-in",)
        told = messages.models(names) if spoken == "messages" else chat.models(names, self.house)
        return web.json_response(told)

    async def _serve(self, request: web.Request, spoken: Spoken) -> web.StreamResponse:
        self.number += 1
        number, reply = self.number, Reply()
        try:
            asked = await self._taken(request, spoken)
            reply = self.answer(asked)
            if reply.status != 200:
                raise Refusal(reply.status, reply.message, reply.code)
            answer = answered(number, asked, reply, _text(reply, asked))
        except Refusal as refusal:
            return await self._refuse(request, spoken, refusal, reply)
        return await self._tell(request, asked, answer, reply)

    async def _taken(self, request: web.Request, spoken: Spoken) -> Asked:
        """The request, let in, read and counted; Refusal as the provider words it."""
        self._admit(request)
        body = await _fields(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        if spoken == "messages":
            asked = messages.asked(body, headers)
        else:
            asked = chat.asked(body, headers, self.house)
        if self.models and asked.model not in self.models:
            raise Refusal(404, f"model '{asked.model}' not found")
        self._rate()
        self.asked.append(asked)
        return asked

    def _admit(self, request: web.Request) -> None:
        given = request.headers.get("x-api-key")
        if given is None:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.key and given != self.key:
            raise Refusal(401, "")

    def _rate(self) -> None:
        if self.limit is None:
            return
        now = time.monotonic()
        while self._times and self._times[0] <= now - self.limit.seconds:
            self._times.popleft()
        if len(self._times) >= self.limit.requests:
            raise Refusal(429, "", wait=self._times[0] + self.limit.seconds - now)
        self._times.append(now)

    async def _refuse(
        self, request: web.Request, spoken: Spoken, refusal: Refusal, reply: Reply
    ) -> web.StreamResponse:
        if spoken == "messages":
            told = messages.error(refusal, self.number)
        else:
            told = chat.error(refusal, self.house)
        headers = self._headers(spoken, self.number) | JSON
        if refusal.status == 429:
            headers["Retry-After"] = str(max(1, math.ceil(refusal.wait)))
        sent = reply.model_copy(update={"status": refusal.status})
        return await send(request, sent, _parts(reply, [compact(told).encode()]), headers)

    async def _tell(
        self, request: web.Request, asked: Asked, answer: Answer, reply: Reply
    ) -> web.StreamResponse:
        parts: Iterable[bytes]
        if asked.protocol == "messages":
            whole = messages.whole(asked, answer)
            parts = messages.streamed(asked, answer, reply.chunk)
        else:
            whole = chat.whole(asked, answer, self.house)
            parts = chat.streamed(asked, answer, self.house, reply.chunk)
        if not asked.stream:
            parts = [compact(whole).encode()]
        headers = self._headers(asked.protocol, answer.number) | (STREAM if asked.stream else JSON)
        return await send(request, reply, _parts(reply, parts), headers, self._keep(asked))

    def _headers(self, spoken: Spoken, number: int) -> dict[str, str]:
        return {"request-id" if spoken == "messages" else "x-request-id": f"req_{number}"}

    def _keep(self, asked: Asked) -> bytes:
        """What DeepSeek sends while it lets a client wait."""
        if self.house != "deepseek" or asked.protocol == "messages":
            return b""
        return b": keep-alive\n\n" if asked.stream else b"\n"


def _parts(reply: Reply, parts: Iterable[bytes]) -> Iterable[bytes]:
    return parts if reply.body is None else [reply.body]


def _text(reply: Reply, asked: Asked) -> str:
    try:
        return filled(reply.text, asked.text)
    except (ValueError, ArithmeticError) as broken:
        raise Refusal(500, f"the script cannot be played: {broken}") from None


async def _fields(request: web.Request) -> Fields:
    try:
        value = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise Refusal(400, "We could not parse the JSON body of your request.") from None
    except web.HTTPRequestEntityTooLarge:
        raise Refusal(413, "") from None
    if not isinstance(value, dict):
        raise Refusal(400, "We could not parse the JSON body of your request.")
    return value


@dataclass(slots=True)
class Running:
    """A provider that answers at its address until it is closed."""

    provider: StandIn
    runner: web.AppRunner
    port: int

    @property
    def address(self) -> str:
        """Where it answers; OpenAI's clients want /v1 behind it, Anthropic's nothing."""
        return f"http://127.0.0.1:{self.port}"

    async def close(self) -> None:
        """Answer no more; what is on its way is cut."""
        await self.runner.cleanup()


async def serve(provider: StandIn, host: str = "127.0.0.1", port: int = 0) -> Running:
    """Listen; port 0 takes a free one."""
    runner = web.AppRunner(provider.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return Running(provider, runner, runner.addresses[0][1])
