"""Turns of the event loop that Faust takes for nothing, saved for the apps of this transport.

Faust gives the loop a turn before every event, to let other tasks run, and three more in every
send, to start the producer once only. Each costs as much as all else of a small event. Here the
first is taken when a stream has held the loop for HOLD, and those of the sends not at all, as the
producer of this transport runs before any agent does.
"""

from __future__ import annotations

import asyncio
import sys
from time import monotonic
from typing import Any

from faust.types import ProducerT

HOLD = 0.001
"""Seconds that streams may hold the loop while they have events, if their bodies never wait."""


class Turns:
    """Stands for `asyncio.sleep` in Faust's stream iterator, which asks for a turn by sleep(0)."""

    def __init__(self) -> None:
        self._last = 0.0

    async def sleep(self, _seconds: float) -> None:
        """Give the loop a turn if the last one was HOLD ago."""
        if monotonic() - self._last >= HOLD:
            await asyncio.sleep(0)
            self._last = monotonic()


def save_turns(app: Any, producer: ProducerT) -> None:
    """From now on the streams of this process and the sends of `app` take no needless turns."""

    async def started() -> ProducerT:
        return producer

    app.maybe_start_producer = started
    streams: Any = sys.modules.get("faust._cython.streams")
    if streams is not None:  # without them the transport refuses to start, and says so
        streams.sleep = Turns().sleep
