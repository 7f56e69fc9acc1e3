"""Bounded queues by key: work of one key in order, that of different keys side by side.

One slow symbol, or venue, holds nobody else's work. A reader that must not stand still for one key
asks with `offer`; one that may be slowed down waits in `put`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

Work = Callable[[], Coroutine[Any, Any, None]]
Failed = Callable[[str, BaseException], None]


@dataclass(slots=True, eq=False)
class _Item:
    """Work that was asked for; `accepted` once it is in its lane."""

    key: str
    work: Work
    urgent: bool
    accepted: asyncio.Future[None]


@dataclass(slots=True)
class _Lane:
    urgent: deque[_Item] = field(default_factory=deque)
    usual: deque[_Item] = field(default_factory=deque)
    running: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self.urgent) + len(self.usual) + (self.running is not None)


class Lanes:
    """limit: pieces of work in all, waiting or running; each: of one key.

    Urgent work goes before what waits of its key, and may be as much again. failed: told the key
    and what a piece of work raised; the lane goes on with the next.
    """

    def __init__(self, limit: int, each: int, failed: Failed) -> None:
        if not 0 < each <= limit:
            raise ValueError("a lane takes at least one piece of work, and no more than all lanes")
        self._limit, self._each, self._failed = limit, each, failed
        self._lanes: dict[str, _Lane] = {}
        self._waiting: deque[_Item] = deque()
        self._count = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        """Pieces of work that were accepted and are not over."""
        return self._count

    def of(self, key: str) -> int:
        """Of them, those of one key."""
        return len(self._lanes.get(key, ()))

    def offer(self, key: str, work: Work, *, urgent: bool = False) -> bool:
        """Take it if there is room; False if there is none, or others wait for it."""
        if not self._room(key, urgent) or any(
            one.key == key and one.urgent == urgent for one in self._waiting
        ):
            return False
        self._accept(_Item(key, work, urgent, asyncio.get_running_loop().create_future()))
        return True

    async def put(self, key: str, work: Work, *, urgent: bool = False) -> None:
        """Take it as soon as there is room. Who is cancelled while it waits has put nothing; work
        that has begun by then goes on.
        """
        if self.offer(key, work, urgent=urgent):
            return
        item = _Item(key, work, urgent, asyncio.get_running_loop().create_future())
        self._waiting.append(item)
        try:
            await item.accepted
        except asyncio.CancelledError:
            self._withdraw(item)
            raise

    async def drain(self) -> None:
        """Wait until nothing waits or runs any more."""
        while self._count or self._waiting:
            await self._idle.wait()
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Drop what waits, cancel what runs, and wait until it has ended; who puts is cancelled."""
        for item in self._waiting:
            item.accepted.cancel()
        self._waiting.clear()
        running = [lane.running for lane in self._lanes.values() if lane.running is not None]
        for lane in self._lanes.values():
            self._count -= len(lane.urgent) + len(lane.usual)
            lane.urgent.clear()
            lane.usual.clear()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _room(self, key: str, urgent: bool) -> bool:
        times = 2 if urgent else 1
        return self._count < times * self._limit and self.of(key) < times * self._each

    def _accept(self, item: _Item) -> None:
        lane = self._lanes.setdefault(item.key, _Lane())
        (lane.urgent if item.urgent else lane.usual).append(item)
        self._count += 1
        self._idle.clear()
        if not item.accepted.done():
            item.accepted.set_result(None)
        if lane.running is None:
            self._next(item.key, lane)

    def _next(self, key: str, lane: _Lane) -> None:
        item = lane.urgent.popleft() if lane.urgent else lane.usual.popleft()
        lane.running = asyncio.create_task(item.work())
        lane.running.add_done_callback(lambda task: self._ended(key, lane, task))

    def _ended(self, key: str, lane: _Lane, task: asyncio.Task[None]) -> None:
        lane.running = None
        self._count -= 1
        if lane.urgent or lane.usual:
            self._next(key, lane)
        else:
            self._lanes.pop(key, None)
        self._wake()
        if not self._count:
            self._idle.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(key, error)

    def _wake(self) -> None:
        """Take of those that wait, the first first, whoever has room now."""
        for item in list(self._waiting):
            if item.accepted.cancelled():
                self._waiting.remove(item)
            elif self._room(item.key, item.urgent):
                self._waiting.remove(item)
                self._accept(item)

    def _withdraw(self, item: _Item) -> None:
        if item in self._waiting:
            self._waiting.remove(item)
        lane = self._lanes.get(item.key, _Lane())
        for queue in (lane.urgent, lane.usual):
            if item in queue:
                queue.remove(item)
                self._count -= 1
        self._wake()
