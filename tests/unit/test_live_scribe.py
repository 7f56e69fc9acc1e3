"""What is journalled is told, in the order of its sequences, whatever becomes of who wrote it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from executor.live import story
from executor.live.scribe import Scribe
from schemas import names
from schemas.codec import decode
from schemas.statuses import Status
from tests.bench.executor_desk import ACCOUNT, SYMBOLS, decision


@dataclass
class Broker:
    """Acknowledges journal records when it is told to."""

    waiting: list[asyncio.Future[None]] = field(default_factory=list)
    told: list[int] = field(default_factory=list)

    def send(
        self, topic: str, key: str, value: bytes | None, partition: int | None = None
    ) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if topic == names.JOURNAL:
            self.waiting.append(done)
        else:
            self.told.append(decode(Status, value or b"").seq)
            done.set_result(None)
        return done


async def test_a_writer_that_is_cancelled_leaves_no_hole_in_what_is_told() -> None:
    broker = Broker()
    scribe = Scribe(ACCOUNT, broker, lambda: 5)
    same = (0, len(SYMBOLS))
    entries = [story.sending(story.begun(decision(n)), "place", "tl", 0, 5) for n in same]
    first = asyncio.create_task(scribe.write(entries[0]))
    await asyncio.sleep(0)
    second = asyncio.create_task(scribe.write(entries[1]))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    for done in broker.waiting:
        if not done.done():
            done.set_result(None)
    await second
    assert broker.told == [0, 1]
