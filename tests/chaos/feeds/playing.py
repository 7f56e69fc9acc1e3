"""The replaying venue in a process of its own: `python -m tests.chaos.feeds.playing HOME`.

HOME/spec.json says what is played. HOME/ready.json is written when it answers, HOME/told.json at
the end; HOME/sent holds what was sent, a tape a connection (infra.replaying.tape).
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import uvloop

from infra.replaying.faults import Fault
from infra.replaying.play import Pace
from infra.replaying.reel import Reel, reels
from infra.replaying.server import Replaying, serve
from tests.chaos.feeds.spec import FILES, Spec

SETTLED = 1.5
"""Seconds without a new subscription, after which the play begins."""
FAREWELL = 30.0
"""Seconds that connections have to take what was sent, and end."""
ENDLESS = 1 << 30


def reels_of(spec: Spec) -> list[Reel]:
    """All markets."""
    found: list[Reel] = []
    for name in spec.played:
        found += reels(name.partition("-")[0], FILES[name], most=spec.most)
    return found


def told(path: Path, value: Any) -> None:
    """Write a file that is there as a whole or not at all."""
    part = path.with_suffix(".part")
    part.write_bytes(orjson.dumps(value))
    part.rename(path)


def paced(replaying: Replaying, rate: float) -> None:
    """Give each market its share of the rate, so that all come to their ends together."""
    whole = sum(len(play.reel.shots) for play in replaying.plays)
    for play in replaying.plays:
        play.pace = Pace(rate=rate * len(play.reel.shots) / whole)


async def subscribed(replaying: Replaying) -> None:
    """Until nobody has asked for anything more for a while."""
    seen, since = 0, time.monotonic()
    while not seen or time.monotonic() - since < SETTLED:
        await asyncio.sleep(0.05)
        if (topics := sum(len(each.topics) for each in replaying.connections)) != seen:
            seen, since = topics, time.monotonic()


async def struck(replaying: Replaying, spec: Spec) -> None:
    """The play with its faults; the books of the last market are missing for a while."""
    start, end = spec.mute
    mute = Fault(kind="gap", of="book", chance=1.0, market=replaying.plays[-1].name)
    await asyncio.sleep(start)
    replaying.faults.append(mute)
    await asyncio.sleep(end - start)
    replaying.faults.remove(mute)
    await asyncio.sleep(max(spec.seconds - end, 0))
    replaying.faults.clear()
    await asyncio.sleep(spec.calm)


async def over(replaying: Replaying) -> None:
    """Until all connections that there were have ended."""
    until, there = time.monotonic() + FAREWELL, replaying.connections[:]
    while not all(each.end for each in there):
        if time.monotonic() > until:
            break
        await asyncio.sleep(0.05)


async def play(home: Path) -> None:
    """Answer, play, and tell what was played."""
    spec = Spec.of((home / "spec.json").read_bytes())
    (home / "sent").mkdir()
    replaying = Replaying(reels_of(spec), faults=spec.faults(), tapes=home / "sent", times=ENDLESS)
    paced(replaying, spec.rate)
    gc.freeze()
    running = await serve(replaying)
    told(home / "ready.json", {"port": running.port})
    await subscribed(replaying)
    began, cpu = time.monotonic(), time.process_time()
    replaying.begin()
    await struck(replaying, spec)
    seconds, used = time.monotonic() - began, time.process_time() - cpu
    played = sum(each.round * len(each.reel.shots) + each.position for each in replaying.plays)
    await replaying.finish()
    await over(replaying)
    await running.close()
    connections = [
        {
            "number": each.number,
            "market": replaying.found(each.address)[0].name,
            "end": each.end,
            "topics": [[*topic] for topic in each.topics],
        }
        for each in replaying.connections
    ]
    told(home / "told.json", {
        "seconds": seconds, "cpu": used, "played": played, "connections": connections,
        "notes": [asdict(note) for note in replaying.notes],
    })  # fmt: skip


if __name__ == "__main__":
    uvloop.run(play(Path(sys.argv[1])))
