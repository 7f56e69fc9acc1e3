"""Venues' live markets into files, without a broker: one series of files a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from schemas.raw import ReceivedFrame
from topics.collecting import Connections
from topics.sockets import Publish, Tell, Wire
from topics.tapes import Tape

LOOK = 0.25
"""Seconds between two looks at what waits to be written."""


class Recorder:
    """Keeps connections and writes what they bring, with the collector's own sockets.

    original: the venue's address for one that may stand in for it. largest: bytes of a file.
    """

    def __init__(
        self, folder: Path, wires: Sequence[Wire], original: Callable[[str], str], largest: int,
        tell: Tell,
    ) -> None:  # fmt: skip
        self._original = original
        self.tapes = {
            wire.name: Tape(folder, wire.name, original(wire.address), largest) for wire in wires
        }
        self._connections = Connections(wires, self._publish, tell)

    async def run(self) -> None:
        """Record until cancelled; what came is written then."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._connections.run())
                tasks.create_task(self._write())
        finally:
            for tape in self.tapes.values():
                tape.close()

    def _publish(self, wire: Wire) -> Publish:
        return partial(self._take, self.tapes[wire.name])

    def _take(self, tape: Tape, key: str, frame: ReceivedFrame, address: str) -> None:
        tape.write(frame, self._original(address))

    async def _write(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            for tape in self.tapes.values():
                tape.passed()
