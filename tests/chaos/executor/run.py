"""`tapeline chaos executor`: trials of a live account's executor, each judged by the exchange.

Resumable: what was held is in results.jsonl of the run's home, and is not held again.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from tests.chaos.executor.trial import Result, Trial
from tests.chaos.executor.yard import Yard, yards

Heard = Callable[[Result], None]
Enough = Callable[[Result], bool]
LANES = 4


async def hold(
    home: Path, trials: int, seed: int, heard: Heard, journal: bool = True, lanes: int = LANES,
    enough: Enough = lambda result: False, broker: str = "", redis: str = "", protects: bool = True,
) -> list[Result]:  # fmt: skip
    """Hold the trials that were not held yet, `lanes` at a time, until one of them is `enough`;
    give all that were held of the run.
    """
    home.mkdir(parents=True, exist_ok=True)
    log = home / f"results-{seed}{'' if journal else '-mutant'}{'' if protects else '-bare'}.jsonl"
    results = {one.number: one for one in held_in(log)}
    missing = [number for number in range(trials) if number not in results]

    async def lane(place: Yard) -> None:
        while missing:
            began, number = time.monotonic(), missing.pop(0)
            trial = Trial(place, seed, number, journal, protects)
            result = results[number] = await trial.held()
            result.seconds = round(time.monotonic() - began, 3)
            with log.open("ab") as file:
                file.write(orjson.dumps(asdict(result)) + b"\n")
            heard(result)
            if enough(result):
                missing.clear()

    if missing:
        wanted = yards(home, min(lanes, len(missing)), broker, redis)
        async with wanted as places, asyncio.TaskGroup() as group:
            for place in places:
                group.create_task(lane(place))
    return [results[number] for number in sorted(results) if number < trials]


def held_in(log: Path) -> Iterator[Result]:
    """The results that a run has written down."""
    if log.is_file():
        for line in log.read_bytes().splitlines():
            yield Result(**orjson.loads(line))


def summary(results: list[Result]) -> dict[str, Any]:
    """What a run has shown. Faults are counted by what they break (see tests.chaos.executor.judge);
    seconds: of all trials, one after the other.
    """
    found = Counter(fault.partition(":")[0] for one in results for fault in one.faults)
    deaths = Counter(point for one in results for point in one.deaths)
    armed = Counter(kind for one in results for kind in one.armed)
    return {
        "trials": len(results),
        "bare_ms": spread(each for one in results for each in one.bare),
        "hindered_ms": spread(each for one in results for each in one.hindered),
        "deaths": dict(sorted(deaths.items())),
        "died": sum(bool(one.deaths) for one in results),
        "armed": dict(sorted(armed.items())),
        "unpublished": sum(one.unpublished for one in results),
        "commands": sum(one.commands for one in results),
        "ends": dict(sum((Counter(one.ends) for one in results), Counter())),
        "executions": sum(one.executions for one in results),
        **{kind: found.pop(kind, 0) for kind in ("doubled", "lost", "fills", "positions")},
        "others": dict(found),
        "faulty": [one.number for one in results if one.faults],
        "seconds": round(sum(one.seconds for one in results), 1),
    }


def spread(values: Iterable[float]) -> dict[str, float]:
    """How many there are; their median, 99th percentile and the most where there are any."""
    found = sorted(values)
    if not found:
        return {"times": 0}
    middle, high = found[len(found) // 2], found[len(found) * 99 // 100]
    return {"times": len(found), "median": middle, "p99": high, "most": found[-1]}


def kept(results: list[Result], journal: bool = True) -> bool:
    """Nothing was broken; without a journal, that an effect was had twice was found."""
    found = summary(results)
    return bool(found["doubled"]) if not journal else bool(results) and not found["faulty"]
