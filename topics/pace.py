"""A recording played at its own pace, or a multiple of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

from schemas.raw import RawFrame


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
