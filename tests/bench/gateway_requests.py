"""The requests of the gateway's bench: of pages and programs that read, and of people who trade."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.local.errors import LocalError
from schemas import names
from tests.bench.gateway_house import USERS, House, Server, talking
from tests.bench.gateway_news import market
from tests.bench.gateway_rows import Row, row, waits
from tests.bench.gateway_streams import opened
from topics.reading import read_all

RATE, SLOWEST_MS = 300.0, 50.0
ORDERS, LARGEST_MB = 50.0, 200.0
WARMING = 3.0
BTC = "binance:BTC/USDT:USDT"
ORDER: dict[str, Any] = {
    "method": "POST", "path": "/v1/orders",
    "body": {"symbol": "BTC/USDT:USDT", "venue": "binance", "side": "buy", "quantity": "0.002"},
}  # fmt: skip
READ = {
    f"/v1/ticks/one?market={BTC}": 4,
    "/v1/orders?limit=50": 3,
    "/v1/positions": 2,
    "/v1/portfolio": 2,
    "/v1/fills?limit=50": 2,
    f"/v1/bars?market={BTC}&interval=1s&limit=100": 2,
    f"/v1/decisions?market={BTC}&limit=20": 1,
    "/v1/accounts": 1,
    "/v1/instruments": 1,
    "/v1/limits": 1,
}
"""Paths, with how often each is asked before all come again; once in between an order is placed."""


def mix() -> list[dict[str, Any]]:
    """What is asked in turns: the most frequent ones apart from each other."""
    left, found = dict(READ), []
    while any(left.values()):
        for path in left:
            if left[path]:
                left[path] -= 1
                found.append({"method": "GET", "path": path})
    return [*found, ORDER]


def rows(home: House, rounds: int, seconds: float) -> Iterator[Row]:
    """The mix, then the trade; then the memory of a gateway that has had nothing else to do."""
    bodies: dict[str, str] = {}
    mixed, traded = [], []
    for _ in range(rounds):
        with home.gateway() as server:
            ours = called(server, mix(), RATE, seconds)
            bodies |= ours.pop("bodies")
        with home.bare(bodies) as server:
            mixed.append((ours, called(server, mix(), RATE, seconds)))
        with home.gateway() as server:
            ours = traded_at(home, server, seconds)
        with home.bare(bodies) as server:
            traded.append((ours, called(server, [ORDER], ORDERS, seconds)))
    case = f"{RATE:g} requests/s of {USERS} users, {100 / len(mix()):.0f} % orders: due to answered"
    yield from waits(mixed, case, SLOWEST_MS)
    case = f"{USERS} users trade, {ORDERS:g} orders/s: due to durable on the topic and answered"
    yield from waits(traded, case, SLOWEST_MS)
    lost = sum(ours["lost"] for ours, _ in traded)
    yield row(f"{USERS} users trade: orders lost or doubled", "1", lost, None, {"at_most": 0})
    memory = max(ours["memory"] for ours, _ in traded)
    yield row(f"{USERS} users trade: memory of the gateway", "MB", memory, None,
              {"at_most": LARGEST_MB})  # fmt: skip


def called(server: Server, asked: list[dict[str, Any]], rate: float, seconds: float) -> Row:
    """Waits of requests at a rate; LocalError where one was refused."""
    with talking("tests.bench.gateway_caller") as callers:
        before = server.worked
        given = {"users": server.users, "asked": asked, "rate": rate, "span": seconds}
        told: Row = callers.ask("call", port=server.port, warm=WARMING, **given)
        spent = server.worked - before
    if told["refusals"]:
        raise LocalError(f"not all requests were answered: {told['answers']}: {told['refusals']}")
    return {**told, "cost": 1e6 * spent / (rate * (seconds + WARMING))}


def traded_at(home: House, server: Server, seconds: float) -> Row:
    """All users place an order a second, each with a stream of the market open."""
    before = _commands(home)
    with talking("tests.bench.gateway_reader") as readers:
        opened(server, readers, USERS)
        readers.ask("follow", keys=[market(0)])
        told = called(server, [ORDER], ORDERS, seconds)
        memory = server.memory
    placed, wanted = _commands(home) - before, round(ORDERS * (seconds + WARMING))
    return {**told, "memory": memory, "lost": abs(placed - wanted)}


def _commands(home: House) -> int:
    return sum(1 for _ in read_all(home.settings, names.COMMANDS))
