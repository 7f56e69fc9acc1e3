"""Sources of texts, looked at now and then: files of one's own, and feeds by https."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from agents.advising.desk import Texts
from agents.advising.feeds import BadTexts, of_feed, of_lines
from engine.advice.address import is_public
from engine.advice.settings import TextSource
from engine.advice.texts import Text
from schemas.system import Severity

PATIENCE = 20.0
"""Seconds that a feed may take."""
KEPT = 2000
"""Texts that are kept of a source, the newest."""

Tell = Callable[[Severity, str, str, dict[str, str]], None]


class Public(AbstractResolver):
    """Finds only addresses that anyone may have: a feed's name may come to point at our network."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Those of a host; OSError where it has none such."""
        found = await self._inner.resolve(host, port, family)
        public = [each for each in found if is_public(each["host"])]
        if not public:
            raise OSError(f"{host} has no public address")
        return public

    async def close(self) -> None:
        """Nothing is open."""


class Sources(Texts):
    """What is known of all sources by now. told: system.events."""

    def __init__(self, sources: Mapping[str, TextSource], told: Tell) -> None:
        self._sources, self._told = sources, told
        self._known: dict[str, dict[Text, None]] = {}
        self._seen: dict[str, Any] = {}
        self._bad: set[str] = set()

    def of(self, names: Sequence[str]) -> Iterable[Text]:
        """The texts of these sources."""
        return [text for name in names for text in self._known.get(name, ())]

    async def run(self) -> None:
        """Look at all of them, each as often as it says, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name in self._sources:
                tasks.create_task(self._keep(name))

    async def _keep(self, name: str) -> None:
        while True:
            await self.look(name)
            await asyncio.sleep(self._sources[name].every)

    async def look(self, name: str) -> None:
        """Look at a source once. What cannot be read is told, and changes nothing."""
        try:
            found = await self._read(name)
        except (OSError, aiohttp.ClientError, TimeoutError, BadTexts) as error:
            if name not in self._bad:
                self._bad.add(name)
                words = f"texts {name} cannot be read: {str(error) or type(error).__name__}"[:300]
                self._told(Severity.WARNING, "texts", words, {"of": name})
            return
        self._bad.discard(name)
        known = {**self._known.get(name, {}), **dict.fromkeys(found)}
        newest = sorted(known, key=lambda text: text.time)[-KEPT:]
        self._known[name] = dict.fromkeys(newest)

    async def _read(self, name: str) -> tuple[Text, ...]:
        source = self._sources[name]
        if source.url:
            return of_feed(name, await fetched(source))
        file = Path(source.file)
        state = file.stat()
        if self._seen.get(name) == (state.st_mtime_ns, state.st_size):
            return ()
        with file.open("rb") as stream:
            stream.seek(max(0, state.st_size - source.largest))
            content = stream.read(source.largest)
        found = of_lines(name, content)
        self._seen[name] = (state.st_mtime_ns, state.st_size)
        return found


async def fetched(source: TextSource) -> bytes:
    """The feed's bytes; BadTexts where it is not there, elsewhere, packed or too long."""
    resolver = None if source.local else Public()
    headers = {"Accept-Encoding": "identity", "User-Agent": "tapeline"}
    async with (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver), trust_env=False, headers=headers,
            timeout=aiohttp.ClientTimeout(total=PATIENCE), auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as client,
        client.get(source.url, allow_redirects=False) as answer,
    ):  # fmt: skip
        if answer.status != 200:
            raise BadTexts(f"its server says {answer.status}")
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise BadTexts("it is packed, which was not asked for")
        content = bytearray()
        async for piece in answer.content.iter_chunked(1 << 14):
            content += piece
            if len(content) > source.largest:
                raise BadTexts(f"it is longer than {source.largest} bytes")
    return bytes(content)
