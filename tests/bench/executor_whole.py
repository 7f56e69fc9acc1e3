"""From signal record to request: recorded frames played as if they came now, at a steady pace.

A live order is sent within seconds of its decision by the wall clock, and recordings are of 2024:
so the frames of the recording are received now, and the venue's times in them are moved along.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

import orjson
from confluent_kafka import Producer

from engine.feeds.binance_symbols import Router
from engine.framing import Framer
from infra import recordings
from infra.local.desk import FUSED, HOT
from infra.local.errors import LocalError
from schemas import names
from schemas.codec import encode
from schemas.raw import RawFrame, ReceivedFrame
from schemas.record import Record
from tests.bench.executor_desk import PATIENCE, LiveRun
from tests.bench.executor_stamps import STAGE, place
from topics.partition import partition_of
from topics.recording import merged, sample

RATE = 200
"""Frames a second."""
PROBE = "tests.bench.executor_signals"
HOTLY = (HOT, "executor", "portfolio")
APART = (*FUSED, "executor", "portfolio")
TIMES = re.compile(r'"([ET])":(\d{13})\b')

SETTINGS = """
[portfolio]
equity = 1000000

[risk]
minimum_strength = 0
minimum_confidence = 0
maximum_position_notional = 1000
storm_orders = 1000000

[risk.strategies.often]
trailing = false

[strategies.often]
stop_percent = 3
target_percent = 3

[strategies.often.advisors.flow]
measure = "book_imbalance_1"
every = true
span = 1
enter = 0.05
leave = 0.01
"""
"""A strategy that changes its mind all the time, with protection that the market does not reach."""


def played(run: LiveRun, workers: Sequence[str], warm: float, seconds: float) -> list[float]:
    """ms from a signal to the request of its order, of one play through these workers."""
    stage = HOT if HOT in workers else "signals"
    run.begin(workers, {stage: PROBE}, {stage: {STAGE: stage}})
    player = Player(run)
    player.play(warm)
    began = time.monotonic_ns()
    player.play(seconds)
    sent = -1
    while (now := len(run.stamps["wrote"])) != sent:
        sent = now
        run.turn(2.0)
    return _delays(run, began)


def _delays(run: LiveRun, began: int) -> list[float]:
    """Of the orders whose signal was made after `began`; LocalError where there are none."""
    found = run.stamps
    delays = []
    for _, value in run.values(names.ORDERS):
        row = orjson.loads(value)
        if not row["command"] or row["origin"] != "strategy":
            continue
        signal = found["signal"].get(place(row["symbol"], row["tick"]))
        wrote = found["wrote"].get(row["command"]["client_order_id"])
        if signal and wrote and signal[0] >= began:
            delays.append((wrote[0] - signal[0]) / 1e6)
    if not delays:
        raise LocalError(f"no signal has led to a request:\n{run.logs()}")
    return delays


class Player:
    """The recorded markets onto market.raw, one frame a record, received when it is played."""

    def __init__(self, run: LiveRun) -> None:
        self._settings = run.settings
        servers = {"bootstrap.servers": run.settings.bootstrap, "socket.nagle.disable": True}
        self._producer = Producer({**servers, "linger.ms": 0})
        self._framer = Framer("bench", linger=1)
        self._frames = _recorded()
        for row in recordings.instruments():
            key = f"{row.venue}:{row.symbol}"
            record = row.model_copy(update={"seq": 0, "key": key})
            self._emit(names.INSTRUMENTS, record)
        self._producer.flush(PATIENCE)

    def play(self, seconds: float) -> None:
        """Go on with the recording for that long."""
        began = time.monotonic()
        for number in range(int(seconds * RATE)):
            time.sleep(max(began + number / RATE - time.monotonic(), 0))
            key, frame = next(self._frames)
            now = time.time_ns()
            for record in [
                *self._framer.frame(key, moved(frame, now)),
                *self._framer.tick(now + 1),
            ]:
                self._emit(names.RAW, record)
        self._producer.flush(PATIENCE)

    def _emit(self, topic: str, record: Record | RawFrame) -> None:
        number = partition_of(topic, record.key)
        self._producer.produce(self._settings.physical(topic), encode(record), record.key, number)
        self._producer.poll(0)


def _recorded() -> Iterator[tuple[str, ReceivedFrame]]:
    listed = recordings.listings()
    return merged([(path, Router.of(sample(path), listed).route) for path in recordings.MARKET])


def moved(frame: ReceivedFrame, now: int) -> ReceivedFrame:
    """The frame as if it came at `now` (ns): the venue's times in it are as much later."""
    later = (now - frame.received_ns) // 1_000_000
    text = TIMES.sub(lambda found: f'"{found[1]}":{int(found[2]) + later}', frame.text)
    return frame._replace(received_ns=now, text=text)
