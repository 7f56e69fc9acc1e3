"""The local exchange under use for long: its memory and all that it keeps stay as they are.

`python -m tests.exchange.soak --seconds 3600` (`make soak`). Clients place, query, cancel, trade,
ask for books and trades, are refused, open listen keys, come and go on WebSockets, some without a
word, while faults are armed and disarmed. Prints a JSON line each tenth, then the verdict; 1 where
it grew.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import hmac
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from urllib.parse import urlencode

import aiohttp
import psutil
import uvloop

from tests.exchange.soak_server import CLIENTS, key_of

GROWTH = 1.05
"""Most that the resident set may be larger in the last tenth than in the fifth."""
ROOM = 1.5
"""Most that a container may be larger at the end than ever up to the middle, and MORE beyond."""
MORE = 100
LEAST = 0.55
"""Of the requests that the pace asks for, those that must have been made before each look."""
SYMBOLS = ("BTCUSDT", "ETHUSDT")
STREAMS = ("depth@100ms", "trade", "bookTicker", "kline_1m", "markPrice@1s")
FAULTS = (
    {"kind": "drop", "path": "events", "times": 3},
    {"kind": "reorder", "path": "streams/btcusdt@depth", "times": 3},
    {"kind": "stale", "path": "streams/", "lasts": 0.5},
    {"kind": "unanswered", "path": "/fapi/v1/depth"},
    {"kind": "disconnect", "streams": "/fstream/private"},
    {"kind": "skew", "milliseconds": 100, "lasts": 0.5},
)


@dataclass
class Soak:
    """What was seen: requests, connections, (seconds, bytes) of memory, lengths of containers."""

    address: str
    seconds: float
    pace: float
    requests: int = 0
    connections: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    memory: list[tuple[float, int]] = field(default_factory=list)
    sizes: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    names: int = 0

    def grown(self) -> list[str]:
        """What has grown that must not; [] when all stayed as it was."""
        early, late = self.between(0.4, 0.5), self.between(0.9, 1.01)
        found = [] if late <= GROWTH * early else [f"memory: {early:,.0f} to {late:,.0f} bytes"]
        middle, last = self.seconds / 2, 0.9 * self.seconds
        ends = [each for at, each in self.sizes if at >= last]
        for name, most in largest([each for at, each in self.sizes if at <= middle]).items():
            end = min(each.get(name, 0) for each in ends)  # what comes and goes has not grown
            if end > ROOM * most + MORE:
                found.append(f"{name}: {most} to {end}")
        return found

    def between(self, low: float, high: float) -> float:
        """Median bytes in a part of the time."""
        low, high = low * self.seconds, high * self.seconds
        return median(size for at, size in self.memory if low <= at <= high)

    async def run(self, pid: int, tell: Callable[[dict[str, Any]], None]) -> None:
        """Use the exchange for so long."""
        watched, began = psutil.Process(pid), time.monotonic()
        async with aiohttp.ClientSession() as session:
            users = [self._use(session, number) for number in range(CLIENTS)]
            listeners = [self._listen(session, number) for number in range(CLIENTS)]
            tasks = [asyncio.ensure_future(each) for each in (*users, *listeners)]
            tasks.append(asyncio.ensure_future(self._break(session)))
            parts = max(20, int(self.seconds / 30))
            for part in range(1, parts + 1):
                await asyncio.sleep(
                    max(0.0, began + part * self.seconds / parts - time.monotonic())
                )
                at = part * self.seconds / parts
                while self.requests < LEAST * self.pace * at:  # a slow machine takes longer
                    await asyncio.sleep(0.1)
                self.memory.append((at, watched.memory_info().rss))
                async with session.get(f"http://{self.address}/books/sizes") as answer:
                    self.sizes.append((at, await answer.json()))
                if part % (parts // 10) == 0:
                    tell(self.told())
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        failed = [each for each in ended if not isinstance(each, asyncio.CancelledError)]
        if failed:
            raise RuntimeError(f"a client ended: {failed}")

    def told(self) -> dict[str, Any]:
        """How it stands."""
        at, size = self.memory[-1]
        told = {"seconds": round(at), "rss_mb": round(size / 1e6, 1), "requests": self.requests}
        kept = sum(self.sizes[-1][1].values())
        return {**told, "connections": self.connections, "kept": kept, "statuses": self.statuses}

    async def _use(self, session: aiohttp.ClientSession, number: int) -> None:
        """A client's requests, so many a second."""
        chance = random.Random(number)
        while True:
            began = time.monotonic()
            for method, path, params in self._turn(chance):
                await self._ask(session, number, method, path, params)
            spent = time.monotonic() - began
            await asyncio.sleep(max(0.0, 10 * CLIENTS / self.pace - spent))

    def _turn(self, chance: random.Random) -> list[tuple[str, str, dict[str, Any]]]:
        """Ten requests: an order that rests and goes, one that waits for a price and goes, one that
        trades, questions, a refusal."""
        self.names += 1
        symbol, side = chance.choice(SYMBOLS), chance.choice(("BUY", "SELL"))
        name = {"symbol": symbol, "origClientOrderId": f"s{self.names}"}
        price = {
            "BTCUSDT": {"BUY": "60500", "SELL": "62500"},
            "ETHUSDT": {"BUY": "2630", "SELL": "2730"},
        }
        order = {"symbol": symbol, "side": side, "quantity": "0.1"}
        resting = {**order, "type": "LIMIT", "timeInForce": "GTC", "price": price[symbol][side]}
        stop = {**order, "algoType": "CONDITIONAL", "type": "STOP_MARKET"}
        stop |= {"triggerPrice": price[symbol]["SELL" if side == "BUY" else "BUY"]}
        asked = chance.choice(("depth", "trades", "exchangeInfo", "klines"))
        more = {"interval": "1m"} if asked == "klines" else {}
        mine = chance.choice(("v2/account", "v1/openOrders", "v1/userTrades", "v2/positionRisk"))
        return [
            ("POST", "/fapi/v1/order", {**resting, "newClientOrderId": f"s{self.names}"}),
            ("GET", "/fapi/v1/order", name),
            ("DELETE", "/fapi/v1/order", name),
            ("POST", "/fapi/v1/algoOrder", {**stop, "clientAlgoId": f"s{self.names}"}),
            ("DELETE", "/fapi/v1/algoOrder", {"clientAlgoId": f"s{self.names}"}),
            ("POST", "/fapi/v1/order", {**order, "type": "MARKET"}),
            ("POST", "/fapi/v1/order", {**order, "type": "LIMIT", "price": "NaN"}),
            ("GET", f"/fapi/v1/{asked}", {"symbol": symbol, **more}),
            ("GET", f"/fapi/{mine}", {"symbol": symbol}),
            (chance.choice(("POST", "PUT", "DELETE")), "/fapi/v1/listenKey", {}),
        ]

    async def _ask(
        self, session: aiohttp.ClientSession, number: int, method: str, path: str, params: Any
    ) -> Any:
        key = key_of(number)
        query = urlencode({**params, "timestamp": time.time_ns() // 1_000_000})
        signature = hmac.new(key.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        url = f"http://{self.address}{path}?{query}&signature={signature}"
        self.requests += 1
        status, found = 0, None
        try:
            async with session.request(method, url, headers={"X-MBX-APIKEY": key.name}) as answer:
                found, status = await answer.json(), answer.status
        except aiohttp.ClientError:
            pass
        self.statuses[status] = self.statuses.get(status, 0) + 1
        return found

    async def _listen(self, session: aiohttp.ClientSession, number: int) -> None:
        """Connections that come, hear a little, and go, every second one without a word."""
        chance = random.Random(number)
        while True:
            name = f"{chance.choice(SYMBOLS).lower()}@{chance.choice(STREAMS)}"
            key = await self._ask(session, number, "POST", "/fapi/v1/listenKey", {})
            names = (f"market/ws/{name}", f"private/ws/{(key or {}).get('listenKey', '')}")
            self.connections += 1
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, ConnectionError):
                await self._hear(session, chance.choice(names), name)
            await asyncio.sleep(0.02)

    async def _hear(self, session: aiohttp.ClientSession, address: str, name: str) -> None:
        async with session.ws_connect(f"ws://{self.address}/fstream/{address}") as socket:
            await socket.send_json({"method": "SUBSCRIBE", "params": [name], "id": 1})
            for _ in range(3):
                await socket.receive(timeout=0.3)
            if self.connections % 2:
                socket._writer.transport.abort()

    async def _break(self, session: aiohttp.ClientSession) -> None:
        """A fault after the other, for a moment each."""
        url, number = f"http://{self.address}/books/faults", 0
        while True:
            await session.post(url, json=FAULTS[number % len(FAULTS)])
            await asyncio.sleep(0.5)
            await session.delete(url)
            await asyncio.sleep(0.5)
            number += 1


def largest(found: list[dict[str, int]]) -> dict[str, int]:
    """The most that each container ever had."""
    names = {name for each in found for name in each}
    return {name: max(each.get(name, 0) for each in found) for name in names}


def soak(
    seconds: float, pace: float, kept: int, candles: int, tell: Callable[[dict[str, Any]], None]
) -> Soak:
    """A server of its own, used for so long at so many requests a second."""
    command = [sys.executable, "-m", "tests.exchange.soak_server", "--kept", str(kept)]
    server = subprocess.Popen([*command, "--candles", str(candles)], stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        made = Soak(told["address"], seconds, pace)
        uvloop.run(made.run(told["pid"], tell))
        return made
    finally:
        server.terminate()
        server.wait(30)


def show(row: dict[str, Any]) -> None:
    """Print a JSON line, at once."""
    print(json.dumps(row), flush=True)


def main() -> int:
    """1 where something grew."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--pace", type=float, default=100, help="requests a second")
    options = parser.parse_args()
    seconds = options.seconds
    kept = max(200, int(seconds * options.pace / 200))
    made = soak(seconds, options.pace, min(kept, 10_000), max(5, int(seconds / 5)), show)
    grown = made.grown()
    start, end = made.between(0.4, 0.5) / 1e6, made.between(0.9, 1.01) / 1e6
    show({"grown": grown, "start_mb": round(start, 1), "end_mb": round(end, 1)})
    return int(bool(grown))


if __name__ == "__main__":
    sys.exit(main())
