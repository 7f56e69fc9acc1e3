"""Requests of REST to a venue: one after another, at its pace, with its word on limits heeded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp

TIMEOUT = aiohttp.ClientTimeout(total=10)
BUSY = (418, 429, 503)
"""Answers that ask for a pause; Retry-After says how long, in seconds."""
PAUSE, LONGEST = 5.0, 600.0


class Unfetched(Exception):
    """A request brought nothing; says why."""


class Fetching:
    """One venue's requests. rate: a second at most."""

    def __init__(self, client: aiohttp.ClientSession, rate: float) -> None:
        self._client, self._every = client, 1 / rate
        self._free, self._queue = 0.0, asyncio.Lock()

    async def get(self, url: str) -> str:
        """The body of an answer of 200; raises Unfetched for all else."""
        await self._turn()
        try:
            async with self._client.get(url, timeout=TIMEOUT) as answer:
                if answer.status == 200:
                    return await answer.text()
                if answer.status in BUSY:
                    self._pause(answer.headers)
                raise Unfetched(f"the venue answered {answer.status}")
        except (aiohttp.ClientError, OSError, TimeoutError, UnicodeDecodeError) as error:
            raise Unfetched(f"{type(error).__name__}: {error}") from error

    async def _turn(self) -> None:
        """Wait for a place in the queue, and for the end of a pause that began meanwhile."""
        loop = asyncio.get_running_loop()
        async with self._queue:
            while (left := self._free - loop.time()) > 0:
                await asyncio.sleep(left)
            self._free = loop.time() + self._every

    def _pause(self, headers: Mapping[str, str]) -> None:
        said = headers.get("Retry-After", "")
        pause = min(float(said), LONGEST) if said.isdecimal() else PAUSE
        self._free = max(self._free, asyncio.get_running_loop().time() + pause)
