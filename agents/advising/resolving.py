"""Where a provider is, looked up once a request: only addresses that anyone may have are called.

What was looked at is what is called: a name that is looked up a second time may have moved to our
own network meanwhile (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import socket

import httpx2

from engine.advice.address import is_public


async def public_address(host: str, port: int) -> str:
    """An address of the host, of IPv4 if it has one; httpx2.ConnectError where none is public."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx2.ConnectError(f"{host} is not found: {error.strerror}") from None
    public = [row for row in found if is_public(str(row[4][0]))]
    if not public:
        raise httpx2.ConnectError(f"{host} has no public address; for one's own: local = true")
    return str(min(public, key=lambda row: row[0] != socket.AF_INET)[4][0])


async def pinned(request: httpx2.Request) -> httpx2.Request:
    """The request to that address: the name is still what its Host says and its certificate has."""
    host = request.url.host
    port = request.url.port or (443 if request.url.scheme == "https" else 80)
    there = request.url.copy_with(host=await public_address(host, port))
    extensions = {**request.extensions, "sni_hostname": host}
    return httpx2.Request(
        request.method, there, headers=request.headers, stream=request.stream,
        extensions=extensions,
    )  # fmt: skip
