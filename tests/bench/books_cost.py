"""What the books stage costs a record, by venues and by levels, on the recorded spot market.

The venues are the recorded one and copies of it under other names, a few ms later each: every one
moves the book, so it is the worst case. CPU time of the thread, medians of several rounds.

Run from a checkout: python -m tests.bench.books_cost
"""

from __future__ import annotations

import gc
from statistics import median
from time import thread_time_ns

import orjson

from engine.books import BooksSettings, BooksStage, SymbolState
from engine.stage import Cell
from schemas import names
from schemas.codec import decode, encode
from schemas.signals import ConsolidatedBook
from schemas.ticks import Ticks
from tests.unit.consolidating import SYMBOL, ticks

ROUNDS = 3
RECORDS = 3000
"""Of each venue."""
APART = 3_000_000
"""ns between one venue and the next."""
CASES = ((1, 10), (2, 10), (5, 10), (10, 10), (5, 1), (5, 50))
"""Venues and levels."""


def market(venues: int) -> list[Ticks]:
    """The records of that many venues, in the order of time."""
    first = [each for each in ticks() if each.venue == "binance"][:RECORDS]
    found = [_copy(each, n) for n in range(venues) for each in first]
    return sorted(found, key=lambda each: (each.seen_time, each.key))


def _copy(one: Ticks, n: int) -> Ticks:
    venue, late = f"v{n}", n * APART
    times = tuple(at + late for at in one.books.seen_time)
    moved = {
        "key": f"{venue}:{SYMBOL}", "venue": venue, "id": f"{n} {one.id}",
        "seen_time": one.seen_time + late,
        "books": one.books.model_copy(update={"seen_time": times}),
    }  # fmt: skip
    return one.model_copy(update=moved)


def stage_cost(
    records: list[Ticks], levels: int
) -> tuple[float, list[ConsolidatedBook], Cell[SymbolState]]:
    """Microseconds a record of the stage alone, what it gave, and its cell."""
    cell = Cell.fresh(BooksStage(BooksSettings(symbols=(SYMBOL,), levels=levels)), SYMBOL)
    made: list[ConsolidatedBook] = []
    start = thread_time_ns()
    for record in records:
        made += [each.record for each in cell.take(names.TICKS, record)]  # type: ignore[misc]
    return (thread_time_ns() - start) / 1e3 / len(records), made, cell


def snapshot_cost(cell: Cell[SymbolState]) -> tuple[float, int]:
    """Milliseconds and bytes of one snapshot."""
    start = thread_time_ns()
    value = encode(cell.snapshot())
    return (thread_time_ns() - start) / 1e6, len(value)


def codec_cost(records: list[Ticks], made: list[ConsolidatedBook]) -> tuple[float, float]:
    """Microseconds a record of decoding what is taken, and of encoding what is given."""
    values = [encode(record) for record in records]
    start = thread_time_ns()
    for value in values:
        decode(Ticks, value, BooksStage.ignored)
    middle = thread_time_ns()
    for book in made:
        encode(book)
    end = thread_time_ns()
    return (middle - start) / 1e3 / len(values), (end - middle) / 1e3 / len(made)


def case(venues: int, levels: int) -> dict[str, object]:
    """One row."""
    records = market(venues)
    stage_cost(records[:1000], levels)
    gc.collect()
    gc.freeze()
    rounds = [stage_cost(records, levels) for _ in range(ROUNDS)]
    made = rounds[0][1]
    codecs = [codec_cost(records, made) for _ in range(ROUNDS)]
    snapshots = [snapshot_cost(each[2]) for each in rounds]
    full = [book for book in made if book.full]
    return {
        "bench": "books", "case": f"{venues} venues, {levels} levels", "unit": "us a record",
        "records": len(records), "full": round(len(full) / len(made), 3),
        "stage": round(median(each[0] for each in rounds), 1),
        "decode": round(median(each[0] for each in codecs), 1),
        "encode": round(median(each[1] for each in codecs), 1),
        "snapshot_ms": round(median(each[0] for each in snapshots), 1),
        "snapshot_bytes": snapshots[0][1],
        "bytes_full": round(sum(len(encode(book)) for book in full) / len(full)),
        "bytes_short": round(median(len(encode(book)) for book in made if not book.full)),
    }  # fmt: skip


def main() -> None:
    """One JSON object a case."""
    for venues, levels in CASES:
        print(orjson.dumps(case(venues, levels)).decode())


if __name__ == "__main__":
    main()
