"""A venue that is played back is recorded: the files say what the first recording says."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from base64 import b64decode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.feeds.planning import FeedSettings, stood_for
from engine.feeds.speech import Kind
from engine.feeds.wanted import Wanted
from gateway.recorded.decode import decode
from infra import recordings
from infra.replaying.play import Pace
from infra.replaying.reel import Reel
from infra.replaying.server import Replaying
from schemas.raw import ReceivedFrame, Source
from tests.replaying.driving import reel_of, served, until
from tests.replaying.test_venues import FILES
from topics.recorder import Recorder
from topics.recording import read

LARGE = 1 << 30
Row = dict[str, Any]


def rows(reel: Reel) -> list[Row]:
    """The names that a recording has topics of."""
    feed, market = reel.feed, reel.market
    whole = feed.speech_of(market).whole
    named = {each.venue_symbol: each.symbol for each in recordings.listings()
             if (each.venue, each.market) == (feed.name, market)}  # fmt: skip
    found = dict.fromkeys(topic.name for topic in reel.topics if topic.kind not in whole)
    symbols = {name: named.get(name) or feed.symbol(market, name) for name in found}
    return [
        {"venue": feed.name, "market": market, "venue_symbol": name, "symbol": symbol}
        for name, symbol in symbols.items()
        if symbol is not None
    ]


def standing_in(port: int) -> dict[str, str]:
    return {"wss://": f"ws://127.0.0.1:{port}/", "https://": f"http://127.0.0.1:{port}/"}


@asynccontextmanager
async def recording(
    replaying: Replaying, folder: Path, kinds: Sequence[Kind], largest: int = LARGE
) -> AsyncIterator[Recorder]:
    """A recorder at work on all that is played."""
    (reel,) = replaying.reels
    async with served(replaying) as running:
        known = rows(reel)
        addresses = standing_in(running.port)
        wanted = FeedSettings(
            symbols=tuple(dict.fromkeys(row["symbol"] for row in known)), kinds=tuple(kinds),
            addresses=addresses, requests=50,
        )  # fmt: skip
        wires = Wanted(reel.feed.name, wanted).wires(known)
        original = partial(stood_for, addresses=addresses)
        made = Recorder(folder, wires, original, largest, lambda *_: None)
        task = asyncio.create_task(made.run())
        try:
            await until(
                lambda: all(
                    wire.session.open and not wire.session.asked and not wire.session.waiting
                    for wire in wires
                )
            )
            yield made
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def events(files: Sequence[Path], venue: str, kinds: set[str]) -> dict[str, list[Row]]:
    """What decode tells of these kinds, by symbol and kind, without receive times.

    Of a book whose snapshots come by REST, when they are asked for: its updates alone.
    """
    by_request = venue in ("binance", "gate", "kucoin")
    found: dict[str, list[Row]] = {}
    for row in decode(files, venue, recordings.listings()):
        if row["type"] in kinds:
            del row["seen_time"]
            if by_request and row["type"] == "book":
                del row["applied"]
                if row["snapshot"]:
                    continue
            found.setdefault(f"{row['symbol']} {row['type']}", []).append(row)
    return found


@pytest.mark.parametrize("name", ["okx", "kraken spot", "htx linear", "gate spot"])
async def test_a_recording_of_a_recording_says_the_same(name: str, tmp_path: Path) -> None:
    venue = name.split()[0]
    reel = reel_of(venue, *FILES[name])
    kinds = {topic.kind for topic in reel.topics}
    replaying = Replaying([reel], Pace(rate=max(500.0, len(reel.shots) / 2)))
    async with recording(replaying, tmp_path, sorted(kinds)) as made:
        replaying.begin()
        await replaying.end()
        sent = [each.payload for link in replaying.connections for each in link.sent]
        await until(lambda: sum(tape.frames for tape in made.tapes.values()) >= len(sent))
    files = [file for tape in made.tapes.values() for file in tape.files]
    assert [len(tape.files) for tape in made.tapes.values()] == [1] * len(made.tapes)
    got = [content(frame) for file in files for frame in read(file) if frame.source is Source.WS]
    assert sorted(map(as_bytes, got)) == sorted(map(as_bytes, sent))
    told = {"trade", "quote", "book", "funding", "interest", "liquidation"}
    again, first = (events(each, venue, told) for each in (files, FILES[name]))
    assert sum(map(len, again.values())) > 100
    for series, found in again.items():
        assert found == first[series], series


def content(frame: ReceivedFrame) -> str | bytes:
    return b64decode(frame.text) if frame.encoding == "base64" else frame.text


def as_bytes(payload: str | bytes) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload


@asynccontextmanager
async def command(
    port: int, home: Path, symbols: Sequence[str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`tapeline record` of a played OKX, in a process of its own."""
    feed = {"refresh": 0, "addresses": standing_in(port)}
    env = {
        "TAPELINE_HOME": str(home),
        "TAPELINE_FEEDS": json.dumps({"okx": feed}),
        "TAPELINE_LISTINGS": str(home / "listings.json"),
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli", "record", "--venue", "okx", "--symbols",
        ",".join(symbols), "--kinds", "trades,book", "--out", str(home / "out"), "--json",
        env=os.environ | env, stdout=-1, stderr=-1,
    )  # fmt: skip
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
async def test_what_is_recorded_can_be_read_however_it_ends(
    end: signal.Signals, tmp_path: Path
) -> None:
    reel = reel_of("okx", *FILES["okx"])
    (tmp_path / "listings.json").write_text(json.dumps(known := rows(reel)))
    symbols = [row["symbol"] for row in known]
    replaying = Replaying([reel], Pace(rate=200.0), wait=0.0)
    async with (
        served(replaying) as running,
        command(running.port, tmp_path, symbols) as child,
    ):
        out = tmp_path / "out"
        await until(lambda: any(file.stat().st_size for file in out.glob("*.gz")), 60)
        child.send_signal(end)
        told, _ = await child.communicate()
        sent = [each.payload for link in replaying.connections for each in link.sent]
    (file,) = out.glob("*.gz")
    got = [frame.text for frame in read(file) if frame.source is Source.WS]
    assert got == sent[: len(got)]
    assert got
    if end is signal.SIGKILL:
        return
    assert child.returncode == 0
    summary = json.loads(told)
    assert (summary["files"], summary["frames"]) == ([str(file)], {"okx-v5-0": len([*read(file)])})
    assert json.loads((out / "instruments.json").read_bytes())[0]["venue"] == "okx"
