"""Recordings made for a test: the shipped ones cut short, with other frames put between theirs."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator
from itertools import takewhile
from operator import attrgetter
from pathlib import Path

from infra.recordings import MARKET
from schemas.raw import ReceivedFrame, Source
from tests.broker.lane import LONG
from topics.recording import read

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
LENGTH = 345 if LONG else 110
"""Seconds of the two USD-M recordings that are played under faults. In 110 each symbol is bought,
sold short and closed, some 14 commands; all 345 are played through Kafka by test_demo.
"""


def lasting(seconds: float) -> float:
    """The speed at which a play of LENGTH lasts so long."""
    return LENGTH / seconds


def tape(folder: Path) -> list[Path]:
    """The first LENGTH of the two, in a folder. They end with a second: the clock goes on for four
    behind the last frame up to a whole one, and after five a book is stale.
    """
    end = begins(MARKET[0]) // SECOND * SECOND + LENGTH * SECOND
    return [written(folder, file.parent.name, file.name, until(read(file), end)) for file in MARKET]


def beginning(folder: Path, file: Path, span: int) -> Path:
    """The first `span` ns of a recording, in a folder."""
    return written(folder, file.parent.name, file.name, until(read(file), begins(file) + span))


def begins(file: Path) -> int:
    """ns of the first frame of a recording."""
    return next(read(file)).received_ns


def until(frames: Iterable[ReceivedFrame], end: int) -> Iterator[ReceivedFrame]:
    """The frames that were received before `end` (ns)."""
    return takewhile(lambda frame: frame.received_ns < end, frames)


def spliced(*streams: Iterable[ReceivedFrame]) -> Iterator[ReceivedFrame]:
    """Several streams as one, by receive time."""
    return heapq.merge(*streams, key=attrgetter("received_ns"))


def written(folder: Path, market: str, name: str, frames: Iterable[ReceivedFrame]) -> Path:
    """A recording of a market (spot, usdm, cm); the folder of that name says which it is."""
    file = folder / market / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(f"{frame.received_ns} {frame.text}\n" for frame in frames))
    return file


def mark_price(at: int, symbol: str, mark: str, rate: str, due: int) -> ReceivedFrame:
    """A mark price of a Binance perpetual, received at `at`; the next funding is due at `due`.

    As in developers.binance.com, "Mark Price Stream" (COIN-M has "P" between "p" and "r" as well).
    """
    data = {
        "e": "markPriceUpdate", "E": at // MILLISECOND, "s": symbol, "p": mark, "P": mark,
        "i": mark, "r": rate, "T": due // MILLISECOND,
    }  # fmt: skip
    body = {"stream": f"{symbol.lower()}@markPrice@1s", "data": data}
    return ReceivedFrame(at, Source.WS, "stream", json.dumps(body))
