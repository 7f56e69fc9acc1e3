"""What the gateway of the bench reads: a small desk's topics, and ticks of made-up markets."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache

import orjson
from confluent_kafka import Producer

from gateway.live.reading import Raw, items_of
from schemas import names
from schemas.codec import encode
from schemas.record import Record
from schemas.ticks import Ticks
from tests.unit.small_desk import SECOND, Story
from topics.partition import partition_of
from topics.settings import Settings

LARGE = 0.9
"""Share of the recorded ticks that are smaller than the one whose like is sent."""
SHOWN = (
    names.INSTRUMENTS, names.TICKS, names.BARS, names.SIGNALS, names.DECISIONS, names.ORDERS,
    names.STATUSES, names.PORTFOLIO, names.COMMANDS, names.STATE,
)  # fmt: skip


@cache
def told() -> tuple[tuple[str, Record], ...]:
    """What the small desk has published, in order."""
    return tuple((topic, row) for topic, row in Story().play(28 * SECOND).rows if topic in SHOWN)


@cache
def _like() -> Ticks:
    ticks = [row for _, row in told() if isinstance(row, Ticks)]
    sized = sorted(ticks, key=lambda row: len(str(items_of(Raw(names.TICKS, b"", encode(row))))))
    return sized[int(LARGE * len(sized))]


def market(number: int) -> str:
    """The key of a made-up market."""
    return f"binance:T{number:04}/USDT:USDT"


def ticks(key: str, number: int, due: int) -> Ticks:
    """A market's record of that number; its id tells when it was due, ns."""
    venue, symbol = key.split(":", 1)
    return _like().model_copy(
        update={"id": f"{due:032x}", "key": key, "venue": venue, "symbol": symbol, "seq": number,
                "seen_time": due}
    )  # fmt: skip


class News:
    """Puts records where a server reads them. bare: as ready frames on that topic, in place of
    records on market.ticks; last: by market, the number of its last update.
    """

    def __init__(self, settings: Settings, bare: str = "") -> None:
        self._settings, self._bare = settings, bare
        self._producer = Producer(
            {"bootstrap.servers": settings.bootstrap, "linger.ms": 0, "acks": "all",
             "socket.nagle.disable": True}
        )  # fmt: skip
        self.last: dict[str, int] = defaultdict(int)

    def desk(self) -> None:
        """All that the small desk has told."""
        for topic, row in told():
            self._put(topic, row)
        self._producer.flush(30)

    def pace(self, keys: Sequence[str], seconds: float) -> int:
        """One update of each market a second, evenly over it; gives when the first was due, ns."""
        began = time.time_ns() + SECOND // 10
        for due, key in _schedule(keys, seconds, began):
            while (left := due - time.time_ns()) > 0:
                time.sleep(left / 1e9)
            self._tell(key, due)
            self._producer.poll(0)
        self._producer.flush(30)
        return began

    def _tell(self, key: str, due: int) -> None:
        self.last[key] += 1
        record = ticks(key, self.last[key], due)
        if not self._bare:
            self._put(names.TICKS, record)
            return
        (item,) = items_of(Raw(names.TICKS, b"", encode(record)))
        place = {"channel": item.channel, "key": key, "sequence": self.last[key]}
        frame = orjson.dumps({"type": "delta", **place, "item": item.body})
        self._producer.produce(self._bare, frame, key)

    def _put(self, topic: str, row: Record) -> None:
        name, place = self._settings.physical(topic), partition_of(topic, row.key)
        self._producer.produce(name, encode(row), row.key, place)


def _schedule(keys: Sequence[str], seconds: float, began: int) -> Iterator[tuple[int, str]]:
    """When each update is due, ns, and of which market."""
    apart = SECOND // len(keys)
    for number in range(int(seconds * len(keys))):
        yield began + number * apart, keys[number % len(keys)]
