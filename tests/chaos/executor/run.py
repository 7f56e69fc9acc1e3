"""`tapeline chaos executor`: trials of a live account's executor, each judged by the exchange.

Resumable: what was held is in results.jsonl of the run's home, and is not held again.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from tests.chaos.executor.trial import Result, Trial
from tests.chaos.executor.yard import Yard, yard

Heard = Callable[[Result], None]


async def hold(
    home: Path, trials: int, seed: int, heard: Heard, journal: bool = True
) -> list[Result]:
    """Hold the trials that were not held yet; give all of the run."""
    home.mkdir(parents=True, exist_ok=True)
    log = home / f"results-{seed}{'' if journal else '-mutant'}.jsonl"
    results = {one.number: one for one in _held(log)}
    missing = [number for number in range(trials) if number not in results]
    if missing:
        async with yard(home) as place:
            for number in missing:
                results[number] = await _one(place, seed, number, journal)
                with log.open("ab") as file:
                    file.write(orjson.dumps(asdict(results[number])) + b"\n")
                heard(results[number])
    return [results[number] for number in sorted(results) if number < trials]


async def _one(place: Yard, seed: int, number: int, journal: bool) -> Result:
    return await Trial(place, seed, number, journal).held()


def _held(log: Path) -> Iterator[Result]:
    if log.is_file():
        for line in log.read_bytes().splitlines():
            yield Result(**orjson.loads(line))


def main(trials: int = 5, seed: int = 1, journal: bool = True) -> list[Result]:
    """By hand: `python -m tests.chaos.executor.run`."""
    home = Path(tempfile.mkdtemp(prefix="trials"))
    show: Callable[[Any], None] = lambda one: print(orjson.dumps(asdict(one)).decode(), flush=True)  # noqa: E731
    return asyncio.run(hold(home, trials, seed, show, journal))


if __name__ == "__main__":
    import sys

    main(int(sys.argv[1]), int(sys.argv[2]), journal="--mutant" not in sys.argv)
