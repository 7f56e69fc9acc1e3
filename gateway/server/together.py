"""What is asked for while something is busy is done together, at its next turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Together(Generic[A, B]):
    """work: does all that is given and tells what became of each, in order; what it raises, all
    are told. It is called once at a time, also for callers that have left meanwhile.
    """

    def __init__(self, work: Callable[[list[A]], Awaitable[Sequence[B]]]) -> None:
        self._work = work
        self._waiting: list[tuple[A, asyncio.Future[B]]] = []
        self._busy: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    async def ask(self, what: A) -> B:
        """What became of it."""
        done: asyncio.Future[B] = asyncio.get_running_loop().create_future()
        self._waiting.append((what, done))
        if self._busy is None:
            self._busy = asyncio.create_task(self._run())
        return await done

    async def _run(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting, []
                await self._turn(taken)
        finally:
            self._busy = None

    async def _turn(self, taken: list[tuple[A, asyncio.Future[B]]]) -> None:
        try:
            found = await self._work([what for what, _ in taken])
        except Exception as error:
            for _, done in taken:
                if not done.done():
                    done.set_exception(error)
            return
        for (_, done), each in zip(taken, found, strict=True):
            if not done.done():
                done.set_result(each)
