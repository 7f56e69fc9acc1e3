"""Who comes late gets the book of that moment, by stream or by REST, and it stays right."""

from __future__ import annotations

import aiohttp
import pytest

from engine.book_sync import BookSync
from engine.feeds.events import Depth, Trade
from engine.feeds.speech import Kind, Topic
from infra.recordings import COIN_M, MARKET, SPOT
from infra.replaying.play import Play
from infra.replaying.reel import Reel, parsed
from infra.replaying.server import Replaying, Running
from schemas.ticks import BookState
from tests.replaying.driving import VENUES, client, reel_of, served, until

STREAMED = {
    "okx": "OKX.ws.1.0.gz",
    "kraken spot": "KRAKEN.ws.50.0.gz",
    "kraken futures": "KRAKEN_FUTURES.ws.1.0.gz",
    "bitget": "BITGET.ws.2.0.gz",
    "bybit linear": "BYBIT.ws.25.0.gz",
    "coinbase exchange": "COINBASE.ws.28.0.gz",
    "htx linear": "HUOBI_SWAP.ws.2.0.gz",
}
ASKED = {
    "binance spot": [SPOT[2]],
    "binance usdm": [MARKET[1]],
    "binance cm": [COIN_M[1]],
    "gate spot": [VENUES / "GATEIO.ws.1.0.gz", VENUES / "GATEIO.http.0.0.gz"],
    "gate futures": [VENUES / f"GATEIO_FUTURES.{n}.0.gz" for n in ("ws.1", "http.0")],
}
FRAMES = 3000


def built(reel: Reel, payloads: list[str | bytes]) -> BookSync:
    """The book that a client has of what it received."""
    rule = reel.feed.rules.get("spot" if reel.market == "spot" else "contract")
    sync = BookSync(rule or next(iter(reel.feed.rules.values())), 1 << 62)
    for payload in payloads:
        for event in parsed(reel.feed, payload):
            if isinstance(event, Depth):
                sync.take(event, 0)
    return sync


def sides(sync: BookSync, levels: int = 10) -> object:
    assert sync.state is BookState.OK
    return sync.book.top("bids", levels), sync.book.top("asks", levels)


def busiest(reel: Reel) -> Topic:
    return max(
        (topic for topic in reel.topics if topic.kind is Kind.BOOK),
        key=lambda topic: len(reel.topics[topic]),
    )


def played(play: Play, frames: int) -> None:
    for _ in range(min(frames, len(play.reel.shots) - play.position)):
        play.step(0, 0)


@pytest.mark.parametrize("name", STREAMED)
async def test_a_book_that_is_subscribed_in_midst_comes_whole_and_stays_right(name: str) -> None:
    reel = reel_of(name.split()[0], VENUES / STREAMED[name])
    topic = busiest(reel)
    frames = reel.topics[topic]
    half = frames[len(frames) // 2]
    async with served(replaying := Replaying([reel])) as running:
        play = replaying.plays[0]
        played(play, half)
        async with client(running, reel, [topic]) as late:
            await late.settled()
            played(play, FRAMES)
            rest = [reel.shots[at].payload for at in frames if half <= at < play.position]
            await until(lambda: rest[-1] in late.received)
            whole = [reel.shots[at].payload for at in frames if at < play.position]
            assert sides(built(reel, late.received)) == sides(built(reel, whole))
            assert sides(built(reel, late.received[: late.received.index(rest[0])])), "at once"


async def asked(running: Running, reel: Reel, topic: Topic) -> str:
    address = reel.feed.speech_of(reel.market).snapshot(reel.market, topic.name)
    assert address is not None
    async with aiohttp.ClientSession() as http, http.get(running.at(address)) as response:
        assert response.status == 200
        return await response.text()


@pytest.mark.parametrize("name", ASKED)
async def test_a_book_asked_for_by_rest_takes_the_updates_of_the_stream(name: str) -> None:
    reel = reel_of(name.split()[0], *ASKED[name])
    topic = busiest(reel)
    async with served(replaying := Replaying([reel])) as running:
        play = replaying.plays[0]
        frames = reel.topics[topic]
        played(play, min(FRAMES, frames[len(frames) // 2]))
        async with client(running, reel, [topic]) as late:
            await late.settled()
            played(
                play, frames[len(frames) * 2 // 3] - play.position if name[:4] == "gate" else 300
            )
            answer = await asked(running, reel, topic)
            await until(lambda: late.session.heard > 0 and bool(late.received))
            before = [sent.payload for sent in replaying.connections[0].sent]
            played(play, FRAMES)
            last = max(at for at in reel.topics[topic] if at < play.position)
            await until(lambda: late.received[-1] == reel.shots[last].payload)
            received = [*before, answer, *late.received[len(before) :]]
            told = [told.text for told in reel.answers[topic.name] if told.position < last]
            whole = [reel.shots[at].payload for at in reel.topics[topic] if at <= last]
            at = len([n for n in reel.topics[topic] if n < reel.answers[topic.name][0].position])
            assert sides(built(reel, received)) == sides(
                built(reel, [*whole[:at], *told, *whole[at:]])
            )


async def test_before_the_first_book_the_recorded_answer_is_given_byte_exact() -> None:
    reel = reel_of("binance", MARKET[1])
    async with served(Replaying([reel])) as running:
        (told,) = reel.answers["ETHUSDT"]
        assert await asked(running, reel, Topic(Kind.BOOK, "ETHUSDT")) == told.text
        async with aiohttp.ClientSession() as http:
            for unknown in ("https://fapi.binance.com/fapi/v1/depth?symbol=NONE", "https://x.y/"):
                async with http.get(running.at(unknown)) as response:
                    assert response.status == 404


async def test_the_latest_trades_by_rest_are_those_that_were_played() -> None:
    reel = reel_of("okx", VENUES / "OKX.ws.1.0.gz")
    async with served(replaying := Replaying([reel])) as running:
        played(replaying.plays[0], 1 << 30)
        address = reel.feed.speech.trades(reel.market, "BTC-USDT")
        assert address is not None
        async with aiohttp.ClientSession() as http, http.get(running.at(address)) as response:
            found = trade_ids(reel, await response.text())
        frames = [reel.shots[at].payload for at in reel.topics[Topic(Kind.TRADES, "BTC-USDT")]]
        assert found
        assert sorted(found) == sorted(each for frame in frames for each in trade_ids(reel, frame))


def trade_ids(reel: Reel, payload: str | bytes) -> list[str]:
    return [event.trade_id for event in reel.feed.parse(payload) if isinstance(event, Trade)]
