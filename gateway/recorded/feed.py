"""`tapeline feed`: recordings played as the venues themselves, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from engine.feeds.catalogue import called
from gateway.terminal.output import Output
from infra.replaying.faults import Fault
from infra.replaying.play import Pace
from infra.replaying.reel import reels
from infra.replaying.server import Replaying, serve

WAIT = 1.0
"""Seconds from the first subscription to the beginning."""


@dataclass(frozen=True, slots=True)
class Played:
    """What is played: files of one venue, how fast and how often."""

    venue: str
    files: Sequence[Path]
    market: str | None
    pace: Pace
    times: int


def run(played: Played, port: int, faults: Path | None, output: Output) -> int:
    """Serve it; 2 for an unknown venue or faults that are none. Raises TapelineError of files that
    cannot be read or played."""
    named = called().get(played.venue)
    if named is None:
        output.note(f"there is no venue {played.venue}; choose from {', '.join(called())}")
        return 2
    feed, meant = named
    try:
        text = faults.read_bytes() if faults else b"[]"
        armed = TypeAdapter(list[Fault]).validate_json(text)
    except (OSError, ValidationError) as error:
        output.note(f"{faults}: {error}; see docs/feeds.md, The replaying venue")
        return 2
    found = reels(feed.name, played.files, played.market or meant)
    replaying = Replaying(found, played.pace, armed, WAIT, played.times)
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_serve(replaying, port, output))
    return 0


async def _serve(replaying: Replaying, port: int, output: Output) -> None:
    running = await serve(replaying, port=port)
    try:
        output.object({
            "address": f"127.0.0.1:{running.port}",
            "markets": {play.name: len(play.reel.shots) for play in replaying.plays},
        })  # fmt: skip
        while not replaying.begun:
            await asyncio.sleep(0.1)
        await replaying.end()
        output.note("The recording is over; connections stay.")
        output.object({"notes": [asdict(note) for note in replaying.notes]})
        await asyncio.Event().wait()
    finally:
        await running.close()
