"""Around every request: headers that keep browsers safe, and a bound on what is sent."""

from __future__ import annotations

import asyncio
import logging

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.problems import Problem, answer

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
log = logging.getLogger("gateway")
HSTS = "max-age=31536000; includeSubDomains"


class SafeHeaders:
    """Adds HEADERS to every answer, and that API answers are not kept. secure: it is on TLS."""

    def __init__(self, app: ASGIApp, secure: bool = False) -> None:
        self._app = app
        self._headers = HEADERS | ({"Strict-Transport-Security": HSTS} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/v1/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, safe)


PATIENCE = 30.0
"""Seconds that a body may take to arrive: a connection is not held by a byte now and then."""


class BodyLimit:
    """Takes no more than `most` bytes of a request, whatever its headers say: 413; 408 where they
    are not there within `patience` seconds.
    """

    def __init__(self, app: ASGIApp, most: int, patience: float = PATIENCE) -> None:
        self._app, self._most, self._patience = app, most, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told, taken = Headers(scope=scope).get("content-length", ""), 0
        if told.isdecimal() and int(told) > self._most:
            problem = Problem(413, "content-too-large", f"more than {self._most} bytes")
            await answer(problem)(scope, receive, send)
            return

        until, more = asyncio.get_running_loop().time() + self._patience, True

        async def counted() -> Message:
            nonlocal taken, more
            try:
                async with asyncio.timeout_at(until if more else None):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            taken += len(message.get("body", b""))
            more = bool(message.get("more_body", False))
            if taken > self._most:
                raise HTTPException(413)  # whoever reads a body lets that one through
            return message

        await self._app(scope, counted, send)


class Faults:
    """What was not foreseen is told to the log, with its trace, and to nobody else: 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        except Exception:
            log.exception("%s %s", scope["method"], scope["path"])
            if begun:
                raise
            problem = Problem(500, "fault", "a fault of ours; the gateway's log has it")
            await answer(problem)(scope, receive, send)
