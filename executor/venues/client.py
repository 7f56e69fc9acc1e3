"""ccxt.pro's class of an exchange, with a fence before each request and a look at its writing.

Only hooks that ccxt means to be overridden are used: throttle, fetch, open, close,
on_rest_response, on_connected, handle_message.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, Protocol

import aiohttp
import ccxt.pro

from executor.venues.flight import NOW

Gate = Callable[[str, float], Awaitable[None]]
SEND, READ = "send", "read"


class Rewritten(aiohttp.ClientError):
    """aiohttp was about to write a send a second time, after a connection that had died."""


def free() -> None:
    """A fence that lets everything go."""


def unheard(name: str) -> None:
    """Nobody wants to know what was written."""


class Hooks:
    """What the executor hangs into a client.

    fence: called after ccxt has signed a request, before it is written; may raise. wrote: called
    with the order's name as the request goes to the socket. gate: awaited before each request with
    its kind ("send", "read") and ccxt's cost, instead of ccxt's own throttle. headers: more of
    them for a send, made as it is signed.
    """

    def __init__(
        self,
        fence: Callable[[], None] = free,
        wrote: Callable[[str], None] = unheard,
        gate: Gate | None = None,
        headers: Callable[[Any], dict[str, str]] | None = None,
    ) -> None:
        self.fence, self.wrote, self.gate, self.headers = fence, wrote, gate, headers

    def check(self) -> None:
        """Ask the fence, if this is a send."""
        flight = NOW.get()
        if flight is None:
            return
        flight.fresh, flight.status = True, None
        if flight.sending:
            try:
                self.fence()
            except BaseException as error:
                flight.stopped = error
                raise

    async def heads(self, session: Any, context: SimpleNamespace, params: Any) -> None:
        """A request's head goes to the socket (aiohttp calls this just before it does)."""
        flight = NOW.get()
        if flight is None:
            return
        if flight.sending and not flight.fresh:
            raise Rewritten("the connection died; a send is not written again")
        flight.fresh = False
        if not flight.written and flight.sending:
            for name in flight.names:
                self.wrote(name)
        flight.written = True

    def trace(self) -> aiohttp.TraceConfig:
        """For the session."""
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(self.heads)
        return trace


def kind_of(name: str) -> Any:
    """ccxt.pro's class of that name. Raises ValueError for none."""
    if name not in ccxt.pro.exchanges:
        raise ValueError(f"ccxt.pro has no exchange {name!r}")
    return getattr(ccxt.pro, name)


class Listener(Protocol):
    """Who hears the private stream."""

    def connected(self, url: str) -> None:
        """A connection was made."""

    def heard(self, url: str, message: Any) -> None:
        """A message has been taken in."""

    def unread(self, error: Exception) -> None:
        """A message could not be."""


class Fencing:
    """Over a class of ccxt.pro: its requests pass the hooks, its session tells what it writes."""

    hooks: Hooks
    listener: Listener | None = None
    session: Any
    ssl_context: Any

    async def throttle(self, cost: Any = None) -> Any:
        if self.hooks.gate is None:
            return await self.above().throttle(cost)
        flight = NOW.get()
        kind = SEND if flight is not None and flight.sending else READ
        await self.hooks.gate(kind, float(1 if cost is None else cost))

    def sign(self, *request: Any, **named: Any) -> Any:
        """As ccxt's, with the hooks' headers for a send."""
        signed = self.above().sign(*request, **named)
        flight = NOW.get()
        if self.hooks.headers is not None and flight is not None and flight.sending:
            signed["headers"] = {**(signed["headers"] or {}), **self.hooks.headers(self)}
        return signed

    async def fetch(
        self, url: str, method: str = "GET", headers: Any = None, body: Any = None
    ) -> Any:
        self.hooks.check()
        return await self.above().fetch(url, method, headers, body)

    def on_rest_response(
        self, code: int, reason: str, url: str, method: str, headers: Any, *rest: Any
    ) -> Any:
        flight = NOW.get()
        if flight is not None:
            after = next((v for n, v in headers.items() if n.lower() == "retry-after"), "")
            flight.status, flight.wait = code, float(after) if after.isdigit() else None
        return self.above().on_rest_response(code, reason, url, method, headers, *rest)

    def open(self) -> None:
        self.above().open()
        if self.session is None:
            connector = aiohttp.TCPConnector(ssl=self.ssl_context, limit=0)
            traces = [self.hooks.trace()]
            self.session = aiohttp.ClientSession(connector=connector, trace_configs=traces)

    async def close(self, clean_instance_data: bool = False) -> None:
        session = self.session
        await self.above().close(clean_instance_data)
        if session is not None:
            await session.close()

    def on_connected(self, client: Any, message: Any = None) -> Any:
        if self.listener is not None:
            self.listener.connected(client.url)
        return self.above().on_connected(client, message)

    def handle_message(self, client: Any, message: Any) -> Any:
        """ccxt would wait for ever, were an error of its own to end its reading."""
        try:
            self.above().handle_message(client, message)
        except Exception as error:
            if self.listener is not None:
                self.listener.unread(error)
            client.on_error(error)
        if self.listener is not None:
            self.listener.heard(client.url, message)

    def above(self) -> Any:
        """ccxt's own methods."""
        return super()


def made(name: str, hooks: Hooks, settings: dict[str, Any]) -> Any:
    """A client of ccxt.pro with the hooks in it. settings: ccxt's own."""
    kind = type(name, (Fencing, kind_of(name)), {"hooks": hooks})
    return kind({"session": None, "number": str, **settings})
