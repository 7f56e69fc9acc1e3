"""The readers of the gateway's bench: many WebSocket connections in a process of its own.

Told what to do by a line of JSON at a time on stdin; answers each with a line. A connection parses
frames itself, and no more of them than it needs: what reads must not be what is measured.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import sys
import time
from array import array
from base64 import b64encode
from collections import Counter
from os import urandom
from typing import Any

import uvloop

from gateway.server.serve import widen
from tests.bench.chain import percentile

TEXT, CLOSE = 1, 8
DELTA, SNAPSHOT = b'{"type":"delta"', b'{"type":"snapshot"'
PATIENCE = 60.0
"""Seconds in which what was told must have arrived, and a connection must be open."""
ONWARD = 200
"""Connections that are being opened at once."""


class Reader(asyncio.Protocol):
    """One connection. key: what it hears of; last: the number of its last delta; missed: numbers
    that never came, or came out of order; over: it is no more, or never was.
    """

    __slots__ = (
        "_rest", "_transport", "_upgraded", "key", "last", "load", "missed", "opened", "over",
    )  # fmt: skip

    def __init__(self, load: Load) -> None:
        self.load, self._rest, self._upgraded = load, b"", False
        self.key, self.last, self.missed = "", 0, 0
        self.over = False
        self.opened: asyncio.Future[None] = load.loop.create_future()
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def upgrade(self, host: str, token: str) -> None:
        """Ask for the stream."""
        key = b64encode(urandom(16)).decode()
        self._transport.write(
            f"GET /v1/stream HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )

    def follow(self, key: str) -> None:
        """Hear of a market's ticks, and of no other any more."""
        if self.key:
            self.say({"type": "unsubscribe", "channel": "ticks", "key": self.key})
        self.key = key
        self.say({"type": "subscribe", "channel": "ticks", "key": key})

    def say(self, message: dict[str, str]) -> None:
        """A message, as one masked frame (RFC 6455, 5.2); the mask is zeros."""
        text = json.dumps(message).encode()
        length = bytes([128 | len(text)]) if len(text) < 126 else b"\xfe" + _two(len(text))
        self._transport.write(b"\x81" + length + bytes(4) + text)

    def data_received(self, data: bytes) -> None:
        now = time.time_ns()
        data = self._rest + data if self._rest else data
        at = 0 if self._upgraded else self._head(data)
        if not self._upgraded:
            self._rest = data[at:]
            return
        while (found := _frame(data, at)) is not None:
            kind = data[at] & 15
            begin, at = found
            self._take(data, kind, begin, at, now)
        self._rest = data[at:]

    def connection_lost(self, exc: Exception | None) -> None:
        self.end("cut")

    def _head(self, data: bytes) -> int:
        """Where the first frame begins, once the answer to the upgrade is whole."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return 0
        status = data[9:12].decode()
        if status == "101":
            self._upgraded = True
            self.opened.set_result(None)
            return end + 4
        self.end(f"answered {status}")
        return len(data)

    def end(self, why: str) -> None:
        """It is over; the first reason counts."""
        if self.over:
            return
        self.over = True
        self.load.lost[why] += 1
        if self._transport is not None:
            self._transport.close()
            if not self.opened.done():
                self.opened.set_exception(ConnectionError(why))

    def _take(self, data: bytes, kind: int, begin: int, end: int, now: int) -> None:
        if kind == CLOSE:
            self.end(f"closed {int.from_bytes(data[begin : begin + 2], 'big')}")
        elif kind == TEXT and data.startswith(DELTA, begin):
            start = data.find(b'"sequence":', begin, end) + 11
            comma = data.find(b",", start, end)
            number = int(data[start:comma])
            self.missed += number != self.last + 1
            self.last = number
            start = data.find(b'"id":"', comma, end) + 6
            self.load.note(int(data[start : start + 32], 16), now)
        elif kind == TEXT and data.startswith(SNAPSHOT, begin):
            start = data.find(b'"sequence":', begin, end) + 11
            self.last = int(data[start : data.find(b",", start, end)])
            self.load.snapshots += 1


def _frame(data: bytes, at: int) -> tuple[int, int] | None:
    """Begin and end of the payload of the frame at `at`; None where it is not whole."""
    if len(data) - at < 2:
        return None
    head, length = 2, data[at + 1]
    if length == 126:
        head, length = 4, int.from_bytes(data[at + 2 : at + 4], "big")
    elif length == 127:
        head, length = 10, int.from_bytes(data[at + 2 : at + 10], "big")
    end = at + head + length
    return (at + head, end) if end <= len(data) else None


def _two(length: int) -> bytes:
    return length.to_bytes(2, "big")


class Load:
    """All connections of the process. lost: how those ended that are over, by reason."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.readers: list[Reader] = []
        self.lost: Counter[str] = Counter()
        self.snapshots = 0
        self._due, self._took = array("q"), array("q")

    def note(self, due: int, now: int) -> None:
        """An update that was due then has come now."""
        self._due.append(due)
        self._took.append(now - due)

    async def open(self, port: int, tokens: list[str], connections: int, rate: float) -> Any:
        """So many a second, each with the next token."""
        room, began, names = asyncio.Semaphore(ONWARD), time.monotonic(), itertools.cycle(tokens)

        async def one(token: str) -> None:
            self.readers.append(reader := Reader(self))
            try:
                await self.loop.create_connection(lambda: reader, "127.0.0.1", port)
                reader.upgrade(f"127.0.0.1:{port}", token)
                await asyncio.wait_for(reader.opened, PATIENCE)
            except (OSError, TimeoutError) as error:
                reader.end(str(error) or "no answer")
            finally:
                room.release()

        tasks = []
        for number in range(connections):
            await asyncio.sleep(max(began + number / rate - time.monotonic(), 0))
            await room.acquire()
            tasks.append(asyncio.create_task(one(next(names))))
        await asyncio.gather(*tasks)
        gc.collect()
        gc.freeze()
        return {"opened": sum(not each.over for each in self.readers), "lost": self.lost}

    async def follow(self, keys: list[str]) -> Any:
        """Each connection hears of the next market, from a snapshot on."""
        self.snapshots = 0
        paired = zip(self.readers, itertools.cycle(keys), strict=False)
        for number, (reader, key) in enumerate(paired, 1):
            reader.follow(key)
            if number % ONWARD == 0:
                await asyncio.sleep(0)
        await self._until(lambda: self.snapshots >= len(self.readers))
        return {"followed": self.snapshots, "lost": self.lost}

    async def heard(self, last: dict[str, int], since: int) -> Any:
        """What came, once all has: `last` has the number of each market's last delta, `since` when
        the first update was due that counts, ns.
        """
        await self._until(lambda: all(each.last >= last[each.key] for each in self.readers))
        took = sorted(took for due, took in zip(self._due, self._took, strict=True) if due >= since)
        self._due, self._took = array("q"), array("q")
        missed = sum(each.missed for each in self.readers)
        missed += sum(max(last[each.key] - each.last, 0) for each in self.readers)
        for each in self.readers:
            each.missed = 0
        return {"updates": len(took), "missed": missed, "lost": self.lost, **quantiles(took)}

    async def _until(self, done: Any) -> None:
        until = time.monotonic() + PATIENCE
        while not done() and not self.lost and time.monotonic() < until:
            await asyncio.sleep(0.05)


def quantiles(took: list[int]) -> dict[str, float]:
    """Of ns, in ms."""
    if not took:
        return {}
    ranks = {"p50": 0.5, "p99": 0.99, "longest": 1.0}
    return {name: percentile(took, share) / 1e6 for name, share in ranks.items()}


async def main() -> None:
    """Do what is told until nothing is any more."""
    load = Load()
    lines = asyncio.StreamReader(limit=1 << 22)
    await load.loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        (what, given), *_ = json.loads(line).items()
        print(json.dumps(await getattr(load, what)(**given)), flush=True)


if __name__ == "__main__":
    widen()
    uvloop.run(main())
