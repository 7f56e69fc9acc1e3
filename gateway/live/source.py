"""The one consumer of the process: a thread that follows the topics and hands over what is new."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping

from confluent_kafka import KafkaException, Message

from gateway.live.depth import Depths
from gateway.live.hub import Item
from gateway.live.reading import Raw, news
from gateway.live.seeding import Seeding
from gateway.watching.follower import Follower
from schemas import names
from schemas.errors import TapelineError
from topics.settings import Settings

log = logging.getLogger("gateway")

BACK: Mapping[str, int | None] = {
    names.INSTRUMENTS: None,
    names.TICKS: 200,
    names.BARS: 2_000,
    names.BOOKS: 100,
    names.SIGNALS: 200,
    names.DECISIONS: 1_000,
    names.ADVICE: 100,
    names.ORDERS: 20_000,
    names.STATUSES: 40_000,
    names.PORTFOLIO: 5_000,
    names.COMMANDS: 1_000,
    names.STATE: None,
    names.EVENTS: 500,
    names.LETTERS: 100,
}
"""Topics, with how many records before the end of each partition are read first (None: all).

More statuses than orders, so that no order that is over is taken for one that was just approved.
"""

REST = 1.0
"""Seconds before a broker that did not answer is asked again."""

MILLISECOND = 1_000_000
PIECE = 200
"""Items that are handed over at once: so long the loop does nothing else."""

Taken = Callable[[list[Item]], None]


def raw(topic: str, message: Message) -> Raw:
    """A message of a logical topic, with its place and the broker's time."""
    place = f"{topic}:{message.partition()}:{message.offset()}"
    at = max(message.timestamp()[1], 0) * MILLISECOND
    return Raw(topic, bytes(message.key() or b""), bytes(message.value() or b""), place, at)


class Source:
    """Follows the desk of `settings`. take: called on the loop with each piece of what is new;
    anew: likewise, before the first piece of a broker that is another one than before. read: when
    the topics were read last, of the monotonic clock.
    """

    def __init__(self, settings: Settings, take: Taken, anew: Callable[[], None]) -> None:
        self._settings, self.take, self._anew = settings, take, anew
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.read: float | None = None

    def start(self) -> None:
        """Begin; on the loop that is to be told."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """End; no call comes after it."""
        self._ending.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, 30)

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._follow(self._settings.bootstrap)
            except (KafkaException, TimeoutError, TapelineError) as error:
                log.info("the broker is not there: %s", error)
            self._ending.wait(REST)

    def _follow(self, address: str) -> None:
        """Until the end, or until the desk is at another address."""
        if not address:
            return
        with Follower(self._settings, BACK, BACK) as follower:
            self._hand(self._anew)
            depths, seeding = Depths(), Seeding(self._settings)
            while not self._ending.is_set() and self._settings.bootstrap == address:
                messages = follower.poll(0.2)
                self.read = time.monotonic()
                rows = (raw(topic, message) for topic, message in messages)
                items = news(rows, {names.TICKS: depths.take})
                seeding.fill(depths, time.monotonic())
                self._piecewise([*items, *depths.told(time.monotonic())])

    def _piecewise(self, items: list[Item]) -> None:
        for at in range(0, len(items), PIECE):
            piece = items[at : at + PIECE]
            self._hand(lambda piece=piece: self.take(piece))  # type: ignore[misc]

    def _hand(self, call: Callable[[], None]) -> None:
        """Let the loop make a call; wait for it, so that no more is read than it can take."""
        assert self._loop is not None
        done = threading.Event()

        def made() -> None:
            try:
                call()
            finally:
                done.set()

        self._loop.call_soon_threadsafe(made)
        while not done.wait(0.5):
            if self._ending.is_set():
                return
