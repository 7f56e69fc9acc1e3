"""Faults of requests as aiohttp has them, and the addresses at which faults are armed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web
from pydantic import ValidationError

from infra.exchange.faults import Armed, Fault
from infra.exchange.refusals import refusal
from infra.exchange.troubles import Troubles

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
WHERE = "/books/faults"
FLEETING = ("timestamp", "signature", "recvWindow")


def middleware(troubles: Troubles) -> Any:
    """Faults of requests and connections, for an application."""

    @web.middleware
    async def handle(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/books/"):
            return await handler(request)
        if troubles.faults.armed:
            troubles.meet(request.method, request.path)
            armed = troubles.faults.strike(request.method, request.path)
            if armed is not None:
                return await struck(armed, request, handler)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await connected(troubles, request, handler)
        return await handler(request)

    return handle


async def connected(
    troubles: Troubles, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """A connection that may be cut until it ends."""
    transport = request.transport
    if transport is None:
        return await handler(request)
    troubles.connections.open[transport] = request.path
    try:
        return await handler(request)
    finally:
        del troubles.connections.open[transport]


async def struck(armed: Armed, request: web.Request, handler: Handler) -> web.StreamResponse:
    """What becomes of a request that a fault strikes."""
    fault = armed.fault
    if fault.kind in ("refuse", "maintenance"):
        return refusal(fault, request.path)
    if fault.kind == "stale":
        return await stale(armed, request, handler)
    answer = None if fault.kind == "lost" else await handler(request)
    await asyncio.sleep(fault.seconds)
    if answer is not None and fault.kind == "slow":
        return answer
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=500)


async def stale(armed: Armed, request: web.Request, handler: Handler) -> web.StreamResponse:
    """What was answered first to the same question."""
    asked = sorted((name, text) for name, text in request.query.items() if name not in FLEETING)
    name = f"{request.method} {request.path} {asked}"
    if name not in armed.kept:
        answer = await handler(request)
        if not isinstance(answer, web.Response):
            return answer
        armed.kept[name] = answer.body, answer.status, answer.content_type
    body, status, form = armed.kept[name]
    return web.Response(body=body, status=status, content_type=form)


def routes(troubles: Troubles) -> list[web.RouteDef]:
    """Faults are armed, told and disarmed at /books/faults, in JSON."""

    async def arm(request: web.Request) -> web.Response:
        try:
            troubles.arm(Fault.model_validate_json(await request.read()))
        except (ValidationError, ValueError) as error:
            return web.Response(status=400, text=f"{error}\n")
        return tell()

    async def told(request: web.Request) -> web.Response:
        return tell()

    async def end(request: web.Request) -> web.Response:
        troubles.disarm()
        return tell()

    def tell() -> web.Response:
        rows = [
            {**each.fault.model_dump(), "met": each.met, "struck": each.struck}
            for each in troubles.faults.armed
        ]
        return web.Response(body=orjson.dumps(rows), content_type="application/json")

    return [web.post(WHERE, arm), web.get(WHERE, told), web.delete(WHERE, end)]
