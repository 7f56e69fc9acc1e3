"""A recording played at its own pace, or a multiple of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import NamedTuple, Protocol, TypeVar

from schemas import names
from schemas.raw import RawFrame
from topics.archive.row import Row
from topics.outlet import Outlet


class Timed(Protocol):
    """A record, or a row of one."""

    @property
    def seen_time(self) -> int | None: ...


T = TypeVar("T", bound=Timed)

AHEAD = 500
"""Records produced before the next wait for the broker."""


async def paced(records: Iterable[T], speed: float) -> AsyncIterator[T]:
    """The records, each at its time: as far from the first one as recorded, divided by speed."""
    loop, began, first = asyncio.get_running_loop(), None, 0
    for record in records:
        now = record.seen_time or first
        if began is None:
            began, first = loop.time(), now
        due = began + (now - first) / 1e9 / speed if speed else 0.0
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        yield record


async def publish(outlet: Outlet, records: AsyncIterator[RawFrame]) -> None:
    """Write the records to market.raw and wait until all are on the broker."""
    await _written(outlet, records, lambda each: outlet.emit(names.RAW, each.key, each))


class Placed(NamedTuple):
    """A row of an archive, and the logical topic that it is of."""

    topic: str
    row: Row

    @property
    def seen_time(self) -> int | None:
        """The row's."""
        return self.row.seen_time


async def publish_rows(outlet: Outlet, rows: AsyncIterator[Placed]) -> None:
    """Write rows of an archive to their topics, byte for byte, and wait as `publish` does."""

    def emit(placed: Placed) -> None:
        topic, row = placed
        outlet.emit_bytes(topic, row.key.decode(), row.value or b"")

    await _written(outlet, rows, emit)


async def _written(outlet: Outlet, records: AsyncIterator[T], emit: Callable[[T], None]) -> None:
    count = 0
    async for record in records:
        emit(record)
        count += 1
        if count % AHEAD == 0:
            await outlet.flush()
    await outlet.flush()
