"""An answer on its way to the client, with what goes wrong there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from aiohttp import web

from infra.language.script import Reply

PATIENCE = 0.5
"""Seconds between what a provider sends so that the client goes on waiting."""
BLOCK = 1 << 16
"""Bytes a write of what is padded."""


class Gone(Exception):
    """The connection has been cut as the script says."""


async def send(
    request: web.Request,
    reply: Reply,
    parts: Iterable[bytes],
    headers: Mapping[str, str],
    keep: bytes = b"",
) -> web.StreamResponse:
    """Send a body in its parts, `reply.pause` seconds between them. keep: what is sent again and
    again while the model takes its time; then the head goes out at once.
    """
    if reply.cut == 0:
        await asyncio.sleep(reply.delay)
        return _cut(request)
    response = web.StreamResponse(status=reply.status, headers={**headers, **reply.headers})
    if reply.content_type:
        response.headers["Content-Type"] = reply.content_type
    if not keep or reply.delay < PATIENCE:
        await asyncio.sleep(reply.delay)
    await response.prepare(request)
    if keep and reply.delay >= PATIENCE:
        await _wait(response, reply.delay, keep)
    try:
        await _body(response, reply, parts)
    except Gone:
        return _cut(request, response)
    await response.write_eof()
    return response


async def _wait(response: web.StreamResponse, seconds: float, keep: bytes) -> None:
    while seconds > 0:
        await response.write(keep)
        await asyncio.sleep(min(PATIENCE, seconds))
        seconds -= PATIENCE


async def _body(response: web.StreamResponse, reply: Reply, parts: Iterable[bytes]) -> None:
    sent = 0
    for place, part in enumerate(_padded(reply.padding, parts)):
        if place and reply.pause:
            await asyncio.sleep(reply.pause)
        for limit in (reply.short, reply.cut):
            if limit is not None:
                part = part[: max(0, limit - sent)]
        await response.write(part)
        sent += len(part)
        if reply.cut is not None and sent >= reply.cut:
            raise Gone


def _padded(count: int, parts: Iterable[bytes]) -> Iterable[bytes]:
    for start in range(0, count, BLOCK):
        yield b" " * min(BLOCK, count - start)
    yield from parts


def _cut(request: web.Request, response: web.StreamResponse | None = None) -> web.StreamResponse:
    """End the connection; what has been written before goes out."""
    if request.transport is not None:
        request.transport.close() if response is not None else request.transport.abort()
    return response or web.Response()
