"""/v1/stream: what is now and what changes, by channel and key, over a WebSocket."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket

from gateway.api.problems import Problem, answer
from gateway.api.services import Services, services_of
from gateway.auth.guard import require
from gateway.auth.rights import Right
from gateway.live.stream import Stream

router = APIRouter()


@router.websocket("/stream")
async def stream(socket: WebSocket) -> None:
    """Refused before it is opened where it is not known whose it is, or a strange page asks."""
    services = services_of(socket)
    try:
        _own(socket, services)
        principal = await require(Right.READ)(socket)
        if services.live.open[principal.user] >= services.options.streams:
            text = f"you have {services.options.streams} streams open: close one first"
            raise Problem(429, "too-many-streams", text)
    except Problem as problem:
        await socket.send_denial_response(answer(problem))
        return
    await socket.accept()
    await Stream(socket, principal, services).run()


def _own(socket: WebSocket, services: Services) -> None:
    """403 for a page of another origin: browsers send cookies along, and ask nobody before."""
    origin = socket.headers.get("origin")
    if origin is None or origin in services.options.origins:
        return
    if urlsplit(origin).netloc != socket.headers.get("host"):
        raise Problem(403, "origin", "that page may not open a stream")
