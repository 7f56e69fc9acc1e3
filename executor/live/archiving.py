"""A done order leaves the journal once its history is on trading.archive."""

from __future__ import annotations

import asyncio

from executor.live.executor import LiveExecutor
from executor.live.points import point
from executor.live.scribe import Producer
from schemas import names
from schemas.codec import encode

SECOND = 1_000_000_000


class Archive:
    """Moves done orders of one account, as long after their end as its settings say."""

    def __init__(self, live: LiveExecutor, producer: Producer) -> None:
        self._live, self._producer = live, producer
        self._stays = int(live.desk.settings.stays * SECOND)

    def ready(self) -> list[str]:
        """Orders that may go once a snapshot that is captured from here on is written."""
        until = self._live.desk.clock() - self._stays
        desk = self._live.desk
        return [
            name
            for name, one in desk.orders.finished.items()
            if one.seen_time < until and name not in desk.busy and desk.orders.read_past(one)
        ]

    async def bury(self, gone: list[str]) -> None:
        """Archive, and when that is durable, take them out of the journal."""
        desk = self._live.desk
        entries = [desk.orders.finished[name] for name in gone]
        archived = [
            self._producer.send(names.ARCHIVE, entry.key, encode(entry)) for entry in entries
        ]
        await asyncio.gather(*archived)
        point("archived")
        still = [one.key for one in entries if desk.orders.finished[one.key].seq == one.seq]
        await asyncio.gather(*(desk.scribe.bury(name) for name in still))
        for name in still:
            desk.orders.forget(name)
