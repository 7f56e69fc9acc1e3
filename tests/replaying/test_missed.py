"""A cut connection costs no trade: what was missed comes by REST, and each is published once."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import cast

import pytest

from engine.feeds import missed, wire
from engine.feeds.catalogue import FEEDS
from engine.feeds.events import Trade
from engine.feeds.planning import FeedSettings, planned
from engine.feeds.speech import Kind
from engine.feeds.wire import Wire
from engine.framing import Framer
from engine.spans import SECOND
from infra.recordings import listings
from infra.replaying.dialects.htx import pack
from infra.replaying.faults import Fault
from infra.replaying.play import Pace
from infra.replaying.reel import Reel, parsed
from infra.replaying.server import Replaying, Running
from schemas.raw import Encoding, Listing, ReceivedFrame, Source
from schemas.ticks import NoticeType
from tests.replaying.driving import reel_of, served, until
from tests.replaying.test_venues import FILES
from tests.unit.test_collecting import Kept, ticked
from topics.collecting import Collector
from topics.outlet import Outlet

MOST = 400
"""Frames of trades that are played."""
LASTS = 1.2
"""Seconds that they take."""
RECORDED = ("binance spot", "binance usdm", "binance cm", "okx", "bybit linear", "bybit inverse",
            "coinbase exchange", "htx spot", "kraken spot", "kucoin spot")  # fmt: skip
KNOWN = listings()

Row = tuple[int | None, str, str, str]


def of_trades(name: str) -> Reel:
    """The frames of the busiest symbol's trades in a recording, as many as are played."""
    whole = reel_of(name.split()[0], *FILES[name])
    found = Reel(whole.feed, whole.market)
    shots = [shot for shot in whole.shots if shot.topics[0].kind is Kind.TRADES]
    ((busiest, _),) = Counter(shot.topics[0] for shot in shots).most_common(1)
    for shot in [shot for shot in shots if shot.topics[0] == busiest][:MOST]:
        found.names.add(shot.topics[0].name)
        found.topics.setdefault(shot.topics[0], []).append(len(found.shots))
        found.shots.append(shot)
    return found


def bitget(n: int) -> str:
    """v2's, two trades a frame, the newest first."""
    rows = [{"ts": str(1701910980000 + 40 * n + k), "price": "43854.01", "size": "0.05",
             "side": "buy", "tradeId": str(1116461060594286593 + 7 * n + k)}
            for k in (1, 0)]  # fmt: skip
    head = {"instType": "SPOT", "channel": "trade", "instId": "BTCUSDT"}
    return json.dumps({"action": "update", "arg": head, "data": rows, "ts": 1})


def mexc(n: int) -> str:
    """Contracts', several alike at one time; by REST they have no ids."""
    rows = [{"p": 114350.4 + k % 2, "v": 4, "T": 2, "O": 3, "M": 2, "t": 1760368563000 + n // 3,
             "i": str(16270106116 + 3 * n + k)}
            for k in range(3)]  # fmt: skip
    return json.dumps({"symbol": "BTC_USDT", "data": rows, "channel": "push.deal", "ts": 1})


def gate_futures(n: int) -> str:
    """A taker of each side."""
    rows = [{"size": size, "id": 27753479 + 2 * n + k, "create_time": 1545136464 + n,
             "create_time_ms": 1545136464123 + 3 * n, "price": "96.4", "contract": "BTC_USDT"}
            for k, size in enumerate((-108, 7))]  # fmt: skip
    return json.dumps({"time": 1, "channel": "futures.trades", "event": "update", "result": rows})


def htx(n: int) -> bytes:
    """Linear contracts'."""
    time = 1603708208335 + n // 2
    rows = [{"amount": 2, "ts": time, "id": 1316022650000 + n, "price": 13073.3 + n % 3,
             "direction": "buy", "quantity": 0.002, "trade_turnover": 26.334}]  # fmt: skip
    frame = {"ch": "market.BTC-USDT.trade.detail", "ts": time}
    return pack(json.dumps(frame | {"tick": {"id": 1, "ts": time, "data": rows}}))


def gate(n: int) -> str:
    """Spot's, with the pair's own numbers; several at one time."""
    data = {"id": 309143071 + 5 * n, "create_time": 1606292218, "side": "sell", "amount": "16.47",
            "create_time_ms": f"{1606292218213 + n // 4 * 20}.4578", "price": "0.4705",
            "currency_pair": "GT_USDT", "range": f"{2390902 + n}-{2390902 + n}"}  # fmt: skip
    return json.dumps({"time": 1606292218, "channel": "spot.trades", "event": "update",
                       "result": data})  # fmt: skip


MADE: dict[str, Callable[[int], str | bytes]] = {
    "bitget v2": bitget, "gate spot": gate, "gate futures": gate_futures, "mexc contract": mexc,
    "htx linear": htx,
}  # fmt: skip
"""For markets whose recordings have few trades, or older forms of them."""


def made(name: str) -> Reel:
    """Frames in today's form."""
    venue, market = name.split()
    reel = Reel(FEEDS[venue], market)
    for n in range(60):
        frame, time = MADE[name](n), n * SECOND // 50
        packed = isinstance(frame, bytes)
        text = b64encode(frame).decode() if isinstance(frame, bytes) else frame
        encoding: Encoding = "base64" if packed else "text"
        reel.add(ReceivedFrame(time, Source.WS, "stream", text, encoding))
    return reel


def listed(reel: Reel) -> list[Listing]:
    venue, market = reel.feed.name, reel.market
    table = {(each.venue, each.market, each.venue_symbol): each.symbol for each in KNOWN}
    found = {name: table.get((venue, market, name)) or reel.feed.symbol(market, name)
             for name in reel.names}  # fmt: skip
    return [Listing(venue, market, name, symbol) for name, symbol in found.items() if symbol]


def settings(reel: Reel, running: Running, rows: Sequence[Listing]) -> FeedSettings:
    speech = reel.feed.speech_of(reel.market)
    url = speech.trades(reel.market, "X") or "https://none/"
    hosts = [speech.address(reel.market, Kind.TRADES), "/".join(url.split("/")[:3])]
    return FeedSettings.model_validate({
        "symbols": [each.symbol for each in rows], "kinds": ["trades"], "requests": 100,
        "addresses": {host: running.at(host) for host in hosts},
    })  # fmt: skip


async def collected(reel: Reel, faults: list[Fault]) -> tuple[Kept, list[Listing]]:
    """What a collector writes while a recording is played to its end, and all it asks for after."""
    rows = listed(reel)
    replaying = Replaying([reel], Pace(rate=len(reel.shots) / LASTS), faults)
    kept = Kept()
    async with served(replaying) as running:
        wanted = settings(reel, running, rows)
        lines = [Wire(plan, wanted) for plan in planned(reel.feed.name, wanted, rows)]
        collector = Collector(cast(Outlet, kept), Framer("run", 5_000_000), lines)
        task = asyncio.create_task(collector.run())
        try:
            await until(lambda: all(_settled(line) for line in lines))
            replaying.begin()
            await replaying.end()
            await until(lambda: all(_settled(line) for line in lines))
            await asyncio.sleep(0.1)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    return kept, rows


def _settled(line: Wire) -> bool:
    session = line.session
    asked = session.asked or session.waiting or line.missed.owed
    return session.open and len(session.active) >= len(line.plan.topics) and not asked


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missed, "LAG", SECOND // 10)
    monkeypatch.setattr(wire, "FIRST_DELAY", 0.1)
    monkeypatch.setattr(wire, "LIVED", 0)


def published(kept: Kept, rows: Sequence[Listing]) -> Counter[tuple[str, Row]]:
    found: Counter[tuple[str, Row]] = Counter()
    for each in rows:
        _, ticks = ticked(kept, f"{each.venue}:{each.symbol}")
        for tick in ticks:
            trades = tick.trades
            found.update(
                (each.venue_symbol, row)
                for row in zip(
                    trades.event_time, trades.price, trades.quantity, trades.side, strict=True
                )
            )
    return found


def recorded(reel: Reel, rows: Sequence[Listing]) -> Counter[tuple[str, Row]]:
    names = {each.venue_symbol for each in rows}
    return Counter(
        (shot.topics[0].name, (event.event_time, event.price, event.quantity, event.side))
        for shot in reel.shots
        if shot.topics[0].name in names
        for event in parsed(reel.feed, shot.payload)
        if isinstance(event, Trade)
    )


@pytest.mark.parametrize("name", [*RECORDED, *MADE])
async def test_each_recorded_trade_is_published_once(name: str) -> None:
    reel = made(name) if name in MADE else of_trades(name)
    count = len(reel.shots)
    faults = [Fault(kind="disconnect", at=place) for place in (count // 5, count // 2)]
    kept, rows = await collected(reel, faults)
    assert kept.kinds().count("cut") == 2
    assert kept.kinds().count("unfetched") == 0
    assert published(kept, rows) == recorded(reel, rows)
    live = sum(record.source is Source.WS for record in kept.records)
    assert live, "some came on the socket"


async def test_what_rest_does_not_reach_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    reel = of_trades("binance usdm")
    monkeypatch.setattr("infra.replaying.dialects.binance.MOST", 20)
    kept, rows = await collected(reel, [Fault(kind="disconnect", at=len(reel.shots) // 2)])
    (row,) = rows
    _, ticks = ticked(kept, f"binance:{row.symbol}")
    told = [note.text for tick in ticks for note in tick.notices if note.type is NoticeType.GAP]
    assert any(text.startswith("trades are missing: trades after ") for text in told)
    assert published(kept, rows) < recorded(reel, rows)
