"""The long form: both engines with money over many random commands; `make matching` runs it.

python -m tests.clearing.long [COMMANDS] [SEED]
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from engine.clearing.engine import Clearing
from tests.clearing.naive import Cleared
from tests.clearing.streams import (
    ACCOUNTS,
    INSTRUMENTS,
    MAX_ORDERS,
    TERMS,
    WIDE,
    ClearingStream,
    scaled,
)
from tests.matching.long import alike

SESSION, BATCH = 20_000, 250


def session(seed: int, count: int, seen: Counter[tuple[int, int]], scale: int = 1) -> None:
    """One fresh pair of engines over some commands; AssertionError where they part, or where
    money is made or lost."""
    terms = scaled(TERMS, scale)
    naive = Cleared(INSTRUMENTS, terms, ACCOUNTS, MAX_ORDERS)
    engine = Clearing(INSTRUMENTS, terms, ACCOUNTS, MAX_ORDERS)
    stream = ClearingStream(seed, scale=scale)
    for start in range(0, count, BATCH):
        commands = list(stream.commands(min(BATCH, count - start)))
        expected = alike(naive, engine, commands, f"seed {seed}, from command {start}")
        for asset in range(TERMS.assets):
            total, deposited = naive.total(asset), naive.deposited[asset]
            assert total == deposited, f"seed {seed}: {total} of {deposited} at {start}"
        if start % (8 * BATCH) == 0:
            engine = Clearing.restored(naive.words())
        seen.update((event.happening, event.why) for event in expected)


def main(count: int, seed: int) -> None:
    seen: Counter[tuple[int, int]] = Counter()
    began = time.monotonic()
    for start in range(0, count, SESSION):
        number = start // SESSION
        session(seed + number, min(SESSION, count - start), seen, WIDE if number % 4 == 3 else 1)
        rate = (start + SESSION) / (time.monotonic() - began)
        print(f"\r{start + SESSION:,} commands alike, {rate:,.0f}/s", end="", file=sys.stderr)
    print(file=sys.stderr)
    print({f"{what} {why}": n for (what, why), n in sorted(seen.items())})


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(10_000_000, 1)[len(given) :])
