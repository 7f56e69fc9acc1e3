"""A venue's live market onto market.raw: all connections, one framing, one run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import aiohttp

from schemas import names
from schemas.raw import RawFrame, ReceivedFrame
from schemas.system import Severity, SystemEvent
from topics.fetching import Fetching
from topics.outlet import Outlet
from topics.sockets import Keeper, Publish, Tell, Wire

OPENINGS = 0.25
"""Seconds between two openings at one venue: Binance allows 300 in five minutes, others more; the
pauses after a cut keep to that."""
TELLING = 30.0
"""Seconds between two tellings of what the connections have done."""
ASSURE = 0.5
"""Seconds between two waits for the broker, where a failure to produce shows."""


class Connections:
    """Connections kept open side by side.

    publish: of a connection, takes each frame with its key and where it came from.
    """

    def __init__(
        self, wires: Sequence[Wire], publish: Callable[[Wire], Publish], tell: Tell
    ) -> None:
        self.wires, self._publish, self._tell = wires, publish, tell
        self._openings: dict[str, float] = {}

    async def run(self) -> None:
        """For ever."""
        async with aiohttp.ClientSession() as client, asyncio.TaskGroup() as tasks:
            fetching: dict[str, Fetching] = {}
            for wire in self.wires:
                venue = wire.plan.venue
                fetches = fetching.setdefault(venue, Fetching(client, wire.requests))
                turn, publish = self._turn(venue), self._publish(wire)
                keeper = Keeper(wire, client, fetches, turn, publish, self._tell)
                tasks.create_task(keeper.run())
            tasks.create_task(self._report())

    def _turn(self, venue: str) -> Callable[[], Any]:
        async def turn() -> None:
            loop = asyncio.get_running_loop()
            mine = max(loop.time(), self._openings.get(venue, 0.0))
            self._openings[venue] = mine + OPENINGS
            await asyncio.sleep(mine - loop.time())

        return turn

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(TELLING)
            for wire in self.wires:
                self._tell(False, "connection", wire, f"{wire.name} goes on")


class Framing(Protocol):
    """engine.framing.Framer."""

    linger: int

    def frame(self, key: str, frame: ReceivedFrame) -> list[RawFrame]: ...
    def tick(self, now: int) -> list[RawFrame]: ...


class Collector:
    """Keeps connections and writes what they bring.

    check: called before anything is written; raises where another may write by now.
    """

    def __init__(
        self,
        outlet: Outlet,
        framer: Framing,
        wires: Sequence[Wire],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._outlet, self._framer, self._check = outlet, framer, check
        self._connections = Connections(wires, lambda wire: self.publish, self._tell)

    async def run(self) -> None:
        """Collect until cancelled; what is open then is written."""
        self._begin("the collector started")
        try:
            async with asyncio.TaskGroup() as tasks:
                for work in (self._connections.run, self._tick, self._assure):
                    tasks.create_task(work())
        finally:
            self._write(self._framer.tick(time.time_ns() + self._framer.linger))

    def publish(self, key: str, frame: ReceivedFrame, address: str = "") -> None:
        """Frame it; what is complete goes to market.raw."""
        self._write(self._framer.frame(key, frame))

    def _write(self, records: Sequence[RawFrame]) -> None:
        if records:
            self._check()
        for record in records:
            self._outlet.emit(names.RAW, record.key, record)

    def _begin(self, reason: str) -> None:
        """Whatever an earlier run wrote is not gone on with."""
        for wire in self._connections.wires:
            for key, frame in wire.marks(time.time_ns(), reason):
                self.publish(key, frame)

    async def _tick(self) -> None:
        """Let time pass for the framer, also where no frame comes."""
        while True:
            self._write(self._framer.tick(time.time_ns()))
            await asyncio.sleep(self._framer.linger / 1e9)

    async def _assure(self) -> None:
        while True:
            await asyncio.sleep(ASSURE)
            await self._outlet.flush()

    def _tell(self, trouble: bool, kind: str, wire: Wire, text: str) -> None:
        severity = Severity.WARNING if trouble else Severity.INFO
        facts = {"connection": wire.name, "address": wire.address, **wire.counts.facts()}
        stage = self._outlet.stage
        self._outlet.event(
            SystemEvent(
                key=stage, stage=stage, severity=severity, kind=kind, text=text, facts=facts
            )
        )
