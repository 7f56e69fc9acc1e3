"""The long form: both engines over many random commands; `make matching` runs ten million.

python -m tests.matching.long [COMMANDS] [SEED]
"""

from __future__ import annotations

import sys
import time
from collections import Counter

import numpy as np

from engine.matching.codes import Command, Event, Happening
from engine.matching.engine import COMMANDS, Matching
from engine.matching.words import digest
from tests.matching.naive import Naive
from tests.matching.streams import ACCOUNTS, INSTRUMENTS, MAX_ORDERS, Stream

SESSION, BATCH = 100_000, 1_000


def alike(naive: Naive, engine: Matching, commands: list[Command], where: str) -> list[Event]:
    """What both engines say to these commands; AssertionError where they part."""
    expected = [event for command in commands for event in naive.submit(command)]
    told = engine.process(np.array(commands, COMMANDS)).tolist()
    if told != expected:
        pairs = zip(told, expected, strict=False)
        first = next((n for n, (a, b) in enumerate(pairs) if a != b), -1)
        raise AssertionError(f"{where}: event {first}: {told[first]} is not {expected[first]}")
    assert digest(engine.words()) == digest(naive.words()), f"{where}: the states part"
    return expected


def session(seed: int, count: int, seen: Counter[tuple[int, int]]) -> None:
    """One fresh pair of engines over some commands; AssertionError where they part."""
    naive = Naive(INSTRUMENTS, ACCOUNTS, MAX_ORDERS)
    engine = Matching(INSTRUMENTS, ACCOUNTS, MAX_ORDERS)
    stream = Stream(seed)
    for start in range(0, count, BATCH):
        commands = list(stream.commands(min(BATCH, count - start)))
        expected = alike(naive, engine, commands, f"seed {seed}, from command {start}")
        if start % (20 * BATCH) == 0:
            engine = Matching.restored(naive.words())
        seen.update((event.happening, event.why) for event in expected)


def main(count: int, seed: int) -> None:
    seen: Counter[tuple[int, int]] = Counter()
    began = time.monotonic()
    for start in range(0, count, SESSION):
        session(seed + start // SESSION, min(SESSION, count - start), seen)
        rate = (start + SESSION) / (time.monotonic() - began)
        print(f"\r{start + SESSION:,} commands alike, {rate:,.0f}/s", end="", file=sys.stderr)
    print(file=sys.stderr)
    print({f"{Happening(what).name} {why}": n for (what, why), n in sorted(seen.items())})


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(10_000_000, 1)[len(given) :])
