"""`tapeline bench feeds`: events a second of each venue's parser, beside ccxt.pro's and beside the
JSON parse alone, on the same frames.

Ours gives all events of each frame, every text checked. ccxt is handed each frame as its client
would, and keeps books and caches, as it does; it does not read all formats that were recorded.
orjson.loads does nothing else; packed frames are unpacked for it, and for protobuf it is given the
same values as JSON, as ccxt is given them as a dictionary: its library for that is not installed.
All in turns, in one thread, by its processor time; the first half of the frames is read and not
counted, as by a process that has run for a while; medians of rounds.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median
from time import thread_time_ns
from typing import Any

from engine.feeds.feed import Feed
from engine.numbers import price_units, quantity_units
from tests.bench.feeds_ccxt import CcxtReader
from tests.bench.feeds_tapes import NO_RECORDING, Frame, Tape, plainly, read_by, tapes

NAME = "feeds"
CCXT, JSON = "ccxt.pro", "orjson.loads"
FRAMES = 20_000
"""At most, of each case."""
LEAST = {CCXT: 10, JSON: 0.333}
"""Ten times ccxt; no more than three times the time of the JSON parse."""
BINANCE_TRADES = 300_000
"""Events a second."""

Row = dict[str, Any]


def rows(rounds: int, seconds: float | None, events: int = FRAMES) -> Iterator[Row]:
    """A row for each venue and recording, with the level that is promised, and one for each kind.

    events: frames of each case at most. seconds has no meaning here: each play reads all of them.
    """
    gc.collect()
    gc.freeze()
    for tape in tapes(events):
        if tape.events:
            yield _row(tape, rounds, promised=True)
        for kind in tape.kinds():
            yield _row(kind, rounds, promised=False)


def _row(tape: Tape, rounds: int, *, promised: bool) -> Row:
    """One tape read by all in turns."""
    ours, plain, theirs, failed = [], [], [], ""
    for _ in range(rounds):
        ours.append(_timed(tape.frames, partial(_ours, tape.feed)))
        plain.append(_timed(tape.plain, _plain))
        if tape.theirs is not None:
            given = tape.theirs(), tape.symbols, tape.url, tape.told
            reader = CcxtReader(*given, asked=tape.asked)
            theirs.append(_timed(tape.frames, reader.play))
            if reader.failed:
                failed = f"{reader.failed} of {len(tape.frames)} frames failed: {reader.first}"
    peers = {JSON: plain} | ({CCXT: theirs} if theirs else {})
    rates = {name: round(tape.events / median(times)) for name, times in peers.items()}
    return _told(tape, round(tape.events / median(ours)), rates, failed, promised=promised)


def _told(tape: Tape, ours: int, rates: dict[str, int], failed: str, *, promised: bool) -> Row:
    row: Row = {
        "bench": NAME,
        "case": tape.case,
        "unit": "events/s",
        "ours": ours,
        "peers": rates,
        "ratio": round(ours / max(rates.values()), 3),
        "frames": len(tape.frames),
        "times": {name: round(ours / rate, 2) for name, rate in rates.items()},
    }
    if CCXT not in rates:
        row["missing"] = {CCXT: f"{CCXT}: {NO_RECORDING}"}
    elif failed:
        row["failed"] = {CCXT: failed[:200]}
    level: dict[str, Any] = {}
    if promised:
        level["at_least_times"] = {name: LEAST[name] for name in rates}
    if tape.case.startswith("binance") and tape.case.endswith("trades"):
        level["over"] = BINANCE_TRADES
    return row | ({"level": level} if level else {})


def _timed(frames: Sequence[Frame], play: Callable[[Sequence[Frame]], None]) -> float:
    """Seconds of processor time of the second half; no number is known before the first."""
    for known in (price_units, quantity_units):
        known.__self__.clear()  # type: ignore[attr-defined]
    half = len(frames) // 2
    first, second = frames[:half], frames[half:]
    play(first)
    start = thread_time_ns()
    play(second)
    return max(thread_time_ns() - start, 1) / 1e9


def _ours(feed: Feed, frames: Sequence[Frame]) -> None:
    for frame in frames:
        read_by(feed, frame)


def _plain(frames: Sequence[Frame]) -> None:
    for frame in frames:
        plainly(frame)
