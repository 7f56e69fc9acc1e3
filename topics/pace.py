"""A recording played at its own pace, or a multiple of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

from schemas import names
from schemas.raw import RawFrame
from topics.outlet import Outlet

AHEAD = 500
"""Records produced before the next wait for the broker."""


async def paced(records: Iterable[RawFrame], speed: float) -> AsyncIterator[RawFrame]:
    """The records, each at its time: as far from the first one as recorded, divided by speed."""
    loop, began, first = asyncio.get_running_loop(), None, 0
    for record in records:
        if began is None:
            began, first = loop.time(), record.seen_time
        due = began + (record.seen_time - first) / 1e9 / speed if speed else 0.0
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        yield record


async def publish(outlet: Outlet, records: AsyncIterator[RawFrame]) -> None:
    """Write the records to market.raw and wait until all are on the broker."""
    count = 0
    async for record in records:
        outlet.emit(names.RAW, record.key, record)
        count += 1
        if count % AHEAD == 0:
            await outlet.flush()
    await outlet.flush()
