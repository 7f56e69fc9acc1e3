"""What trials share: the market as the first stages make it, made once and kept in a file.

Ticks and signals do not depend on strategies, risk or costs. So they are made once for each set of
recordings and of the market's settings, and each trial begins with trading.decisions. The file
holds what the later stages read, a line a record: the time at which it was made, its topic, and its
bytes as on Kafka.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from engine.replay.desk import Delays, Desk, Row
from engine.stage import Stage
from gateway.backtests.backtest import listed
from gateway.research.source import Source
from schemas import names
from schemas.codec import decode, encode
from schemas.record import Record
from schemas.signals import ConsolidatedBook, Signal
from schemas.ticks import Ticks
from topics.settings import Settings

KEPT: dict[str, type[Record]] = {
    names.TICKS: Ticks,
    names.SIGNALS: Signal,
    names.BOOKS: ConsolidatedBook,
}
"""What later stages read of the market."""

SECTIONS = ("ticks", "books", "signals", "backtest")
"""Of the settings, that make it."""


def is_market(stage: Stage[Any]) -> bool:
    """Whether a stage is one of the market's: it sees no strategy and no account."""
    return stage.main in (names.RAW, names.TICKS)


@dataclass(frozen=True)
class SharedMarket:
    """What a market is played from, and the folder where what is made of it is kept. data: a digest
    of what it holds and of all else that is the same for every trial."""

    source: Source
    folder: Path
    data: str

    def path(self, known: Settings) -> Path:
        """The file of these settings."""
        sections = {name: getattr(known, name) for name in SECTIONS}
        told = orjson.dumps([self.data, sections], default=str, option=orjson.OPT_SORT_KEYS)
        return self.folder / f"market-{blake2b(told, digest_size=8).hexdigest()}.gz"

    def make(self, known: Settings) -> None:
        """Write the file unless it is there; it is there wholly or not at all."""
        path = self.path(known)
        if path.exists():
            return
        made = path.with_suffix(f".{os.getpid()}")
        with gzip.open(made, "wb", compresslevel=1) as file:
            for line in self._lines(known):
                file.write(line)
        made.replace(path)

    def _lines(self, known: Settings) -> Iterator[bytes]:
        stages = [stage for stage in self.source.stages(known) if is_market(stage)]
        desk = Desk(stages, (), known.of("backtest", Delays))
        frames = ((names.RAW, each) for each in self.source.raw(known))
        for topic, record in desk.run(chain(listed(known), frames)):
            if topic in KEPT:
                yield b"%d %s %s\n" % (desk.now, topic.encode(), encode(record))

    def rows(self, known: Settings, until: int) -> Iterator[tuple[int, Row]]:
        """Instruments, then what was made of the frames received before a time, with its times."""
        yield from ((0, row) for row in listed(known))
        last = until + known.of("backtest", Delays).raw
        with gzip.open(self.path(known), "rb") as file:
            for line in file:
                time, topic, value = line.split(b" ", 2)
                if int(time) >= last:
                    return
                name = topic.decode()
                yield int(time), (name, decode(KEPT[name], value))
