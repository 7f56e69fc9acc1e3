"""`tapeline bench exchange`: the local exchange under load, all of it on one core.

200 WebSocket clients, each on the depth stream of a symbol of its own, whose book changes every
100 ms; and 500 signed orders a second over REST on kept connections, of which every second trades
with the one before. The server is held to one core and the clients to another (where the system
can: Linux). An order is due at a time, whatever became of those before it, and its round trip
counts from then. Nothing else does this with a whole exchange, so there is no peer.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import aiohttp
import psutil
import uvloop

from infra.local.errors import LocalError
from tests.bench.exchange_server import CLIENTS, PRICE, key_of, name_of

NAME = "exchange"
STREAMS, RATE, SECONDS = 200, 500, 5.0
MOST_MS = 50.0
FEWEST = 9.0
"""Messages a second that each client must get of the ten that there are."""

Row = dict[str, Any]


@dataclass
class Load:
    """What was measured in one round: ms of each order, messages of each client, CPU in s."""

    waits: list[float] = field(default_factory=list)
    messages: list[int] = field(default_factory=lambda: [0] * STREAMS)
    idle: float = 0.0
    busy: float = 0.0
    elapsed: float = 0.0
    failed: int = 0


def rows(rounds: int, seconds: float | None) -> Iterator[Row]:
    """p50 and p99 of an order's round trip, the core's use, and what an order costs of it."""
    loads = [measured(seconds or SECONDS) for _ in range(rounds)]
    case = f"{STREAMS} depth streams of {STREAMS} symbols at 100 ms, {RATE} orders/s: "
    waits = [sorted(load.waits) for load in loads]
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        found = median(each[int(share * len(each))] for each in waits)
        level = {"level": {"at_most": MOST_MS}} if share > 0.9 else {}
        yield row(f"{case}round trip, {name}", "ms", found, **level)
    yield row(f"{case}round trip, longest", "ms", max(each[-1] for each in waits))
    busy = [100 * load.busy / load.elapsed for load in loads]
    yield row(f"{case}use of the server's core", "%", median(busy))
    costs = [1e6 * (load.busy - load.idle) / len(load.waits) for load in loads]
    yield row(f"{case}processor time of a round trip", "us", median(costs))
    told = [min(load.messages) / load.elapsed for load in loads]
    least = min(told)
    yield row(f"{case}diffs to the client with fewest", "1/s", least, level={"over": FEWEST})


def row(case: str, unit: str, ours: float, **more: Any) -> Row:
    """A row without a peer."""
    told = {"bench": NAME, "case": case, "unit": unit, "ours": round(ours, 3)}
    return {**told, "peers": {}, "ratio": None, **more}


def measured(seconds: float) -> Load:
    """One round against a server of its own; LocalError where it does not take every order."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    apart = len(cores) > 1
    command = [sys.executable, "-m", "tests.bench.exchange_server", "--symbols", str(STREAMS)]
    command += ["--core", str(cores[0])] if apart else []
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        if apart:
            os.sched_setaffinity(0, {cores[1]})
        load = uvloop.run(_round(told["address"], psutil.Process(told["pid"]), seconds))
    finally:
        if apart:
            os.sched_setaffinity(0, set(cores))
        server.terminate()
        server.wait(30)
    if load.failed:
        raise LocalError(f"{load.failed} of {len(load.waits)} orders were refused")
    return load


async def _round(address: str, server: psutil.Process, seconds: float) -> Load:
    load = Load()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        listeners = [
            asyncio.ensure_future(_listen(session, address, number, load))
            for number in range(STREAMS)
        ]
        await asyncio.sleep(1.5)
        gc.collect()
        gc.freeze()
        before = _used(server)
        await asyncio.sleep(seconds)
        load.idle = _used(server) - before
        load.messages = [0] * STREAMS
        before, began = _used(server), time.perf_counter()
        await _orders(address, load, seconds)
        load.busy, load.elapsed = _used(server) - before, time.perf_counter() - began
        for each in listeners:
            each.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
    return load


async def _listen(session: aiohttp.ClientSession, address: str, number: int, load: Load) -> None:
    url = f"ws://{address}/fstream/public/ws/{name_of(number).lower()}@depth@100ms"
    async with session.ws_connect(url) as socket:
        async for _ in socket:
            load.messages[number] += 1


async def _orders(address: str, load: Load, seconds: float) -> None:
    """Each at its time, on the connection whose turn it is, of two clients in turns."""
    host, port = address.split(":")
    free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
    for _ in range(32):
        free.put_nowait(Connection(*await asyncio.open_connection(host, int(port))))
    began, tasks = time.perf_counter(), []
    for number in range(int(seconds * RATE)):
        due = began + number / RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.ensure_future(_order(free, number, due, load)))
    await asyncio.gather(*tasks)
    while not free.empty():
        free.get_nowait().close()


async def _order(free: asyncio.LifoQueue[Connection], number: int, due: float, load: Load) -> None:
    connection = await free.get()
    status = await connection.post(*signed(number))
    load.waits.append(1000 * (time.perf_counter() - due))
    load.failed += status != 200
    free.put_nowait(connection)


def signed(number: int) -> tuple[str, str]:
    """Key and query of an order: every second one trades with the one before."""
    pair, sells = divmod(number, 2)
    key = key_of((2 * pair + sells) % CLIENTS)
    query = (
        f"symbol={name_of(pair % STREAMS)}&side={'SELL' if sells else 'BUY'}&type=LIMIT"
        f"&timeInForce=GTC&quantity=0.100&price={PRICE}&newClientOrderId=b{number}"
        f"&timestamp={time.time_ns() // 1_000_000}&recvWindow=60000"
    )
    signature = hmac.new(key.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
    return key.name, f"{query}&signature={signature}"


@dataclass(slots=True)
class Connection:
    """A kept HTTP connection, as lean as can be: the server is measured, not a client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def post(self, key: str, query: str) -> int:
        """Send an order and read the whole answer; its status."""
        self.writer.write(
            f"POST /fapi/v1/order?{query} HTTP/1.1\r\nHost: bench\r\nX-MBX-APIKEY: {key}\r\n"
            "Content-Length: 0\r\n\r\n".encode()
        )
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        await self.reader.readexactly(length)
        return int(head.split(" ", 2)[1])

    def close(self) -> None:
        """End."""
        with contextlib.suppress(OSError):
            self.writer.close()


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
