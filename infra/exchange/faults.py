"""What goes wrong on demand: by address and count, or by chance from a seed.

unanswered  carried out, and the connection closes without an answer after `seconds`
lost        not carried out, and the connection closes without an answer
refuse      not carried out; answered with `status`, `code` and `message`
slow        answered after `seconds`
drop, double, reorder   user events (`path` is then "events"); a reordered one comes after the next
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

EVENTS = "events"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Fault(BaseModel):
    """One fault. path: what an address begins with; skip: so many requests first, then times."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["unanswered", "lost", "refuse", "slow", "drop", "double", "reorder"]
    path: str = "/"
    method: str = ""
    skip: int = Field(default=0, ge=0)
    times: int = Field(default=1, ge=1)
    chance: float = Field(default=1.0, ge=0, le=1)
    seed: int = 0
    seconds: float = Field(default=0.0, ge=0, le=600)
    status: int = Field(default=503, ge=400, le=599)
    code: int = -1000
    message: str = "An unknown error occurred while processing the request."


class Armed:
    """A fault and how often it has been met."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.met = self.struck = 0
        self._chance = random.Random(fault.seed)

    def strikes(self, method: str, path: str) -> bool:
        """Whether it happens to this request."""
        fault = self.fault
        if not path.startswith(fault.path) or fault.method not in ("", method):
            return False
        self.met += 1
        lucky = self._chance.random() >= fault.chance
        if self.met <= fault.skip or self.struck >= fault.times or lucky:
            return False
        self.struck += 1
        return True


class Faults:
    """Those that are armed; the first that strikes is the one that happens."""

    def __init__(self) -> None:
        self.armed: list[Armed] = []
        self._held: dict[str, Any] = {}

    def arm(self, fault: Fault) -> None:
        """From now on."""
        self.armed.append(Armed(fault))

    def strike(self, method: str, path: str) -> Fault | None:
        """What happens to a request, None for nothing."""
        return next((each.fault for each in self.armed if each.strikes(method, path)), None)

    def events(self, listener: str, event: Any) -> list[Any]:
        """What of a user event is sent now."""
        held = self._held.pop(listener, None)
        after = [] if held is None else [held]
        fault = self.strike("", EVENTS)
        if fault is None:
            return [event, *after]
        if fault.kind == "reorder":
            self._held[listener] = event
            return after
        return [*([event] * 2 if fault.kind == "double" else []), *after]

    def routes(self) -> list[web.RouteDef]:
        """Faults are armed, told and disarmed at /books/faults, in JSON."""
        where = "/books/faults"
        return [
            web.post(where, self._arm),
            web.get(where, self._tell),
            web.delete(where, self._end),
        ]

    async def _arm(self, request: web.Request) -> web.Response:
        try:
            self.arm(Fault.model_validate_json(await request.read()))
        except ValidationError as error:
            return web.Response(status=400, text=f"{error}\n")
        return await self._tell(request)

    async def _tell(self, request: web.Request) -> web.Response:
        rows = [
            {**each.fault.model_dump(), "met": each.met, "struck": each.struck}
            for each in self.armed
        ]
        return web.Response(body=orjson.dumps(rows), content_type="application/json")

    async def _end(self, request: web.Request) -> web.Response:
        self.armed.clear()
        return await self._tell(request)


def middleware(faults: Faults) -> Any:
    """Faults of requests, for an application."""

    @web.middleware
    async def handle(request: web.Request, handler: Handler) -> web.StreamResponse:
        own = request.path.startswith("/books/")
        fault = None if own else faults.strike(request.method, request.path)
        if fault is None:
            return await handler(request)
        if fault.kind == "refuse":
            body = orjson.dumps({"code": fault.code, "msg": fault.message})
            return web.Response(body=body, status=fault.status, content_type="application/json")
        answer = None if fault.kind == "lost" else await handler(request)
        await asyncio.sleep(fault.seconds)
        if answer is not None and fault.kind == "slow":
            return answer
        if request.transport is not None:
            request.transport.close()
        return web.Response(status=500)

    return handle
