"""The streams of the gateway's bench: an update is due at a time, whatever became of those before
it; from then until its reader has it passes Kafka, the server and the sockets.
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.local.errors import LocalError
from tests.bench.gateway_bare import TOPIC
from tests.bench.gateway_house import House, Server, Talking, talking
from tests.bench.gateway_news import News, market
from tests.bench.gateway_rows import Row, row, waits

MARKETS = 100
WARMING = 3.0
OPENED = 300.0
"""Connections that are opened a second: an address may ask 500 things a second."""
SLOWEST_MS, LARGEST_MB = 250.0, 2000.0
KINDS = {"spread": f"of {MARKETS} markets in turns", "burst": "of one market at once"}


def rows(home: House, rounds: int, seconds: float, connections: int) -> Iterator[Row]:
    """Of each kind the waits, and what was missed; then the memory of the server."""
    plays = [
        (play(home, True, connections, seconds), play(home, False, connections, seconds))
        for _ in range(rounds)
    ]
    case = f"{connections:,} streams, an update each a second"
    for kind, name in KINDS.items():
        pairs = [(ours[kind], bare[kind]) for ours, bare in plays]
        yield from waits(pairs, f"{case}, {name}: due to received", SLOWEST_MS)
        missed = sum(ours["missed"] for ours, _ in pairs)
        yield row(f"{case}, {name}: missed or out of order", "1", missed, None, {"at_most": 0})
    ours, peers = (max(each["memory"] for each in side) for side in zip(*plays, strict=True))
    yield row(f"{case}: memory of the server", "MB", ours, peers, {"at_most": LARGEST_MB})


def play(home: House, ours: bool, connections: int, seconds: float) -> Row:
    """All connections to one server, first spread over the markets, then all on one."""
    with (
        home.gateway() if ours else home.bare({}) as server,
        talking("tests.bench.gateway_reader") as readers,
    ):
        opened(server, readers, connections)
        news = News(home.settings, "" if ours else TOPIC)
        markets = [market(number) for number in range(MARKETS)]
        spread = _heard(server, readers, news, markets, seconds)
        burst = _heard(server, readers, news, [market(MARKETS)], seconds)
        return {"spread": spread, "burst": burst, "memory": server.memory}


def opened(server: Server, readers: Talking, connections: int) -> None:
    """All of them; LocalError where not all are."""
    tokens = [token for _, token in server.users]
    told = readers.ask(
        "open", port=server.port, tokens=tokens, connections=connections, rate=OPENED
    )
    if told["opened"] < connections:
        raise LocalError(f"of {connections} connections {told['opened']} are open: {told['lost']}")


def _heard(server: Server, readers: Talking, news: News, keys: list[str], seconds: float) -> Row:
    readers.ask("follow", keys=keys)
    news.pace(keys, WARMING)
    before = server.worked
    since = news.pace(keys, seconds)
    told: Row = readers.ask("heard", last=dict(news.last), since=since)
    if told["lost"] or not told["updates"]:
        raise LocalError(f"{told['updates']} updates came; connections lost: {told['lost']}")
    return {**told, "cost": 1e6 * (server.worked - before) / told["updates"]}
