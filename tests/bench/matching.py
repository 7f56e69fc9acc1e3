"""`tapeline bench matching`: the bare book beside exchange-core's, the engine with accounts and
margin beside its whole pipeline, and one call from Python.

Both read the same rows of commands in the same run, in turns; their fills must have the same hash.
The first rounds are not counted: Java compiles while it runs.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numba import njit

from engine.matching.kernel import kernel
from engine.matching.layout import EVENT_WORDS, TRADE
from tests.bench.commands import CASES, HIGHEST, Case, Generator, Rows
from tests.bench.exchange_core.peer import (
    BOOK,
    PIPELINE,
    Fills,
    Harness,
    Peer,
    Skipped,
    harness,
)
from tests.bench.money import ACCOUNTS, MONEY_CASES, WAIT, MoneyCase

NAME = "matching"
COMMANDS = 3_000_000
WARM_ROUNDS = 2
BATCH = 4_096
CALLS = 500_000
FLOOR = 5.0
"""Million commands a second with accounts, margin and risk on, at least."""

Row = dict[str, Any]


def rows(rounds: int, seconds: float | None) -> Iterator[Row]:
    """One row a case. seconds has no meaning here: every case plays all its commands."""
    kernel(lambda what, done, of: print(f"{what} ({done} of {of})", file=sys.stderr))
    with ExitStack() as stack:
        java: Harness | None = None
        skipped = ""
        try:
            java = stack.enter_context(harness())
        except Skipped as error:
            skipped = str(error)
        for case in CASES:
            yield from _case(case, rounds, java, skipped)
        for case in MONEY_CASES:
            yield _money(case, rounds, java, skipped)


def _case(case: Case, rounds: int, java: Harness | None, skipped: str) -> Iterator[Row]:
    print(f"{case.name}: {COMMANDS:,} commands are made ...", file=sys.stderr)
    generator = Generator(case)
    commands = generator.commands(COMMANDS)
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as folder, ExitStack() as stack:
        peer = _started(java, case, commands, Path(folder), stack)
        ours, theirs, skipped = _in_turns(case, commands, rounds, peer, skipped)
    _agree(case, [*ours, *theirs])
    yield _row(case, generator.depth, ours, theirs, skipped, BOOK)
    if case is CASES[0]:
        yield from _calls(case, commands, rounds)
        started = median(_start() for _ in range(rounds))
        yield _own("start with a warm cache, processor time", "s", started, 0.5)


def _money(case: MoneyCase, rounds: int, java: Harness | None, skipped: str) -> Row:
    """The same with money; the peer is its whole pipeline."""
    print(f"{case.name}: {COMMANDS:,} commands are made ...", file=sys.stderr)
    commands, depth = case.commands(COMMANDS)
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as folder, ExitStack() as stack:
        peer: Peer | None = None
        if java is not None:
            file = Path(folder) / "commands"
            commands.tofile(file)
            given = file, case.symbols, HIGHEST, ACCOUNTS, case.kind, WAIT
            peer = stack.enter_context(java.pipeline(*given))
        ours, theirs, skipped = _in_turns(case, commands, rounds, peer, skipped)
    _agree(case, [*ours, *theirs])
    row = _row(case, depth, ours, theirs, skipped, PIPELINE)
    over = max(FLOOR, 2 * row["peers"].get(PIPELINE, 0.0))
    return row | {"level": {"over": round(over, 2)}}


def _in_turns(
    case: Case, commands: Rows, rounds: int, peer: Peer | None, skipped: str
) -> tuple[list[Fills], list[Fills], str]:
    """All rounds of ours and theirs; without theirs, and why, where the peer ended."""
    ours: list[Fills] = []
    theirs: list[Fills] = []
    for _ in range(WARM_ROUNDS + rounds):
        ours.append(_played(case, commands))
        try:
            theirs += [peer.play()] if peer else []
        except Skipped as error:
            peer, skipped, theirs = None, str(error), []
    return ours, theirs, skipped


def _started(
    java: Harness | None, case: Case, commands: Rows, folder: Path, stack: ExitStack
) -> Peer | None:
    if java is None:
        return None
    file = folder / "commands"
    commands.tofile(file)
    return stack.enter_context(java.over(file, case.symbols, HIGHEST))


def _agree(case: Case, rounds: list[Fills]) -> None:
    """AssertionError unless every round of both gave the same fills in the same order."""
    found = {one.same for one in rounds}
    assert len(found) == 1, f"{case.name}: the fills differ: {found}"


def _played(case: Case, commands: Rows) -> Fills:
    """One round from an empty book, every event read."""
    engine, tally = case.engine(), np.zeros(3, np.int64)
    began = time.perf_counter()
    for start in range(0, len(commands), BATCH):
        part, first = commands[start : start + BATCH], 0
        while first < len(part):
            events, first = engine.run(part, first)
            _count(events.view(np.int64), tally)
    took = time.perf_counter() - began
    return Fills(took, *map(int, tally))


@njit  # type: ignore[untyped-decorator]
def _count(events: Any, tally: Any) -> None:
    """Add the trades, their volume, and a hash of them in order, as the peer's harness does."""
    for at in range(0, len(events), EVENT_WORDS):
        if events[at] & 255 == TRADE:
            taker, maker, price, size = (
                events[at + 2],
                events[at + 3],
                events[at + 4],
                events[at + 5],
            )
            tally[0] += 1
            tally[1] += size
            mixed = taker * 7 + maker * 13 + price * 17 + size * 19
            tally[2] = (tally[2] * 1000003) ^ mixed


def _rate(played: list[Fills]) -> float:
    """Median of the counted rounds, millions of commands a second."""
    rates = [COMMANDS / one.seconds / 1e6 for one in played[WARM_ROUNDS:]]
    return round(median(rates), 2)


def _row(
    case: Case, depth: float, ours: list[Fills], theirs: list[Fills], skipped: str, name: str
) -> Row:
    mine, peers = _rate(ours), {name: _rate(theirs)} if theirs else {}
    row: Row = {
        "bench": NAME,
        "case": f"{case.name}, {depth:,.0f} orders rest",
        "unit": "million commands/s",
        "ours": mine,
        "peers": peers,
        "ratio": round(mine / peers[name], 3) if peers else None,
    }
    return row | ({"level": {"over": round(2 * peers[name], 2)}} if peers else {"skipped": skipped})


def _calls(case: Case, commands: Rows, rounds: int) -> Iterator[Row]:
    """One command a call, from Python, the events left where they are; the clock is in it."""
    words = commands[:CALLS].tolist()
    taken = [_timed(case.engine().send, words) for _ in range(rounds)]
    _nothing(*words[0])  # compiled by that
    empty = [_timed(_nothing, words) for _ in range(rounds)]
    for share, most in ((0.5, 1.0), (0.99, 2.0)):
        ours, least = _quantile(taken, share), _quantile(empty, share)
        row = _own(f"one call from Python, p{share * 100:.0f}", "us", ours, most)
        yield row | {"peers": {"an empty compiled call": least}, "ratio": round(ours / least, 3)}


def _quantile(taken: list[array[int]], share: float) -> float:
    """Median of the rounds, in us."""
    return round(median(float(np.quantile(one, share)) for one in taken) / 1_000, 3)


@njit  # type: ignore[untyped-decorator]
def _nothing(*command: int) -> int:
    """What a call costs here before it does anything, and how evenly."""
    return 0


def _own(what: str, unit: str, ours: float, most: float) -> Row:
    """A row that has a level and no peer."""
    row: Row = {"bench": NAME, "case": what, "unit": unit, "ours": round(ours, 3)}
    return row | {"peers": {}, "ratio": None, "level": {"at_most": most}}


def _start() -> float:
    """Processor seconds of a Python until its first order rests."""
    code = (
        "import time; from engine.matching.engine import Matching;"
        "from engine.matching.instrument import Instrument;"
        "from engine.matching.codes import Command;"
        "Matching([Instrument(1, 9, 5)]).submit(Command(1, order_id=1, quantity=1, price=5));"
        "print(time.process_time())"
    )
    words = [sys.executable, "-c", code]
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=root)
    return float(done.stdout)


def _timed(send: Callable[..., int], words: list[tuple[int, ...]]) -> array[int]:
    """ns of each call. They go into memory that is there: a list of them would ask for a new page
    at every hundredth call, and that would be the p99."""
    clock, taken = time.perf_counter_ns, array("q", [1]) * len(words)
    for at, row in enumerate(words):
        began = clock()
        send(*row)
        taken[at] = clock() - began
    return taken
