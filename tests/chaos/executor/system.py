"""Trials of the whole: the worker of a live account, its broker and its Redis, all killed.

Trials of a round run at the same time, each with an exchange, a worker and a home of its own; they
share the broker and Redis, and so what is done to these. A round has MOVING seconds of commands,
kills and faults; then it is left in peace until each account is as the exchange has it.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from infra.local.kafka import Kafka
from infra.local.redis import Redis
from tests.chaos.executor.commands import Script
from tests.chaos.executor.judge import Told, judge
from tests.chaos.executor.run import Enough, Heard, held_in, kept, summary
from tests.chaos.executor.trial import Result, Trial
from tests.chaos.executor.worker import LiveWorker
from tests.chaos.executor.yard import Yard, places, started, topics_of

__all__ = ["hold", "kept", "summary"]
MOVING = 15.0
"""Seconds of a round in which everything happens; a worker's start is in them."""
PATIENCE = 90.0
"""Seconds after which an account must be as the exchange has it: retries and time-outs included."""
CALM = 1.0
"""Seconds for which it must stay so."""
WAYS = ("executor", "executor", "executor", "terminated", "frozen")
"""kill -9, SIGTERM, or stopped for longer than a request lives."""


async def hold(
    home: Path, trials: int, seed: int, heard: Heard, journal: bool = True, lanes: int = 4,
    enough: Enough = lambda result: False,
) -> list[Result]:  # fmt: skip
    """As tests.chaos.executor.run.hold; `lanes`: of a round."""
    if not journal:
        raise ValueError("the whole worker has its journal: --mutant is for --trials")
    home.mkdir(parents=True, exist_ok=True)
    log = home / f"system-{seed}.jsonl"
    results = {one.number: one for one in held_in(log)}
    missing = [number for number in range(trials) if number not in results]
    if missing:
        async with AsyncExitStack() as stack:
            kafka = await stack.enter_async_context(started(Kafka(home / "kafka")))
            redis = await stack.enter_async_context(started(Redis(home / "redis")))
            while missing:
                now, missing = missing[:lanes], missing[lanes:]
                for result in await Round(home, kafka, redis, seed, now).held():
                    results[result.number] = result
                    with log.open("ab") as file:
                        file.write(orjson.dumps(asdict(result)) + b"\n")
                    heard(result)
                    if enough(result):
                        missing = []
    return [results[number] for number in sorted(results) if number < trials]


class Round:
    """Some trials at the same time, on topics of their own."""

    def __init__(
        self, home: Path, kafka: Kafka, redis: Redis, seed: int, numbers: list[int]
    ) -> None:
        self._home, self._kafka, self._redis = home, kafka, redis
        self._seed, self._numbers = seed, numbers
        self._rng = random.Random(seed * 1_000_003 + numbers[0])
        self._killed: list[str] = []

    async def held(self) -> list[Result]:
        """Run them and judge each."""
        began = time.monotonic()
        place = self._home, self._kafka.bootstrap, self._redis.url
        settings = await asyncio.to_thread(topics_of, *place)
        async with AsyncExitStack() as stack:
            yards = [
                await stack.enter_async_context(places(settings, sitting=False))
                for _ in self._numbers
            ]
            pairs = zip(yards, self._numbers, strict=True)
            trials = [Whole(yard, self._seed, number) for yard, number in pairs]
            try:
                await together(each.begin() for each in trials)
                servers = [self._strike("broker", self._kafka), self._strike("redis", self._redis)]
                await together([*servers, *(each.moved() for each in trials)])
                await together(each.settled() for each in trials)
            finally:
                await together(each.end() for each in trials)
            await together(each.judged() for each in trials)
        for each in trials:
            each.result.seconds = round((time.monotonic() - began) / len(trials), 3)
            each.result.deaths += self._killed
        return [each.result for each in trials]

    async def _strike(self, name: str, server: Kafka | Redis) -> None:
        """Kill it in two rounds of three, and have it back, with the same data, soon after."""
        wait, away = self._rng.uniform(1.0, MOVING), self._rng.uniform(0.0, 3.0)
        if self._rng.random() < 1 / 3:
            return
        await asyncio.sleep(wait)
        await asyncio.to_thread(server.kill)
        self._killed.append(name)
        await asyncio.sleep(away)
        await asyncio.to_thread(server.start)


class Whole(Trial):
    """One account's worker under commands, kills and faults."""

    def __init__(self, yard: Yard, run: int, number: int) -> None:
        super().__init__(yard, run, number)
        self.account = f"w{run}x{number}"
        self.worker = LiveWorker(yard.settings, self.account, yard.running.address)
        self.script = Script(self.account, self.rng)
        self._marks = 0, 0

    async def begin(self) -> None:
        """Everything is there; the worker starts."""
        self.yard.quote()
        self.yard.open(self.account)
        await asyncio.to_thread(self.worker.start)

    async def moved(self) -> None:
        """MOVING seconds of commands, executions, faults and deaths; the worker runs after it."""
        tasks = [
            asyncio.create_task(each)
            for each in (self._commands(), self._faults(), self._meetings(), self._deaths())
        ]
        try:
            await asyncio.gather(tasks[0], tasks[1], tasks[3])
        finally:
            tasks[2].cancel()
        self._meet()
        self.yard.running.exchange.troubles.disarm()

    async def _commands(self) -> None:
        until, sent = time.monotonic() + MOVING, []
        while time.monotonic() < until:
            await asyncio.sleep(self.rng.uniform(0.05, 1.0))
            known = len(self.script.made)
            news = self.script.write(1)[known:]
            sent.append(asyncio.create_task(self.yard.publish(news)))  # the broker may be away
        await asyncio.gather(*sent)
        self.result.commands = len(self.script.made)

    async def _faults(self) -> None:
        for _ in range(4):
            await asyncio.sleep(self.rng.uniform(0.1, MOVING / 3))
            self._arm()

    async def _deaths(self) -> None:
        for _ in range(self.rng.choice((1, 1, 2))):
            await asyncio.sleep(self.rng.uniform(2.0, MOVING / 2))
            way = self.rng.choice(WAYS)
            self.result.deaths.append(way)
            await self.worker.meet(way)

    async def settled(self) -> None:
        """Wait until nothing is wrong any more, and stays so."""
        until, good = time.monotonic() + PATIENCE, 0.0
        while time.monotonic() < until and good < CALM:
            wrong = await self._wrong()
            good = 0.0 if wrong else good + 0.5
            await asyncio.sleep(0.5)

    async def end(self) -> None:
        """The worker ends in order."""
        await asyncio.to_thread(self.worker.stop)

    async def judged(self) -> None:
        """What holds once nobody is at work any more."""
        told = await self._told()
        house = self.yard.house
        self.result.faults += judge(house, house.keys[self.account], self.script.made, told)
        self.result.ends = told.ends()
        self.result.unpublished = told.unpublished(self.script.made)
        if self.result.faults:
            told.keep(self.yard.settings.home / f"{self.account}.jsonl")
        self.result.executions = len(self.yard.house.keys[self.account].fills)
        if self.worker.refused:
            self.result.faults.append(f"end: the worker refused to start: {self.worker.tail()}")

    async def _wrong(self) -> list[str]:
        told = await self._told()
        house = self.yard.house
        return judge(house, house.keys[self.account], self.script.made, told)

    async def _told(self) -> Told:
        return await asyncio.to_thread(Told, self.yard.settings, self.account, 0)


async def together(works: Any) -> None:
    """All of them at once."""
    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(work)
