"""A provider's name is looked up once, and only addresses of the internet are called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from agents.advising import resolving
from agents.advising.resolving import pinned
from agents.advising.wire import client


@dataclass
class Listening:
    """A server of this machine. heard: the first lines of what it was told."""

    port: int = 0
    answer: bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
    heard: list[bytes] = field(default_factory=list)

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, if one comes."""
        self.heard.append(b"")
        self.heard[-1] = await reader.readuntil(b"\r\n\r\n")
        writer.write(self.answer)
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Listening]:
    made = Listening()
    async with await asyncio.start_server(made.hear, "127.0.0.1", 0) as listening:
        made.port = listening.sockets[0].getsockname()[1]
        yield made


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "169.254.169.254"])
async def test_a_name_that_points_home_is_not_called(server: Listening, host: str) -> None:
    async with client(5, local=False) as web:
        for scheme in ("https", "http"):
            with pytest.raises(httpx2.ConnectError, match="no public address"):
                await web.get(f"{scheme}://{host}:{server.port}/v1")
    assert server.heard == []


async def test_a_machine_of_ones_own_is_called_where_that_is_said(server: Listening) -> None:
    async with client(5, local=True) as web:
        assert (await web.get(f"http://localhost:{server.port}/v1")).status_code == 200
    assert len(server.heard) == 1


async def test_what_was_looked_at_is_what_is_called(
    server: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: a name that is public when it is looked at, and ours when it is called."""
    asked: list[str] = []

    async def looked(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        home, away = "127.0.0.1", "8.8.8.8"
        return [(2, 1, 6, "", (each, port)) for each in ((home, away) if asked[1:] else (away,))]

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "getaddrinfo", looked)
    request = httpx2.Request("GET", f"https://rebound.example:{server.port}/v1?a=b")
    there = await pinned(request)
    assert str(there.url) == f"https://8.8.8.8:{server.port}/v1?a=b"
    assert there.headers["host"] == f"rebound.example:{server.port}"
    assert there.extensions["sni_hostname"] == "rebound.example"
    assert str((await pinned(request)).url.host) == "8.8.8.8", "of several, one that is public"
    monkeypatch.setattr(resolving, "is_public", lambda _: True)
    monkeypatch.setattr(loop, "getaddrinfo", local)
    async with client(5, local=False) as web:
        assert (await web.get(f"http://llm.example:{server.port}/v1")).status_code == 200
    assert f"Host: llm.example:{server.port}".encode() in server.heard[0]


async def local(host: str, port: int, **_: Any) -> list[Any]:
    return [(2, 1, 6, "", ("127.0.0.1", port))]


async def test_a_redirect_is_not_followed(server: Listening) -> None:
    there = f"http://127.0.0.1:{server.port}/meta-data".encode()
    server.answer = b"HTTP/1.1 307 x\r\nlocation: " + there + b"\r\ncontent-length: 0\r\n\r\n"
    async with client(5, local=True) as web:
        told = await web.post(f"http://localhost:{server.port}/v1", json={})
    assert told.status_code == 307
    assert len(server.heard) == 1
