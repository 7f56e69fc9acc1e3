"""Each venue's own session against its recording: accepted, answered, and every frame as it was."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from engine.feeds.speech import Topic
from infra.recordings import COIN_M, MARKET, SPOT
from infra.replaying.connection import Connection
from infra.replaying.reel import Reel
from infra.replaying.server import Replaying
from tests.replaying.driving import VENUES, Client, client, reel_of, served, until

FILES = {
    "binance spot": [SPOT[0]],
    "binance usdm": [MARKET[1]],
    "binance cm": [COIN_M[1]],
    "okx": [VENUES / "OKX.ws.1.0.gz"],
    "kraken spot": [VENUES / f"KRAKEN.ws.{n}.0.gz" for n in (48, 49, 50)],
    "kraken futures": [VENUES / "KRAKEN_FUTURES.ws.1.0.gz"],
    "bitget": [VENUES / f"BITGET.ws.{n}.0.gz" for n in (1, 2)],
    "bybit linear": [VENUES / "BYBIT.ws.25.0.gz"],
    "bybit inverse": [VENUES / "BYBIT.ws.26.0.gz"],
    "coinbase exchange": [VENUES / "COINBASE.ws.28.0.gz"],
    "gate spot": [VENUES / "GATEIO.ws.1.0.gz", VENUES / "GATEIO.http.0.0.gz"],
    "gate futures": [VENUES / f"GATEIO_FUTURES.{n}.0.gz" for n in ("ws.1", "http.0")],
    "kucoin spot": [VENUES / "KUCOIN.ws.1.0.gz", VENUES / "KUCOIN.http.0.0.gz"],
    "htx spot": [VENUES / "HUOBI.ws.44.0.gz"],
    "htx inverse": [VENUES / "HUOBI_SWAP.ws.1.0.gz"],
    "htx linear": [VENUES / "HUOBI_SWAP.ws.2.0.gz"],
}


def by_address(reel: Reel) -> list[list[Topic]]:
    """All topics of a recording, as connections share them."""
    speech, found = reel.feed.speech_of(reel.market), dict[str, list[Topic]]()
    for topic in reel.topics:
        found.setdefault(speech.address(reel.market, topic.kind), []).append(topic)
    most = speech.most
    return [each[at : at + most] for each in found.values() for at in range(0, len(each), most)]


@pytest.mark.parametrize("name", FILES)
async def test_a_session_gets_all_its_topics_and_every_frame_byte_exact(name: str) -> None:
    files: list[Path] = FILES[name]
    reel = reel_of(name.split()[0], *files)
    assert name in (f"{reel.feed.name} {reel.market}", reel.feed.name)
    async with served(replaying := Replaying([reel])) as running, AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(client(running, reel, topics))
            for topics in by_address(reel)
        ]
        await asyncio.gather(*(each.settled() for each in clients))
        for each in clients:
            assert set(each.session.wanted) <= set(each.accepted)
            assert each.refused == []
        replaying.begin()
        await replaying.end()
        for each, connection in zip(clients, replaying.connections, strict=True):
            await until(partial(all_read, connection, each))
            assert each.received == [sent.payload for sent in connection.sent]
            frames = [sent.payload for sent in connection.sent if sent.origin == "recorded"]
            assert frames == recorded(reel, set(each.accepted))
    assert replaying.notes == []


def recorded(reel: Reel, topics: set[Topic]) -> list[str | bytes]:
    """The frames of topics, in order."""
    return [shot.payload for shot in reel.shots if topics & set(shot.topics)]


def all_read(connection: Connection, client: Client) -> bool:
    return connection.waiting.empty() and len(client.received) == len(connection.sent)
