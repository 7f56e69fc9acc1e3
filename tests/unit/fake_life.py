"""Lives and deaths of one worker on one broker, as hypothesis chooses them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.unit.fake_broker import Broker, Message, give
from topics.worker import Worker

Action = tuple[str, int]
"""The name of an input to take from, or a method of `Life`, and a number for it."""

EVENTS = ("checkpoint", "turn", "kill", "tear")


def actions(inputs: Iterable[str]) -> SearchStrategy[list[Action]]:
    """What may happen to a worker that has these inputs."""
    return st.lists(st.tuples(st.sampled_from([*inputs, *EVENTS]), st.integers(0, 6)), max_size=60)


class Life:
    """A worker is made by `make` in each life; each input is one partition, read in its order."""

    def __init__(
        self,
        broker: Broker,
        make: Callable[[Broker], Worker],
        inputs: Mapping[str, Sequence[Message]],
    ) -> None:
        self.broker, self.make, self.inputs = broker, make, inputs
        self.at: dict[str, int] = {}
        self.writing: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """A new process: each input is read again from where the worker says."""
        self.worker = self.make(self.broker)
        places = {name: messages[0].place for name, messages in self.inputs.items()}
        starts = await self.worker.positions(frozenset(places.values()))
        for name, place in places.items():
            start = starts.get(place, 0)
            self.at[name] = sum(message.at < start for message in self.inputs[name])

    async def take(self, name: str, number: int) -> None:
        """Take up to that many messages of an input."""
        upto = self.at[name] + number
        for message in self.inputs[name][self.at[name] : upto]:
            self.at[name] += 1
            await give(self.worker, message)

    async def checkpoint(self, number: int) -> None:
        """Begin a checkpoint unless one is under way, and let it go on for that many turns."""
        if self.writing is None or self.writing.done():
            self.writing = asyncio.create_task(self.worker.checkpoint())
        await self.turn(number)

    async def turn(self, number: int) -> None:
        """Let what is under way go on for that many turns."""
        for _ in range(number):
            await asyncio.sleep(0)

    async def kill(self, number: int) -> None:
        """End the process; that many records that were in flight reach the broker."""
        await cancel(self.writing)
        self.writing = None
        self.broker.die(number)
        await self.begin()

    async def tear(self, number: int) -> None:
        """End the process in the middle of a message."""
        name = sorted(self.inputs)[number % len(self.inputs)]
        taking = asyncio.create_task(self.take(name, 1))
        await self.turn(1 + number // 2)
        await cancel(taking)
        await self.kill(number)

    async def live(self, actions: Iterable[Action]) -> None:
        """Live through all that happens, then take what is left."""
        await self.begin()
        for what, number in actions:
            if what in self.inputs:
                await self.take(what, number)
            else:
                await getattr(self, what)(number)
        for name, messages in self.inputs.items():
            await self.take(name, len(messages))
        if self.writing is not None:
            await self.writing
        await self.broker.flush()


async def cancel(task: asyncio.Task[Any] | None) -> None:
    """End a task, if there is one, and wait until it has ended."""
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
