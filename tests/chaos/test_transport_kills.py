"""kill -9 of a worker at random moments amid 50,000 records: nothing lost, nothing stalls."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.broker.lane import LONG, Lane, Worker, until

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(3600 if LONG else 600)]

COUNT = 50_000 if LONG else 12_000
ROUNDS, KILLS = (50, 2) if LONG else (3, 1)
SEED = int(os.environ.get("TAPELINE_SEED") or random.randrange(1 << 30))
STALL = 5.0 if LONG else 60.0
"""Seconds without progress that are a stall; beside other tests, for good."""
PACE = {"slow": "0.001", "every": "10"}
"""The body sleeps a millisecond at each tenth record: all of them take some seconds."""


class Progress:
    """The longest time that nothing at all was committed while there were records left.

    One partition may well wait for another whose records were fetched before its own; one that
    gets no data for good is all that is left in the end, and then nothing moves.
    """

    def __init__(self, lane: Lane) -> None:
        self.lane, self.longest = lane, 0.0
        self.seen = (-1, time.monotonic())

    def done(self) -> bool:
        """Look once; True when all is committed."""
        at, now = self.lane.committed(), time.monotonic()
        last, since = self.seen
        self.longest = max(self.longest, now - since)
        if at != last:
            self.seen = (at, now)
        return at == COUNT


def kill_at_random(worker: Worker, chance: random.Random) -> None:
    """Kill it at some moment of its start or, three times of four, of its work."""
    if chance.random() < 0.75:
        until(lambda: "assigned: " in worker.said())
    time.sleep(chance.uniform(0, COUNT / 20_000))
    worker.kill()


def doubles_are_after_the_last_commit(lane: Lane, commits: list[list[int]]) -> int:
    """Count the records that came out again; each must lie after the commit before some kill."""
    times: dict[bytes, int] = {}
    for record in lane.read():
        times[record.value() or b""] = times.get(record.value() or b"", 0) + 1
    doubles = 0
    for p in range(lane.partitions):
        for offset, value in enumerate(lane.values(p)):
            kills_before = sum(commit[p] <= offset for commit in commits)
            assert 1 <= times[value] <= 1 + kills_before, (p, offset, value, times[value])
            doubles += times[value] - 1
    return doubles


def play_round(lane: Lane, chance: random.Random) -> tuple[float, int]:
    """The kills, then to the end; give the longest standstill and the number of doubles."""
    lane.create()
    lane.fill(0, COUNT)
    commits = []
    for _ in range(KILLS):
        kill_at_random(lane.worker(**PACE), chance)
        commits.append([lane.committed_at(p) for p in range(lane.partitions)])
    last = lane.worker(**PACE)
    until(lambda: "assigned: " in last.said())
    progress = Progress(lane)
    assert not progress.done(), "the kills came too late"
    until(progress.done, 300)
    assert progress.longest < STALL, f"{progress.longest:.1f} s: {last.said()}"
    lane.check(COUNT)
    assert lane.downstream() == list(range(COUNT))
    return progress.longest, doubles_are_after_the_last_commit(lane, commits)


def test_kills_at_random_moments(
    bootstrap: str, tmp_path: Path, report: Callable[[str], None]
) -> None:
    report(f"seed {SEED} (TAPELINE_SEED repeats it)")
    chance, longest, doubles = random.Random(SEED), 0.0, 0
    for number in range(ROUNDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        lane = Lane(bootstrap, f"kills-{SEED}-{number}", folder)
        try:
            stood, again = play_round(lane, chance)
        finally:
            lane.close()
        longest, doubles = max(longest, stood), doubles + again
        report(f"round {number + 1}: stood still {stood:.2f} s at most, {again} doubles")
    report(f"{ROUNDS} rounds: longest standstill {longest:.2f} s, {doubles} doubles, 0 lost")
