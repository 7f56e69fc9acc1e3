"""kill -9 of the books stage in mid-stream: market.books is that of a stage that never ended."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from threading import Event, Thread

import pytest

from engine.books import BooksRerun, BooksSettings, BooksStage
from engine.stage import Cell
from infra.local.desk import BOOKS
from schemas import names
from schemas.codec import decode, encode
from schemas.record import symbol_of
from schemas.signals import ConsolidatedBook, VenueState
from schemas.ticks import Ticks
from tests.broker.writing import in_order
from tests.pipeline.run import Run, same
from tests.unit.consolidating import ticks
from topics.partition import partition_of
from topics.reading import ends, reader

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(900)]

PACE, RECORDS = 450, 3400
"""Records a second, and in all of each symbol."""
ROUNDS = 2
SPREAD, CLOSE = "BTC/USDT", "ETH/USDT"
"""Venues on partitions of their own, which meet in any order, and all of them on one."""


def close() -> dict[str, str]:
    """Names for the recorded venues that put them on one partition, by venue."""
    venues = (f"v{n}" for n in count())
    found = (name for name in venues if partition_of(names.TICKS, f"{name}:{CLOSE}") == 0)
    return dict(zip(("binance", "okx", "twin"), found, strict=False))


def records() -> list[Ticks]:
    """The recorded venues under both symbols, in the order of time."""
    moved = {venue: f"{name}:{CLOSE}" for venue, name in close().items()}
    return [
        each for one in ticks()[:RECORDS]
        for each in (one, one.model_copy(update={
            "key": moved[one.venue], "id": f"close {one.id}", "symbol": CLOSE,
            "venue": moved[one.venue].partition(":")[0],
        }))
    ]  # fmt: skip


class Feed(Thread):
    """Writes the records to market.ticks of each run at a steady pace, so that venues meet in the
    order of time; after an outage they are read one partition after the other. The last quarter
    waits until `rest` is set."""

    def __init__(self, tape: Sequence[Ticks], *runs: Run) -> None:
        super().__init__(daemon=True)
        self._topics = {
            run.settings.physical(names.TICKS): in_order(run.settings.bootstrap) for run in runs
        }
        self._tape, self.left, self.rest = tape, 0, Event()

    def run(self) -> None:
        began = time.monotonic()
        for number, record in enumerate(self._tape):
            if number == len(self._tape) * 3 // 4:
                self.rest.wait()
            time.sleep(max(0.0, began + number / PACE - time.monotonic()))
            value = encode(record)
            for topic, producer in self._topics.items():
                producer.produce(topic, value, record.key)
                producer.poll(0)
        self.left = sum(producer.flush(30) for producer in self._topics.values())


def start(run: Run) -> None:
    """Snapshots come often, so that each kill is between others."""
    symbols = f"{SPREAD},{CLOSE}"
    run.start([BOOKS], TAPELINE_BOOKS__SYMBOLS=symbols, TAPELINE_SNAPSHOT_INTERVAL="0.3")


def reach(run: Run, snapshots: int) -> int:
    """Wait until so many snapshots have been written; how many there are then."""
    consumer, until = reader(run.settings), time.monotonic() + 120
    try:
        while True:
            marks = ends(consumer, run.settings.physical(names.SNAPSHOTS))
            if (there := sum(end for _, end in marks.values())) >= snapshots:
                return there
            assert time.monotonic() < until, f"{there} of {snapshots}\n{run.log(BOOKS)}"
            run.turn(0.02)
    finally:
        consumer.close()


def finish(run: Run, tape: list[Ticks]) -> Mapping[str, list[bytes]]:
    """Wait until each record has given one; what a reader that drops by sequence sees."""
    until, last = time.monotonic() + 120, {symbol: len(tape) // 2 - 1 for symbol in (SPREAD, CLOSE)}
    while run.last(names.BOOKS, (SPREAD, CLOSE)) != last:
        assert time.monotonic() < until, run.log(BOOKS)
        run.turn(0.1)
    run.stop()
    return run.read(names.BOOKS)


def test_kill_9_of_the_books_stage(runs: Callable[[str], Run]) -> None:
    tape, chance = records(), random.Random(20240808)
    whole, run = runs("wholebooks"), runs("killedbooks")
    for each in (whole, run):
        start(each)
    feed, seen = Feed(tape, whole, run), 0  # each kill is after snapshots of its own
    feed.start()
    for killed in range(1, ROUNDS + 1):
        seen = reach(run, seen + 2)
        run.turn(chance.uniform(0, 0.6))
        while BOOKS not in run.supervisor.pids():  # starved of its lease, a worker ends by itself
            run.turn(0.01)
        os.kill(run.supervisor.pids()[BOOKS], signal.SIGKILL)
        while run.supervisor.restarts()[BOOKS] < killed or BOOKS not in run.supervisor.pids():
            run.turn(0.01)
    feed.rest.set()
    feed.join()
    assert feed.left == 0
    made = finish(run, tape)
    same({CLOSE: finish(whole, tape)[CLOSE]}, {CLOSE: made[CLOSE]})
    check_spread(tape, made[SPREAD])
    assert run.supervisor.restarts()[BOOKS] >= ROUNDS, run.log(BOOKS)
    assert not run.crashes(BOOKS)
    assert not [*run.values(names.LETTERS), *whole.values(names.LETTERS)]


def check_spread(tape: list[Ticks], made: list[bytes]) -> None:
    """What a stage gives that never ended, and for which the venues meet in the order told."""
    script = [decode(ConsolidatedBook, value) for value in made]
    stage = BooksStage(BooksSettings(symbols=(SPREAD, CLOSE)))
    rerun = BooksRerun(Cell.fresh(stage, SPREAD), script)
    for record in tape:
        if symbol_of(record.key) == SPREAD:
            assert rerun.take(names.TICKS, record) == []
    assert rerun.done
    assert rerun.replayed == len(tape) // 2
    states = {venue.state for book in script for venue in book.venues}
    assert {VenueState.OK, VenueState.GAPPED} <= states
