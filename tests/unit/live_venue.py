"""A venue on a real socket that speaks as Binance USD-M does, with faults to order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web


@dataclass
class LiveVenue:
    """One book and one tape of trades, told to whoever has subscribed.

    stalled: neither sends nor reads; busy: answers of REST that are 429 first, with a
    pause of `retry` s.
    """

    symbols: tuple[str, ...] = ("BTCUSDT",)
    number: int = 100
    sent: list[str] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    snapshots: int = 0
    opened: int = 0
    busy: int = 0
    retry: int = 0
    stalled: bool = False
    deaf: bool = False
    levels: dict[str, dict[str, str]] = field(default_factory=dict)
    traded: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    streams: dict[int, set[str]] = field(default_factory=dict)
    port: int = 0

    @property
    def addresses(self) -> dict[str, str]:
        return {
            "wss://fstream.binance.com": f"ws://127.0.0.1:{self.port}",
            "https://fapi.binance.com": f"http://127.0.0.1:{self.port}",
        }

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=not self.deaf)
        await socket.prepare(request)
        self.opened += 1
        self.sockets.append(socket)
        mine = self.streams[id(socket)] = set()
        async for message in socket:
            if self.stalled or message.type is not WSMsgType.TEXT:
                continue
            told = json.loads(message.data)
            self.asked.append(told["params"])
            mine.update(told["params"])
            await socket.send_str(json.dumps({"result": None, "id": told["id"]}))
        return socket

    async def depth(self, request: web.Request) -> web.Response:
        if self.busy:
            self.busy -= 1
            return web.Response(status=429, headers={"Retry-After": str(self.retry)})
        self.snapshots += 1
        levels = self.levels.get(request.query["symbol"], {})
        bids = [[price, quantity] for price, quantity in levels.items() if quantity != "0"]
        body = {"lastUpdateId": self.number, "E": 1, "T": 1, "bids": bids, "asks": []}
        return web.Response(text=json.dumps(body))

    async def trades(self, request: web.Request) -> web.Response:
        told = self.traded.get(request.query["symbol"], [])
        rows = [
            {"id": n, "price": price, "qty": "1", "time": n, "isBuyerMaker": True}
            for n, price in told[-int(request.query["limit"]) :]
        ]
        return web.Response(text=json.dumps(rows))

    async def tell(self, stream: str, frame: dict[str, Any], skip: bool = False) -> None:
        """Send a frame to the subscribers of a stream, or let it be lost."""
        text = json.dumps({"stream": stream, "data": frame})
        self.sent.append(text)
        for socket in self.sockets:
            if not skip and not socket.closed and stream in self.streams[id(socket)]:
                with suppress(ConnectionError):
                    await socket.send_str(text)

    async def move(self, symbol: str = "BTCUSDT", skip: bool = False) -> None:
        """One trade, and one change of the book."""
        before, self.number = self.number, self.number + 1
        n = self.number
        price, quantity = str(100 + n % 7), str(n % 5)
        self.levels.setdefault(symbol, {})[price] = quantity
        self.traded.setdefault(symbol, []).append((n, price))
        name = symbol.lower()
        diff = {
            "e": "depthUpdate", "E": n, "T": n, "s": symbol, "U": n, "u": n, "pu": before,
            "b": [[price, quantity]], "a": [],
        }  # fmt: skip
        trade = {
            "e": "trade", "E": n, "T": n, "s": symbol, "t": n, "p": price, "q": "1", "m": True,
        }  # fmt: skip
        await self.tell(f"{name}@depth@100ms", diff, skip)
        await self.tell(f"{name}@trade", trade, skip)

    async def cut(self) -> None:
        """Every connection ends without a goodbye."""
        for socket in self.sockets:
            if not socket.closed and socket._req is not None and socket._req.transport is not None:
                socket._req.transport.abort()
        self.sockets.clear()
        await asyncio.sleep(0)


@asynccontextmanager
async def live_venue(**fields: Any) -> AsyncIterator[LiveVenue]:
    """A venue that answers until the block ends."""
    venue = LiveVenue(**fields)
    app = web.Application()
    app.add_routes([
        web.get("/stream", venue.stream),
        web.get("/fapi/v1/depth", venue.depth),
        web.get("/fapi/v1/trades", venue.trades),
    ])  # fmt: skip
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    venue.port = runner.addresses[0][1]
    try:
        yield venue
    finally:
        await runner.cleanup()
