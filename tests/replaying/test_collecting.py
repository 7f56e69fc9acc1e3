"""The live collector at each venue that is replayed: what came, and what became of its books."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest

from engine.book_sync import BookSync
from engine.feeds.planning import FeedSettings, planned
from engine.feeds.wire import Wire
from engine.framing import Framer
from engine.stage import Cell
from engine.ticks import TicksStage
from infra.recordings import SPOT
from infra.replaying.faults import Fault
from infra.replaying.play import Pace
from infra.replaying.reel import Reel, reels
from infra.replaying.server import Replaying, Running
from schemas import names
from schemas.raw import Listing, RawFrame, Source
from schemas.record import Record
from schemas.system import SystemEvent
from schemas.ticks import Ticks
from tests.chaos.feeds.books import Recorded, Walk
from tests.chaos.feeds.collected import Collected, kept
from tests.chaos.feeds.delivered import Delivered, Sent, delivered
from tests.chaos.feeds.desk import addresses, rows
from tests.replaying.driving import VENUES, served, until
from topics.collecting import Collector
from topics.outlet import Outlet

# Of htx spot, books have a socket of their own: a key is then of two connections.
FILES: dict[str, Sequence[Path]] = {
    "binance spot": [SPOT[2]],
    "okx": [VENUES / "OKX.ws.1.0.gz"],
    "kraken spot": [VENUES / f"KRAKEN.ws.{n}.0.gz" for n in (48, 49, 50)],
    "kraken futures": [VENUES / "KRAKEN_FUTURES.ws.1.0.gz"],
    "bitget": [VENUES / f"BITGET.ws.{n}.0.gz" for n in (1, 2)],
    "bybit linear": [VENUES / "BYBIT.ws.25.0.gz"],
    "coinbase exchange": [VENUES / "COINBASE.ws.28.0.gz"],
    "gate spot": [VENUES / "GATEIO.ws.1.0.gz", VENUES / "GATEIO.http.0.0.gz"],
    "kucoin spot": [VENUES / "KUCOIN.ws.1.0.gz", VENUES / "KUCOIN.http.0.0.gz"],
    "htx linear": [VENUES / "HUOBI_SWAP.ws.2.0.gz"],
}
UNNUMBERED = ("bybit linear", "coinbase exchange")
"""As recorded, a missing update of a book does not show."""
RATE, SECONDS, MOST = 400, 2.2, 2_000
CUT = 0.5
"""Seconds until a connection is cut; it is open again within 0.75 s."""
NEVER = 1 << 62


def beginning(name: str) -> Reel:
    """The beginning of a recording, as much as is played."""
    (reel,) = reels(name.split()[0], FILES[name], most=MOST)
    return reel


@dataclass
class Kept:
    """An outlet that keeps what leaves by it."""

    stage: str = "raw"
    records: dict[str, list[RawFrame]] = field(default_factory=dict)
    events: list[SystemEvent] = field(default_factory=list)

    def emit(self, topic: str, key: str, record: Record) -> None:
        assert isinstance(record, RawFrame)
        self.records.setdefault(key, []).append(record)

    def event(self, event: SystemEvent) -> None:
        self.events.append(event)

    async def flush(self) -> None:
        await asyncio.sleep(0)


@dataclass
class Trial:
    """One market, collected while it was replayed with faults."""

    reel: Reel
    kept: Kept
    raw: dict[str, list[Collected]]
    found: Delivered
    ends: Counter[str]
    walks: list[Walk]


def faults(name: str, rate: float) -> list[Fault]:
    random = ("garbage", "double") if name in UNNUMBERED else ("garbage", "double", "gap")
    found = [Fault.model_validate({"kind": kind, "chance": 0.01, "seed": 4}) for kind in random]
    return [*found, Fault(kind="disconnect", at=int(CUT * rate), frames=5)]


def lines(reel: Reel, running: Running) -> list[Wire]:
    """The collector's connections for all of a market."""
    venue, market = reel.feed.name, reel.market
    listed = [Listing(**row) for row in rows(reel)]
    whole = reel.feed.speech_of(market).whole
    wanted = FeedSettings.model_validate({
        "symbols": [each.symbol for each in listed], "requests": 100.0,
        "kinds": tuple({topic.kind for topic in reel.topics} - whole),
        "addresses": addresses(reel, running.port),
    })  # fmt: skip
    return [Wire(plan, wanted) for plan in planned(venue, wanted, listed)]


async def collected(name: str, reel: Reel, kept: Kept) -> Replaying:
    """Play it with its faults, end all connections in order, and collect all that comes."""
    rate = min(RATE, len(reel.shots) / SECONDS)
    replaying = Replaying([reel], Pace(rate=rate), faults(name, rate))
    async with served(replaying) as running:
        wires = lines(reel, running)
        collector = Collector(cast(Outlet, kept), Framer("run"), wires)
        task = asyncio.create_task(collector.run())
        with suppress(asyncio.CancelledError):
            await until(partial(settled, wires))
            before = opened(replaying)
            replaying.begin()
            await asyncio.sleep(SECONDS)
            await until(lambda: any(note.what == "disconnect" for note in replaying.notes))
            await until(lambda: opened(replaying) >= before)  # a wire may not know of its cut yet
            await asyncio.sleep(0.3)
            await until(partial(settled, wires))
            there = replaying.connections[:]
            await replaying.finish()
            await until(lambda: all(each.end for each in there))
            await asyncio.sleep(0.1)
            task.cancel()
            await task
    return replaying


def opened(replaying: Replaying) -> int:
    """Connections that have not ended, as the replay knows."""
    return sum(not each.end for each in replaying.connections)


def settled(wires: Sequence[Wire]) -> bool:
    """Every connection is open, and all that was asked for has its answer."""
    sessions = [wire.session for wire in wires]
    return all(each.open and not each.asked and not each.waiting for each in sessions)


async def trial(name: str, reel: Reel) -> Trial:
    kept_ = Kept()
    replaying = await collected(name, reel, kept_)
    keys = {row["venue_symbol"]: f"{row['venue']}:{row['symbol']}" for row in rows(reel)}
    sent = [Sent.of(each, reel.feed.name, keys) for each in replaying.connections]
    raw = {key: [kept(record) for record in of] for key, of in kept_.records.items()}
    found = delivered(raw, sent)
    walks = [
        walked(Walk(key, Recorded(reel, each), found.places, NEVER), kept_.records[key], raw[key])
        for each, key in keys.items()
    ]
    return Trial(reel, kept_, raw, found, Counter(each.end for each in sent), walks)


def walked(walk: Walk, records: Sequence[RawFrame], raw: Sequence[Collected]) -> Walk:
    """A key's records through the ticks stage, judged."""
    cell = Cell.fresh(TicksStage(), walk.key)
    for record, each in zip(records, raw, strict=True):
        for out in cell.take(names.RAW, record):
            if isinstance(out.record, Ticks):
                walk.take(each, out.record)
    return walk


@pytest.fixture(scope="module")
def trials() -> dict[str, Trial]:
    """All markets at once: most of a trial is waiting."""

    reels = {name: beginning(name) for name in FILES}

    async def all_of_them() -> list[Trial]:
        return await asyncio.gather(*(trial(name, reel) for name, reel in reels.items()))

    return dict(zip(FILES, asyncio.run(all_of_them()), strict=True))


@pytest.mark.parametrize("name", FILES)
def test_what_a_connection_was_sent_is_there_and_no_book_is_wrong(
    name: str, trials: dict[str, Trial]
) -> None:
    found = trials[name]
    assert found.found.faults == []
    assert [fault for walk in found.walks for fault in walk.found.faults] == []
    assert found.ends["cut"] >= 1
    assert found.ends["closed"] >= 1
    assert found.found.sent - found.found.lost > 10
    marks = sum(record.source is Source.CUT for of in found.raw.values() for record in of)
    assert marks >= 2 * len(found.walks)


def kinds(found: Trial) -> set[str]:
    faults = [*found.found.faults, *(fault for walk in found.walks for fault in walk.found.faults)]
    return {fault.partition(":")[0] for fault in faults}


SPOILT = "kraken futures"


async def test_a_collector_that_does_not_mark_its_cuts_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = Wire.closed
    monkeypatch.setattr(Wire, "closed", lambda *given: closed(*given) and [])
    assert "unmarked" in kinds(await trial(SPOILT, beginning(SPOILT)))


async def test_a_collector_that_loses_or_repeats_a_frame_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number, publish = count(), Collector.publish

    def spoilt(*given: Any) -> None:
        for _ in range({50: 0, 90: 2}.get(next(number), 1)):
            publish(*given)

    monkeypatch.setattr(Collector, "publish", spoilt)
    found = await trial(SPOILT, beginning(SPOILT))
    assert {"missing", "strange"} <= kinds(found)


async def test_a_stage_that_goes_on_over_a_gap_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BookSync, "_gap", lambda sync, update: None)
    found = await trial(SPOILT, beginning(SPOILT))
    assert {"unmarked", "wrong"} & kinds(found)
