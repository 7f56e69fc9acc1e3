"""Plays one frame a record into market.raw at a steady pace and times what comes of it.

It is the venue, too: each order command is filled at once on trading.portfolio, so that the next
one is not held up by it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from threading import Thread
from typing import Any, NamedTuple

import orjson
from confluent_kafka import Consumer, Producer

from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from infra import recordings
from schemas import names
from schemas.codec import HEAD, encode
from schemas.portfolio import Portfolio
from schemas.raw import RawFrame
from schemas.record import Record
from topics.partition import partition_of
from topics.recording import merged, sample
from topics.settings import Settings

KEPT = 20
"""Orders that a position names as done."""

PATIENCE = 30.0
"""Seconds in which the last record must come out."""

Place = tuple[str, int]
"""A market key and the sequence of its raw record."""


class Delays(NamedTuple):
    """Milliseconds from handing a raw record to the producer to holding what came of it.

    records: of every raw record; commands: of those that gave an order command; offered: records a
    second that were played.
    """

    records: list[float]
    commands: list[float]
    offered: float


def single_frames(count: int) -> Iterator[RawFrame]:
    """The first records of the recorded markets, each of a frame (or of the clock)."""
    listed = recordings.listings()
    files = [(path, Router.of(sample(path), listed).route) for path in recordings.MARKET]
    return islice(raw_records(merged(files), "bench", linger=1), count)


class Trader:
    """One play. `settings` are those of the run; `warm`: seconds whose records are not counted."""

    def __init__(self, settings: Settings, rate: float, warm: float) -> None:
        self._settings, self._rate, self._warm = settings, rate, warm
        servers = {"bootstrap.servers": settings.bootstrap}
        self._producer = Producer({**servers, "linger.ms": 1, "acks": "1"})
        self._consumer = Consumer(
            {**servers, "group.id": "bench", "enable.auto.commit": False,
             "auto.offset.reset": "earliest"}
        )  # fmt: skip
        self._sent: dict[Place, float] = {}
        self._delays: dict[Place, float] = {}
        self._commands: dict[Place, float] = {}
        self._held: dict[str, Decimal] = {}
        self._done: dict[str, list[str]] = {}
        self._seqs: dict[str, int] = {}

    def prepare(self) -> None:
        """Publish what may be traded and what the account is worth; read trading.orders."""
        for row in recordings.instruments():
            key = f"{row.venue}:{row.symbol}"
            self._emit(names.INSTRUMENTS, row.model_copy(update={"seq": 0, "key": key}))
        self._tell(Portfolio(key="paper:*", type="account", account="paper", equity="1000000"))
        self._producer.flush()
        self._consumer.subscribe([self._settings.physical(names.ORDERS)])
        while not self._consumer.assignment():
            self._look(0.1)

    def play(self, seconds: float) -> Delays:
        """Play at the pace for that long, then wait for the last to come out."""
        records = list(single_frames(int(seconds * self._rate)))
        values = [encode(record) for record in records]
        began = time.monotonic()
        sender = Thread(target=self._send, args=(began, records, values))
        sender.start()
        while sender.is_alive():
            self._look(0.05)
        took = time.monotonic() - began
        until = time.monotonic() + PATIENCE
        while self._sent and time.monotonic() < until:
            self._look(0.05)
        self._consumer.close()
        assert not self._sent, f"{len(self._sent)} records have not come out in {PATIENCE} s"
        skipped = {(each.key, each.seq) for each in records[: int(self._warm * self._rate)]}
        told = {place: delay for place, delay in self._delays.items() if place not in skipped}
        commands = [delay for place, delay in self._commands.items() if place not in skipped]
        return Delays(list(told.values()), commands, len(records) / took)

    def _send(self, began: float, records: Sequence[RawFrame], values: Sequence[bytes]) -> None:
        """Produce each record when it is due; on a thread, as a poll cannot wait below 1 ms."""
        name = self._settings.physical(names.RAW)
        for n, record in enumerate(records):
            if (left := began + n / self._rate - time.monotonic()) > 0:
                time.sleep(left)
            place = partition_of(names.RAW, record.key)
            self._sent[record.key, record.seq] = time.monotonic()
            self._producer.produce(name, values[n], record.key, place)

    def _look(self, timeout: float) -> None:
        """Take what has come out, waiting for a first record at most so many seconds."""
        message = self._consumer.poll(timeout)
        while message is not None:
            assert message.error() is None, message.error()
            self._arrived(message.value() or b"", time.monotonic())
            message = self._consumer.poll(0)
        self._producer.poll(0)

    def _arrived(self, value: bytes, now: float) -> None:
        head = HEAD.match(value)
        assert head is not None
        row: dict[str, Any] | None = None
        place = head[4].decode(), int(head[3])
        if place not in self._sent:  # no raw record as it was sent: an order record
            row = orjson.loads(value)
            place = f"{row['venue']}:{row['symbol']}", row["tick"]
        sent = self._sent.pop(place, None)
        if sent is not None:
            self._delays[place] = (now - sent) * 1000
        if row is not None and row["command"]:
            if sent is not None:
                self._commands[place] = (now - sent) * 1000
            self._fill(row["command"], row["seen_time"])

    def _fill(self, command: dict[str, Any], now: int) -> None:
        """Tell that an order was filled whole."""
        symbol, name = command["symbol"], command["client_order_id"]
        done = self._done[symbol] = [*self._done.get(symbol, []), name][-KEPT:]
        held = self._held.get(symbol, Decimal(0))
        if command["action"] == "place":
            held += Decimal(command["quantity"]) * (1 if command["side"] == "buy" else -1)
        self._held[symbol] = held
        self._tell(
            Portfolio(
                key=f"paper:{symbol}", seen_time=now, type="position", account="paper",
                venue=command["venue"], symbol=symbol, strategy=command["strategy"],
                quantity=format(held, "f"), entry=command["price"] or command["stop"] or "1",
                stop=command["stop"], target=command["target"], last_order=name,
                finished=tuple(done),
            )
        )  # fmt: skip

    def _tell(self, record: Portfolio) -> None:
        seq = self._seqs[record.key] = self._seqs.get(record.key, -1) + 1
        self._emit(names.PORTFOLIO, record.model_copy(update={"seq": seq}))

    def _emit(self, topic: str, record: Record) -> None:
        name, place = self._settings.physical(topic), partition_of(topic, record.key)
        self._producer.produce(name, encode(record), record.key, place)
