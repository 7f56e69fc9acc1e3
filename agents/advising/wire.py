"""The HTTP below the official clients: no proxy and no redirect of the surroundings' choosing, no
body without end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2

from agents.advising.resolving import pinned

LARGEST = 256 << 10
"""Bytes of an answer, its envelope included."""
CONNECT = 10.0
"""Seconds to connect."""


class TooLong(httpx2.TransportError):
    """The answer does not end, or is packed so that nobody knows how long it is."""


class Cut(httpx2.AsyncByteStream):
    """A body that ends, or raises TooLong at LARGEST bytes."""

    def __init__(self, body: httpx2.AsyncByteStream, most: int) -> None:
        self._body, self._most = body, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async for piece in self._body:
            count += len(piece)
            if count > self._most:
                raise TooLong(f"the answer is longer than {self._most} bytes")
            yield piece

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._body.aclose()


class Limited(httpx2.AsyncHTTPTransport):
    """Plain HTTP whose answers are short: a packed body is refused, since we ask for none.

    local: a machine of one's own is asked; else only addresses of the internet are.
    """

    def __init__(self, local: bool) -> None:
        super().__init__(trust_env=False)
        self._local = local

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request."""
        request.headers["accept-encoding"] = "identity"
        asked = request if self._local else await pinned(request)
        response = await super().handle_async_request(asked)
        packed = response.headers.get("content-encoding", "identity")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        if packed not in ("", "identity"):
            await response.aclose()
            raise TooLong(f"the answer is packed ({packed[:20]}), which was not asked for")
        response.stream = Cut(response.stream, LARGEST)
        return response


def official(address: str, key: str, timeout: float, local: bool) -> dict[str, Any]:
    """What an official client is made with: our HTTP, and no retries, as ours are counted."""
    return {
        "api_key": key or "none", "base_url": address, "max_retries": 0, "timeout": timeout,
        "http_client": client(timeout, local),
    }  # fmt: skip


def client(timeout: float, local: bool) -> httpx2.AsyncClient:
    """What a provider's client stands on; `timeout`: seconds of each wait for bytes; `local`: as
    the provider's setting.
    """
    return httpx2.AsyncClient(
        transport=Limited(local),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx2.Timeout(timeout, connect=min(timeout, CONNECT)),
    )


def unsent(error: BaseException | None) -> bool:
    """True where a failure came before the request could be read by anyone."""
    return isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
